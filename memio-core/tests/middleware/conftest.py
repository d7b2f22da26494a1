"""A real store behind a bad line, for middleware to stand in front of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from memio.capabilities import REQUIRES
from memio.errors import UnavailableError
from memio.kinds import SPECS
from memio.providers.sqlite import SqliteDocumentAdapter, SqliteFactAdapter, SqliteGraphAdapter, SqliteHistoryAdapter

ADAPTERS = {
    "facts": SqliteFactAdapter,
    "history": SqliteHistoryAdapter,
    "documents": SqliteDocumentAdapter,
    "graph": SqliteGraphAdapter,
}


class Unsteady:
    """Implements the protocol of the store that it wraps; `steps` state what happens to the first calls.

    A step is an error that is raised in place of the call, `"lost"` for an answer that gets lost once the store
    has done what it was asked to, `"hang"` for a call that never ends, or `None`.
    """

    provider = "unsteady"

    def __init__(self, store: Any, *steps: Any) -> None:
        self.store = store
        self.steps = list(steps)
        self.calls: list[str] = []
        self.arrived = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)
        if not any(name in spec.methods for spec in SPECS.values()):
            return method

        @wraps(method)
        async def call(**keywords: Any) -> Any:
            self.calls.append(name)
            self.arrived.set()
            step = self.steps.pop(0) if self.steps else None
            if step == "hang":
                await asyncio.Event().wait()
            if isinstance(step, Exception):
                raise step
            answer = await method(**keywords)
            if step == "lost":
                raise UnavailableError("the answer was lost", retryable=True, outcome="unknown")
            return answer

        return call


@pytest.fixture
def unsteady(tmp_path: Path) -> Callable[..., Unsteady]:
    """Make a real sqlite store whose first calls meet what is given."""

    def make(kind: str, *steps: Any, lacking: frozenset[str] = frozenset()) -> Unsteady:
        store = Unsteady(ADAPTERS[kind](path=str(tmp_path / "memory.db")), *steps)
        without = set(lacking)
        while more := {name for name, needed in REQUIRES.items() if without & {*needed}} - without:
            without |= more  # what makes sense only together with it
        store.features = store.store.features - without
        store.guarantees = store.store.guarantees - without
        return store

    return make
