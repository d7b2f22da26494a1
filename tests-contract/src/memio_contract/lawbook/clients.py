"""Laws about clients: opening again, several at once, closing, and other kinds in the same namespace."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

import asyncio
from typing import Any

from memio.capabilities import Feature, Guarantee, Kind
from memio_contract.expect import equal, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import RECORDS
from memio_contract.lawbook._places import group_of
from memio_contract.subjects import Subject
from memio_contract.world import World


@law(
    "reads.own-writes",
    needs=(Guarantee.READ_YOUR_WRITES,),
    means="What a call wrote is seen by the next call: added, and deleted.",
    look_at="writes that are answered before they are done, caches, and indexes that follow later",
)
async def own_writes(w: World) -> None:
    for number in range(3):
        record = await w.subject.add(f"words {number}", group="written")
        listed = await w.subject.listed()
        hits = await w.subject.search(w.subject.query(record), limit=5, group="written")
        found = await w.subject.find(record)
        view = w.subject.view(record)
        for place, records in (("the listing", listed), ("search", hits), ("a read by id", found)):
            that(
                view in [w.subject.view(r) for r in records],
                f"{place} does not have the record right after it was added",
            )
        await w.subject.delete(record)
        equal(await w.subject.listed(), [], "what is listed right after the delete")


@law(
    "durable.reopen",
    needs=(Guarantee.DURABLE,),
    means="After closing and opening again everything is as it was: records, owners, times, order, and the search.",
    look_at="state in the process: maps of sessions or ids, caches, indexes, and writes that wait for a flush",
)
async def reopen(w: World) -> None:
    alice = w.user("alice") if w.has(Feature.ATTRIBUTION) else w.home
    reading = w.reading(alice)
    first = await w.subject.add("likes green tea", owner=alice, group="durable")
    gone = await w.subject.add("likes gone tea", owner=alice, group="gone")
    await w.subject.add("likes black tea", owner=alice, group="durable")
    await w.subject.delete(gone, owner=reading)
    before = await w.subject.listed(owner=reading)
    await w.close(w.memio)
    again = w.subject_of(w.open())
    equal(await again.listed(owner=reading), before, "what is listed after closing and opening again")
    hits = await again.search("likes green tea", limit=10, owner=reading, group="durable")
    that(w.subject.view(first) in [w.subject.view(hit) for hit in hits], "a search after opening again misses a record")
    that(w.subject.view(gone) not in [w.subject.view(hit) for hit in hits], "a search finds what was deleted before")
    await again.delete(first, owner=reading)
    left = [w.subject.text(record) for record in await again.listed(owner=reading)]
    if w.kind == "history":
        equal(left, [], "what is listed after the session was deleted through the new client")
    else:
        equal(left, ["likes black tea"], "what is listed after one record was deleted through the new client")


@law(
    "clients.two",
    needs=(Guarantee.READ_YOUR_WRITES,),
    means="Two clients on one backend see each other's writes, also when both write at once.",
    look_at="state in the client: caches, counters that number records, and maps of sessions or ids",
)
async def two_clients(w: World) -> None:
    one, two = w.subject, w.subject_of(w.open())
    first = await one.add("words of the first client")
    equal([w.subject.view(r) for r in await two.listed()], [w.subject.view(first)], "what the second client lists")
    second = await two.add("words of the second client")
    views = [w.subject.view(first), w.subject.view(second)]
    equal([w.subject.view(r) for r in await one.listed()], views, "what the first client lists")
    await two.delete(first)
    equal(await one.find(first), [], "what the first client reads of a record that the second one deleted")
    texts = [f"words number {number}" for number in range(w.profile.tasks)]
    added: list[Any] = await asyncio.gather(
        *(subject.add(text) for text, subject in zip(texts, [one, two] * len(texts), strict=False))
    )
    expected = sorted(str(w.subject.view(record)) for record in [second, *added])
    for subject in (one, two):
        equal(sorted(str(w.subject.view(r)) for r in await subject.listed()), expected, "what is listed, sorted")


@law(
    "clients.fresh-reads",
    needs=(Guarantee.READ_YOUR_WRITES,),
    means="A client that has read everything sees what another client writes then: adds, updates, deletes.",
    look_at="caches in the client, of records, pages, searches or sessions: another process writes as well",
)
async def fresh_reads(w: World) -> None:
    writer, reader = w.subject, w.subject_of(w.open())
    stored = [await writer.add(f"green words {number}", group=f"g{number}") for number in range(3)]
    await _all_seen(w, reader, stored, [])
    gone: list[Any] = []
    if w.kind in RECORDS and w.has(Feature.UPDATE):
        old = stored[0]
        stored[0] = await w.records.update(old.id, "updated words 0")
        if stored[0].id != old.id:
            stored = [*stored[1:], stored[0]]
        await _all_seen(w, reader, stored, gone)
    stored.append(await writer.add("late words", group="late"))
    await _all_seen(w, reader, stored, gone)
    gone.append(stored.pop(1))
    await writer.delete(gone[0])
    await _all_seen(w, reader, stored, gone)
    await writer.delete_all()
    await _all_seen(w, reader, [], [*gone, *stored])


async def _all_seen(w: World, reader: Subject, stored: list[Any], gone: list[Any]) -> None:
    """Expect a client to see exactly some records, in every read, twice."""
    for _ in range(2):
        listed = [reader.view(record) for record in await reader.listed()]
        if not w.has(Guarantee.STABLE_IDS):
            listed.sort(key=str)
        expected = [reader.view(record) for record in stored]
        equal(listed, expected if w.has(Guarantee.STABLE_IDS) else sorted(expected, key=str), "what the reader lists")
        for record in stored:
            found = [reader.view(found) for found in await reader.find(record)]
            equal(found, [reader.view(record)], "what the reader reads by id")
            hits = await reader.search(reader.query(record), limit=20, group=group_of(w, record))
            that(reader.view(record) in [reader.view(hit) for hit in hits], "a search of the reader misses a record")
        for record in gone:
            equal(await reader.find(record), [], "what the reader reads of a deleted record")
            hits = await reader.search(reader.query(record), limit=20, group=group_of(w, record))
            stale = [hit for hit in map(reader.view, hits) if hit not in expected]
            equal(stale, [], "what a search of the reader finds that is not stored any more")


@law(
    "close.twice",
    means="A store can be closed without having been used, closed twice, and closed twice at once.",
    look_at="aclose: it must do nothing when there is nothing to close",
)
async def close_twice(w: World) -> None:
    unused = w.open()
    store = unused.stores[w.kind]
    await unused.aclose()
    await store.aclose()
    await w.subject.add("some words")
    store = w.memio.stores[w.kind]
    await w.close(w.memio)
    await asyncio.gather(store.aclose(), store.aclose())


@law(
    "kinds.separate",
    needs=(Guarantee.SEPARATE_KINDS,),
    means="The kinds of one backend do not see, and do not delete, each other's records.",
    look_at="a table or collection that several kinds share: it needs the kind in every condition",
    together=True,
)
async def separate(w: World) -> None:
    others: list[Kind] = [
        kind for kind in w.memio.kinds if kind != w.kind and kind in (w.target.kinds or w.memio.kinds)
    ]
    subjects = {kind: w.other_kind(kind) for kind in others}
    mine = await w.subject.add("green tea", group="kinds")
    alone = await w.subject.search("green tea", limit=10, group="kinds")
    for subject in subjects.values():
        equal(await subject.listed(), [], f"the {subject.noun}s before any was added")
        await subject.add("green tea", group="kinds")
    equal(
        [w.subject.view(r) for r in await w.subject.listed()], [w.subject.view(mine)], f"the {w.kind} that are listed"
    )
    found = await w.subject.search("green tea", limit=10, group="kinds")
    equal([w.subject.view(r) for r in found], [w.subject.view(mine)], f"the {w.kind} that are found")
    if w.has(Guarantee.PRIVATE_RANKING):
        scores = [hit.score for hit in alone]
        equal([hit.score for hit in found], scores, f"the scores of the {w.kind} after other kinds got the same words")
    if w.has(Feature.COUNT):
        equal(await w.subject.api.count(**w.home), 1, f"the count of the {w.kind}")
    await w.subject.delete_all()
    for kind, subject in subjects.items():
        equal(len(await subject.listed()), 1, f"the number of {kind} after delete_all of the {w.kind}")
