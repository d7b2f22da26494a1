"""Laws about conversations only."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError
from memio.models import ROLES, Message
from memio_contract.expect import about, all_pages, equal, once_each, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import HISTORY
from memio_contract.values import ANY_TEXT, SPECIMENS, Values
from memio_contract.world import World

_S = "session"
OTHER_ROLES = tuple(role for role in ROLES if role not in ("user", "assistant"))
"""The roles that only a store with the feature `all_roles` keeps."""
_IDS = (Feature.CLIENT_IDS,)
_TIMES = Values(
    (
        datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC),
        datetime(2023, 5, 8, 13, 56, 0, 1, tzinfo=timezone(timedelta(hours=-7))),
        datetime(2023, 10, 29, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        datetime(2100, 1, 1, tzinfo=UTC),
        datetime(1677, 9, 21, 0, 12, 43, 145_224, tzinfo=UTC),
        datetime(1677, 9, 20, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1901, 12, 13, 20, 45, 51, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
        datetime(2262, 4, 11, 23, 47, 16, 854_776, tzinfo=UTC),
        datetime(2262, 4, 12, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(2024, 3, 10, 2, 30, tzinfo=timezone(timedelta(hours=14))),
        datetime(2024, 3, 10, 2, 30, 0, 5, tzinfo=timezone(timedelta(hours=-12))),
        datetime(1850, 6, 1, 12, tzinfo=timezone(timedelta(hours=4, minutes=52, seconds=3))),
    ),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001  # Hypothesis wants naive bounds
)


def texts_of(messages: list[Any]) -> list[str]:
    """Return the texts of messages."""
    return [message.content for message in messages]


def from_user(content: str, **more: Any) -> Message:
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
    roles: list[Any] = ["user", *(["assistant"] if w.has(Guarantee.SILENT_APPEND) else [])]
    roles += OTHER_ROLES if w.has(Feature.ALL_ROLES) else ()
    expected = [(role, name) for name in given for role in roles]
    turn = await w.history.append(session, *(Message(role=r, content=f"words of {r}", name=n) for r, n in expected))
    equal([(message.role, message.name) for message in turn.stored], expected, "the names in the answer of add")
    read = [(message.role, message.name) for message in await w.history.read(session)]
    equal(read, expected, "the roles and names that get returns")
    for hit in await w.history.search("words", limit=200, group=_S):
        that((hit.role, hit.name) in expected, f"a search returns a {hit.role} message with the name {hit.name!r}")


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
    turn = await w.history.append(session, *(from_user(f"words {n}", timestamp=time) for n, time in enumerate(times)))
    equal([message.timestamp for message in turn.stored], times, "the times in the answer of add")
    read = [message.timestamp for message in await w.history.read(session)]
    equal(read, times, "the times that get returns, in the order of adding")
    that(
        all(time.utcoffset() == timedelta() for time in read if time), f"a time that get returns is not in UTC: {read}"
    )
    hits = await w.history.search("words 0", limit=200, group=_S)
    strange = [hit.timestamp for hit in hits if hit.timestamp not in times]
    equal(strange, [], "the times that only a search returns")


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
        await w.history.append(session, from_user(text, **time))
    await w.history.append(session, from_user("together 1"), from_user("together 2"), from_user("together 3"))
    expected = [*texts, "together 1", "together 2", "together 3"]
    for limit in (2, 100):
        for start in ("oldest", "latest"):
            read = texts_of(await w.history.read(session, limit=limit, start=start))
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
    await _roles(w, ("system", "developer", "user", "tool", "assistant", "developer", "system", "tool"))


async def _roles(w: World, roles: tuple[Any, ...]) -> None:
    session = w.history.session(_S)
    given = [(role, f"words {number}") for number, role in enumerate(roles)]
    turn = await w.history.append(session, *(Message(role=role, content=content) for role, content in given))
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
    await w.history.append(session, *(from_user(text) for text in texts[:6]))
    for text in texts[6:]:
        await w.history.append(session, from_user(text))
    await w.history.append(w.history.session("another"), from_user("other words"))
    for limit in (1, 2, 5, 12, 13, 14, 1000):
        for start in ("oldest", "latest"):
            read = texts_of(await w.history.read(session, limit=limit, start=start))
            equal(read, texts, f"the session, read with limit={limit} from {start!r}")
    if w.has(Guarantee.SILENT_APPEND):
        page = texts_of(await w.history.page(session, None, limit=5, start="latest"))
        equal(page, texts[len(texts) - len(page) :], "the first page from 'latest', which holds the newest messages")
        page = texts_of(await w.history.page(session, None, limit=5, start="oldest"))
        equal(page, texts[: len(page)], "the first page from 'oldest', which holds the oldest messages")


@law(
    "pages.long",
    kinds=HISTORY,
    means="A session is complete also when it is longer than a usual page.",
    look_at="a page of the backend that ends before the limit does, and is taken for the end",
)
async def pages_long(w: World) -> None:
    session = w.history.session(_S)
    texts = [f"words {number}" for number in range(w.profile.many)]
    await w.history.append(session, *(from_user(text) for text in texts))
    for limit, start in ((50, "oldest"), (100, "latest"), (1000, "oldest")):
        read = texts_of(await w.history.read(session, limit=limit, start=start))
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
    await w.history.append(session, *(from_user(text) for text in texts))
    pages: list[list[Any]] = []

    async def add(page: list[Any]) -> None:
        pages.insert(0, page)
        await w.history.append(session, from_user(f"late words {len(pages)}"))

    await all_pages(
        lambda cursor: w.history.page(session, cursor, limit=2, start="latest"), limit=2, most=60, between=add
    )
    read = texts_of(w.history.added_only([message for page in pages for message in page]))
    equal([text for text in read if text in texts], texts, "the session, read backwards while messages are added")
    once_each(read, "the session that was read")


@law(
    "add.same-text-twice",
    kinds=HISTORY,
    means="The same text added twice makes two messages.",
    look_at="keys that are made from the text, and removal of duplicates",
)
async def same_text_twice(w: World) -> None:
    session = w.history.session(_S)
    await w.history.append(session, from_user("yes"), from_user("yes"))
    await w.history.append(session, from_user("yes"))
    equal(texts_of(await w.history.read(session)), ["yes"] * 3, "the texts of the session")


@law(
    "add.silent",
    kinds=HISTORY,
    needs=(Guarantee.SILENT_APPEND,),
    means="Adding messages causes no answer: a session holds what was added and nothing else.",
    look_at="an agent behind the backend that replies; if there is one, do not declare silent_append",
)
async def silent(w: World) -> None:
    session = w.history.session(_S)
    turn = await w.history.append(session, from_user("are you there?"))
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
    messages = [from_user("one", id="m-1"), from_user("two", id="m-2")]
    first = await w.history.append(session, *messages)
    equal([message.id for message in first.stored], ["m-1", "m-2"], "the ids in the answer of add")
    again = await w.history.append(session, *messages, from_user("three", id="m-3"))
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
    first = from_user("first words", id="m-1")
    await w.history.append(session, first)
    others = [replace(first, content="second words"), replace(first, role="assistant")]
    if w.has(Feature.METADATA):
        others.append(replace(first, metadata={"n": 1}))
    if w.has(Feature.MESSAGE_NAMES):
        others.append(replace(first, name="Caroline"))
    for other in others:
        call = w.history.append(session, from_user("new words", id="m-2"), other, from_user("more words"))
        error = await refused(call, ConflictError, "add of another message under an id that is taken")
        about(error, "message", "m-1")
        that("first words" not in str(error), "the ConflictError shows the content of the stored message")
        equal(texts_of(await w.history.read(session)), ["first words"], "the texts of the session after the conflict")


@law(
    "ids.per-session",
    kinds=HISTORY,
    needs=_IDS,
    means="The id of a message is unique within its session only.",
    look_at="uniqueness of message ids: over session and id",
)
async def ids_per_session(w: World) -> None:
    for name in ("one", "two"):
        await w.history.append(w.history.session(name), from_user(f"words in {name}", id="m-1"))
    for name in ("one", "two"):
        read = [(m.id, m.content) for m in await w.history.read(w.history.session(name))]
        equal(read, [("m-1", f"words in {name}")], f"id and text of what session {name!r} holds")
