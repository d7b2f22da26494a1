"""Connections that end during a call: what was acknowledged is there, and what may have been done is `unknown`."""

import asyncio
from collections import Counter

import asyncpg
import pytest
from postgres_proxy import AFTER, BEFORE, Proxy
from postgres_server import KINDS, execute

from memio import Memio, MemioError, Message

WRITES = ("INSERT", "UPDATE", "DELETE", "COMMIT")


def writes(statement):
    text = statement.strip().upper()
    return text.startswith(WRITES) or (text.startswith("WITH") and ("INSERT INTO" in text or "UPDATE" in text))


async def outcomes_of(calls):
    """Return what was acknowledged, and the outcomes of the calls that were not."""
    acknowledged, failed = [], Counter()
    for key, call in calls:
        try:
            await call()
        except MemioError as error:
            failed[error.outcome] += 1  # any other error than a ProviderError has none
            if error.outcome == "unknown":
                acknowledged.append((key, "unknown"))
        else:
            acknowledged.append((key, "done"))
    return acknowledged, failed


def held_to(acknowledged, there):
    """Hold what is there to what was acknowledged: all of it, and beyond it only what is unknown."""
    done = {key for key, outcome in acknowledged if outcome == "done"}
    unknown = {key for key, outcome in acknowledged if outcome == "unknown"}
    assert done <= there, f"acknowledged and lost: {sorted(done - there)}"
    assert there <= done | unknown, f"reported as not applied, and there: {sorted(there - done - unknown)}"


@pytest.mark.parametrize("place", [BEFORE, AFTER])
def test_a_write_whose_connection_is_cut_is_unknown_where_it_may_be_there(connect, dsn, place):
    async def scenario():
        async with Proxy(dsn) as proxy, connect(dsn=proxy.dsn) as memio:
            await memio.facts.add("warm up")
            await memio.history.add(session_id="warm up", messages=[Message(role="user", content="x")])
            count = 0

            def cut(statement):
                nonlocal count
                if not writes(statement):
                    return None
                count += 1
                return place if count % 3 == 0 else None

            proxy.cut = cut
            calls = [(f"fact {n}", lambda n=n: memio.facts.add("x", fact_id=f"fact {n}")) for n in range(12)]
            calls += [(f"put {n}", lambda n=n: memio.documents.put(doc_id=f"put {n}", content="x")) for n in range(12)]
            calls += [
                (
                    f"turn {n}",
                    lambda n=n: memio.history.add(session_id=f"turn {n}", messages=[Message(role="user", content="x")]),
                )
                for n in range(12)
            ]
            acknowledged, failed = await outcomes_of(calls)
            proxy.cut = lambda statement: None
            there = {fact.id for fact in await memio.facts.get_all(limit=100) if fact.id.startswith("fact")}
            there |= {document.id for document in await memio.documents.get_all(limit=100)}
            there |= {each.id for each in await memio.history.get_all(limit=100) if each.id != "warm up"}
            held_to(acknowledged, there)
            assert proxy.cuts[place] >= 6
            assert failed["unknown"] or place == BEFORE
            # The pool has replaced what was cut.
            await asyncio.gather(*(memio.facts.count() for _ in range(30)))

    asyncio.run(scenario())


def test_a_read_whose_connection_is_cut_is_repeated(connect, dsn):
    async def scenario():
        async with Proxy(dsn) as proxy, connect(dsn=proxy.dsn) as memio:
            await memio.facts.add("likes tea", fact_id="1")
            for place in (BEFORE, AFTER):
                todo = [place]
                proxy.cut = lambda statement, todo=todo: todo.pop() if todo and "SELECT" in statement else None
                assert (await memio.facts.get("1")).content == "likes tea"
                assert proxy.cuts[place] == 1

    asyncio.run(scenario())


def test_no_statement_is_prepared_by_name_and_nothing_is_set(connect, dsn):
    """What a pooler in front of the server needs, which gives every transaction another connection."""

    async def scenario():
        async with Proxy(dsn) as proxy:
            async with connect(dsn=proxy.dsn) as memio:
                await memio.facts.add_many([f"likes tea {n}" for n in range(5)])
                await memio.history.add(session_id="s", messages=[Message(role="user", content="x")])
                await memio.facts.search("tea", filters={"a": {"$gt": 1}})
                await memio.history.delete_messages(session_id="s", last=1)
                await memio.facts.delete_all()
            assert set(proxy.names) == {""}
            words = [each.split(None, 1)[0].upper() for each in proxy.statements if each.strip()]
            assert not {"SET", "LISTEN", "PREPARE", "DISCARD", "RESET", "DECLARE"} & set(words)
            assert not any("pg_advisory_lock(" in each for each in proxy.statements)

    asyncio.run(scenario())


@pytest.mark.parametrize("seconds", [1, pytest.param(15, marks=pytest.mark.slow)])
def test_killed_backends_lose_nothing_that_was_acknowledged(connect, dsn, schema, seconds):
    async def scenario():
        async with connect(pool_size=5) as memio:
            await memio.facts.count()
            acknowledged, stop = [], asyncio.Event()

            async def write(caller):
                number = 0
                while not stop.is_set():
                    number += 1
                    key = f"{caller}-{number}"
                    found, _ = await outcomes_of([(key, lambda key=key: memio.facts.add("x", fact_id=key))])
                    acknowledged.extend(found)

            async def kill():
                killer = await asyncpg.connect(dsn, statement_cache_size=0)
                for _ in range(seconds * 10):
                    await asyncio.sleep(0.1)
                    await killer.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                        f"AND query LIKE '%{schema}%' AND datname = current_database()"
                    )
                await killer.close()
                stop.set()

            await asyncio.gather(kill(), *(write(caller) for caller in range(5)))
            there = {fact.id async for fact in memio.facts.iter_all()}
            held_to(acknowledged, there)
            assert len(there) > 5

    asyncio.run(scenario())


@pytest.mark.parametrize("rounds", [1, pytest.param(5, marks=pytest.mark.slow)])
def test_a_server_that_is_killed_has_what_was_acknowledged(own_server, rounds):
    schema = f"killed_{rounds}"
    place = {"provider": "postgres", "dsn": own_server.dsn, "schema_name": schema, "connect_timeout": 5}

    async def scenario():
        async with Memio.from_config(dict.fromkeys(KINDS, place)) as memio:
            await memio.facts.count()
            acknowledged = []
            for turn in range(rounds):
                stop = asyncio.Event()

                async def write(caller, turn=turn, stop=stop):
                    number = 0
                    while not stop.is_set():
                        number += 1
                        key = f"{turn}-{caller}-{number}"
                        found, _ = await outcomes_of([(key, lambda key=key: memio.facts.add("x", fact_id=key))])
                        acknowledged.extend(found)
                        await asyncio.sleep(0)

                async def crash(stop=stop):
                    await asyncio.sleep(0.5)
                    await asyncio.to_thread(own_server.kill)
                    stop.set()

                await asyncio.gather(crash(), *(write(caller) for caller in range(4)))
                with pytest.raises(MemioError) as refused:
                    await memio.facts.add("nobody hears this", fact_id="refused")
                assert refused.value.outcome == "not_applied"
                await asyncio.to_thread(own_server.start)
                there = {fact.id async for fact in memio.facts.iter_all()}
                held_to(acknowledged, there)
                assert len(there) > turn

    asyncio.run(scenario())
    execute(own_server.dsn, f"DROP SCHEMA {schema} CASCADE")
