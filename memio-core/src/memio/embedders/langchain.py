"""Any `Embeddings` of LangChain as an embedder: `Memio(…, embedder=LangchainEmbedder(embeddings))`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from memio._values.omitted import OMITTED
from memio._values.text import type_name
from memio.embedders._failures import failure_of
from memio.errors import InvalidInputError

Vectors = Sequence[Sequence[float]]

_NAMES = ("model", "model_name", "model_id", "deployment", "repo_id")
_LENGTHS = ("dimensions", "size")


class LangchainEmbedder:
    """Embeds with LangChain's `Embeddings`, through its async methods.

    Args:
        embeddings: The object.
        model: What makes the vectors: name, revision, and everything else that changes them. Left out, it is made of
            the names of the class and of its model.
        max_chars: The longest text, in characters; default 2,000.
        batch: How many texts a call gets at most; default 64.
        destination: Where the texts are sent, or `None` where the model runs on this machine. Left out, it is the name
            of the class, because LangChain does not state it; the fakes of langchain-core send nothing.

    Raises:
        InvalidInputError: It is no `Embeddings`.

    Example:
        >>> import asyncio
        >>> from langchain_core.embeddings import DeterministicFakeEmbedding
        >>> from memio.embedders.langchain import LangchainEmbedder
        >>> embedder = LangchainEmbedder(DeterministicFakeEmbedding(size=8))
        >>> [len(vector) for vector in asyncio.run(embedder.embed_documents(["likes coffee"]))]
        [8]
    """

    def __init__(
        self,
        embeddings: Any,
        *,
        model: str | None = None,
        max_chars: int = 2000,
        batch: int = 64,
        destination: str | None = OMITTED,
    ) -> None:
        for name in ("aembed_documents", "aembed_query"):
            if isinstance(embeddings, type) or not callable(getattr(embeddings, name, None)):
                raise InvalidInputError(
                    f"embeddings must be an Embeddings of LangChain, with {name}, not {type_name(embeddings)}",
                    argument="embeddings",
                )
        for name, number in (("max_chars", max_chars), ("batch", batch)):
            if number < 1:
                raise InvalidInputError(f"{name} is {number}: it must be 1 or more", argument=name)
        origin = f"{type(embeddings).__module__}.{type(embeddings).__qualname__}"
        parts = [getattr(embeddings, name, None) for name in (*_NAMES, *_LENGTHS)]
        self.model = model or "/".join(["langchain", origin, *(str(part) for part in parts if part is not None)])
        self.dimensions = 0
        self.max_chars = max_chars
        here = None if origin.startswith("langchain_core.") else type_name(embeddings)
        self.destination = here if destination is OMITTED else destination
        self._batch = batch
        self._embeddings = embeddings

    async def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text that is to be found."""
        vectors: list[Sequence[float]] = []
        try:
            for start in range(0, len(texts), self._batch):
                vectors += await self._embeddings.aembed_documents(list(texts[start : start + self._batch]))
        except Exception as error:
            if (failure := failure_of(error)) is None:
                raise
            raise failure from error
        return vectors

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text that is searched for."""
        try:
            return [await self._embeddings.aembed_query(text) for text in texts]
        except Exception as error:
            if (failure := failure_of(error)) is None:
                raise
            raise failure from error

    async def aclose(self) -> None:
        """Leave the object as it is: it belongs to the application."""
