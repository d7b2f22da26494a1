"""Laws about single messages that are deleted, and about times and numbers of sessions."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.errors import NotFoundError
from memio_contract.expect import about, equal, once_each, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import HISTORY
from memio_contract.lawbook.conversations import from_user, texts_of
from memio_contract.stepping import cancelled_at, chosen, waits_of
from memio_contract.world import World

_DELETE = (Feature.DELETE_MESSAGES, Guarantee.SILENT_APPEND)
_BY_ID = (Feature.DELETE_MESSAGES, Feature.CLIENT_IDS)
_NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
_ONE = "the look for the messages, and the delete: one statement, or one transaction"


@law(
    "sessions.times-and-counts",
    kinds=HISTORY,
    needs=(Feature.MESSAGE_TIMESTAMPS, Guarantee.SILENT_APPEND),
    means="A session is listed with the least and the greatest timestamp of its messages, and with their number.",
    look_at="times of the first and the last message in the order of adding, and a number that adds do not raise",
)
async def times_and_counts(w: World) -> None:
    minutes = (5, 5, 3, 9, -7, 60 * 24 * 365 * 200, 0)
    sessions = [w.history.session(name) for name in ("one", "two")]
    for number in range(len(minutes)):
        for session in sessions:
            stamp = _NOON + timedelta(minutes=minutes[number])
            await w.history.append(session, from_user(f"words {number}", timestamp=stamp))
        stamps = [_NOON + timedelta(minutes=minute) for minute in minutes[: number + 1]]
        _expect(await w.history.listed_sessions(limit=1), sessions, stamps)
    await w.history.append(sessions[0], *(from_user(f"more {number}", timestamp=_NOON) for number in range(3)))
    listed = await w.history.listed_sessions()
    _expect(listed[:1], sessions[:1], [*(_NOON + timedelta(minutes=minute) for minute in minutes), *[_NOON] * 3])


def _expect(listed: list[Any], names: list[str], stamps: list[datetime]) -> None:
    """Expect sessions with the same times; what a backend does not tell is not compared."""
    equal([session.id for session in listed], names, "the sessions that are listed")
    for session in listed:
        for what, value, right in (
            ("created_at", session.created_at, min(stamps)),
            ("updated_at", session.updated_at, max(stamps)),
            ("message_count", session.message_count, len(stamps)),
        ):
            if value is not None:
                equal(value, right, f"the {what} of session {session.id!r}, whose messages are of {stamps}")


@law(
    "sessions.shortened",
    kinds=HISTORY,
    needs=(*_DELETE, Feature.MESSAGE_TIMESTAMPS),
    means="The times and the number of a session follow the messages that are left.",
    look_at="times and numbers that adds write and deletes do not",
)
async def sessions_shortened(w: World) -> None:
    session = w.history.session("session")
    stamps = [_NOON + timedelta(minutes=minute) for minute in (0, 50, -50, 20, 60, -60)]
    for stamp in stamps:
        await w.history.append(session, from_user("words", timestamp=stamp))
    while len(stamps) > 1:
        await w.history.api.delete_messages(session, last=1, **w.home)
        stamps.pop()
        _expect(await w.history.listed_sessions(), [session], stamps)


@law(
    "delete-messages.last",
    kinds=HISTORY,
    needs=_DELETE,
    means="The last messages are those added last; they are returned oldest first, and gone from every call.",
    look_at="an order by time in the place of that of adding, the order of the answer, and the search index",
)
async def delete_last(w: World) -> None:
    session = w.history.session("session")
    texts = [f"swordfish {number}" for number in range(9)]
    for number, text in enumerate(texts):
        stamp = {"timestamp": _NOON - timedelta(minutes=number)} if w.has(Feature.MESSAGE_TIMESTAMPS) else {}
        await w.history.append(session, from_user(text, **stamp))
    kept = await w.history.add("swordfish of another session", group="other")
    before = await w.history.read(session)
    for last in (1, 3, 2):
        deleted = await w.history.api.delete_messages(session, last=last, **w.home)
        equal(list(deleted), before[-last:], f"the answer of delete_messages with last={last}")
        before = before[:-last]
        for start in ("oldest", "latest"):
            read = await w.history.read(session, limit=2, start=start)
            equal(read, before, f"the session after the last {last} were deleted, read from {start!r}")
        hits = await w.history.search("swordfish", limit=50, group="session")
        gone = [hit.content for hit in hits if hit.session_id == session and hit.content not in texts_of(before)]
        equal(gone, [], "the deleted messages that a search finds")
    late = (await w.history.append(session, from_user("late words"))).stored
    equal(await w.history.read(session), [*before, *late], "the session after a message was added")
    equal(texts_of(await w.history.read(kept.session_id)), [kept.content], "the other session")


@law(
    "delete-messages.few",
    kinds=HISTORY,
    needs=_DELETE,
    means="Where a session has fewer messages, the last are all of them; of an unknown session they are none.",
    look_at="an error for fewer messages than asked for, and for a session that is not there",
)
async def delete_few(w: World) -> None:
    kept = await w.history.add("words that stay", group="kept")
    for name in ("never", "kep", "kept%"):
        answer = await w.history.api.delete_messages(w.history.session(name), last=5, **w.home)
        equal(list(answer), [], f"the answer of delete_messages of the unknown session {name!r}")
    session = w.history.session("session")
    stored = (await w.history.append(session, from_user("one"), from_user("two"))).stored
    deleted = await w.history.api.delete_messages(session, last=1000, **w.home)
    equal(texts_of(deleted), texts_of(stored), "the texts in the answer of delete_messages with last=1000")
    equal(list(await w.history.api.delete_messages(session, last=1, **w.home)), [], "the answer for an emptied session")
    equal(await w.history.sessions(), [kept.session_id], "the sessions that are listed after that")


@law(
    "delete-messages.emptied",
    kinds=HISTORY,
    needs=_DELETE,
    means="A session without messages is gone from listings and counts; used again, it begins anew at the end.",
    look_at="rows of sessions that stay behind their messages",
)
async def emptied(w: World) -> None:
    first, second = w.history.session("first"), w.history.session("second")
    for name in (first, second):
        await w.history.append(name, from_user("one"), from_user("two"))
    for left in (1, 0):
        await w.history.api.delete_messages(first, last=1, **w.home)
        expected = [first, second] if left else [second]
        equal(await w.history.sessions(), expected, f"the sessions that are listed when {left} messages are left")
        if w.has(Feature.COUNT):
            equal(await w.history.api.count(**w.home), len(expected), f"the count when {left} messages are left")
            equal(await w.history.count(), 2 + left, f"the count of messages when {left} messages are left")
    page = await w.history.page(first, None, limit=5, start="latest")
    equal((list(page), page.next_cursor), ([], None), "the page of the emptied session")
    await w.history.append(first, from_user("new words"))
    equal(await w.history.sessions(), [second, first], "the sessions after the emptied one was used again")
    equal(texts_of(await w.history.read(first)), ["new words"], "the texts of the session that was used again")


@law(
    "delete-messages.by-ids",
    kinds=HISTORY,
    needs=_BY_ID,
    means="Messages are deleted by their ids, in whatever order these are given; the answer is oldest first.",
    look_at="the order of the answer, and exact comparison of ids within the session",
)
async def delete_by_ids(w: World) -> None:
    session, other = w.history.session("session"), w.history.session("other")
    ids = ["m-1", "M-1", "m-1 ", "m-10", "m%", "m_1", "m-2", "caf\u00e9", "cafe\u0301"]
    for name in (session, other):
        await w.history.append(name, *(from_user(f"words {number}", id=id_) for number, id_ in enumerate(ids)))
    left = list(ids)
    for chosen_ids in (["m-1"], ["m%", "m_1"], ["cafe\u0301", "m-10", "M-1"]):
        deleted = await w.history.api.delete_messages(session, message_ids=chosen_ids, **w.home)
        expected = [id_ for id_ in ids if id_ in chosen_ids]
        equal([message.id for message in deleted], expected, f"the ids in the answer of deleting {chosen_ids}")
        left = [id_ for id_ in left if id_ not in chosen_ids]
        read = [message.id for message in await w.history.read(session)]
        equal(read, left, f"the ids in the session after {chosen_ids} were deleted")
    equal([message.id for message in await w.history.read(other)], ids, "the ids in another session")


@law(
    "delete-messages.unknown-id",
    kinds=HISTORY,
    needs=_BY_ID,
    means="An id that the session does not have raises NotFoundError, which names it, and nothing is deleted.",
    look_at="messages that are deleted one by one, and the number of rows that the delete removed",
)
async def unknown_id(w: World) -> None:
    session, other = w.history.session("session"), w.history.session("other")
    await w.history.append(session, *(from_user(f"words {number}", id=f"m-{number}") for number in range(3)))
    await w.history.append(other, from_user("words", id="elsewhere"))
    for unknown in ("never", "elsewhere", "m-", "M-0"):
        for ids in (["m-0", unknown, "m-2"], [unknown]):
            call = w.history.api.delete_messages(session, message_ids=ids, **w.home)
            about(await refused(call, NotFoundError, f"delete_messages of {ids}"), "message", unknown)
            read = [message.id for message in await w.history.read(session)]
            equal(read, ["m-0", "m-1", "m-2"], f"the ids in the session after {ids} were not deleted")
    call = w.history.api.delete_messages(w.history.session("never"), message_ids=["m-0"], **w.home)
    await refused(call, NotFoundError, "delete_messages by an id of a session that is not there")
    equal(texts_of(await w.history.read(other)), ["words"], "the texts of the other session")


@law(
    "delete-messages.frees-ids",
    kinds=HISTORY,
    needs=_BY_ID,
    means="The id of a deleted message is free: another message, or the same one, is stored under it at the end.",
    look_at="marks of deletion, and records of retries that outlive the message",
)
async def frees_ids(w: World) -> None:
    session = w.history.session("session")
    await w.history.append(session, *(from_user(f"words {number}", id=f"m-{number}") for number in range(3)))
    for text in ("other words", "words 0", "words 0"):
        await w.history.api.delete_messages(session, message_ids=["m-0"], **w.home)
        await w.history.append(session, from_user(text, id="m-0"))
        read = [(message.id, message.content) for message in await w.history.read(session)]
        equal(read, [("m-1", "words 1"), ("m-2", "words 2"), ("m-0", text)], "ids and texts of the session")


@law(
    "delete-messages.guards",
    kinds=HISTORY,
    needs=(*_DELETE, Feature.USER_SCOPE),
    means="delete_messages for another user deletes nothing: the last are none, and ids are not found.",
    look_at="the conditions on session and owner: both",
)
async def delete_guards(w: World) -> None:
    session = w.history.session("default")
    alice, bob, carol = w.user("alice"), w.user("bob"), w.user("carol")
    chosen_id = {"id": "m-1"} if w.has(Feature.CLIENT_IDS) else {}
    for owner in (alice, bob):
        await w.history.append(session, from_user("words", **chosen_id), from_user("more words"), owner=owner)
    equal(list(await w.history.api.delete_messages(session, last=2, **carol)), [], "the answer for carol")
    if chosen_id:
        call = w.history.api.delete_messages(session, message_ids=["m-1"], **carol)
        await refused(call, NotFoundError, "delete_messages by an id for carol")
    equal(len(await w.history.api.delete_messages(session, last=5, **bob)), 2, "the number of messages deleted for bob")
    equal(texts_of(await w.history.read(session, owner=alice)), ["words", "more words"], "the texts of alice's session")
    equal(texts_of(await w.history.read(session, owner=bob)), [], "the texts of bob's session")


@law(
    "concurrent.delete-messages",
    kinds=HISTORY,
    needs=(*_DELETE, Guarantee.READ_YOUR_WRITES),
    means="Calls at once that each delete the last message delete different messages, and as many as there are calls.",
    look_at=_ONE,
)
async def delete_at_once(w: World) -> None:
    session = w.history.session("session")
    tasks = w.profile.tasks
    texts = [f"words {number}" for number in range(tasks + 3)]
    await w.history.append(session, *(from_user(text) for text in texts))
    apis: list[Any] = [w.history.api, w.open().history] * tasks
    answers = await asyncio.gather(*(api.delete_messages(session, last=1, **w.home) for api in apis[:tasks]))
    equal([len(answer) for answer in answers], [1] * tasks, "how many messages each of the calls deleted")
    deleted = [message.content for answer in answers for message in answer]
    once_each(deleted, "the list of deleted texts")
    equal(sorted(deleted), sorted(texts[3:]), "the texts that were deleted, sorted")
    equal(texts_of(await w.history.read(session)), texts[:3], "the texts that are left")


@law(
    "cancel.delete-messages",
    kinds=HISTORY,
    needs=_DELETE,
    means="A delete_messages that is cancelled, at any await, deletes all of its messages or none.",
    look_at=_ONE,
)
async def cancel_delete(w: World) -> None:
    texts = [f"words {number}" for number in range(5)]

    async def fill(name: str) -> str:
        session = w.history.session(name)
        await w.history.append(session, *(from_user(text) for text in texts))
        return session

    waits, _ = await waits_of(w.history.api.delete_messages(await fill("first"), last=3, **w.home))
    for at in chosen(waits, min(w.profile.awaits, 20)):
        w.journal.clear()
        session = await fill(f"s{at}")
        await cancelled_at(at, w.history.api.delete_messages(session, last=3, **w.home))
        await w.history.add("words of another session")
        left = texts_of(await w.history.read(session))
        that(left in (texts, texts[:2]), f"{left} are left of {texts} after deleting three was cancelled at await {at}")
