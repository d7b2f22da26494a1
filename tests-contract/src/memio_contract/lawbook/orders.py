"""Laws about listings that begin with the newest."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio_contract.expect import all_pages, equal, once_each, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import BY_ID, HISTORY, RECORDS
from memio_contract.lawbook.conversations import from_user
from memio_contract.world import World

_NEWEST = (Feature.NEWEST_FIRST,)
_MOST = 400
_NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
_CURSORS = (
    "the direction of the cursor, cursors by position (OFFSET), and cursors that need the record at which they point"
)


@law(
    "newest.reverse",
    kinds=BY_ID,
    needs=_NEWEST,
    means="The listing of the newest is the listing in the order of adding, reversed, whatever the size of its pages.",
    look_at="an order by time with equal times, the border between two pages, and the direction of the cursor",
)
async def newest_reverse(w: World) -> None:
    subject: Any = w.subject
    added = [record.id for record in await subject.fill(w.profile.many)]
    for limit in (7, 50, 104, 105, 1000):
        listed = [record.id for record in await subject.listed(limit=limit, order="newest")]
        equal(listed, added[::-1], f"the ids that are listed newest first with limit={limit}")
    page = [record.id for record in await subject.page(None, limit=3, order="newest")]
    equal(page, added[: -len(page) - 1 : -1], "the ids on the first page, newest first")
    late = (await subject.add("late words")).id
    page = await subject.page(None, limit=1, order="newest")
    equal([record.id for record in page], [late], "the id on the first page with limit=1, after an add")


@law(
    "newest.after-updates",
    kinds=RECORDS,
    needs=(Feature.NEWEST_FIRST, Feature.UPDATE, Guarantee.STABLE_IDS),
    means="An update moves no record in the listing of the newest, also while it is read.",
    look_at="an order by the time of change: the newest is what was added last",
)
async def newest_after_updates(w: World) -> None:
    added = [record.id for record in await w.records.fill(9)]
    await w.records.update(added[0], "new words")
    await w.records.update(added[4], "new words")

    async def update(page: list[Any]) -> None:
        for record in page:
            await w.records.update(record.id, "newer words")

    seen = await all_pages(
        lambda cursor: w.records.page(cursor, limit=2, order="newest"), limit=2, most=_MOST, between=update
    )
    equal([record.id for record in seen], added[::-1], "the ids that are listed newest first, during updates")


@law(
    "newest.survives-deletes",
    kinds=BY_ID,
    needs=_NEWEST,
    means="The listing of the newest is complete while the records that it delivered are deleted, all or the last.",
    look_at=_CURSORS,
)
async def newest_survives_deletes(w: World) -> None:
    subject: Any = w.subject
    for which in (slice(None), slice(-1, None)):
        added = [record.id for record in await subject.fill(11)]

        async def delete(page: list[Any], which: slice = which) -> None:
            for record in page[which]:
                await subject.delete(record)

        seen = await all_pages(
            lambda cursor: subject.page(cursor, limit=3, order="newest"), limit=3, most=_MOST, between=delete
        )
        equal([record.id for record in seen], added[::-1], "the ids that are listed newest first, during deletes")
        await subject.delete_all()


@law(
    "newest.survives-adds",
    kinds=BY_ID,
    needs=_NEWEST,
    means="The listing of the newest misses and repeats nothing while records are added.",
    look_at=_CURSORS,
)
async def newest_survives_adds(w: World) -> None:
    subject: Any = w.subject
    added = [record.id for record in await subject.fill(9)]

    async def add(page: list[Any]) -> None:
        for _ in page:
            await subject.add(f"late words {w.number()}")

    seen = await all_pages(
        lambda cursor: subject.page(cursor, limit=2, order="newest"), limit=2, most=_MOST, between=add
    )
    listed = [record.id for record in seen]
    once_each(listed, "the listing of the newest during adds")
    equal([id_ for id_ in listed if id_ in added], added[::-1], "the ids that were there, listed newest first")


@law(
    "newest.in-scope",
    kinds=BY_ID,
    needs=(Feature.NEWEST_FIRST, Feature.USER_SCOPE),
    means="The listing of the newest stays in its scope, on every page.",
    look_at="another statement for this order, without the owner or the filters",
)
async def newest_in_scope(w: World) -> None:
    subject: Any = w.subject
    users = [w.user("alice"), w.user("bob")]
    added = [await subject.add(f"words {number}", owner=users[number % 2]) for number in range(10)]
    for number, user in enumerate(users):
        listed = [subject.view(record) for record in await subject.listed(owner=user, limit=2, order="newest")]
        equal(listed, [subject.view(record) for record in added[number::2]][::-1], f"what {user} lists newest first")


@law(
    "newest.filtered",
    kinds=RECORDS,
    needs=(Feature.NEWEST_FIRST, Feature.FILTERS),
    means="A filter applies to the listing of the newest as to the one in the order of adding.",
    look_at="another statement for this order, without the filters",
)
async def newest_filtered(w: World) -> None:
    for number in range(9):
        await w.records.add(f"words {number}", metadata={"k": number % 3})
    for value in range(4):
        oldest = [record.id for record in await w.records.listed(limit=2, filters={"k": value})]
        newest = [record.id for record in await w.records.listed(limit=2, filters={"k": value}, order="newest")]
        equal(newest, oldest[::-1], f"the ids that are listed newest first with the filter {value}")


@law(
    "newest.sessions",
    kinds=HISTORY,
    needs=(Feature.NEWEST_FIRST, Feature.MESSAGE_TIMESTAMPS, Guarantee.SILENT_APPEND),
    means="Sessions are listed newest first, by the greatest timestamp of their messages, each once.",
    look_at="an order by the last message added or by the beginning, and pages whose border lies between equal times",
)
async def newest_sessions(w: World) -> None:
    minutes = (5, 3, 9, 3, -4, 3, 3, 7, 60 * 24 * 365 * 300, -60 * 24 * 365 * 1000, 3, 5)
    latest: dict[str, datetime] = {}
    for number, minute in enumerate(minutes):
        session = w.history.session(f"s{number}")
        latest[session] = _NOON + timedelta(minutes=minute)
        await w.history.append(session, from_user("words", timestamp=latest[session]))
        await w.history.append(session, from_user("older words", timestamp=latest[session] - timedelta(days=1)))
    await _expect_latest(w, latest)
    moved = w.history.session("s1")
    latest[moved] = _NOON + timedelta(minutes=8)
    await w.history.append(moved, from_user("newer words", timestamp=latest[moved]))
    await _expect_latest(w, latest)
    if w.has(Feature.DELETE_MESSAGES):
        latest[moved] = _NOON + timedelta(minutes=3)
        await w.history.api.delete_messages(moved, last=1, **w.home)
        await _expect_latest(w, latest)


async def _expect_latest(w: World, latest: dict[str, datetime]) -> None:
    for limit in (1, 2, 5, 100):
        listed = await w.history.sessions(limit=limit, order="newest")
        once_each(listed, f"the listing of the newest sessions with limit={limit}")
        equal(sorted(listed), sorted(latest), f"the sessions that are listed with limit={limit}, sorted")
        times = [latest[session] for session in listed]
        equal(times, sorted(times, reverse=True), f"the times of the sessions that are listed with limit={limit}")


@law(
    "newest.sessions-survive",
    kinds=HISTORY,
    needs=(Feature.NEWEST_FIRST, Feature.MESSAGE_TIMESTAMPS, Guarantee.SILENT_APPEND),
    means="The listing of the newest sessions is complete while those that it delivered are deleted and others begin.",
    look_at=_CURSORS,
)
async def newest_sessions_survive(w: World) -> None:
    names = [w.history.session(f"s{number}") for number in range(7)]
    for number, name in enumerate(names):
        await w.history.append(name, from_user("words", timestamp=_NOON + timedelta(minutes=number // 2)))

    async def delete(page: list[Any]) -> None:
        for session in page:
            await w.history.delete(session.id)
        late = w.history.session(f"late-{w.number()}")
        await w.history.append(late, from_user("words", timestamp=_NOON + timedelta(days=1)))

    seen = await all_pages(
        lambda cursor: w.history.api.get_all(limit=2, cursor=cursor, order="newest", **w.home),
        limit=2,
        most=60,
        between=delete,
    )
    listed = [session.id for session in seen]
    once_each(listed, "the listing of the newest sessions during deletes")
    that(set(names) <= set(listed), f"the listing of the newest sessions misses {sorted(set(names) - set(listed))}")
