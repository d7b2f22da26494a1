"""Laws about expiry: records that are gone when their time has come."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError, NotFoundError
from memio.owners import Owner
from memio_contract.expect import about, equal, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import RECORDS
from memio_contract.place import Labels
from memio_contract.world import World

_EXPIRY = (Feature.EXPIRY,)
PAST = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
LATER = datetime(2901, 2, 3, 4, 5, 6, 7, tzinfo=UTC)
_WORDS = "the same words"
_SOON = 0.3
"""Seconds after which a record expires that is there at first."""
_TOLERANCE = 10.0
"""Seconds by which the clock of a store may be behind."""
_READS = "the condition that leaves expired records out: it belongs into every statement that reads or looks for an id"
_TIMES = (
    LATER,
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2901, 6, 1, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    datetime(2262, 4, 12, tzinfo=UTC),
    datetime(3000, 1, 1, tzinfo=timezone(timedelta(hours=-12))),
)


@law(
    "expiry.kept",
    kinds=RECORDS,
    needs=_EXPIRY,
    means="The time of expiry comes back as it was given, to the microsecond and in UTC, from every call.",
    look_at="times that are cut to seconds or kept as a time to live, and calls that leave the field out",
)
async def expiry_kept(w: World) -> None:
    for expires_at in (*_TIMES, None):
        given: dict[str, Any] = {} if expires_at is None else {"expires_at": expires_at}
        record = await w.records.add(_WORDS, **given)
        reads = [record, await w.records.get(record.id), *await w.records.listed()]
        reads += await w.records.search(_WORDS, limit=5)
        equal([read.expires_at for read in reads], [expires_at] * 4, "the expires_at of add, get, listing and search")
        offsets = [read.expires_at.utcoffset() for read in reads if read.expires_at is not None]
        that(not any(offsets), "a time of expiry is not in UTC")
        await w.records.delete(record)


@law(
    "expiry.gone",
    kinds=RECORDS,
    needs=_EXPIRY,
    means="A record whose time has come is gone for every call that reads; a time in the past is accepted.",
    look_at=_READS,
)
async def expiry_gone(w: World) -> None:
    owner = w.user("alice") if w.has(Feature.ATTRIBUTION) else w.home
    reading = w.reading(owner)
    kept = await w.records.add(_WORDS, expires_at=LATER)
    metadata = {"k": 1} if w.has(Feature.METADATA) else None
    gone = await w.records.add(_WORDS, owner=owner, metadata=metadata, expires_at=PAST)
    equal(gone.expires_at, PAST, "the expires_at in the answer of an add with a time in the past")
    await _is_gone(w, gone, reading)
    listed = [record.id for record in await w.records.listed(limit=1)]
    equal(listed, [kept.id], "the ids that are listed with limit=1")


async def _is_gone(w: World, gone: Any, reading: dict[str, Any]) -> None:
    """Expect every call to treat a record as one that is not there."""
    error = await refused(w.records.get(gone.id, owner=reading), NotFoundError, "get of a record that has expired")
    about(error, w.records.noun, gone.id)
    for place, found in (
        ("the listing", await w.records.listed(owner=reading)),
        ("search", await w.records.search(gone.content or _WORDS, limit=50, owner=reading)),
    ):
        that(gone.id not in [record.id for record in found], f"{place} returns a record that has expired")
    if w.has(Feature.NEWEST_FIRST):
        newest = [record.id for record in await w.records.listed(owner=reading, order="newest")]
        that(gone.id not in newest, "the listing of the newest returns a record that has expired")
    if w.has(Feature.FILTERS):
        passing = [r.id for r in await w.records.listed(owner=reading, filters=gone.metadata)]
        that(gone.id not in passing or not gone.metadata, "a filter lists a record that has expired")
    if w.has(Feature.COUNT):
        there = len(await w.records.listed(owner=reading))
        equal(await w.records.count(owner=reading), there, "the count, compared with what is listed")
    if w.has(Feature.OWNERS, Feature.ATTRIBUTION) and w.alone and gone.user_id is not None:
        owners = await w.records.owners(owner=reading)
        that(Owner(gone.user_id) not in owners, "an owner is listed whose only record has expired")
    if w.has(Feature.UPDATE):
        call = w.records.update(gone.id, "new words", owner=reading)
        await refused(call, NotFoundError, "update of a record that has expired")
        call = w.records.update(gone.id, expires_at=None, owner=reading)
        await refused(call, NotFoundError, "update of the expiry of a record that has expired")
    await refused(w.records.delete(gone, owner=reading), NotFoundError, "delete of a record that has expired")


@law(
    "expiry.comes",
    kinds=RECORDS,
    needs=_EXPIRY,
    means="A record that is there is gone for every call once its time has come, without any other call.",
    look_at=_READS + "; a sweep that runs now and then is not enough",
)
async def expiry_comes(w: World) -> None:
    kept = await w.records.add("other words", expires_at=LATER)
    gone = await w.records.add(_WORDS, expires_at=datetime.now(UTC) + timedelta(seconds=_SOON))
    clock = asyncio.get_running_loop().time
    end = clock() + _SOON + _TOLERANCE
    while await w.records.find(gone):
        that(clock() < end, f"a record is there {_TOLERANCE:g} seconds after its time has come")
        await asyncio.sleep(0.03)
    await _is_gone(w, gone, w.home)
    equal([record.id for record in await w.records.listed()], [kept.id], "the ids that are listed then")


@law(
    "expiry.frees-the-id",
    kinds=RECORDS,
    needs=(Feature.EXPIRY, Feature.CLIENT_IDS),
    means="The id of an expired record is free: another record, or the same one, is stored under it as a new one.",
    look_at="the look for an id, and its unique index: an expired record makes way",
)
async def frees_the_id(w: World) -> None:
    chosen = w.label("id-1")
    await w.records.add("first words", id=chosen, expires_at=PAST)
    other = await w.records.add("other words")
    second = await w.records.add("second words", id=chosen)
    equal([r.id for r in await w.records.listed()], [other.id, chosen], "the ids that are listed, the new record last")
    equal((second.content, second.expires_at), ("second words", None), "content and expires_at of the new record")
    await w.records.delete(chosen)
    for _ in range(2):
        await w.records.add("the same words", id=chosen, expires_at=PAST)
        equal(len(await w.records.find(second)), 0, "the number of records under the id after an add with a past time")
    again = await w.records.add("the same words", id=chosen)
    equal((await w.records.get(chosen)), again, "the record that get returns after an add without an expiry")
    if w.has(Feature.PUT):
        await w.records.put(chosen, "put words", expires_at=PAST)
        equal(len(await w.records.find(second)), 0, "the number of records under the id after a put with a past time")
        made = await w.records.put(chosen, "put again")
        equal([w.records.view(r) for r in await w.records.listed()][1:], [w.records.view(made)], "what is listed then")


@law(
    "expiry.same-record",
    kinds=RECORDS,
    needs=(Feature.EXPIRY, Feature.CLIENT_IDS),
    means="Adding the same record again with a time of expiry gives it that time; without one, the time stays.",
    look_at="a retry that returns what is stored before it looks at the expiry, or that writes none",
)
async def same_record(w: World) -> None:
    chosen = w.label("id-1")
    await w.records.add(_WORDS, id=chosen)
    later = LATER.replace(year=2950)
    for given, expected in ((LATER, LATER), (None, LATER), (later, later), (None, later)):
        more: dict[str, Any] = {} if given is None else {"expires_at": given}
        answer = await w.records.add(_WORDS, id=chosen, **more)
        equal(answer.expires_at, expected, f"the expires_at in the answer of an add with {given}")
        equal((await w.records.get(chosen)).expires_at, expected, f"the stored expires_at after an add with {given}")
    await w.records.add(_WORDS, id=chosen, expires_at=PAST)
    equal(await w.records.listed(), [], "what is listed after an add of the same record with a past time")


@law(
    "expiry.changes",
    kinds=RECORDS,
    needs=(Feature.EXPIRY, Feature.UPDATE),
    relaxes=(Guarantee.STABLE_IDS,),
    means="An update sets the time of expiry, takes it away with None, and leaves it where it is not given.",
    look_at="None that counts as not given, and an update of the text that clears the expiry",
)
async def expiry_changes(w: World) -> None:
    record = await w.records.add(_WORDS)
    steps: tuple[dict[str, Any], ...] = (
        {"expires_at": LATER},
        {"text": "new words"},
        {"expires_at": None},
        {"text": "newer words"},
        {"text": "the newest words", "expires_at": LATER},
        {"expires_at": None, "text": "more words"},
        {"expires_at": LATER},
    )
    expected = None
    for changes in steps:
        record = await w.records.update(record.id, **changes)
        expected = changes.get("expires_at", expected)
        equal(record.expires_at, expected, f"the expires_at in the answer of an update with {changes}")
        equal((await w.records.get(record.id)).expires_at, expected, f"the stored expires_at after {changes}")
    if w.has(Guarantee.VERBATIM):
        equal((await w.records.get(record.id)).content, "more words", "the content after all updates")
    gone = await w.records.update(record.id, expires_at=PAST)
    await _is_gone(w, gone, w.home)


@law(
    "expiry.listing",
    kinds=RECORDS,
    needs=_EXPIRY,
    means="Listings, searches and pages are complete where expired records lie between the others.",
    look_at="expired records that are left out after the limit was applied",
)
async def expiry_listing(w: World) -> None:
    added: list[str] = []
    for number in range(24):
        living = number % 4 == 1
        record = await w.records.add(f"green tea {number}", expires_at=LATER if living else PAST)
        added += [record.id] if living else []
    for limit in (1, 2, 6, 100):
        equal([r.id for r in await w.records.listed(limit=limit)], added, f"the ids that are listed with limit={limit}")
        page = await w.records.page(None, limit=limit)
        equal(len(page), min(limit, len(added)), f"the number of records on the first page with limit={limit}")
    hits = [hit.id for hit in await w.records.search("green tea", limit=len(added))]
    equal(sorted(hits), sorted(added), "the ids that a search finds, with a limit of as many as there are")


@law(
    "expiry.no-conflict",
    kinds=RECORDS,
    needs=(Feature.EXPIRY, Feature.CLIENT_IDS, Feature.USER_SCOPE),
    means="An expired record of another owner does not make a call by its id ambiguous.",
    look_at="the look for several owners of an id: it leaves expired records out",
    alone=True,
)
async def no_conflict(w: World) -> None:
    await w.records.add(_WORDS, id="id-1", owner=w.user("alice"), expires_at=PAST)
    record = await w.records.add(_WORDS, id="id-1", owner=w.user("bob"))
    equal(await w.records.get("id-1", owner={}), record, "the record that get returns without an owner")
    await w.records.delete("id-1", owner={})
    equal(await w.records.listed(owner={}), [], "what is listed after the delete")


@law(
    "expiry.purge",
    kinds=RECORDS,
    needs=_EXPIRY,
    means="purge removes what has expired, of every owner, counts it at most once, and leaves everything else.",
    look_at="the condition of the purge, and its number of rows",
    alone=True,
)
async def purge(w: World) -> None:
    owners: list[Labels] = [w.user("alice"), {}] if w.has(Feature.ATTRIBUTION) else [{}]
    kept: list[Any] = []
    for number in range(3):
        for owner in owners:
            more: dict[str, Any] = {"expires_at": LATER} if number else {}
            kept.append(await w.records.add(f"kept {number}", owner=owner, **more))
            await w.records.add(f"gone {number}", owner=owner, expires_at=PAST)
    many = [{"content": f"gone {number}", "expires_at": PAST} for number in range(w.profile.many)]
    await w.records.api.add_many(many, **owners[0])
    expired = 3 * len(owners) + len(many)
    first = (await w.memio.purge())[w.kind]
    that(0 <= first <= expired, f"purge counts {first} records, when {expired} had expired")
    equal((await w.memio.purge())[w.kind], 0, "the number of records that a second purge removes")
    equal(await w.records.listed(owner={}), kept, "what is listed after purges")
    if w.has(Feature.CLIENT_IDS):
        again = await w.records.add(kept[0].content, id=kept[0].id, owner=owners[0])
        equal(again, kept[0], "the answer of an add of a record that is there, after a purge")


@law(
    "expiry.delete-all",
    kinds=RECORDS,
    needs=_EXPIRY,
    means="delete_all reaches expired records too: nothing of its scope is left for a purge.",
    look_at="the condition of the delete: it does not look at the expiry",
    alone=True,
)
async def delete_all_reaches(w: World) -> None:
    for number in range(3):
        await w.records.add(f"gone {number}", expires_at=PAST)
    await w.records.delete_all()
    equal((await w.memio.purge())[w.kind], 0, "the number of expired records that delete_all left for purge")


@law(
    "expiry.put-anew",
    kinds=RECORDS,
    needs=(Feature.EXPIRY, Feature.PUT),
    means="A put under the id of an expired record creates a record at the end; a put with its version conflicts.",
    look_at="the look for the id in put: it does not see what has expired",
)
async def put_anew(w: World) -> None:
    gone = await w.records.put(w.label("id-1"), "first words", expires_at=PAST)
    other = await w.records.add("other words")
    if w.has(Feature.VERSIONS):
        call = w.records.put(gone.id, "second words", if_version=gone.version)
        error = await refused(call, ConflictError, "put with the version of a record that has expired")
        equal(error.reason, "version", "the reason of the conflict")
    new = await w.records.put(gone.id, "second words")
    equal([r.id for r in await w.records.listed()], [other.id, new.id], "the ids that are listed after the put")
    if w.has(Feature.VERSIONS):
        that(new.version != gone.version, "the new record has the version of the expired one")
