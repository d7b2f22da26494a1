"""Mistakes of a user, for type checkers: each line with the comment `mistake` must be refused, and no other."""

from __future__ import annotations

from typing import Any

from memio import Memio
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
    await memio.facts.add("likes coffee", {"n": 1})  # mistake
    await memio.facts.search("coffee", 5)  # mistake
    await memio.facts.update("fact-1", content="likes tea")  # mistake
    await memio.history.iter_messages()  # mistake
    memio.history.iter_all(session_id="s")  # mistake


def without_async(memio: BlockingMemio) -> None:
    """Never run either."""
    memio.facts.add_many([{"contnt": "likes coffee"}])  # mistake
    memio.documents.add_many([{"contnt": "longer"}])  # mistake
    memio.facts.search("coffee", 5)  # mistake
