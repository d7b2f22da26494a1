"""Mistakes of a user, for type checkers: each line with the comment `mistake` must be refused, and no other."""

from __future__ import annotations

from typing import Any

from memio import Memio, Message, Owner
from memio.blocking import Memio as BlockingMemio


def configurations(mapping: dict[str, Any]) -> None:
    """Never run: a type checker reads it."""
    Memio.from_config({"fact": "sqlite"})  # mistake
    Memio.from_config({"facts": 5})  # mistake
    Memio.from_config({"facts": "sqlite", "plugins": ["log"]})  # mistake
    Memio.from_config({"facts": "sqlite", "middleware": 5})  # mistake
    Memio.from_config({"facts": "sqlite", "providers": ["sqlite"]})  # mistake
    Memio.from_config(mapping)  # mistake
    BlockingMemio.from_config({"fact": "sqlite"})  # mistake
    BlockingMemio.from_config(mapping)  # mistake


async def calls(memio: Memio, items: list[dict[str, Any]]) -> None:
    """Never run either."""
    await memio.facts.add_many([{"contnt": "likes coffee"}])  # mistake
    await memio.facts.add_many([{"content": 5}])  # mistake
    await memio.facts.add_many([{"metadata": {}}])  # mistake
    await memio.facts.add_many(items)  # mistake
    await memio.documents.add_many([{"content": "longer", "fact_id": "1"}])  # mistake
    await memio.facts.add_many([{"content": "x", "usr_id": "alice"}])  # mistake
    await memio.facts.add_many([{"content": "x", "data": [1]}])  # mistake
    await memio.facts.add("likes coffee", {"n": 1})  # mistake
    await memio.facts.search("coffee", 5)  # mistake
    await memio.facts.update("fact-1", content="likes tea")  # mistake
    await memio.history.iter_messages()  # mistake
    memio.history.iter_all(session_id="s")  # mistake
    await memio.history.add(session_id="s", messages=["hello"])  # mistake
    await memio.history.add(session_id="s", messages=Message(role="user"))  # mistake


async def owners(memio: Memio, found: str | None, owner: Owner | None) -> None:
    """Never run either: what a lookup returns that found nothing."""
    await memio.facts.delete_all(user_id=found)  # mistake
    await memio.facts.get_all(agent_id=None)  # mistake
    await memio.facts.count(namespace=None)  # mistake
    await memio.facts.delete_all(namespace_prefix=None)  # mistake
    await memio.facts.delete_all(owner=owner)  # mistake
    await memio.forget(user_id=found)  # mistake
    memio.scoped(user_id=found)  # mistake
    memio.scoped(namespace_prefix=("app",))  # mistake
    await memio.facts.add("x", namespace="app/notes")  # mistake
    await memio.facts.add("x", namespace_prefix=("app",))  # mistake
    await memio.history.search("x", session_id=found)  # mistake
    await memio.facts.get_all(order="latest")  # mistake
    await memio.scoped(user_id="alice").purge()  # mistake


def without_async(memio: BlockingMemio) -> None:
    """Never run either."""
    memio.facts.add_many([{"contnt": "likes coffee"}])  # mistake
    memio.documents.add_many([{"contnt": "longer"}])  # mistake
    memio.facts.search("coffee", 5)  # mistake
