"""Legal arguments for every public method of every kind, for tests of what all of them have in common."""

from __future__ import annotations

import inspect
from typing import Any

from memio import Message, Triple
from memio.facades import FACADES

__all__ = ["FACADES", "answer", "arguments_of", "methods_of"]

VALUES: dict[str, Any] = {
    "content": "x",
    "query": "x",
    "items": ["x"],
    "fact_id": "i",
    "doc_id": "i",
    "triple_id": "i",
    "session_id": "s",
    "entity": "a",
    "messages": [Message(role="user", content="x")],
    "triples": [Triple(subject="a", predicate="b", object="c")],
}
MORE: dict[str, dict[str, Any]] = {"update": {"content": "x"}, "delete_messages": {"last": 1}}
"""What a method needs although each argument may be left out."""


def methods_of(facade: type) -> list[str]:
    return [name for name, _ in inspect.getmembers(facade, inspect.isfunction) if not name.startswith("_")]


def arguments_of(kind: str, method: str) -> dict[str, Any]:
    parameters = inspect.signature(getattr(FACADES[kind], method)).parameters.values()
    return {p.name: VALUES[p.name] for p in parameters if p.default is p.empty and p.name != "self"} | MORE.get(
        method, {}
    )


async def answer(made: Any) -> None:
    if hasattr(made, "__aiter__"):
        async for _ in made:
            pass
    else:
        await made
