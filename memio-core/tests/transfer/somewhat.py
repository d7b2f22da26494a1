"""Some of everything, in a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from memio import Memio, Message, Owner, Triple

KINDS = ("facts", "history", "documents", "graph")


@asynccontextmanager
async def open_client(path: Path, *kinds: str) -> AsyncIterator[Memio]:
    store = {"provider": "sqlite", "path": str(path)}
    async with Memio.from_config(dict.fromkeys(kinds or KINDS, store)) as memio:
        yield memio


OWNERS = (
    Owner(),
    Owner(user_id="alice"),
    Owner(user_id="alice", agent_id="bot"),
    Owner(user_id="alice", agent_id="bot", namespace=("app", "notes")),
    Owner(agent_id="bot"),
    Owner(namespace=("app",)),
    Owner(namespace=("app/notes",)),
    Owner(user_id="bob", namespace=("app", "notes")),
)
"""Every combination of labels, and namespaces that are easily mistaken for each other."""

LATER = datetime(9000, 1, 2, 3, 4, 5, 678901, UTC)
"""A time of expiry that no test reaches."""

DATA = [
    {"tool_calls": [{"id": "c1", "arguments": "\0\ud800 ☕"}], "\udfff": None, "big": 10**30},
    ["\U0001f600", 1.0, True],
    "\ud800",
    0,
    False,
]
"""Data of every shape, with NUL and lone surrogates in its strings and keys."""


async def fill(memio: Memio) -> None:
    """Store some of everything: each label, each field, and equal ids of several owners."""
    texts = [
        "plain",
        " spaces \t\r\n",
        "日本語 ☕ 👩‍👩‍👧",
        "line\u2028separator\u0085 \u0001",
        '"quotes" \\ {}',
        "x" * 70_000,
    ]
    for number, text in enumerate(texts):
        owner = OWNERS[number % len(OWNERS)]
        metadata = {"z": 1, "a": [1.0, None, {"é": True}], "big": 10**30} if number % 2 else None
        expires = {"expires_at": LATER} if number % 3 == 1 else {}
        await memio.facts.add(content=text, metadata=metadata, owner=owner, **expires)
        data = {"data": DATA[number]} if number < len(DATA) else {}
        await memio.documents.add(content=f"{text}!", metadata=metadata, owner=owner, **data, **expires)
    await memio.documents.add(content="", data={"only": "data"}, user_id="bob")
    for owner in OWNERS:
        await memio.facts.add(content=f"of {owner}", fact_id="same", owner=owner)
    await memio.facts.update(fact_id="same", content="changed", owner=OWNERS[1])
    for number, role in enumerate(["system", "user", "tool", "assistant", "developer"] * 3):
        message = Message(
            role=role,
            content="" if number == 4 else f"said {number}",
            name="Ann" if number % 2 else None,
            metadata={"n": number},
            data=DATA[number] if number < len(DATA) else None,
        )
        await memio.history.add(session_id="default", messages=[message], owner=OWNERS[number % 3])
    for owner in OWNERS:
        await memio.history.add(session_id="trip", messages=[Message(role="user", content="☕", id="m1")], owner=owner)
        await memio.graph.add(triples=[Triple(subject="a", predicate="knows", object="b", id="t")], owner=owner)
    await memio.graph.add(triples=[Triple(subject="a", predicate="knows", object="c", metadata={"k": 1})])


COUNTS = {"facts": 14, "history": 23, "documents": 7, "graph": 9}
"""How many records `fill` stores."""
