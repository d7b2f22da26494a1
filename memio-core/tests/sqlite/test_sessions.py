"""Sessions as they are listed: their times and counts, the latest first, by time, and of many owners."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from memio import Memio, Message, Owner, Session
from memio.providers.sqlite._rows import sessions as rows

Run = Callable[..., Any]
START = datetime(2026, 1, 1, tzinfo=UTC)


def said(*hours: int) -> list[Message]:
    return [Message(role="user", content=f"at {hour}", timestamp=START + timedelta(hours=hour)) for hour in hours]


async def names(memio: Memio, **arguments: Any) -> list[str]:
    return [session.id async for session in memio.history.iter_all(page_size=2, **arguments)]


def test_a_session_has_the_least_and_the_greatest_time_of_its_messages_and_their_number(both: Run) -> None:
    async def body(memio: Memio) -> None:
        await memio.history.add(
            session_id="s", messages=said(5, 1), user_id="ann", agent_id="bot", namespace=("a", "b")
        )
        await memio.history.add(session_id="s", messages=said(3), user_id="ann", agent_id="bot", namespace=("a", "b"))
        (session,) = await memio.history.get_all()
        assert session == Session(
            id="s",
            user_id="ann",
            agent_id="bot",
            namespace=("a", "b"),
            created_at=START + timedelta(hours=1),
            updated_at=START + timedelta(hours=5),
            message_count=3,
        )
        await memio.history.delete_messages("s", message_ids=[(await memio.history.get("s"))[0].id or ""])
        (session,) = await memio.history.get_all()
        assert (session.updated_at, session.message_count) == (START + timedelta(hours=3), 2)

    both(body)


def test_the_latest_come_first_by_the_greatest_time_and_equal_ones_by_their_age(both: Run) -> None:
    async def body(memio: Memio) -> None:
        for session, hours in {"a": (1, 9), "b": (5,), "c": (5,), "d": (-3_000_000,), "e": (7,)}.items():
            await memio.history.add(session_id=session, messages=said(*hours))
        assert await names(memio, order="newest") == ["a", "e", "c", "b", "d"]
        assert await names(memio) == ["a", "b", "c", "d", "e"]
        await memio.history.add(session_id="b", messages=said(8))
        assert await names(memio, order="newest") == ["a", "b", "e", "c", "d"]

    both(body)


def test_since_and_until_select_sessions_by_their_latest_message(both: Run) -> None:
    async def body(memio: Memio) -> None:
        for hour in range(6):
            await memio.history.add(session_id=str(hour), messages=said(0, hour))
        span = {"since": START + timedelta(hours=2), "until": START + timedelta(hours=4)}
        assert await names(memio, **span) == ["2", "3"]
        assert await names(memio, order="newest", **span) == ["3", "2"]
        assert await memio.history.count(**span) == 2
        assert await memio.history.count() == 6

    both(body)


@pytest.mark.parametrize("limits", [(16, 10_000), (2, 10_000), (2, 0)], ids=["merged", "sorted", "among all"])
@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_sessions_of_many_owners_are_listed_in_one_order(
    both: Run, monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], order: str
) -> None:
    monkeypatch.setattr(rows, "_MERGED", limits[0])
    monkeypatch.setattr(rows, "_SORTED", limits[1])
    random = Random(7)  # noqa: S311  # test data

    async def body(memio: Memio) -> None:
        added: list[tuple[int, int, Owner]] = []
        for number in range(60):
            owner = Owner(random.choice(["ann", "bob", None]), None, random.choice([(), ("a",), ("a", "b"), ("ab",)]))
            hour = random.randrange(1000)
            await memio.history.add(session_id=f"s{number}", messages=said(hour), owner=owner)
            added.append((hour, number, owner))
        if order == "newest":
            added.sort(key=lambda one: one[:2], reverse=True)
        for scope, holds in (
            ({"user_id": "ann"}, lambda owner: owner.user_id == "ann"),
            ({"namespace_prefix": ("a",)}, lambda owner: owner.namespace[:1] == ("a",)),
            ({"namespace": ()}, lambda owner: owner.namespace == ()),
            ({"owner": Owner()}, lambda owner: owner == Owner()),
            ({}, lambda owner: True),
        ):
            expected = [f"s{number}" for _, number, owner in added if holds(owner)]
            assert await names(memio, order=order, **scope) == expected
            assert await memio.history.count(**scope) == len(expected)

    both(body)


def test_a_count_of_messages_follows_filters_times_and_sessions(both: Run) -> None:
    async def body(memio: Memio) -> None:
        for hour in range(10):
            (message,) = said(hour)
            kept = Message(role="user", content=message.content, timestamp=message.timestamp, metadata={"n": hour})
            await memio.history.add(session_id=f"s{hour % 2}", messages=[kept], user_id=f"u{hour % 2}")
        history = memio.history
        since = START + timedelta(hours=4)
        assert await history.count_messages() == 10
        assert await history.count_messages(session_id="s1") == 5
        assert await history.count_messages(session_id="no") == 0
        assert await history.count_messages(user_id="u0") == 5
        assert await history.count_messages(since=since) == 6
        assert await history.count_messages(session_id="s1", until=since) == 2
        assert await history.count_messages(filters={"n": {"$gte": 8}}) == 2
        assert await history.count_messages(user_id="u0", since=since, filters={"n": {"$lt": 8}}) == 2
        found = await history.search("at", limit=20, since=since, filters={"$not": {"n": 5}}, user_id="u1")
        assert sorted(message.metadata["n"] for message in found) == [7, 9]
        found = await history.search("at", limit=1, filters={"n": {"$in": [3]}}, session_id="s1")
        assert [message.metadata["n"] for message in found] == [3]

    both(body)


def test_the_owners_of_sessions_are_listed_once_until_their_last_session_is_deleted(both: Run) -> None:
    async def body(memio: Memio) -> None:
        owners = [Owner("ann"), Owner("ann", "bot"), Owner(None, None, ("a", "b"))]
        for owner in owners:
            for session in ("s", "t"):
                await memio.history.add(session_id=session, messages=said(1), owner=owner)
        assert [owner async for owner in memio.history.iter_owners(page_size=1)] == owners
        assert await memio.history.get_owners(user_id="ann") == owners[:2]
        await memio.history.delete_all(owner=owners[0])
        assert await memio.history.get_owners() == owners[1:]

    both(body)
