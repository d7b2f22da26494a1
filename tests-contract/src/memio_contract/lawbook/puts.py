"""Laws about put: a record under an id, whether it is there or not."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError, NotFoundError
from memio_contract.expect import equal, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import RECORDS
from memio_contract.stepping import cancelled_at, chosen, waits_of
from memio_contract.values import TEXTS
from memio_contract.world import World

_PUT = (Feature.PUT,)
_LATER = datetime(2901, 2, 3, 4, 5, 6, 7, tzinfo=UTC)


def fields(w: World, *, metadata: Any = None, data: Any = None, expires_at: Any = None) -> dict[str, Any]:
    """Return further fields of a record: those that the store keeps."""
    given = {"metadata": metadata, "expires_at": expires_at, **({"data": data} if w.kind == "documents" else {})}
    needed = {"metadata": Feature.METADATA, "data": Feature.DATA, "expires_at": Feature.EXPIRY}
    return {name: value for name, value in given.items() if value is not None and w.has(needed[name])}


@law(
    "put.creates",
    kinds=RECORDS,
    needs=_PUT,
    means="A put under an id that is free stores a record, as add does: whole, at the end, and found by every call.",
    look_at="a put that is an update without a row, and fields that only the insert of add writes",
)
async def put_creates(w: World) -> None:
    first = await w.records.add("first words")
    owner = w.user("alice") if w.has(Feature.USER_SCOPE) else w.home
    given = fields(w, metadata={"n": 1}, data=[2], expires_at=_LATER)
    made = await w.records.put(w.label("id-1"), "put words", owner=owner, **given)
    equal(
        {"id": made.id, "content": made.content}, {"id": w.label("id-1"), "content": "put words"}, "the answer of put"
    )
    for name, value in given.items():
        equal(getattr(made, name), value, f"the {name} in the answer of put")
    last = await w.records.add("last words")
    if not w.home:
        equal([r.id for r in await w.records.listed()], [first.id, made.id, last.id], "the ids that are listed")
    equal(await w.records.get(made.id, owner=owner), made, "the record that get returns")
    hits = await w.records.search("put words", limit=5, owner=owner)
    that(made.id in [hit.id for hit in hits], "a search for the text of a record that was put misses it")
    again = await w.records.add("put words", id=made.id, owner=owner, **given)
    equal(again, made, "the answer of an add of the same record")


@law(
    "put.replaces",
    kinds=RECORDS,
    needs=_PUT,
    means="A put under an id that is there replaces text, metadata, data and expiry, also those that it leaves out.",
    look_at="fields that were left out: they become empty, where an update would keep them; and the search index",
)
async def put_replaces(w: World) -> None:
    full = fields(w, metadata={"n": 1, "m": [2]}, data={"a": 1}, expires_at=_LATER)
    empty: dict[str, Any] = {"metadata": {}, "data": None, "expires_at": None}
    record_id = w.label("id-1")
    first = await w.records.add("swordfish words", id=record_id, **full)
    other = fields(w, metadata={"m": 3}, data="b", expires_at=_LATER.replace(year=2902))
    for number, given in enumerate(({}, full, other, {}, other)):
        made = await w.records.put(record_id, f"words number {number}", **given)
        for name, value in {**{name: empty[name] for name in full}, **given}.items():
            equal(getattr(made, name), value, f"the {name} in the answer of put number {number}, given {given!r}")
        equal(made.content, f"words number {number}", "the content in the answer of put")
        equal(await w.records.get(record_id), made, "the record that get returns")
        equal(await w.records.listed(), [made], "what is listed")
        hits = [w.records.view(hit) for hit in await w.records.search(f"words number {number}", limit=5)]
        equal(hits, [w.records.view(made)], "what a search for the new text finds")
        old = [hit.content for hit in await w.records.search("swordfish", limit=5)]
        that(first.content not in old, "a search finds the text from before the put")
        if w.has(Feature.FILTERS):
            listed = await w.records.listed(filters={"m": 3})
            equal(len(listed), int(given is other), f"the number of records that pass a filter, given {given!r}")


@law(
    "put.keeps-place",
    kinds=RECORDS,
    needs=_PUT,
    means="A put under an id that is there leaves the place in listings and the time of creation as they are.",
    look_at="a put that deletes the row and inserts another",
)
async def put_keeps_place(w: World) -> None:
    added = [await w.records.add(f"words {number}", id=w.label(f"id-{number}")) for number in range(3)]
    for record in (added[1], added[0]):
        made = await w.records.put(record.id, "other words")
        equal(made.created_at, record.created_at, "the created_at in the answer of put")
        equal((await w.records.get(record.id)).created_at, record.created_at, "the created_at that get returns")
    equal([r.id for r in await w.records.listed()], [r.id for r in added], "the ids that are listed after two puts")


@law(
    "put.per-owner",
    kinds=RECORDS,
    needs=(Feature.PUT, Feature.USER_SCOPE),
    means="A put replaces the record of its owner, and leaves those that other owners have under the id.",
    look_at="the condition of the upsert: id and all three labels",
)
async def put_per_owner(w: World) -> None:
    shared, alice, bob = w.label("id-1"), w.user("alice"), w.user("bob")
    owners = [alice, bob]
    if w.has(Feature.AGENT_SCOPE, Feature.NAMESPACES):
        owners += [{**alice, "agent_id": w.label("scout")}, {**alice, "namespace": w.path("app")}]
    for number, owner in enumerate(owners):
        await w.records.put(shared, f"words {number}", owner=owner)
    for number, owner in enumerate(owners):
        await w.records.put(shared, f"new words {number}", owner=owner)
        texts = [(await w.records.get(shared, owner=w.exactly(other))).content for other in owners]
        expected = [f"{'new ' if n <= number else ''}words {n}" for n in range(len(owners))]
        equal(texts, expected, f"the texts of {owners} after a put for {owner}")


@law(
    "put.any-text",
    kinds=RECORDS,
    needs=(Feature.PUT, Guarantee.VERBATIM),
    means="The text of a put comes back exactly as it was given, whether it creates or replaces.",
    look_at="trimming, normalising and changing case or line ends on the way through put",
    over=TEXTS,
)
async def put_any_text(w: World, texts: list[str]) -> None:
    for number, text in enumerate(texts):
        record_id = w.label(f"id-{number}")
        for given in (text, text, "other words", text):
            equal((await w.records.put(record_id, given)).content, given, "the text in the answer of put")
            equal((await w.records.get(record_id)).content, given, "the text that get returns after a put")
    equal([record.content for record in await w.records.listed()], texts, "the texts that are listed after puts")


@law(
    "concurrent.puts",
    kinds=RECORDS,
    needs=(Feature.PUT, Feature.METADATA, Guarantee.VERBATIM),
    means="Of puts under one id at once all succeed, and one record is left, the whole of one put.",
    look_at="a put that looks for the row and then inserts or updates: one statement, or one transaction",
)
async def concurrent_puts(w: World) -> None:
    record_id = w.label("id-1")
    tasks = range(w.profile.tasks)
    made = await asyncio.gather(
        *(w.records.put(record_id, f"words of {number}", metadata={"writer": number}) for number in tasks)
    )
    answers = [(record.content, record.metadata) for record in made]
    expected = [(f"words of {number}", {"writer": number}) for number in tasks]
    equal(answers, expected, "the answers of puts at once, each its own")
    listed = [(record.content, record.metadata) for record in await w.records.listed()]
    that(len(listed) == 1 and listed[0] in expected, f"what is stored is {listed!r} after puts under one id at once")


@law(
    "concurrent.put-add-delete",
    kinds=RECORDS,
    needs=(Feature.PUT, Guarantee.VERBATIM),
    means="Puts, adds and deletes of one id at once leave at most one record, which is the whole of one of the calls.",
    look_at="a put that looks for the row and then inserts or updates: one statement, or one transaction",
)
async def put_add_delete(w: World) -> None:
    record_id = w.label("id-1")
    for _ in range(3):
        calls: list[Any] = []
        for number in range(w.profile.tasks):
            calls += [
                w.records.put(record_id, f"put {number}"),
                w.records.add(f"added {number}", id=record_id),
                w.records.delete(record_id),
            ]
        ends = await asyncio.gather(*calls, return_exceptions=True)
        allowed = (None, ConflictError, NotFoundError)
        for number, end in enumerate(ends):
            if isinstance(end, BaseException):
                kind = allowed[number % 3]
                that(kind is not None and isinstance(end, kind), f"a call raised {type(end).__name__}: {end}")
        listed = [record.content for record in await w.records.listed()]
        words = {f"{what} {number}" for what in ("put", "added") for number in range(w.profile.tasks)}
        that(
            len(listed) <= 1 and set(listed) <= words, f"what is stored is {listed!r} after calls about one id at once"
        )
        await w.records.delete_all()


@law(
    "cancel.put",
    kinds=RECORDS,
    needs=_PUT,
    means="A put that is cancelled, at any await, leaves the record that was there or the new one.",
    look_at="a put that deletes before it creates, and writes in several steps with an await between them",
)
async def cancel_put(w: World) -> None:
    record_id = w.label("id-1")
    await w.records.put(record_id, "old text 0")
    waits, _ = await waits_of(w.records.put(record_id, "new text"))
    for at in chosen(waits, w.profile.awaits):
        w.journal.clear()
        old = await w.records.put(record_id, f"old text {at}", **fields(w, metadata={"at": at}))
        await cancelled_at(at, w.records.put(record_id, f"new text {at}", **fields(w, metadata={"new": at})))
        await w.records.add(f"after {at}")
        listed = [record for record in await w.records.listed() if record.id == record_id]
        that(len(listed) == 1, f"there are {len(listed)} records under the id after a put was cancelled at await {at}")
        if w.has(Guarantee.VERBATIM) and listed[0].content != old.content:
            equal(listed[0].content, f"new text {at}", "the text that is stored after a put was cancelled")
            if w.has(Feature.METADATA):
                equal(listed[0].metadata, {"new": at}, "the metadata that is stored with the new text")
        else:
            equal(listed, [old], "what is stored after a put was cancelled")
