"""What a store remembers of the server's last answers, and that it notices when this is no longer so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from letta_proxy import Proxy, repeat

from memio import Memio, Message
from memio.errors import NotFoundError
from memio.providers.letta import LettaFactAdapter, LettaHistoryAdapter
from memio.providers.letta._api.fresh import Fresh, Seen
from memio.providers.letta._rows.clock import ServerClock

Run = Callable[[Coroutine[Any, Any, Any]], Any]
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
FOREIGN = "passage-00000000-0000-4000-8000-000000000000"


def test_a_value_is_fresh_until_it_is_dropped_or_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    known: Fresh[str] = Fresh()
    assert known.get() is None
    known.set("archive-1")
    assert known.get() == "archive-1"
    known.drop()
    assert known.get() is None
    monkeypatch.setattr("memio.providers.letta._api.fresh.FRESH", 0.0)
    known.set("archive-1")
    assert known.get() is None


def test_an_id_that_was_deleted_is_not_seen_again_in_a_late_answer() -> None:
    seen = Seen()
    seen.add("one")
    assert "one" in seen
    seen.deleted("one")
    seen.add("one")
    assert "one" not in seen
    for number in range(Seen.MOST + 1):
        seen.add(str(number))
    assert "0" not in seen
    assert str(Seen.MOST) in seen


def test_times_that_are_reserved_are_after_all_that_the_server_has_set_and_never_twice() -> None:
    clock = ServerClock()
    assert clock.reserve(1) is None
    sent = monotonic()
    clock.note(EPOCH, sent=sent)
    first = clock.reserve(100)
    second = clock.reserve(100)
    assert first is not None
    assert second is not None
    assert first > EPOCH
    assert second > first + 99 * timedelta(microseconds=1)


def test_a_clock_that_is_not_known_well_reserves_nothing_until_a_faster_answer_comes() -> None:
    clock = ServerClock()
    clock.note(EPOCH, sent=monotonic() - 5)
    assert clock.reserve(1) is None
    clock.note(EPOCH + timedelta(seconds=1), sent=monotonic())
    assert clock.reserve(1) is not None
    clock.note(None, sent=monotonic())
    assert clock.reserve(1) is not None


def test_a_server_whose_clock_was_set_is_believed() -> None:
    clock = ServerClock()
    clock.note(EPOCH, sent=monotonic())
    clock.note(EPOCH + timedelta(hours=1), sent=monotonic())
    begin = clock.reserve(1)
    assert begin is not None
    assert begin > EPOCH + timedelta(hours=1)


def test_a_call_returns_when_its_times_have_passed() -> None:
    async def main() -> float:
        clock = ServerClock()
        clock.note(EPOCH, sent=monotonic())
        begun = monotonic()
        await clock.wait_until_past(EPOCH + timedelta(seconds=0.2))
        return monotonic() - begun

    assert asyncio.run(main()) >= 0.1


def test_batches_and_single_records_of_two_clients_are_listed_in_the_order_of_adding(
    run: Run, server: Any, agent: str
) -> None:
    async def main() -> None:
        async with (
            Memio(facts=LettaFactAdapter(base_url=server.url, agent_id=agent)) as one,
            Memio(facts=LettaFactAdapter(base_url=server.url, agent_id=agent)) as two,
        ):
            added = [await one.facts.add("first")]
            for _ in range(3):
                added += await one.facts.add_many(["a", "b", "c"])
                added.append(await two.facts.add("between"))
                added += await two.facts.add_many(["d", "e"])
                added.append(await one.facts.add("after"))
            assert await one.facts.get_all() == added

    run(main())


def test_a_record_of_another_agent_is_not_deleted_without_reading(run: Run, server: Any, agent: str) -> None:
    # defect: a passage deleted through another agent's id
    other = server.new_agent()
    foreign = server.add_passage(other, "foreign")

    async def main() -> None:
        async with Memio(facts=LettaFactAdapter(base_url=server.url, agent_id=agent)) as memio:
            mine = await memio.facts.add("mine")
            for unknown in (
                foreign["id"],
                FOREIGN,
                "x",
                "../../agents/x",
                f"{mine.id}/..",
                f"{mine.id}?x=1",
                f"{mine.id}\n",
            ):
                with pytest.raises(NotFoundError):
                    await memio.facts.delete(unknown)
            assert await memio.facts.get_all() == [mine]

    run(main())
    assert server.texts(other) == ["foreign"]


def test_a_record_that_another_client_deleted_before_it_was_seen_is_not_found(
    run: Run, server: Any, agent: str
) -> None:
    async def main() -> None:
        async with (
            Proxy(server.url) as proxy,
            Memio(facts=LettaFactAdapter(base_url=proxy.url, agent_id=agent)) as memio,
        ):
            gone = server.add_passage(agent, "gone")["id"]
            await memio.facts.add("mine")
            server.delete_passage(agent, gone)
            with pytest.raises(NotFoundError):
                await memio.facts.delete(gone)
            seen = await memio.facts.add("seen")
            proxy.on("DELETE", repeat)
            await memio.facts.delete(seen.id)
            with pytest.raises(NotFoundError):
                await memio.facts.delete(seen.id)

    run(main())
    assert server.texts(agent) == ["mine"]


def test_an_archive_that_is_exchanged_is_noticed(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Memio(facts=LettaFactAdapter(base_url=server.url, agent_id=agent)) as memio:
            await memio.facts.add("old")
            await memio.facts.add_many(["old 2", "old 3"])
            server.ask("DELETE", f"/v1/archives/{server.archive(agent)}")
            added = await memio.facts.add_many(["new 1", "new 2", "new 3"])
            assert await memio.facts.get_all() == added
            await memio.facts.delete(added[0].id)
            assert await memio.facts.get_all() == added[1:]

    run(main())


def test_a_session_that_another_client_deleted_is_begun_anew(run: Run, server: Any, agent: str) -> None:
    hello = [Message(role="user", content="hello")]

    async def main() -> None:
        async with Memio(history=LettaHistoryAdapter(base_url=server.url, agent_id=agent)) as memio:
            await memio.history.add(session_id="s", messages=hello)
            for conversation in server.conversations(agent):
                server.ask("DELETE", f"/v1/conversations/{conversation['id']}")
            await memio.history.add(session_id="s", messages=hello)
            await memio.history.delete("s")
            await memio.history.add(session_id="s", messages=hello)
            assert len(await memio.history.get("s")) == 2
            assert len(server.conversations(agent)) == 1

    run(main())
