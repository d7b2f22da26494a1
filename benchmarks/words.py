"""How well search by words finds what answers a question, on three sets of annotated data.

The parameters of the ranking were chosen with this on all of them together. The licences of the data keep it out of
this project: `python -m benchmarks.words --locomo FILE --facts FILE --beam FILE`. All owners are in one file.

With `--postgres DSN` the same is measured on a database, in schemas of its own that are dropped afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.locomo import DEPTHS, Conversation, Score, Turn, conversations

from memio import Memio, Message
from memio.models import Role
from memio.protocols import FactInput

ALL = 1_000


def chats(path: Path) -> list[Conversation]:
    """Read chats of users with an assistant (BEAM); the speaker of a turn is its role."""
    found: list[Conversation] = []
    for chat in json.loads(path.read_text(encoding="utf-8")):
        conversation = Conversation(f"chat {chat['chat']}")
        for turn in chat["turns"]:
            moment = datetime.strptime(turn["date"], "%B-%d-%Y").replace(tzinfo=UTC)
            conversation.turns.append(Turn(str(turn["id"]), str(turn["session"]), moment, turn["role"], turn["text"]))
        conversation.questions = [
            (question["question"], {str(key) for key in question["evidence"]})
            for question in chat["qa"]
            if question["evidence"] and "summar" not in question["category"]
        ]
        found.append(conversation)
    return found


def named(turn: Turn) -> Message:
    """Return a turn with its speaker as the name."""
    return Message(role="user", name=turn.speaker, content=turn.text, timestamp=turn.moment, id=turn.id)


def unnamed(turn: Turn) -> Message:
    """Return a turn with its speaker in the text."""
    return Message(role="user", content=f"{turn.speaker}: {turn.text}", timestamp=turn.moment, id=turn.id)


def of_chat(turn: Turn) -> Message:
    """Return a turn whose speaker is a role."""
    role: Role = "assistant" if turn.speaker == "assistant" else "user"
    return Message(role=role, content=turn.text, timestamp=turn.moment, id=turn.id)


async def history(memio: Memio, found: list[Conversation], message: Callable[[Turn], Message]) -> Score:
    """Store conversations, each of another user, and ask their questions."""
    for conversation in found:
        for session, turns in groupby(conversation.turns, key=lambda turn: turn.session):
            messages = [*map(message, turns)]
            for at in range(0, len(messages), ALL):
                await memio.history.add(session_id=session, messages=messages[at : at + ALL], user_id=conversation.name)
    score = Score()
    for conversation in found:
        for question, evidence in conversation.questions:
            hits = await memio.history.search(query=question, user_id=conversation.name, limit=DEPTHS[-1])
            score.count(evidence, [str(hit.id) for hit in hits])
    return score


async def facts(memio: Memio, path: Path) -> Score:
    """Store short statements, those of each conversation of another user, and ask their questions."""
    samples = json.loads(path.read_text(encoding="utf-8"))
    for sample in samples:
        items: list[FactInput] = [{"content": fact["text"], "fact_id": str(fact["id"])} for fact in sample["facts"]]
        for at in range(0, len(items), ALL):
            await memio.facts.add_many(items[at : at + ALL], user_id=sample["sample_id"])
    score = Score()
    for sample in samples:
        for question in sample["qa"]:
            if question["facts"]:
                hits = await memio.facts.search(
                    query=question["question"], user_id=sample["sample_id"], limit=DEPTHS[-1]
                )
                score.count({str(key) for key in question["facts"]}, [hit.id for hit in hits])
    return score


@asynccontextmanager
async def store(dsn: str | None) -> AsyncGenerator[dict[str, Any]]:
    """Yield the configuration of an empty store: a file, or a schema of a database."""
    if dsn is None:
        with tempfile.TemporaryDirectory() as folder:
            yield {"provider": "sqlite", "path": f"{folder}/memio.db"}
        return
    asyncpg: Any = import_module("asyncpg")  # it comes without types
    schema = f"memio_words_{uuid4().hex[:8]}"
    try:
        yield {"provider": "postgres", "dsn": dsn, "schema_name": schema}
    finally:
        driver: Any = asyncpg
        connection = await driver.connect(dsn, statement_cache_size=0)
        await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        await connection.close()


async def measure(name: str, dsn: str | None, ask: Callable[[Memio], Awaitable[Score]]) -> None:
    """Print the figures of one set."""
    async with store(dsn) as place, Memio.from_config({"facts": place, "history": place}) as memio:
        figures = (await ask(memio)).figures()
    print(f"{name:15}", "  ".join(f"{measure} {value:.1f}" for measure, (value,) in figures.items()))


async def main() -> None:
    """Measure the sets that are there."""
    options = argparse.ArgumentParser(description=__doc__)
    for name in ("locomo", "facts", "beam"):
        options.add_argument(f"--{name}", type=Path)
    options.add_argument("--postgres", metavar="DSN")
    given = options.parse_args()
    dsn = given.postgres
    if given.locomo:
        talks = conversations(given.locomo, ALL)
        await measure("LoCoMo, named", dsn, lambda memio: history(memio, talks, named))
        await measure("LoCoMo, unnamed", dsn, lambda memio: history(memio, talks, unnamed))
    if given.beam:
        await measure("BEAM", dsn, lambda memio: history(memio, chats(given.beam), of_chat))
    if given.facts:
        await measure("facts", dsn, lambda memio: facts(memio, given.facts))


if __name__ == "__main__":
    asyncio.run(main())
