"""What a call costs in memio itself: the same call on a store that does nothing, direct and through the client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from benchmarks.samples import Columns, Samples

from memio import Fact, Memio, Message, Page, Turn
from memio.capabilities import Feature, Guarantee
from memio.plugins import CallNext, Operation

CONTENT = "Alice likes her coffee black"
METADATA = {"source": "chat", "turn": 7, "kept": True}
FACT = Fact(id="1", content=CONTENT, user_id="alice")
FOUND = [FACT]
PAGE = Page(FOUND)
TURN = Turn(stored=[])
MESSAGES = [Message(role="user", content=CONTENT)]
VALUES = 20


class Nothing:
    """A store of facts and conversations that does nothing at once."""

    features = frozenset[str](Feature)
    guarantees = frozenset[str](Guarantee)
    provider = "nothing"
    max_content_bytes = 16 * 1024 * 1024

    async def add(self, *, messages: list[Message] | None = None, **_: Any) -> Any:
        """Answer."""
        return FACT if messages is None else TURN

    async def get(self, *, fact_id: str | None = None, **_: Any) -> Any:
        """Answer."""
        return FACT if fact_id else PAGE

    async def get_all(self, **_: Any) -> Any:
        """Answer."""
        return PAGE

    async def search(self, **_: Any) -> Any:
        """Answer."""
        return FOUND

    async def update(self, **_: Any) -> Any:
        """Answer."""
        return FACT

    async def count(self, **_: Any) -> int:
        """Answer."""
        return 0

    # Calls that are not measured, which the features promise.
    put = update
    get_owners = get_all
    delete_messages = search
    count_messages = purge = count

    async def delete(self, **_: Any) -> None:
        """Answer."""

    async def delete_all(self, **_: Any) -> None:
        """Answer."""

    async def aclose(self) -> None:
        """Do nothing."""


async def passing(operation: Operation, call_next: CallNext) -> Any:
    """Let a call through."""
    return await call_next(operation)


Call = Callable[[], Awaitable[Any]]


def calls(facts: Any, history: Any) -> dict[str, Call]:
    """Return what is called, on a façade or on the store."""
    alice = {"user_id": "alice"}
    return {
        "add": lambda: facts.add(content=CONTENT, **alice),
        "add, with metadata": lambda: facts.add(content=CONTENT, metadata=METADATA, **alice),
        "get": lambda: facts.get(fact_id="1", **alice),
        "a page": lambda: facts.get_all(limit=100, cursor=None, **alice),
        "search": lambda: facts.search(query="coffee", limit=10, **alice),
        "history, add": lambda: history.add(session_id="s", messages=MESSAGES, **alice),
    }


async def _measure(kinds: dict[str, dict[str, Call]], loops: int) -> Columns:
    """Take turns, so that what else the machine does hits all alike."""
    columns: dict[str, Samples] = {kind: {} for kind in kinds}
    for value in range(VALUES + 1):
        for kind, calls_ in kinds.items():
            for name, call in calls_.items():
                start = perf_counter()
                for _ in range(loops):
                    await call()
                spent = (perf_counter() - start) / loops
                if value:  # the first one warms up
                    columns[kind].setdefault(name, []).append(spent)
    direct = {name: min(values) for name, values in columns["the store itself"].items()}
    for kind in kinds:
        if kind != "the store itself":
            columns[kind] = {name: [value - direct[name] for value in values] for name, values in columns[kind].items()}
    return columns


def run(order: dict[str, Any]) -> Columns:
    """Measure seconds per call beyond those of the store. `loops`: calls per sample."""
    store: Any = Nothing()
    plain = Memio(facts=store, history=store)
    wrapped = Memio(facts=store, history=store, middleware=[passing])
    kinds = {
        "the store itself": calls(store, store),
        "the client": calls(plain.facts, plain.history),
        "the client, one middleware": calls(wrapped.facts, wrapped.history),
    }
    return asyncio.run(_measure(kinds, order["loops"]))
