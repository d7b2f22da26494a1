"""Laws about conversations only."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError
from memio.models import Message
from memio_contract.expect import about, all_pages, equal, once_each, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import HISTORY
from memio_contract.values import ANY_TEXT, NAMES, SPECIMENS, Values
from memio_contract.world import World

_S = "session"
_IDS = (Feature.CLIENT_IDS,)
_TIMES = Values(
    (
        datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC),
        datetime(2023, 5, 8, 13, 56, 0, 1, tzinfo=timezone(timedelta(hours=-7))),
        datetime(2023, 10, 29, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        datetime(2100, 1, 1, tzinfo=UTC),
    ),
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # Hypothesis wants naive bounds
)


def _texts(messages: list[Any]) -> list[str]:
    return [message.content for message in messages]


def said(content: str, **more: Any) -> Message:
    """Return a message of the user."""
    return Message(role="user", content=content, **more)


@law(
    "names.kept",
    kinds=HISTORY,
    needs=(Feature.MESSAGE_NAMES,),
    means="The name of a message's speaker comes back as it was given, and no name stays no name.",
    look_at="the name column, and an empty name in the place of none",
    over=Values((*SPECIMENS[:12], "Caroline"), ANY_TEXT),
)
async def names_kept(w: World, names: list[str]) -> None:
    session = w.history.session(_S)
    given = [*names, None]
    turn = await w.history.say(session, *(said(f"words {n}", name=name) for n, name in enumerate(given)))
    equal([message.name for message in turn.stored], given, "the names in the answer of add")
    equal([message.name for message in await w.history.read(session)], given, "the names that get returns")


@law(
    "timestamps.kept",
    kinds=HISTORY,
    needs=(Feature.MESSAGE_TIMESTAMPS,),
    means="A message's time comes back as it was given, to the microsecond and in UTC.",
    look_at="times that are cut to seconds or milliseconds, kept as floating point, or moved to another zone",
    over=_TIMES,
)
async def timestamps_kept(w: World, times: list[datetime]) -> None:
    session = w.history.session(_S)
    turn = await w.history.say(session, *(said(f"words {n}", timestamp=time) for n, time in enumerate(times)))
    equal([message.timestamp for message in turn.stored], times, "the times in the answer of add")
    read = [message.timestamp for message in await w.history.read(session)]
    equal(read, times, "the times that get returns, in the order of adding")


@law(
    "order.by-adding",
    kinds=HISTORY,
    means="A session is read in the order of adding, whatever the times of its messages.",
    look_at="an order by time: times may be equal, and may run backwards; keep a sequence number",
)
async def by_adding(w: World) -> None:
    session = w.history.session(_S)
    texts = [f"words {number}" for number in range(9)]
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    for number, text in enumerate(texts):
        minutes = (0, 0, 30, 10, 10, -5, 50, 0, 0)[number]
        time = {"timestamp": noon + timedelta(minutes=minutes)} if w.has(Feature.MESSAGE_TIMESTAMPS) else {}
        await w.history.say(session, said(text, **time))
    await w.history.say(session, said("together 1"), said("together 2"), said("together 3"))
    expected = [*texts, "together 1", "together 2", "together 3"]
    for limit in (2, 100):
        for start in ("oldest", "latest"):
            read = _texts(await w.history.read(session, limit=limit, start=start))
            equal(read, expected, f"the session, read with limit={limit} from {start!r}")


@law(
    "roles.kept",
    kinds=HISTORY,
    means="Messages of the user and of the assistant come back with their roles.",
    look_at="how roles are mapped to the backend's own",
)
async def roles_kept(w: World) -> None:
    await _roles(w, ("user", "assistant", "assistant", "user"))


@law(
    "roles.all",
    kinds=HISTORY,
    needs=(Feature.ALL_ROLES,),
    means="Messages of every role come back with their roles, in their places.",
    look_at="roles that are dropped, or turned into another",
)
async def roles_all(w: World) -> None:
    await _roles(w, ("system", "user", "tool", "assistant", "system", "tool"))


async def _roles(w: World, roles: tuple[Any, ...]) -> None:
    session = w.history.session(_S)
    given = [(role, f"words {number}") for number, role in enumerate(roles)]
    turn = await w.history.say(session, *(Message(role=role, content=content) for role, content in given))
    read: list[Any] = await all_pages(
        lambda cursor: w.history.page(session, cursor, limit=50, start="oldest"), limit=50, most=50
    )
    found = [(message.role, message.content) for message in read]
    replies = [(message.role, message.content) for message in turn.replies]
    equal(found, given + replies, "roles and texts of the session, with what the backend answered at the end")


@law(
    "pages.complete",
    kinds=HISTORY,
    means="A session is read completely from either end, each page oldest first, whatever the size of the pages.",
    look_at="the border between two pages, the direction of the cursor, and the order inside a page",
)
async def pages_complete(w: World) -> None:
    session = w.history.session(_S)
    texts = [f"words {number}" for number in range(13)]
    await w.history.say(session, *(said(text) for text in texts[:6]))
    for text in texts[6:]:
        await w.history.say(session, said(text))
    await w.history.say(w.history.session("another"), said("other words"))
    for limit in (1, 2, 5, 12, 13, 14, 1000):
        for start in ("oldest", "latest"):
            read = _texts(await w.history.read(session, limit=limit, start=start))
            equal(read, texts, f"the session, read with limit={limit} from {start!r}")
    if w.has(Guarantee.SILENT_APPEND):
        page = await w.history.page(session, None, limit=5, start="latest")
        equal(_texts(page), texts[-5:], "the first page from 'latest', with limit=5")
        page = await w.history.page(session, None, limit=5, start="oldest")
        equal(_texts(page), texts[:5], "the first page from 'oldest', with limit=5")


@law(
    "pages.long",
    kinds=HISTORY,
    means="A session is complete also when it is longer than a usual page.",
    look_at="a page of the backend that ends before the limit does, and is taken for the end",
)
async def pages_long(w: World) -> None:
    session = w.history.session(_S)
    texts = [f"words {number}" for number in range(w.profile.many)]
    await w.history.say(session, *(said(text) for text in texts))
    for limit, start in ((50, "oldest"), (100, "latest"), (1000, "oldest")):
        read = _texts(await w.history.read(session, limit=limit, start=start))
        equal(read, texts, f"the session, read with limit={limit} from {start!r}")


@law(
    "pages.survive-adds",
    kinds=HISTORY,
    means="Reading a session backwards repeats and misses nothing while messages are added.",
    look_at="cursors by position (OFFSET), counted from the end that grows",
)
async def survive_adds(w: World) -> None:
    session = w.history.session(_S)
    texts = [f"words {number}" for number in range(9)]
    await w.history.say(session, *(said(text) for text in texts))
    pages: list[list[Any]] = []

    async def add(page: list[Any]) -> None:
        pages.insert(0, page)
        await w.history.say(session, said(f"late words {len(pages)}"))

    await all_pages(
        lambda cursor: w.history.page(session, cursor, limit=2, start="latest"), limit=2, most=60, between=add
    )
    read = _texts(w.history.added_only([message for page in pages for message in page]))
    equal([text for text in read if text in texts], texts, "the session, read backwards while messages are added")
    once_each(read, "the session that was read")


@law(
    "get.unknown",
    kinds=HISTORY,
    means="Reading a session that does not exist, or no longer exists, is empty.",
    look_at="a missing session: it is an empty page without a cursor, no error, and reading does not create it",
)
async def get_unknown(w: World) -> None:
    message = await w.history.add("words", group="gone")
    await w.history.delete(message)
    for session in (message.session_id, w.history.session("never"), w.history.session("gon")):
        for start in ("latest", "oldest"):
            page = await w.history.page(session, None, limit=5, start=start)
            equal(
                (list(page), page.next_cursor), ([], None), f"the page of a session that does not exist, from {start}"
            )
    equal(await w.history.sessions(), [], "the sessions that are listed after that")


@law(
    "delete.unknown",
    kinds=HISTORY,
    means="Deleting a session that does not exist does nothing.",
    look_at="a missing session: deleting it is no error, and deletes no other",
)
async def delete_unknown(w: World) -> None:
    kept = await w.history.add("words", group="kept")
    for name in ("never", "kep", "kept%", "k_pt"):
        await w.history.delete(w.history.session(name))
    equal(await w.history.sessions(), [kept.session_id], "the sessions that are listed after that")
    await w.history.delete(kept)
    await w.history.delete(kept)


@law(
    "delete.starts-anew",
    kinds=HISTORY,
    means="A session that is used again after it was deleted holds only the new messages.",
    look_at="messages that stay behind their session, and marks that keep a deleted session hidden",
)
async def starts_anew(w: World) -> None:
    session = w.history.session(_S)
    await w.history.say(session, said("old words 1"), said("old words 2"))
    await w.history.delete(session)
    await w.history.say(session, said("new words"))
    equal(_texts(await w.history.read(session)), ["new words"], "the session after it was deleted and used again")
    equal(await w.history.sessions(), [session], "the sessions that are listed")


@law(
    "sessions.in-order",
    kinds=HISTORY,
    means="Sessions are listed once each, in the order of their first messages, whatever the size of the pages.",
    look_at="an order by the last message or by name, the border between two pages, and one row per message",
)
async def sessions_in_order(w: World) -> None:
    names = [w.history.session(name) for name in ("m", "z", "a", "Z", "b", "10", "9")]
    for name in names:
        await w.history.say(name, said("first words"))
    for name in (names[2], names[0], names[0]):
        await w.history.say(name, said("more words"))
    for limit in (1, 2, 6, 7, 8, 100):
        equal(await w.history.sessions(limit=limit), names, f"the sessions that are listed with limit={limit}")


@law(
    "sessions.survive-deletes",
    kinds=HISTORY,
    means="The listing of sessions is complete while the sessions that it delivered are deleted and others begin.",
    look_at="cursors by position (OFFSET), and cursors that need the session they stand on",
)
async def sessions_survive(w: World) -> None:
    names = [w.history.session(f"s{number}") for number in range(7)]
    for name in names:
        await w.history.say(name, said("words"))

    async def delete(page: list[Any]) -> None:
        for name in page:
            await w.history.delete(name)

    seen = await all_pages(
        lambda cursor: w.history.api.get_all(limit=2, cursor=cursor, **w.home), limit=2, most=60, between=delete
    )
    equal(seen, names, "the sessions that were listed while each page was deleted")
    equal(await w.history.sessions(), [], "the sessions after every one was deleted")


@law(
    "sessions.apart",
    kinds=HISTORY,
    means="Sessions whose names look alike are different sessions.",
    look_at="exact comparison of session ids: no prefix, no LIKE, no case folding, no joined keys, no file names",
    over=NAMES,
)
async def sessions_apart(w: World, names: list[str]) -> None:
    names = [w.history.session(name) for name in dict.fromkeys(names)]
    for number, name in enumerate(names):
        await w.history.say(name, said(f"words {number}"))
    equal(await w.history.sessions(), names, "the sessions that are listed")
    for number, name in enumerate(names):
        found = [(message.session_id, message.content) for message in await w.history.read(name)]
        equal(found, [(name, f"words {number}")], f"session and text of what session {name!r} holds")
    await w.history.delete(names[0])
    equal(await w.history.sessions(), names[1:], f"the sessions that are listed after {names[0]!r} was deleted")


@law(
    "add.same-text-twice",
    kinds=HISTORY,
    means="The same words said twice are two messages.",
    look_at="keys that are made from the text, and removal of duplicates",
)
async def same_text_twice(w: World) -> None:
    session = w.history.session(_S)
    await w.history.say(session, said("yes"), said("yes"))
    await w.history.say(session, said("yes"))
    equal(_texts(await w.history.read(session)), ["yes"] * 3, "the texts of the session")


@law(
    "add.silent",
    kinds=HISTORY,
    needs=(Guarantee.SILENT_APPEND,),
    means="Adding messages makes nobody answer: a session holds what was added and nothing else.",
    look_at="an agent behind the backend that replies; if there is one, do not declare silent_append",
)
async def silent(w: World) -> None:
    session = w.history.session(_S)
    turn = await w.history.say(session, said("are you there?"))
    equal(turn.replies, [], "the replies in the answer of add")
    read: list[Any] = await w.history.page(session, None, limit=50, start="oldest")
    equal([(m.role, m.content) for m in read], [("user", "are you there?")], "roles and texts of the session")


@law(
    "ids.repeat",
    kinds=HISTORY,
    needs=_IDS,
    means="Adding messages again under their ids returns what is stored and adds nothing.",
    look_at="the insert with an id: look for the row first; a retry may come with new messages after the old ones",
)
async def ids_repeat(w: World) -> None:
    session = w.history.session(_S)
    messages = [said("one", id="m-1"), said("two", id="m-2")]
    first = await w.history.say(session, *messages)
    equal([message.id for message in first.stored], ["m-1", "m-2"], "the ids in the answer of add")
    again = await w.history.say(session, *messages, said("three", id="m-3"))
    equal(again.stored[:2], first.stored, "the answer of the repeated add")
    equal([m.id for m in await w.history.read(session)], ["m-1", "m-2", "m-3"], "the ids in the session")


@law(
    "ids.conflict",
    kinds=HISTORY,
    needs=_IDS,
    means="Adding another message under an id that is taken raises ConflictError, and nothing of the call is stored.",
    look_at="messages of one call that are stored one by one, upserts, and conflicts that are ignored",
)
async def ids_conflict(w: World) -> None:
    session = w.history.session(_S)
    first = said("first words", id="m-1")
    await w.history.say(session, first)
    others = [replace(first, content="second words"), replace(first, role="assistant")]
    if w.has(Feature.METADATA):
        others.append(replace(first, metadata={"n": 1}))
    if w.has(Feature.MESSAGE_NAMES):
        others.append(replace(first, name="Caroline"))
    for other in others:
        call = w.history.say(session, said("new words", id="m-2"), other, said("more words"))
        error = await refused(call, ConflictError, "add of another message under an id that is taken")
        about(error, "message", "m-1")
        that("first words" not in str(error), "the ConflictError shows the content of the stored message")
        equal(_texts(await w.history.read(session)), ["first words"], "the texts of the session after the conflict")


@law(
    "ids.per-session",
    kinds=HISTORY,
    needs=_IDS,
    means="The id of a message is unique within its session only.",
    look_at="uniqueness of message ids: over session and id",
)
async def ids_per_session(w: World) -> None:
    for name in ("one", "two"):
        await w.history.say(w.history.session(name), said(f"words in {name}", id="m-1"))
    for name in ("one", "two"):
        read = [(m.id, m.content) for m in await w.history.read(w.history.session(name))]
        equal(read, [("m-1", f"words in {name}")], f"id and text of what session {name!r} holds")


@law(
    "owner.same-session",
    kinds=HISTORY,
    needs=(Feature.USER_SCOPE,),
    means="Two users may have a session of one name: apart for each, read together without a user, not deleted so.",
    look_at="uniqueness of sessions: over user and name; and what a call by name does when it meets two",
)
async def same_session(w: World) -> None:
    session = w.history.session("default")
    alice, bob = w.user("alice"), w.user("bob")
    for number, owner in enumerate((alice, bob, alice, bob)):
        await w.history.say(session, said(f"words {number}"), owner=owner)
    equal(_texts(await w.history.read(session, owner=alice)), ["words 0", "words 2"], "the session of alice")
    equal(_texts(await w.history.read(session, owner=bob)), ["words 1", "words 3"], "the session of bob")
    both = [f"words {number}" for number in range(4)]
    for limit in (1, 100):
        for start in ("oldest", "latest"):
            read = _texts(await w.history.read(session, owner={}, limit=limit, start=start))
            equal(read, both, f"the session without a user, in the order of adding, limit={limit}, from {start!r}")
    error = await refused(w.history.delete(session, owner={}), ConflictError, "delete of a session that two users have")
    about(error, "session", session)
    await w.history.delete(session, owner=alice)
    equal(_texts(await w.history.read(session, owner=alice)), [], "the session of alice after she deleted it")
    equal(_texts(await w.history.read(session, owner=bob)), ["words 1", "words 3"], "the session of bob after that")


@law(
    "concurrent.one-session",
    kinds=HISTORY,
    needs=(Guarantee.READ_YOUR_WRITES,),
    means="Messages that two clients add at once to a new session are in one session, in the order of each call.",
    look_at="the look for the session, and its creation: they need one transaction, or a unique index",
)
async def one_session(w: World) -> None:
    session = w.history.session(_S)
    one, two = w.history, w.subject_of(w.open())
    tasks = w.profile.tasks
    histories: list[Any] = [one, two] * tasks
    await asyncio.gather(
        *(
            history.say(session, said(f"{number} first"), said(f"{number} second"))
            for number, history in zip(range(tasks), histories, strict=False)
        )
    )
    equal(await w.history.sessions(), [session], "the sessions that are listed")
    texts = _texts(await w.history.read(session))
    expected = sorted(f"{number} {part}" for number in range(tasks) for part in ("first", "second"))
    equal(sorted(texts), expected, "the texts of the session, sorted")
    late = [n for n in range(tasks) if texts.index(f"{n} first") > texts.index(f"{n} second")]
    equal(late, [], "the calls whose messages are not in their order")
