"""Laws about listings and their pages."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.models import Message
from memio_contract.expect import all_pages, equal, once_each, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import BY_ID, GRAPH, HISTORY, RECORDS
from memio_contract.world import World

_MOST = 400
_SHORT = (
    "pages that end early: they need a next_cursor, with which the client asks for the rest, so that a cursor is "
    "followed with another limit than the one before"
)


@law(
    "listing.complete",
    kinds=BY_ID,
    means="A listing holds every record once, in the order of adding, whatever the size of its pages.",
    look_at="the border between two pages, the order by time with equal times, and a limit that is cut silently",
)
async def complete(w: World) -> None:
    subject: Any = w.subject
    added = [record.id for record in await subject.fill(23)]
    for limit in (1, 2, 5, 22, 23, 24, 1000):
        equal([r.id for r in await subject.listed(limit=limit)], added, f"the ids that are listed with limit={limit}")


@law(
    "listing.long",
    kinds=BY_ID,
    means="A listing is complete also when it is longer than a usual page.",
    look_at="a page of the backend that ends before the limit does, and is taken for the end",
)
async def long(w: World) -> None:
    subject: Any = w.subject
    added = [record.id for record in await subject.fill(w.profile.many)]
    for limit in (50, 100, 1000):
        equal([r.id for r in await subject.listed(limit=limit)], added, f"the ids that are listed with limit={limit}")


@law(
    "listing.full",
    kinds=BY_ID,
    means="A page has as many records as were asked for when there are as many.",
    look_at=_SHORT,
)
async def full(w: World) -> None:
    subject: Any = w.subject
    added = [record.id for record in await subject.fill(23)]
    for limit in (1, 4, 10, 22, 23):
        page = await subject.page(None, limit=limit)
        equal([r.id for r in page], added[:limit], f"the first page with limit={limit}")
        if page.next_cursor is not None:
            rest = await subject.page(page.next_cursor, limit=limit)
            equal([r.id for r in rest], added[limit : 2 * limit], f"the second page with limit={limit}")


@law(
    "pages.full",
    kinds=HISTORY,
    means="A page has as many messages or sessions as were asked for when there are as many.",
    look_at=_SHORT,
)
async def pages_full(w: World) -> None:
    session = w.history.session("long")
    texts = [f"words {number}" for number in range(13)]
    await w.history.append(session, *(Message(role="user", content=text) for text in texts))
    names = [session, *[(await w.history.add("words", group=f"s{number}")).session_id for number in range(6)]]
    for limit in (1, 4, 12, 13):
        for start in ("oldest", "latest"):
            page = await w.history.page(session, None, limit=limit, start=start)
            equal(len(page), limit, f"the number of messages of the first page from {start!r} with limit={limit}")
            if w.has(Guarantee.SILENT_APPEND):
                expected = texts[:limit] if start == "oldest" else texts[-limit:]
                equal([w.history.text(m) for m in page], expected, f"the first page from {start!r} with limit={limit}")
    for limit in (1, 3, 6, 7):
        page = await w.history.api.get_all(limit=limit, **w.home)
        equal([session.id for session in page], names[:limit], f"the first page of sessions with limit={limit}")


@law(
    "get.full",
    kinds=GRAPH,
    means="A page of an entity has as many triples as were asked for when there are as many.",
    look_at=_SHORT,
)
async def entity_full(w: World) -> None:
    added = [triple.id for triple in await w.graph.put(*(w.graph.triple("hub", f"end {n}") for n in range(13)))]
    for limit in (1, 4, 12, 13):
        page = await w.graph.api.get(entity="hub", limit=limit, **w.home)
        equal([triple.id for triple in page], added[:limit], f"the first page of the entity with limit={limit}")


@law(
    "listing.survives-deletes",
    kinds=BY_ID,
    means="A listing is complete while the records that it delivered are deleted.",
    look_at="cursors by position (OFFSET), and cursors that need the record at which they point: use keys",
)
async def survives_deletes(w: World) -> None:
    subject: Any = w.subject
    added = [record.id for record in await subject.fill(11)]

    async def delete(page: list[Any]) -> None:
        for record in page:
            await subject.delete(record)

    seen = await all_pages(lambda cursor: subject.page(cursor, limit=3), limit=3, most=_MOST, between=delete)
    equal([record.id for record in seen], added, "the ids that were listed while each page was deleted")
    equal(await subject.listed(), [], "what is listed after every record was deleted")


@law(
    "listing.survives-updates",
    kinds=RECORDS,
    needs=(Feature.UPDATE,),
    relaxes=(Guarantee.STABLE_IDS,),
    means="A listing ends and misses nothing while the records that it delivered are updated.",
    look_at="an order by the last change: order by insertion; without stable ids, new records that are listed forever",
)
async def survives_updates(w: World) -> None:
    added = [record.id for record in await w.records.fill(11)]
    made: set[str] = set()

    async def update(page: list[Any]) -> None:
        for record in page:
            if record.id not in made:
                made.add((await w.records.update(record.id, f"new {record.content}")).id)

    seen = await all_pages(lambda cursor: w.records.page(cursor, limit=3), limit=3, most=_MOST, between=update)
    listed = [record.id for record in seen]
    if w.has(Guarantee.STABLE_IDS):
        equal(listed, added, "the ids that were listed while each page was updated")
    once_each(listed, "the listing during updates")
    missing = [record_id for record_id in added if record_id not in listed]
    equal(missing, [], "the ids that the listing missed during updates")
    equal(len(await w.records.listed()), len(added), "the number of records after every one was updated")


@law(
    "listing.survives-adds",
    kinds=BY_ID,
    means="A listing misses and repeats nothing while records are added.",
    look_at="cursors by position (OFFSET) and orders in which new records come first",
)
async def survives_adds(w: World) -> None:
    subject: Any = w.subject
    added = [record.id for record in await subject.fill(9)]
    late: list[str] = []

    async def add(page: list[Any]) -> None:
        del page
        if len(late) < 6:  # noqa: PLR2004  # enough for a new record between any two pages
            late.append((await subject.add(f"late record {len(late)}")).id)

    seen = await all_pages(lambda cursor: subject.page(cursor, limit=2), limit=2, most=_MOST, between=add)
    listed = [record.id for record in seen]
    once_each(listed, "the listing during adds")
    equal(listed[: len(added)], added, "the first ids that were listed while records were added")
    strange = [record_id for record_id in listed[len(added) :] if record_id not in late]
    equal(strange, [], "ids in the listing that were not added")
    that(len(await subject.listed()) == len(added) + len(late), "the new listing does not hold all records")


@law(
    "listing.deleted-anchor",
    kinds=BY_ID,
    means="A listing goes on from the same place when only the last record of a page was deleted.",
    look_at="cursors that name the record at which they point: without it they start anew, skip, or end",
)
async def deleted_anchor(w: World) -> None:
    subject: Any = w.subject
    added = [record.id for record in await subject.fill(11)]

    async def delete(page: list[Any]) -> None:
        if page:
            await subject.delete(page[-1])

    seen = await all_pages(lambda cursor: subject.page(cursor, limit=3), limit=3, most=_MOST, between=delete)
    equal([record.id for record in seen], added, "the ids that were listed while the last of each page was deleted")


@law(
    "sessions.deleted-anchor",
    kinds=HISTORY,
    means="The listing of sessions goes on from the same place when only the last session of a page was deleted.",
    look_at="cursors that name the session at which they point: without it they start anew, skip, or end",
)
async def deleted_session_anchor(w: World) -> None:
    added = [(await w.history.add("words", group=f"s{number}")).session_id for number in range(7)]

    async def delete(page: list[Any]) -> None:
        if page:
            await w.history.delete(page[-1].id)

    seen = await all_pages(
        lambda cursor: w.history.api.get_all(limit=2, cursor=cursor, **w.home), limit=2, most=_MOST, between=delete
    )
    equal([s.id for s in seen], added, "the sessions that were listed while the last of each page was deleted")


@law(
    "sessions.keep-places",
    kinds=HISTORY,
    needs=(Feature.DELETE_MESSAGES,),
    means="A session keeps its place in the listing when its first messages are deleted and others stay.",
    look_at="the place of a session: it is that of its beginning, not of its first message that is left",
)
async def keep_places(w: World) -> None:
    names = [w.history.session(name) for name in ("one", "two", "three")]
    for text in ("first words", "second words", "third words"):
        for name in names:
            await w.history.append(name, Message(role="user", content=text))

    async def shorten(page: list[Any]) -> None:
        for session in page:
            first = (await w.history.read(session.id))[0]
            await w.history.api.delete_messages(session.id, message_ids=[first.id], **w.home)

    seen = await all_pages(
        lambda cursor: w.history.api.get_all(limit=1, cursor=cursor, **w.home), limit=1, most=_MOST, between=shorten
    )
    equal([session.id for session in seen], names, "the sessions that were listed while each lost its first message")
    equal(await w.history.sessions(), names, "the sessions that are listed after that")


@law(
    "get.deleted-anchor",
    kinds=GRAPH,
    means="The pages of an entity are complete while the triples that they delivered are deleted, all or the last.",
    look_at="cursors by position (OFFSET), and cursors that name the triple at which they point",
)
async def entity_anchor(w: World) -> None:
    for which in (slice(-1, None), slice(None)):
        added = [t.id for t in await w.graph.put(*(w.graph.triple("hub", f"end {which} {n}") for n in range(9)))]

        async def delete(page: list[Any], which: slice = which) -> None:
            for triple in page[which]:
                await w.graph.delete(triple)

        seen = await all_pages(
            lambda cursor: w.graph.api.get(entity="hub", limit=2, cursor=cursor, **w.home),
            limit=2,
            most=_MOST,
            between=delete,
        )
        equal([triple.id for triple in seen], added, "the ids of the entity's triples, read while they are deleted")
        await w.graph.delete_all()


@law(
    "listing.updated-anchor",
    kinds=RECORDS,
    needs=(Feature.UPDATE, Guarantee.STABLE_IDS),
    means="A listing goes on from the same place when only the last record of a page was updated.",
    look_at="cursors that hold a time of change or a version of the record at which they point",
)
async def updated_anchor(w: World) -> None:
    added = [record.id for record in await w.records.fill(11)]

    async def update(page: list[Any]) -> None:
        if page:
            await w.records.update(page[-1].id, "new words")

    seen = await all_pages(lambda cursor: w.records.page(cursor, limit=3), limit=3, most=_MOST, between=update)
    equal([record.id for record in seen], added, "the ids that were listed while the last of each page was updated")


@law(
    "listing.every-page",
    needs=(Feature.ATTRIBUTION,),
    means="Every page of a listing has whole records in scope, the later pages too: owner, metadata and all else.",
    look_at="later pages that are read by another statement, without the owner, the metadata or a restriction",
)
async def every_page(w: World) -> None:
    users = [w.user("alice"), w.user("bob")] if w.has(Feature.USER_SCOPE) else [w.home]
    added: list[tuple[Any, Any]] = []
    for number in range(14):
        owner = users[number % len(users)]
        metadata = {"n": number} if w.has(Feature.METADATA) else None
        group = "g" if number < 8 else f"g{number}"  # noqa: PLR2004  # some messages of one session, then sessions
        added.append((owner, await w.subject.add(f"words {number}", owner=owner, metadata=metadata, group=group)))
    for owner in users:
        for limit in (1, 2, 3):
            listed = [w.subject.view(record) for record in await w.subject.listed(owner=owner, limit=limit)]
            expected = [w.subject.view(record) for other, record in added if other == owner]
            equal(listed, expected, f"what {owner} lists with limit={limit}")
    if w.alone and w.kind != "history":
        listed = [w.subject.view(record) for record in await w.subject.listed(owner={}, limit=2)]
        equal(listed, [w.subject.view(record) for _, record in added], "what is listed without a user, with limit=2")


@law(
    "listing.after-deletes",
    kinds=BY_ID,
    means="A new record comes last and has a new id, also when the last or a middle one was deleted before.",
    look_at="numbers that are used again: the greatest plus one, or the count; use a counter that never goes back",
)
async def after_deletes(w: World) -> None:
    subject: Any = w.subject
    expected = [record.id for record in await subject.fill(5)]
    gone: list[str] = []
    for place in (4, 1, 0, 2):
        gone.append(expected.pop(place if place < len(expected) else -1))
        await subject.delete(gone[-1])
        added = await subject.add(f"new words {place}")
        that(added.id not in gone, f"the new record has the id {added.id!r} of a deleted one")
        expected.append(added.id)
        equal(
            [r.id for r in await subject.listed(limit=2)], expected, "the ids that are listed after a delete and an add"
        )
    await subject.delete_all()
    added = await subject.add("new words")
    that(added.id not in [*gone, *expected], f"the new record has the id {added.id!r} of a deleted one")


@law(
    "sessions.after-deletes",
    kinds=HISTORY,
    means="A session that begins again after its deletion is listed last, and its messages are in order.",
    look_at="numbers of sessions or messages that are used again, and rows that a delete leaves behind",
)
async def sessions_after_deletes(w: World) -> None:
    names = [(await w.history.add(f"words {n}", group=f"s{n}")).session_id for n in range(4)]
    for name in (names[3], names[1], names[0]):
        await w.history.delete(name)
        names.remove(name)
        names.append((await w.history.add("new words", group=name.removeprefix(w.token))).session_id)
        await w.history.add("more new words", group=name.removeprefix(w.token))
        equal(await w.history.sessions(limit=2), names, f"the sessions that are listed after {name!r} began again")
        texts = [w.history.text(found) for found in await w.history.read(name)]
        if w.has(Guarantee.VERBATIM):
            equal(texts, ["new words", "more new words"], f"the texts of {name!r} after it began again")
