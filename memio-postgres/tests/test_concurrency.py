"""Calls of several clients at the same time, for roles with any isolation level."""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from postgres_server import execute

from memio import ConflictError, MemioError, Message, NotFoundError, Triple

HELLO = Message(role="user", content="hello")


async def gathered(*calls):
    """Return the results of calls, errors of memio included."""

    async def one(call):
        try:
            return await call
        except MemioError as error:
            return error

    return await asyncio.gather(*map(one, calls))


@pytest.fixture(params=["read committed", "repeatable read", "serializable"])
def isolation(request, dsn):
    """The default isolation level of the role, for the time of the test."""
    execute(dsn, f"ALTER ROLE CURRENT_USER SET default_transaction_isolation = '{request.param}'", "SELECT 1")
    yield request.param
    execute(dsn, "ALTER ROLE CURRENT_USER RESET default_transaction_isolation", "SELECT 1")


def test_of_many_writers_with_one_version_one_writes(connect, isolation):
    async def scenario():
        async with connect() as first, connect() as second:
            fact = await first.facts.add("0", fact_id="f")
            calls = [
                client.facts.update(fact_id="f", content=f"{number}", if_version=fact.version)
                for number, client in enumerate([first, second] * 10)
            ]
            calls += [client.facts.put(fact_id="f", content="p", if_version=fact.version) for client in (first, second)]
            results = await gathered(*calls)
            errors = [result for result in results if isinstance(result, Exception)]
            assert len(errors) == len(calls) - 1
            assert {(type(error), error.reason) for error in errors} == {(ConflictError, "version")}

    asyncio.run(scenario())


def test_updates_of_one_record_are_all_done_one_after_the_other(connect, isolation):
    async def scenario():
        async with connect() as first, connect() as second:
            await first.facts.add("0", fact_id="f")
            clients = [first, second] * 25
            facts = await asyncio.gather(
                *(client.facts.update(fact_id="f", content=f"{n}") for n, client in enumerate(clients))
            )
            assert len({fact.version for fact in facts}) == len(clients)
            assert await first.facts.get("f") in facts

    asyncio.run(scenario())


def test_batches_in_opposite_orders_do_not_fail(connect, isolation):
    async def scenario():
        async with connect(pool_size=8) as first, connect(pool_size=8) as second:
            items = [{"content": f"{n}", "fact_id": f"{n}", "user_id": f"user {n % 7}"} for n in range(60)]
            triples = [Triple(subject=f"{n}", predicate="is", object="a number") for n in range(60)]
            for _ in range(3):
                await asyncio.gather(
                    *(client.facts.add_many(given) for client in (first, second) for given in (items, items[::-1]) * 2),
                    *(
                        client.graph.add(triples=given)
                        for client in (first, second)
                        for given in (triples, triples[::-1]) * 2
                    ),
                )
                assert (await first.facts.count(), await second.graph.count()) == (60, 60)
                await asyncio.gather(first.facts.delete_all(), second.graph.delete_all())

    asyncio.run(scenario())


def test_of_many_that_add_under_one_id_all_get_the_same_record(connect, isolation):
    async def scenario():
        async with connect() as first, connect() as second:
            clients = [first, second] * 15
            facts = await asyncio.gather(*(client.facts.add("same", fact_id="f") for client in clients))
            assert len({(fact.id, fact.version, fact.created_at) for fact in facts}) == 1
            others = await gathered(*(client.facts.add(f"{n}", fact_id="g") for n, client in enumerate(clients)))
            stored = [fact for fact in others if not isinstance(fact, Exception)]
            assert len(stored) == 1
            assert {(type(error), error.reason) for error in others if isinstance(error, Exception)} == {
                (ConflictError, "taken")
            }
            assert await first.facts.count() == 2

    asyncio.run(scenario())


def test_puts_adds_and_deletes_of_one_id_leave_one_record_or_none(connect):
    async def scenario():
        async with connect() as first, connect() as second:
            for _ in range(10):
                results = await gathered(
                    *(client.documents.put(doc_id="d", content="put") for client in (first, second) * 2),
                    *(client.documents.add("put", doc_id="d") for client in (first, second) * 2),
                    *(client.documents.delete("d") for client in (first, second) * 2),
                )
                assert {type(each) for each in results if isinstance(each, Exception)} <= {NotFoundError}
                assert await first.documents.count() in (0, 1)

    asyncio.run(scenario())


def test_messages_of_one_session_keep_an_order_and_lose_nothing(connect, isolation):
    async def scenario():
        async with connect() as first, connect() as second:
            turns = [
                [Message(role="user", content=f"question {n}"), Message(role="assistant", content=f"answer {n}")]
                for n in range(40)
            ]
            await asyncio.gather(
                *(
                    client.history.add(session_id="s", messages=turn)
                    for client, turn in zip([first, second] * 20, turns, strict=True)
                )
            )
            found = [message async for message in first.history.iter_messages("s")]
            assert len(found) == 80
            pairs = list(zip(found[::2], found[1::2], strict=True))
            assert all(one.content.split()[1] == two.content.split()[1] for one, two in pairs)
            (session,) = await second.history.get_all()
            assert session.message_count == 80
            removed = await asyncio.gather(
                *(client.history.delete_messages(session_id="s", last=3) for client in (first, second) * 20)
            )
            counted = Counter(message.id for some in removed for message in some)
            assert (len(counted), set(counted.values())) == (80, {1})
            assert await first.history.get_all() == []

    asyncio.run(scenario())


def test_a_session_is_deleted_with_all_that_was_added_before(connect, dsn, schema):
    async def scenario():
        async with connect() as first, connect() as second:
            for _ in range(15):
                await gathered(
                    *(client.history.add(session_id="s", messages=[HELLO]) for client in (first, second) * 3),
                    first.history.delete(session_id="s"),
                    second.history.delete_all(),
                )
            sessions = {(each.id, each.message_count) for each in await first.history.get_all()}
            assert sessions == {("s", await first.history.count_messages())} or not sessions

    asyncio.run(scenario())
    orphans = f"SELECT 1 FROM {schema}.message m LEFT JOIN {schema}.session s ON s.key = m.session WHERE s.key IS NULL"
    assert execute(dsn, orphans) == []


def test_an_owner_is_not_removed_while_a_record_of_it_is_being_added(connect, dsn, schema):
    async def scenario():
        async with connect() as first, connect() as second:
            for number in range(15):
                user = f"user {number}"
                await first.facts.add("gone", fact_id="f", user_id=user)
                await first.facts.delete("f", user_id=user)
                await asyncio.gather(
                    *(second.facts.add(f"{n}", user_id=user) for n in range(4)), *(first.purge() for _ in range(3))
                )
                assert await first.facts.count(user_id=user) == 4
                assert len(await first.facts.get_all(user_id=user)) == 4
            assert len(await first.facts.get_owners(limit=100)) == 15
            await first.facts.delete_all()
            await first.purge()

    asyncio.run(scenario())
    assert execute(dsn, f"SELECT count(*) FROM {schema}.owner")[0][0] == 0


def test_expiry_is_by_the_clock_of_the_server(connect, dsn, schema):
    async def scenario():
        async with connect() as memio:
            later = datetime.now(UTC) + timedelta(hours=1)
            fact = await memio.facts.add("soon gone", fact_id="f", expires_at=later)
            await asyncio.to_thread(execute, dsn, f"UPDATE {schema}.fact SET expires_at = 1", "SELECT 1")
            assert await memio.facts.count() == 0
            assert [
                *await memio.facts.search("soon"),
                *await memio.facts.get_all(),
                *await memio.facts.get_owners(),
            ] == []
            with pytest.raises(NotFoundError):
                await memio.facts.update(fact_id="f", content="back")
            again = await memio.facts.add("another", fact_id="f")
            assert int(again.version) > int(fact.version)
            assert await memio.facts.count() == 1

    asyncio.run(scenario())


def test_cancelled_calls_leave_no_connection_and_no_lock(connect, dsn, schema):
    async def scenario():
        async with connect(pool_size=4) as memio:
            await memio.history.add(session_id="s", messages=[HELLO])
            for number in range(200):
                calls = [
                    asyncio.ensure_future(memio.history.add(session_id="s", messages=[HELLO, HELLO])),
                    asyncio.ensure_future(memio.facts.put(fact_id="f", content=f"{number}")),
                    asyncio.ensure_future(memio.facts.search("hello")),
                ]
                await asyncio.sleep(0.0005 * (number % 7))
                for call in calls:
                    call.cancel()
                for call in calls:
                    with suppress(asyncio.CancelledError):
                        await call
            await asyncio.wait_for(memio.history.add(session_id="s", messages=[HELLO]), 10)
            assert await memio.history.count_messages() == (await memio.history.get_all())[0].message_count
            rows = await asyncio.to_thread(
                execute,
                dsn,
                "SELECT count(*) FILTER (WHERE state <> 'idle'), count(*) FROM pg_stat_activity "
                f"WHERE pid <> pg_backend_pid() AND query LIKE '%{schema}%'",
            )
            assert rows[0][0] == 0
            assert rows[0][1] <= 4

    asyncio.run(scenario())
