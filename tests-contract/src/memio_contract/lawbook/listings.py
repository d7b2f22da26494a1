"""Laws about listings and their pages."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from typing import Any

from memio.capabilities import Feature, Guarantee
from memio_contract.expect import all_pages, equal, once_each, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import BY_ID, RECORDS
from memio_contract.world import World

_MOST = 400


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
    "listing.survives-deletes",
    kinds=BY_ID,
    means="A listing is complete while the records that it delivered are deleted.",
    look_at="cursors by position (OFFSET), and cursors that need the record they stand on: use keys",
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
        if len(late) < 6:  # noqa: PLR2004  # enough for every page to meet a new record
            late.append((await subject.add(f"late record {len(late)}")).id)

    seen = await all_pages(lambda cursor: subject.page(cursor, limit=2), limit=2, most=_MOST, between=add)
    listed = [record.id for record in seen]
    once_each(listed, "the listing during adds")
    equal(listed[: len(added)], added, "the first ids that were listed while records were added")
    strange = [record_id for record_id in listed[len(added) :] if record_id not in late]
    equal(strange, [], "ids in the listing that nobody added")
    that(len(await subject.listed()) == len(added) + len(late), "the new listing does not hold all records")
