"""Embedders whose model runs in this process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any

from memio._extras import MissingExtraError
from memio.embedders._thread import ModelThread
from memio.errors import MemioError, UnavailableError

Vectors = Sequence[Sequence[float]]


class LocalEmbedder(ABC):
    """An embedder whose model is loaded by the first call, in a thread of its own. Texts stay on this machine.

    Args:
        name: The name of the embedder, for errors.
        model: What makes the vectors.
        dimensions: The length of each vector; 0 where only the first answer will show it.
        max_chars: The longest text, in characters.
        batch: How many texts the model gets at once. A query waits for one batch at most.
    """

    destination: str | None = None

    def __init__(self, *, name: str, model: str, dimensions: int, max_chars: int, batch: int) -> None:
        self.model = model
        self.dimensions = dimensions
        self.max_chars = max_chars
        self._name = name
        self._batch = batch
        self._loaded: Any = None
        self._thread = ModelThread(f"memio-{name}")

    async def load(self) -> None:
        """Load the model, unless it is loaded.

        Raises:
            UnavailableError: It cannot be loaded.
        """
        await self._thread.run(self._model)

    async def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text that is to be found."""
        return await self._embed(texts, query=False)

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text that is searched for."""
        return await self._embed(texts, query=True)

    async def aclose(self) -> None:
        """End the thread, and release the model."""
        await self._thread.aclose()
        self._loaded = None

    async def _embed(self, texts: Sequence[str], *, query: bool) -> Vectors:
        vectors: list[Sequence[float]] = []
        for start in range(0, len(texts), self._batch):
            some = texts[start : start + self._batch]
            vectors += await self._thread.run(partial(self._encoded, some, query=query))
        return vectors

    def _encoded(self, texts: Sequence[str], *, query: bool) -> Vectors:
        return self._encode(self._model(), texts, query=query)

    def _model(self) -> Any:
        if self._loaded is None:
            try:
                self._loaded = self._open()
            except MemioError:
                raise
            except Exception as error:
                raise UnavailableError(
                    f"the model of {self._name} cannot be loaded: {type(error).__name__}: {error}", cause=error
                ) from error
        return self._loaded

    @abstractmethod
    def _open(self) -> Any:
        """Load the model. It is called in the thread, once."""

    @abstractmethod
    def _encode(self, model: Any, texts: Sequence[str], *, query: bool) -> Vectors:
        """Return the vectors of texts. It is called in the thread."""


def check_installed(name: str, package: str, note: str = "") -> None:
    """Refuse an embedder whose package is not installed. Nothing is imported.

    Raises:
        ConfigError: With the line that installs it.
    """
    if find_spec(package) is None:
        raise MissingExtraError(name, package, "embedder", note)
