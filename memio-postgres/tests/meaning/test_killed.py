"""Processes and connections that end while texts are written and embedded: vectors stay those of the texts."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import embedded_postgres
import pytest
from embedded_postgres import ANN, FACTS, MESSAGES, WordEmbedder, drain, texts, vector_of
from postgres_proxy import AFTER, BEFORE, Proxy
from postgres_server import execute

from memio import MemioError

WRITER = """
import asyncio, random, sys
sys.path.insert(0, sys.argv[1])
from embedded_postgres import FACTS, MESSAGES, WordEmbedder, opened
from memio import Message, Owner
from memio.providers.postgres._meaning import queue

queue.CLAIMED_FOR = 200_000
dsn, schema, name, model = sys.argv[2:]
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
    settings = {"dsn": dsn, "schema_name": schema, "pool_size": 3}
    facts, history = (opened(kind, WordEmbedder(model), **settings) for kind in (FACTS, MESSAGES))
    await asyncio.gather(writing(facts, history), embedding(facts), embedding(history))

asyncio.run(main())
"""


def started(dsn, schema, name, model="words-1"):
    command = [sys.executable, "-c", WRITER, Path(embedded_postgres.__file__).parent, dsn, schema, name, model]
    return subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed(process, rounds):
    """Kill a writer after some rounds of embedding, and return the ids of the facts that it has added."""
    printed = [process.stdout.readline()]
    while sum(line.startswith("+") for line in printed) < rounds:
        printed.append(process.stdout.readline())
        assert printed[-1], process.communicate()
    time.sleep(random.random() * 0.02)
    process.send_signal(signal.SIGKILL)
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, errors
    lines = [line for line in (*printed, *rest.splitlines(keepends=True)) if line.endswith("\n")]
    # A line whose beginning `readline` had in its buffer is cut, and counts for nothing.
    return {line.removeprefix("fact ").strip() for line in lines if line.startswith("fact ")}


def assert_vectors_are_those_of_the_texts(dsn, schema, *, complete):
    for table, number in (("fact", "text_seq"), ("message", "seq")):
        identity = "v.owner = r.owner AND v.key = r.key" + (" AND v.session = r.session" if table == "message" else "")
        counted = execute(
            dsn,
            f"SELECT r.content, v.vector::real[] AS vector FROM {schema}.{table} r "
            f"JOIN {schema}.{table}_vector v ON {identity} AND v.text_seq = r.{number} WHERE v.vector IS NOT NULL",
        )
        for content, vector in counted:
            expected = vector_of(content)
            assert vector == pytest.approx([value / max(expected) for value in expected], abs=1e-3)
        # Whatever a model has passed is among the vectors: claimed, refused or done.
        missed = execute(
            dsn,
            f"SELECT r.id FROM {schema}.{table} r, {schema}.model m WHERE m.source = '{table}' "
            f"AND r.{number} <= m.upto AND NOT EXISTS (SELECT 1 FROM {schema}.{table}_vector v "
            f"WHERE {identity} AND v.text_seq = r.{number} AND v.model = m.number AND v.part = 0)",
        )
        assert missed == []
        assert len(execute(dsn, f"SELECT 1 FROM {schema}.model WHERE source = '{table}' AND current")) <= 1
        if complete:
            ((count,),) = execute(dsn, f"SELECT count(*) FROM {schema}.{table}")
            assert len(counted) == count > 0


def check_after_kills(times, dsn, schema, stored):
    added = set()
    for turn in range(times):
        processes = [started(dsn, schema, f"{turn} {number}") for number in range(2)]
        for process in processes:
            added |= killed(process, random.randint(1, 12))
        assert_vectors_are_those_of_the_texts(dsn, schema, complete=False)
        assert added <= {row[0] for row in execute(dsn, f"SELECT id FROM {schema}.fact")}
    time.sleep(0.2)  # until the claims have ended

    async def next_run():
        for kind in (FACTS, MESSAGES):
            async with stored(kind) as store:
                await drain(store)
                assert (await store.count_pending())[:2] == (0, 0)

    asyncio.run(next_run())
    assert_vectors_are_those_of_the_texts(dsn, schema, complete=True)


@pytest.mark.parametrize("times", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_processes_that_are_killed_leave_no_vector_of_another_text_and_miss_none(dsn, schema, stored, times):
    check_after_kills(times, dsn, schema, stored)


def test_a_reindex_that_is_killed_in_the_middle_leaves_the_former_vectors_and_goes_on(dsn, schema, stored):
    async def fill():
        async with stored() as store:
            await store.add_many(items=[{"content": f"coffee {number}", "owner": ANN} for number in range(300)])
            await drain(store)

    asyncio.run(fill())
    killed(started(dsn, schema, "ann", "words-2"), 3)
    assert_vectors_are_those_of_the_texts(dsn, schema, complete=False)
    time.sleep(0.2)

    async def go_on():
        async with stored() as store, stored(other=WordEmbedder("words-2")) as new:
            await drain(store)
            assert len(await store.search(query="beverage", limit=300, mode="semantic")) == 300
            while await new.reindex(limit=100):
                pass
            assert len(await new.search(query="beverage", limit=300, mode="semantic")) == 300

    asyncio.run(go_on())
    assert [row[0] for row in execute(dsn, f"SELECT name FROM {schema}.model WHERE source = 'fact'")] == ["words-2"]


@pytest.mark.parametrize("place", [BEFORE, AFTER])
async def test_connections_that_are_cut_at_a_commit_lose_no_vector_and_store_none_twice(dsn, stored, look, place):
    async with Proxy(dsn) as proxy, stored(dsn=proxy.dsn) as store:
        await store.add(content="warm up", owner=ANN)
        await drain(store)
        count = 0

        def cut(statement):
            nonlocal count
            count += statement == "COMMIT"
            return place if statement == "COMMIT" and count % 3 == 0 else None

        for number in range(20):
            await store.add(content=f"coffee {number}", owner=ANN)
        proxy.cut = cut
        for _ in range(40):
            try:
                await store.embed_pending(limit=3)
            except MemioError as error:
                assert error.retryable  # noqa: PT017  # each turn may fail or not
        proxy.cut = lambda statement: None
        assert proxy.cuts[place] >= 6
        await look("UPDATE {schema}.fact_vector SET due = 1 WHERE due IS NOT NULL", "SELECT 1")  # as after a minute
        await drain(store)
        assert (await store.count_pending())[:2] == (0, 0)
        assert await look("SELECT count(*), count(vector) FROM {schema}.fact_vector") == [(21, 21)]
        assert len(await texts(store.search(query="beverage", limit=20, mode="semantic"))) == 20
