"""Conversations: each method and rule, on a real file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from memio import ConflictError, InvalidInputError, Memio, Message, Owner
from memio.models import ROLES

Run = Callable[..., Any]


def said(*texts: str) -> list[Message]:
    return [Message(role="user", content=text) for text in texts]


async def texts(memio: Memio, session_id: str, **arguments: Any) -> list[str]:
    return [message.content for message in await memio.history.get(session_id=session_id, **arguments)]


async def names(memio: Memio, **arguments: Any) -> list[str]:
    return [session.id for session in await memio.history.get_all(**arguments)]


def test_messages_are_returned_as_they_were_added_in_every_column(both: Run) -> None:
    moment = datetime(2023, 5, 8, 13, 56, 7, 123457, tzinfo=timezone(timedelta(hours=2)))

    async def body(memio: Memio) -> None:
        given = [
            Message(role=role, content=f"{role} says\n…", name=f"Ann {role}", metadata={"n": [1.0]}, timestamp=moment)
            for role in ROLES
        ]
        turn = await memio.history.add(session_id="s", messages=given, user_id="ann")
        assert turn.replies == []  # adding makes nobody answer
        assert all(message.id for message in turn.stored)
        assert turn.stored == [
            replace(message, id=stored.id, session_id="s", user_id="ann")
            for message, stored in zip(given, turn.stored, strict=True)
        ]
        assert turn.stored[0].timestamp == moment
        assert await memio.history.get(session_id="s") == turn.stored
        (found,) = await memio.history.search(query="tool", limit=1)
        assert found == turn.stored[ROLES.index("tool")]

    both(body)


def test_a_message_without_a_time_gets_the_one_that_is_stored(both: Run) -> None:
    # defect: timestamps invented in answers that the store never held
    async def body(memio: Memio) -> None:
        (stored,) = (await memio.history.add(session_id="s", messages=said("hello"))).stored
        assert stored.timestamp is not None
        assert abs(datetime.now(UTC) - stored.timestamp) < timedelta(minutes=1)
        assert await memio.history.get(session_id="s") == [stored]

    both(body)


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_any_time_is_kept_exactly(both: Run, moment: datetime) -> None:
    async def body(memio: Memio) -> None:
        await memio.history.add(session_id="s", messages=[Message(role="user", content="x", timestamp=moment)])
        assert (await memio.history.get(session_id="s"))[0].timestamp == moment
        await memio.history.delete(session_id="s")

    both(body)


def test_messages_keep_the_order_of_adding_whatever_their_times_are(both: Run) -> None:
    # defect: history newest first; ties in time lost
    async def body(memio: Memio) -> None:
        late, early = datetime(2024, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
        for number, moment in enumerate((late, early, late, early)):
            message = Message(role="user", content=str(number), timestamp=moment)
            await memio.history.add(session_id="s", messages=[message])
        assert await texts(memio, "s") == ["0", "1", "2", "3"]

    both(body)


@pytest.mark.parametrize("size", [1, 3, 4, 7, 8, 100])
def test_pages_from_the_latest_go_back_and_from_the_oldest_forward(both: Run, size: int) -> None:
    async def body(memio: Memio) -> None:
        for number in range(0, 8, 2):
            await memio.history.add(session_id="s", messages=said(str(number), str(number + 1)))
            await memio.history.add(session_id="other", messages=said("no"))
        everything = [str(number) for number in range(8)]
        for start in ("latest", "oldest"):
            pages: list[list[str]] = []
            cursor = None
            while not pages or cursor is not None:
                page = await memio.history.get(session_id="s", limit=size, cursor=cursor, start=start)
                pages.append([message.content for message in page])
                cursor = page.next_cursor
            if start == "latest":
                pages.reverse()
            assert [text for page in pages for text in page] == everything
            assert all(len(page) == size for page in (pages[1:] if start == "latest" else pages[:-1]))

    both(body)


def test_what_is_added_while_paging_back_is_not_met(both: Run) -> None:
    async def body(memio: Memio) -> None:
        await memio.history.add(session_id="s", messages=said("0", "1", "2", "3"))
        page = await memio.history.get(session_id="s", limit=2)
        await memio.history.add(session_id="s", messages=said("4"))
        rest = await memio.history.get(session_id="s", limit=9, cursor=page.next_cursor)
        assert [message.content for message in rest] == ["0", "1"]
        assert rest.next_cursor is None

    both(body)


def test_a_cursor_of_the_other_direction_is_refused(path: Any) -> None:
    import asyncio

    from memio.providers.sqlite import SqliteHistoryAdapter

    async def body() -> None:
        store = SqliteHistoryAdapter(path=path)
        await store.add(session_id="s", messages=said("0", "1"))
        cursor = (await store.get(session_id="s", limit=1)).next_cursor
        with pytest.raises(InvalidInputError):
            await store.get(session_id="s", limit=1, cursor=cursor, start="oldest")
        await store.aclose()

    asyncio.run(body())


def test_an_unknown_session_is_empty_and_deleting_it_does_nothing(both: Run) -> None:
    async def body(memio: Memio) -> None:
        assert await memio.history.get(session_id="no") == []
        assert await memio.history.search(query="x", session_id="no") == []
        await memio.history.delete(session_id="no")
        await memio.history.delete_all(user_id="nobody")
        assert await memio.history.get_all() == []

    both(body)


def test_sessions_of_one_name_belong_to_their_owners(both: Run) -> None:
    # defect: an owner is accepted on add and ignored on read
    async def body(memio: Memio) -> None:
        for number, user in enumerate(("ann", "bob", "ann", None)):
            owner = {"user_id": user} if user else {}
            await memio.history.add(session_id="default", messages=said(f"tea {number}"), **owner)
        assert await texts(memio, "default", user_id="ann") == ["tea 0", "tea 2"]
        assert await texts(memio, "default", user_id="bob") == ["tea 1"]
        assert await texts(memio, "default", user_id="eve") == []
        assert await texts(memio, "default", owner=Owner()) == ["tea 3"]
        found = [(session.id, session.user_id) for session in await memio.history.get_all()]
        assert found == [("default", "ann"), ("default", "bob"), ("default", None)]
        (found_message,) = await memio.history.search(query="tea", session_id="default", user_id="bob")
        assert (found_message.content, found_message.user_id) == ("tea 1", "bob")
        await memio.history.delete(session_id="default", user_id="ann")
        assert await texts(memio, "default", user_id="ann") == []
        assert await texts(memio, "default", user_id="bob") == ["tea 1"]

    both(body)


@pytest.mark.parametrize(
    "call",
    [
        lambda history: history.get("default"),
        lambda history: history.search("tea", session_id="default"),
        lambda history: history.count_messages(session_id="default"),
        lambda history: history.delete_messages("default", last=1),
        lambda history: history.delete("default"),
        lambda history: history.get("default", agent_id="bot"),
    ],
)
def test_a_session_that_several_owners_in_scope_have_is_a_conflict(both: Run, call: Callable[[Any], Any]) -> None:
    async def body(memio: Memio) -> None:
        for user in ("ann", "bob"):
            await memio.history.add(session_id="default", messages=said("tea"), user_id=user, agent_id="bot")
        with pytest.raises(ConflictError) as caught:
            await call(memio.history)
        assert (caught.value.resource, caught.value.reason) == ("session", "owners")
        assert await memio.history.count_messages() == 2

    both(body)


def test_of_a_long_message_only_the_beginning_is_indexed_with_its_neighbours(
    run: Run, look: Callable[..., list[Any]], assert_consistent: Callable[[], None]
) -> None:
    # defect: one long message slows down the next writes of everybody
    async def add(memio: Memio) -> None:
        await memio.history.add(session_id="s", messages=said("first " + "tea " * 5_000 + "last", "one"))
        await memio.history.add(session_id="s", messages=said("two", "three"))
        await memio.history.add(session_id="s", messages=said("four", "five", "end " * 300))
        for query, expected in (
            ("first", {"first", "one", "two"}),
            ("last", {"first"}),
            ("one", {"one", "two", "three"}),
            ("four", {"three", "four", "five"}),
            ("five", {"four", "five"}),
            ("end", {"five", "end e"}),
        ):
            found = {message.content[:5] for message in await memio.history.search(query=query)}
            assert found == expected, query

    run(add)
    assert_consistent()
    run(lambda memio: memio.history.delete(session_id="s"))
    assert_consistent()


def test_sessions_are_listed_by_their_first_message_each_once(both: Run) -> None:
    async def body(memio: Memio) -> None:
        for session, user in (("c", "ann"), ("a", "bob"), ("c", "bob"), ("b", "ann"), ("a", "ann"), ("c", "ann")):
            await memio.history.add(session_id=session, messages=said("x"), user_id=user)
        listed = [(session.id, session.user_id) async for session in memio.history.iter_all(page_size=1)]
        assert listed == [("c", "ann"), ("a", "bob"), ("c", "bob"), ("b", "ann"), ("a", "ann")]
        assert await names(memio, user_id="ann") == ["c", "b", "a"]
        assert await names(memio, user_id="bob") == ["a", "c"]
        page = await memio.history.get_all(limit=2, user_id="ann")
        assert await names(memio, cursor=page.next_cursor, user_id="ann") == ["a"]

    both(body)


def test_adding_the_same_messages_again_returns_the_stored_ones(both: Run) -> None:
    async def body(memio: Memio) -> None:
        messages = [
            Message(role="user", content="hello", id="1", name="Ann", metadata={"a": 1}),
            Message(role="assistant", content="hi", id="2"),
        ]
        first = await memio.history.add(session_id="s", messages=messages)
        later = [replace(messages[0], timestamp=datetime(2020, 1, 1, tzinfo=UTC)), *messages[1:], *said("new")]
        again = await memio.history.add(session_id="s", messages=later)
        assert again.stored[:2] == first.stored
        assert await texts(memio, "s") == ["hello", "hi", "new"]
        await memio.history.add(session_id="other", messages=[replace(messages[0], content="another")])

    both(body)


@pytest.mark.parametrize("change", [{"content": "y"}, {"role": "tool"}, {"name": "Bob"}, {"metadata": {"a": 2}}])
def test_an_id_that_is_taken_in_the_session_is_a_conflict_and_adds_nothing(both: Run, change: dict[str, Any]) -> None:
    async def body(memio: Memio) -> None:
        message = Message(role="user", content="secret", id="1", name="Ann", metadata={"a": 1})
        await memio.history.add(session_id="s", messages=[message], user_id="ann")
        with pytest.raises(ConflictError) as caught:
            await memio.history.add(session_id="s", messages=[*said("new"), replace(message, **change)], user_id="ann")
        assert (caught.value.resource, caught.value.resource_id) == ("message", "1")
        assert "secret" not in str(caught.value)
        assert await texts(memio, "s") == ["secret"]
        assert await memio.history.search(query="new") == []

    both(body)


def test_a_deleted_session_is_gone_from_every_read(both: Run) -> None:
    # defect: deleted records are still found
    async def body(memio: Memio) -> None:
        await memio.history.add(session_id="s", messages=said("tea", "coffee", "milk"), user_id="ann")
        await memio.history.add(session_id="t", messages=said("tea"), user_id="ann")
        await memio.history.delete(session_id="s")
        assert await texts(memio, "s") == []
        assert await names(memio) == ["t"]
        assert [message.session_id for message in await memio.history.search(query="tea coffee milk")] == ["t"]
        await memio.history.add(session_id="s", messages=said("new"))
        assert await texts(memio, "s") == ["new"]
        assert await names(memio) == ["t", "s"]

    both(body)


def test_delete_all_deletes_the_sessions_of_its_scope_only(both: Run) -> None:
    async def body(memio: Memio) -> None:
        for user in ("ann", "bob"):
            for session in ("s", "t"):
                await memio.history.add(session_id=session, messages=said("tea"), user_id=user)
        await memio.facts.add(content="tea", user_id="ann")
        await memio.history.delete_all(user_id="ann")
        assert {message.user_id for message in await memio.history.search(query="tea")} == {"bob"}
        assert await memio.history.get_all(user_id="ann") == []
        assert len(await memio.facts.get_all(user_id="ann")) == 1
        await memio.history.delete_all()
        assert await memio.history.get_all() == []
        assert await memio.history.search(query="tea") == []

    both(body)


def test_a_session_is_found_by_another_process_that_opens_the_file(run: Run) -> None:
    # defect: the session map lives in the process, so that after a restart nothing is found
    run(lambda memio: memio.history.add(session_id="s", messages=said("hello"), user_id="ann"))
    assert [message.content for message in run(lambda memio: memio.history.get(session_id="s"))] == ["hello"]
    run(lambda memio: memio.history.delete(session_id="s", user_id="ann"))
    assert run(lambda memio: memio.history.get(session_id="s")) == []


def test_a_message_is_found_by_its_neighbours_in_its_session(both: Run) -> None:
    async def body(memio: Memio) -> None:
        await memio.history.add(session_id="s", messages=said("Which bird is your favourite?", "The kingfisher."))
        await memio.history.add(session_id="t", messages=said("The kingfisher."))
        await memio.history.add(session_id="s", messages=said("I see.", "Good night."))
        found = [
            (message.session_id, message.content) for message in await memio.history.search(query="favourite bird")
        ]
        assert found == [("s", "Which bird is your favourite?"), ("s", "The kingfisher."), ("s", "I see.")]
        best = (await memio.history.search(query="favourite kingfisher"))[:2]
        assert {(message.session_id, message.content) for message in best} == set(found[:2])

    both(body)


def test_a_message_is_found_by_the_words_of_its_date(both: Run) -> None:
    async def body(memio: Memio) -> None:
        for month in (5, 6):
            moment = datetime(2023, month, 8, tzinfo=UTC)
            await memio.history.add(
                session_id=str(month), messages=[Message(role="user", content="We met.", timestamp=moment)]
            )
        assert (await memio.history.search(query="What happened in June 2023?"))[0].session_id == "6"
        assert (await memio.history.search(query="8 May"))[0].session_id == "5"

    both(body)


def test_a_message_is_found_by_the_day_where_it_was_sent_and_read_in_utc(
    run: Run, assert_consistent: Callable[[], None]
) -> None:
    tokyo = timezone(timedelta(hours=9))
    moment = datetime(2026, 5, 2, 0, 30, tzinfo=tokyo)

    async def body(memio: Memio) -> None:
        message = Message(role="user", content="We met.", timestamp=moment, id="1")
        turn = await memio.history.add(session_id="s", messages=[message])
        (read,) = await memio.history.get(session_id="s")
        for each in (*turn.stored, read):
            assert each.timestamp == moment
            assert each.timestamp.tzinfo is UTC
        assert [hit.id for hit in await memio.history.search(query="2 May")] == ["1"]
        # "May" and the year are the same, so only the day tells them apart.
        assert await memio.history.search(query="1") == []
        assert (await memio.history.add(session_id="s", messages=[message])).stored == [read]

    run(body)
    assert_consistent()
    run(lambda memio: memio.history.delete(session_id="s"))
    assert_consistent()


def test_a_message_counts_more_when_the_query_names_its_speaker(both: Run) -> None:
    async def body(memio: Memio) -> None:
        lines = [("Ann", "Bob, tea is fine."), ("Bob", "Tea is fine."), ("Cy", "Nothing."), ("Cy", "Nothing.")]
        for number, (name, text) in enumerate(lines):
            message = Message(role="user", content=text, name=name)
            await memio.history.add(session_id=str(number), messages=[message])
        assert (await memio.history.search(query="What did Bob say about tea?"))[0].name == "Bob"
        assert (await memio.history.search(query="What did Ann say about tea?"))[0].name == "Ann"

    both(body)


def test_a_listing_of_sessions_is_complete_while_they_are_deleted_and_begun_again(both: Any) -> None:
    async def main(memio: Memio) -> None:
        for user in ("ann", "bob"):
            for session in ("one", "two", "three"):
                await memio.history.add(session_id=session, messages=said("x"), user_id=user)
        listed: list[tuple[str, str | None]] = []
        async for session in memio.history.iter_all(page_size=1):
            listed.append((session.id, session.user_id))
            if len(listed) <= 6:
                await memio.history.delete(session_id=session.id, owner=session.owner)
            if len(listed) <= 2:
                await memio.history.add(session_id=session.id, messages=said("y"), owner=session.owner)
        names_of = [(session, user) for user in ("ann", "bob") for session in ("one", "two", "three")]
        assert listed == [*names_of, ("one", "ann"), ("two", "ann")]

    both(main)
