"""Some of everything, in a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from memio import Memio, Message, Triple

KINDS = ("facts", "history", "documents", "graph")


@asynccontextmanager
async def open_client(path: Path, *kinds: str) -> AsyncIterator[Memio]:
    store = {"provider": "sqlite", "path": str(path)}
    async with Memio.from_config(dict.fromkeys(kinds or KINDS, store)) as memio:
        yield memio


async def fill(memio: Memio) -> None:
    """Store some of everything."""
    texts = [
        "plain",
        " spaces \t\r\n",
        "日本語 ☕ 👩‍👩‍👧",
        "line\u2028separator\u0085 \u0001",
        '"quotes" \\ {}',
        "x" * 70_000,
    ]
    for number, text in enumerate(texts):
        owner = {"user_id": ("alice", "bob")[number % 2]} if number % 3 else {}
        metadata = {"z": 1, "a": [1.0, None, {"é": True}], "big": 10**30} if number % 2 else None
        agent = {"agent_id": "bot"} if number == 1 else {}
        await memio.facts.add(content=text, metadata=metadata, **agent, **owner)
        await memio.documents.add(content=f"{text}!", metadata=metadata, **owner)
    await memio.facts.add(content="first", fact_id="same", user_id="alice")
    await memio.facts.add(content="second", fact_id="same", user_id="bob")
    await memio.facts.update(fact_id="same", content="changed", user_id="alice")
    for number, role in enumerate(["system", "user", "tool", "assistant"] * 3):
        user = ("alice", "bob", None)[number % 3]
        message = Message(
            role=role, content=f"said {number}", name="Ann" if number % 2 else None, metadata={"n": number}
        )
        await memio.history.add(session_id="default", messages=[message], **({"user_id": user} if user else {}))
    await memio.history.add(session_id="trip", messages=[Message(role="user", content="☕", id="m1")], user_id="alice")
    for user in ("alice", "bob"):
        await memio.graph.add(triples=[Triple(subject="a", predicate="knows", object="b", id="t")], user_id=user)
    await memio.graph.add(triples=[Triple(subject="a", predicate="knows", object="c", metadata={"k": 1})])
