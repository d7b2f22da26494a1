"""Processes that are killed while they write and embed: vectors are those of the texts that are there."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import embedder_of_words
import pytest
from embedded_stores import FACTS, MESSAGES, Open, drain
from embedder_of_words import WordEmbedder, vector_of

from memio import Memio
from memio.embedders import worker
from memio.owners import ANYWHERE
from memio.toolkit.vectors import pack

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")

Program = Callable[..., "subprocess.Popen[str]"]

WRITER = """
import asyncio, random, sys
sys.path.insert(0, sys.argv[2])
from embedder_of_words import WordEmbedder
from memio import Message, Owner
from memio.embedders.shared import SharedEmbedder
from memio.providers.sqlite import SqliteFactAdapter, SqliteHistoryAdapter
from memio.providers.sqlite._meaning import queue

queue.CLAIMED_FOR = 100_000
name, model = sys.argv[3], sys.argv[4]
owner = Owner(user_id=name)
words = "coffee tea dog cat red blue house river".split()

def text():
    return " ".join(random.choices(words, k=random.randint(1, 6)))

async def embedding(store):
    while True:
        if model == "words-1":
            done = await store.embed_pending(limit=random.choice((1, 7, 100)))
        else:
            done = await store.reindex(limit=random.choice((1, 7)))
        print("+", done, flush=True)
        await asyncio.sleep(0)

async def writing(facts, history):
    turn = 0
    while True:
        turn += 1
        fact = await facts.add(content=text(), owner=owner)
        print("fact", fact.id, flush=True)
        await facts.add_many(items=[{"content": text(), "owner": owner} for _ in range(5)])
        if turn % 3:
            await facts.update(fact_id=fact.id, content=text())
        else:
            other = await facts.add(content=text(), owner=owner)
            await facts.delete(fact_id=other.id)
        said = [Message(role="user", content=text()) for _ in range(3)]
        await history.add(session_id=name, messages=said, owner=owner)
        if turn % 4 == 0:
            await history.delete_messages(session_id=name, last=2)

async def main():
    facts, history = SqliteFactAdapter(path=sys.argv[1]), SqliteHistoryAdapter(path=sys.argv[1])
    embedder = WordEmbedder()
    embedder.model = model
    for store in (facts, history):
        store.use_embedder(SharedEmbedder(embedder))
    await asyncio.gather(writing(facts, history), embedding(facts), embedding(history))

asyncio.run(main())
"""


def kill_once(program: Program, path: Path, name: str, model: str = "words-1") -> set[str]:
    """Start a writer, kill it after some rounds of embedding, and return the ids of the facts that it has added."""
    process = program(WRITER, path, Path(embedder_of_words.__file__).parent, name, model)
    assert process.stdout is not None
    printed, rounds = [process.stdout.readline()], random.randint(0, 12)  # noqa: S311  # not a secret
    while sum(line.startswith("+") for line in printed) < rounds:
        printed.append(process.stdout.readline())
        assert printed[-1], process.communicate()
    time.sleep(random.random() * 0.02)  # noqa: S311  # as above
    process.send_signal(signal.SIGKILL)
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, errors
    lines = [line for line in (*printed, *rest.splitlines(keepends=True)) if line.endswith("\n")]
    # A line whose beginning `readline` had in its buffer is cut, and counts for nothing.
    return {line.removeprefix("fact ").strip() for line in lines if line.startswith("fact ")}


def assert_vectors_are_those_of_the_texts(path: Path, *, complete: bool) -> None:
    with closing(sqlite3.connect(path)) as db:
        for table in ("fact", "message"):
            contents = dict(db.execute(f"SELECT seq, content FROM {table}"))  # noqa: S608  # the names from above
            models = db.execute("SELECT number, slot, upto, current FROM model WHERE source = ?", (table,)).fetchall()
            assert sum(current for _, _, _, current in models) <= 1
            vectors = db.execute(f"SELECT key, vector FROM {table}_vector").fetchall()  # noqa: S608  # as above
            assert {key >> 6 & 3 for key, _ in vectors} <= {slot for _, slot, _, _ in models}
            for key, vector in vectors:
                assert key & 63 == 0
                assert vector == pack([vector_of(contents[key >> 8])])[0]
            for number, slot, upto, _ in models:
                done = {key >> 8 for key, _ in vectors if key >> 6 & 3 == slot}
                queued = {
                    record
                    for (record,) in db.execute(
                        f"SELECT record FROM {table}_queue WHERE model = ?",  # noqa: S608  # as above
                        (number,),
                    )
                }
                assert not done & queued
                assert queued <= {*contents}
                assert {record for record in contents if record <= upto} == done | queued
                if complete:
                    assert done == {*contents}


def check_after_kills(times: int, program: Program, path: Path, stored: Open) -> None:
    added: set[str] = set()
    for number in range(times):
        added |= kill_once(program, path, f"w{number}")
        assert_vectors_are_those_of_the_texts(path, complete=False)
        with closing(sqlite3.connect(path)) as db:
            assert added <= {name for (name,) in db.execute("SELECT id FROM fact")}
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT 1 FROM fact_vector LIMIT 1").fetchone()
        assert db.execute("SELECT 1 FROM message_vector LIMIT 1").fetchone()
    time.sleep(0.1)  # until the claims have ended

    async def next_run() -> None:
        for kind in (FACTS, MESSAGES):
            async with stored(kind) as store:
                await drain(store)
                assert (await store.count_pending())[:2] == (0, 0)

    asyncio.run(next_run())
    assert_vectors_are_those_of_the_texts(path, complete=True)


def test_processes_that_are_killed_leave_no_vector_of_another_text_and_miss_none(
    program: Program, path: Path, stored: Open
) -> None:
    check_after_kills(10, program, path, stored)


@pytest.mark.slow
def test_processes_that_are_killed_200_times_leave_no_vector_of_another_text_and_miss_none(
    program: Program, path: Path, stored: Open
) -> None:
    check_after_kills(200, program, path, stored)


def test_a_reindex_that_is_killed_in_the_middle_leaves_the_former_vectors_and_goes_on(
    program: Program, path: Path, stored: Open
) -> None:
    other = WordEmbedder()
    other.model = "words-2"

    async def fill() -> None:
        async with stored() as store:
            await store.add_many(items=[{"content": f"coffee {number}"} for number in range(300)])
            await drain(store)

    async def serve() -> int:
        async with stored() as store, stored(other=other) as new:
            assert len(await store.search(query="beverage", limit=10, mode="semantic")) == 10
            return await new.reindex(limit=0)

    async def finish() -> None:
        async with stored(other=other) as new:
            while await new.reindex(limit=500):
                pass
            assert len(await new.search(query="beverage", limit=10, mode="semantic")) == 10
        async with stored(MESSAGES, other) as new:
            while await new.reindex(limit=500):
                pass

    asyncio.run(fill())
    assert asyncio.run(serve()) == 300
    for number in range(3):
        kill_once(program, path, f"w{number}", "words-2")
        assert_vectors_are_those_of_the_texts(path, complete=False)
    time.sleep(0.1)
    asyncio.run(finish())
    assert_vectors_are_those_of_the_texts(path, complete=True)


HOLDER = """
import asyncio, sys
sys.path.insert(0, sys.argv[2])
from embedder_of_words import WordEmbedder
from memio.embedders.shared import SharedEmbedder
from memio.providers.sqlite import SqliteFactAdapter
from memio.providers.sqlite._meaning import queue

queue.CLAIMED_FOR = 500_000

async def main():
    async def answer(texts):
        print("claimed", flush=True)
        await asyncio.sleep(600)
    embedder = WordEmbedder()
    embedder.answer = answer
    store = SqliteFactAdapter(path=sys.argv[1])
    store.use_embedder(SharedEmbedder(embedder))
    await store.embed_pending(limit=10)

asyncio.run(main())
"""


def test_what_a_killed_process_has_claimed_is_embedded_by_a_client_that_is_idle(
    program: Program, path: Path, stored: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LOOK_AGAIN", 0.1)

    async def fill() -> None:
        async with stored() as store:
            await store.add_many(items=[{"content": f"coffee {number}"} for number in range(5)])

    async def idle() -> None:
        config: Any = {"facts": {"provider": "sqlite", "path": str(path)}}
        async with Memio.from_config(config, embedder=WordEmbedder()) as memio:
            assert memio._embedding is not None
            await memio.facts.get_all()
            async with asyncio.timeout(60):
                while (await memio._embedding.count(ANYWHERE))["facts"].pending:  # noqa: ASYNC110  # another thread embeds
                    await asyncio.sleep(0.05)

    asyncio.run(fill())
    process = program(HOLDER, path, Path(embedder_of_words.__file__).parent)
    assert process.stdout is not None
    assert process.stdout.readline() == "claimed\n"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    asyncio.run(idle())
    assert_vectors_are_those_of_the_texts(path, complete=True)
