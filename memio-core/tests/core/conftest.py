"""A store that records its calls, for tests of what the client does before and after a store is called."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from memio import Fact, Feature, Guarantee, Memio, Page, Turn
from memio.capabilities import Kind
from memio.kinds import SPECS

sys.path.insert(0, str(Path(__file__).parent))  # with importlib mode, tests do not see the modules beside them

ALL = frozenset(Feature)


class Recorder:
    """A store of any kind. It records its calls, and returns values from `answers` or empty ones."""

    def __init__(self, kind: Kind, features: Iterable[str] = ALL) -> None:
        self.kind = kind
        self.features = frozenset(features)
        self.guarantees = frozenset(Guarantee)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Any] = {}
        self.closed = 0

    def __len__(self) -> int:
        return 0  # defect: testing a store for truth, which is false for an empty one

    async def aclose(self) -> None:
        self.closed += 1

    async def answer(self, method: str, keywords: dict[str, Any]) -> Any:
        self.calls.append((method, keywords))
        answer = self.answers.get(method)
        if isinstance(answer, BaseException):
            raise answer
        if callable(answer):
            return await answer(**keywords)
        if answer is not None:
            return answer
        described = SPECS[self.kind].methods[method].returns
        if described == "record":
            return Fact(id="1", content=keywords.get("content", ""))
        empty: dict[str, Any] = {"page": Page(), "list": [], "turn": Turn(stored=[]), "count": 0, "nothing": None}
        return empty[described]


def _method(name: str) -> Callable[..., Any]:
    async def method(self: Recorder, **keywords: Any) -> Any:
        return await self.answer(name, keywords)

    return method


for _name in {name for spec in SPECS.values() for name, method in spec.methods.items() if not method.optional}:
    setattr(Recorder, _name, _method(_name))


@pytest.fixture
def recorder() -> type[Recorder]:
    return Recorder


@pytest.fixture
def call() -> Callable[..., Any]:
    """Make a client of one store, call one method, close the client, return the answer."""

    def run(store: Recorder, method: str, **keywords: Any) -> Any:
        async def main() -> Any:
            async with Memio(**{store.kind: store}) as memio:
                return await getattr(getattr(memio, store.kind), method)(**keywords)

        return asyncio.run(main())

    return run
