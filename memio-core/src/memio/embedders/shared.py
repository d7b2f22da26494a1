"""The embedder of a client, as its stores see it."""

from __future__ import annotations

from collections.abc import Sequence

from memio.protocols import Embedder


class SharedEmbedder:
    """An embedder that can be called from any event loop, whose answers are checked.

    Args:
        embedder: The embedder. All of its calls run on memio's background loop.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def model(self) -> str:
        """What makes the vectors; see `Embedder.model`."""
        return self._embedder.model

    @property
    def dimensions(self) -> int:
        """The length of each vector."""
        return self._embedder.dimensions

    @property
    def max_chars(self) -> int:
        """The longest text, in characters."""
        return self._embedder.max_chars

    @property
    def destination(self) -> str | None:
        """Where the texts are sent; `None` where they stay on this machine."""
        return self._embedder.destination

    async def embed_documents(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return a vector for each text, as many as there are texts, of `dimensions` finite numbers.

        Raises:
            UnavailableError: The embedder cannot be reached; it may be asked again.
            ProviderError: It refuses one of the texts, or its answer is no such list.
        """
        raise NotImplementedError

    async def embed_query(self, text: str, *, required: bool) -> Sequence[float] | None:
        """Return the vector of a query.

        Args:
            text: What is searched for.
            required: Whether to raise where there is none. Otherwise the answer is `None` where the embedder took longer
                than two seconds or failed, and for thirty seconds after that.

        Raises:
            UnavailableError: `required`, and the embedder cannot be reached.
        """
        raise NotImplementedError
