"""`log` writes one line per call, and in it no content."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from memio import Memio, Message, NotFoundError, NotSupportedError, PartialWriteError, ProviderError, UnavailableError
from memio.middleware.log import LogSettings, open_log
from memio.owners import ANYWHERE, Owner

SECRET = "hunter2"  # noqa: S105  # what must not be seen in any line


@pytest.fixture
def client(unsteady, caplog):
    caplog.set_level(logging.DEBUG, "memio.calls")

    def make(kind, *steps, lacking=frozenset(), **settings):
        store = unsteady(kind, *steps, lacking=lacking)
        return Memio(**{kind: store}, middleware=[open_log(LogSettings(**settings))])

    return make


def lines(caplog):
    return [record.getMessage().rpartition(" duration=")[0] for record in caplog.records]


def test_each_call_is_one_line(client, caplog):
    async def main():
        async with client("facts") as memio:
            fact = await memio.facts.add(content="coffee", user_id="alice")
            await memio.facts.add_many(["tea", "milk"])
            await memio.facts.search(query="tea")
            await memio.facts.get_all(user_id="alice")
            await memio.facts.update(fact_id=fact.id, content="espresso")
            await memio.facts.delete(fact_id=fact.id)
            await memio.facts.delete_all()

    asyncio.run(main())
    assert lines(caplog) == [
        "facts.add ok provider=unsteady scoped=yes count=1",
        "facts.add_many ok provider=unsteady scoped=no count=2",
        "facts.search ok provider=unsteady scoped=no count=1",
        "facts.get_all ok provider=unsteady scoped=yes count=1",
        "facts.update ok provider=unsteady scoped=no count=1",
        "facts.delete ok provider=unsteady scoped=no count=1",
        "facts.delete_all ok provider=unsteady scoped=no",
    ]
    assert {record.levelname for record in caplog.records} == {"INFO"}


def test_messages_are_counted_as_they_are_stored(client, caplog):
    async def main():
        async with client("history") as memio:
            messages = [Message(role="user", content=text) for text in ("a", "b", "c")]
            await memio.history.add(session_id="s", messages=iter(messages))
            await memio.history.get(session_id="s", limit=2)
            await memio.history.delete_messages("s", last=2)
            await memio.history.get_all(order="newest")
            await memio.history.count_messages()
            await memio.history.delete(session_id="s")

    asyncio.run(main())
    assert [record.memio_count for record in caplog.records] == [3, 2, 2, 1, None, None]


def test_what_is_no_number_of_records_is_not_logged_as_one(client, caplog):
    # defect: the answer of count() is logged as the number of records that it returned
    async def main():
        async with client("facts") as memio:
            await memio.facts.add_many(["a", "b"], user_id="alice")
            await memio.facts.count()
            await memio.facts.get_owners()
            await memio.facts.put("f1", "x", owner=Owner("alice"))
            await memio.purge()
            await memio._store("facts").call("erase", {}, ANYWHERE)

    asyncio.run(main())
    assert lines(caplog) == [
        "facts.add_many ok provider=unsteady scoped=yes count=2",
        "facts.count ok provider=unsteady scoped=no",
        "facts.get_owners ok provider=unsteady scoped=no",
        "facts.put ok provider=unsteady scoped=yes count=1",
        "facts.purge ok provider=unsteady scoped=no count=0",
        "facts.erase ok provider=unsteady scoped=no",
    ]


def test_a_failure_is_logged_with_its_class_and_its_effect_on_the_data(client, caplog):
    async def main():
        busy = UnavailableError(SECRET, retryable=True)
        async with client("facts", None, "lost", busy, ValueError(SECRET)) as memio:
            with pytest.raises(NotFoundError):
                await memio.facts.delete(fact_id=SECRET)
            for error in (UnavailableError, UnavailableError, ProviderError):
                with pytest.raises(error):
                    await memio.facts.add(content=SECRET)

    asyncio.run(main())
    assert lines(caplog) == [
        "facts.delete NotFoundError provider=unsteady scoped=no",
        "facts.add UnavailableError provider=unsteady scoped=no effect=unknown",
        "facts.add UnavailableError provider=unsteady scoped=no effect=not_applied",
        "facts.add ProviderError provider=unsteady scoped=no effect=unknown",
    ]
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_the_line_of_a_batch_that_stopped_half_way_has_the_count_of_records(client, caplog):
    async def main():
        async with client("facts") as memio:
            error = PartialWriteError(["a", "b"], not_added=["c"], cause=ValueError("x"))
            memio.facts._store.store.steps = [error]
            with pytest.raises(PartialWriteError):
                await memio.facts.add_many(["a", "b", "c"])

    asyncio.run(main())
    assert lines(caplog) == ["facts.add_many PartialWriteError provider=unsteady scoped=no count=2"]


def test_a_cancelled_call_is_logged_and_not_as_a_failure(client, caplog):
    async def main():
        async with client("facts", "hang") as memio:
            reading = asyncio.create_task(memio.facts.get_all())
            await memio.facts._store.store.arrived.wait()
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading

    asyncio.run(main())
    assert lines(caplog) == ["facts.get_all cancelled provider=unsteady scoped=no"]
    assert caplog.records[0].levelname == "INFO"


def test_no_content_and_no_id_is_written(client, caplog):
    # defect: a key in a repr, a log, an error or a response
    async def main():
        async with client("facts", level="debug", lacking=frozenset({"filters"})) as memio:
            given = {"metadata": {SECRET: SECRET}, "user_id": SECRET, "agent_id": SECRET, "fact_id": SECRET}
            await memio.facts.add(content=SECRET, **given)
            await memio.facts.search(query=SECRET, user_id=SECRET)
            await memio.facts.get(fact_id=SECRET)
            with pytest.raises(NotFoundError):
                await memio.facts.get(fact_id=f"{SECRET}!")
            with pytest.raises(NotSupportedError):
                await memio.facts.search(query=SECRET, filters={SECRET: SECRET})

    asyncio.run(main())
    assert len(caplog.records) == 5
    for record in caplog.records:
        assert SECRET not in json.dumps(vars(record), default=repr)


def test_each_value_is_a_field_for_formatters_that_write_json(client, caplog):
    async def main():
        async with client("facts") as memio:
            await memio.facts.add(content="coffee", user_id="alice")

    asyncio.run(main())
    fields = {name: value for name, value in vars(caplog.records[0]).items() if name.startswith("memio_")}
    assert fields.pop("memio_duration") >= 0
    assert fields == {
        "memio_operation": "facts.add",
        "memio_outcome": "ok",
        "memio_provider": "unsteady",
        "memio_scoped": True,
        "memio_count": 1,
        "memio_effect": None,
    }


def test_levels_and_logger_are_settings(client, caplog):
    caplog.set_level(logging.INFO, "audit")

    async def main():
        given = {"logger": "audit", "level": "debug", "error_level": "error"}
        async with client("facts", **given) as memio:
            await memio.facts.get_all()
            with pytest.raises(NotFoundError):
                await memio.facts.get(fact_id="1")

    asyncio.run(main())
    assert [(record.name, record.levelname) for record in caplog.records] == [("audit", "ERROR")]
