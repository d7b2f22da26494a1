"""Roles with stricter transactions, statements that take too long, calls that are cancelled, locks that others hold."""

import asyncio
import random
from uuid import uuid4

import asyncpg
import pytest
from postgres_proxy import Proxy
from postgres_server import execute

from memio import ConflictError, Message, ProviderTimeoutError, Triple


@pytest.fixture(params=["repeatable read", "serializable"])
def strict_dsn(dsn, request):
    """A DSN of a role whose transactions are of a stricter level."""
    role = f"strict_{uuid4().hex[:8]}"
    execute(
        dsn,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT CREATE ON DATABASE memio TO {role}",
        f"ALTER ROLE {role} SET default_transaction_isolation = '{request.param}'",
        "SELECT 1",
    )
    yield dsn.replace("//memio@", f"//{role}@")
    execute(dsn, f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}", "SELECT 1")


def test_stricter_transactions_lose_no_concurrent_write(connect, strict_dsn):
    async def scenario():
        async with connect(dsn=strict_dsn) as one, connect(dsn=strict_dsn) as two:
            clients = (one, two)
            await one.facts.add("0", fact_id="shared")

            async def work(number):
                memio = clients[number % 2]
                await memio.facts.update(fact_id="shared", content=f"{number}")
                await memio.history.add(session_id="s", messages=[Message(role="user", content=f"{number}")])
                await memio.graph.add(triples=[Triple(subject=f"{number % 3}", predicate="is", object="x")])
                await memio.documents.put(doc_id="shared", content=f"{number}")
                await memio.facts.add(f"{number}", fact_id=f"{number}")

            await asyncio.gather(*(work(number) for number in range(24)))
            assert await one.facts.count() == 25
            assert await one.history.count_messages() == 24
            assert {message.content for message in await one.history.get("s", limit=50)} == {*map(str, range(24))}
            assert await one.graph.count() == 3
            assert await one.documents.count() == 1

            async def take(memio):
                return (await memio.history.delete_messages("s", last=1))[0].content

            taken = await asyncio.gather(*(take(clients[number % 2]) for number in range(24)))
            assert sorted(taken) == sorted(map(str, range(24)))

    asyncio.run(scenario())


def test_one_of_many_writes_with_a_version_happens(connect, strict_dsn):
    async def scenario():
        async with connect(dsn=strict_dsn) as memio:
            fact = await memio.facts.add("first", fact_id="f")
            calls = [memio.facts.update(fact_id="f", content=f"{n}", if_version=fact.version) for n in range(12)]
            results = await asyncio.gather(*calls, return_exceptions=True)
            assert sorted(isinstance(each, ConflictError) for each in results) == [False] + [True] * 11

    asyncio.run(scenario())


def locks_of(dsn, schema):
    """Return the locks and the open transactions that sessions other than this one hold on a schema."""
    return execute(
        dsn,
        "SELECT a.pid, a.state, a.query FROM pg_stat_activity a "
        f"WHERE a.pid <> pg_backend_pid() AND a.query LIKE '%{schema}%' AND a.state LIKE 'idle in transaction%' "
        "UNION ALL SELECT l.pid, l.mode, l.locktype FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
        f"WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = '{schema}') "
        "AND l.pid <> pg_backend_pid()",
    )


@pytest.mark.parametrize("calls", [300, pytest.param(3_000, marks=pytest.mark.slow)])
def test_cancelled_calls_leave_no_connection_and_no_lock(connect, dsn, schema, calls):
    chance = random.Random(calls)

    async def scenario():
        async with connect(pool_size=4) as memio:
            await memio.facts.add("likes tea", fact_id="f")
            kept = set()

            async def one(number):
                works = (
                    lambda: memio.facts.add("x", fact_id=f"{number}"),
                    lambda: memio.facts.update(fact_id="f", content=f"{number}"),
                    lambda: memio.facts.search("tea"),
                    lambda: memio.history.add(session_id="s", messages=[Message(role="user", content="x")] * 3),
                    lambda: memio.facts.add_many([{"content": "x", "fact_id": f"many {number} {n}"} for n in range(5)]),
                    lambda: memio.graph.add(triples=[Triple(subject=f"{number}", predicate="is", object="x")]),
                )
                kind = number % len(works)
                task = asyncio.create_task(works[kind]())
                await asyncio.sleep(chance.choice((0, 0, 0.001, 0.003, 0.01, 0.03)))
                cancelled = task.cancel()
                try:
                    result = await task
                except asyncio.CancelledError:
                    assert cancelled
                else:
                    if kind == 0:
                        kept.add(result.id)

            numbers = iter(range(calls))

            async def caller():
                for number in numbers:
                    await one(number)

            await asyncio.gather(*(caller() for _ in range(12)))
            # As many calls as there are connections, at once: none is held by a call that has ended.
            await asyncio.wait_for(asyncio.gather(*(memio.facts.get("f") for _ in range(16))), 30)
            there = {fact.id async for fact in memio.facts.iter_all()}
            assert kept <= there
            many = [each for each in there if each.startswith("many")]
            assert len(many) % 5 == 0, "a batch is stored as a whole"
            session = [message async for message in memio.history.iter_messages("s")]
            assert len(session) % 3 == 0
            assert await asyncio.to_thread(locks_of, dsn, schema) == []

    asyncio.run(scenario())
    for _ in range(100):  # a server ends the session of a closed connection a moment later
        left = execute(
            dsn, f"SELECT query FROM pg_stat_activity WHERE query LIKE '%{schema}.%' AND pid <> pg_backend_pid()"
        )
        if not left:
            break
    assert left == []


@pytest.mark.parametrize("ending", ["cancelled", "late"])
def test_the_transaction_of_a_call_that_ended_early_holds_no_later_write(connect, dsn, schema, ending):
    async def scenario():
        timeout = 30 if ending == "cancelled" else 1
        async with Proxy(dsn) as proxy, connect(dsn=proxy.dsn, pool_size=1, statement_timeout=timeout) as memio:
            await memio.history.add(session_id="s", messages=[Message(role="user", content="x")])
            # The server begins a transaction, and its answer arrives when the call has ended.
            proxy.hold = lambda statement: statement.startswith("BEGIN")
            early = asyncio.create_task(
                memio.history.add(session_id="s", messages=[Message(role="user", content="y", id="y")])
            )
            await proxy.held.wait()
            if ending == "cancelled":
                early.cancel()
            await asyncio.wait([early])
            proxy.hold = lambda statement: False
            later = asyncio.create_task(memio.facts.add("likes tea", fact_id="f"))
            await asyncio.sleep(0)
            proxy.release.set()
            assert (await later).id == "f"
            # As of another connection: nothing of it is in a transaction that may still be rolled back.
            assert await asyncio.to_thread(execute, dsn, f"SELECT id FROM {schema}.fact") == [("f",)]
            assert (await memio.facts.get("f")).content == "likes tea"
            assert [message.content async for message in memio.history.iter_messages("s")] == ["x"]

    asyncio.run(scenario())


def test_a_statement_that_takes_too_long_is_cancelled_and_reported(connect, dsn, schema):
    async def scenario():
        async with connect() as memio:  # with the usual time for making the tables
            await memio.facts.add("likes tea", fact_id="f")
        async with connect(statement_timeout=1, pool_size=2) as memio:
            other = await asyncpg.connect(dsn, statement_cache_size=0)
            async with other.transaction():
                await other.execute(f"SELECT * FROM {schema}.fact FOR UPDATE")
                with pytest.raises(ProviderTimeoutError, match="statement_timeout") as late:
                    await memio.facts.update(fact_id="f", content="likes coffee")
                assert late.value.retryable
                assert late.value.outcome == "unknown"
                assert (await memio.facts.get("f")).content == "likes tea"
            await other.close()
            # The update was cancelled on the server too: it does not happen when the lock is gone.
            assert (await memio.facts.update(fact_id="f", metadata={"a": 1})).content == "likes tea"
            assert await asyncio.to_thread(locks_of, dsn, schema) == []

    asyncio.run(scenario())


def test_batches_in_opposite_order_do_not_block_each_other(connect):
    async def scenario():
        async with connect() as one, connect() as two:
            await one.facts.count()
            names = [f"{number}" for number in range(60)]

            async def work(memio, order):
                for turn in range(10):
                    items = [{"content": "x", "fact_id": f"{turn} {name}"} for name in order]
                    await memio.facts.add_many(items)
                    await memio.documents.add_many([{"content": "x", "doc_id": item["fact_id"]} for item in items])
                    await memio.graph.add(
                        triples=[Triple(subject=f"{turn} {name}", predicate="is", object="x") for name in order]
                    )

            shuffled = random.Random(3).sample(names, len(names))
            await asyncio.gather(
                *(work(memio, order) for memio in (one, two) for order in (names, names[::-1], shuffled))
            )
            assert [await each.count() for each in (one.facts, one.documents, one.graph)] == [600, 600, 600]

    asyncio.run(scenario())
