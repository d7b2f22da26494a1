"""Stores that keep their records in SQLite, without the features that a test removes. They can also fail on purpose."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from memio.capabilities import REQUIRES
from memio.providers.sqlite import (
    SqliteDocumentAdapter,
    SqliteFactAdapter,
    SqliteGraphAdapter,
    SqliteHistoryAdapter,
)

ADAPTERS: dict[str, Any] = {
    "facts": SqliteFactAdapter,
    "history": SqliteHistoryAdapter,
    "documents": SqliteDocumentAdapter,
    "graph": SqliteGraphAdapter,
}


class Lacking:
    """A store without `restore_records` and `add_many`, and without some features and guarantees.

    Args:
        kind: The kind of memory.
        path: The SQLite file.
        without: The features and guarantees that it lacks, and with them those that make sense only with these.
        before: Called with the number of the add, before it is done.
        after: Called with the number of the add, after it is done.
    """

    provider = "lacking"

    def __init__(
        self,
        kind: str,
        path: Any,
        without: tuple[str, ...] = (),
        before: Callable[[int], None] = lambda _: None,
        after: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.inner = ADAPTERS[kind](path=path)
        lacks = set(without)
        while more := {name for name, needed in REQUIRES.items() if lacks & set(needed)} - lacks:
            lacks |= more
        self.features = self.inner.features - lacks
        self.guarantees = self.inner.guarantees - lacks
        self.adds = 0
        self.identity = str(path)
        self._before = before
        self._after = after

    async def add(self, **arguments: Any) -> Any:
        self.adds += 1
        self._before(self.adds)
        answer = await self.inner.add(**arguments)
        self._after(self.adds)
        return answer

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("restore_records", "add_many", "erase"):
            raise AttributeError(name)
        return getattr(self.inner, name)

    async def aclose(self) -> None:
        await self.inner.aclose()


def dying_at(number: int) -> Callable[[int], None]:
    """Return what kills this process at that add."""

    def die(add: int) -> None:
        if add == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return die
