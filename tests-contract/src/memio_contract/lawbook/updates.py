"""Laws about updates of facts and documents."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

from memio.capabilities import Feature, Guarantee
from memio.errors import NotFoundError
from memio_contract.expect import equal, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import RECORDS
from memio_contract.lawbook.content import answered
from memio_contract.lawbook.puts import fields
from memio_contract.stepping import watched
from memio_contract.subjects.records import RecordSubject
from memio_contract.values import OBJECTS, TEXTS
from memio_contract.world import World

_UPDATE = (Feature.UPDATE,)
_METADATA = (Feature.UPDATE, Feature.METADATA)
_COARSEST = 2.5
"""Seconds after which any clock has moved."""


@law(
    "update.replaces-content",
    kinds=RECORDS,
    needs=(Feature.UPDATE, Guarantee.VERBATIM),
    relaxes=(Guarantee.STABLE_IDS,),
    means="An update replaces the text, for the answer, reads by id, listings and searches.",
    look_at="the update, and the search index",
)
async def replaces_content(w: World) -> None:
    first = await w.records.add("drinks coffee")
    updated = await w.records.update(first.id, "prefers tea")
    equal(updated.content, "prefers tea", "the content in the answer of update")
    equal((await w.records.get(updated.id)).content, "prefers tea", "the content that get returns")
    equal([r.content for r in await w.records.listed()], ["prefers tea"], "the contents that are listed")
    hits = await w.records.search("prefers tea", limit=5)
    equal([r.content for r in hits], ["prefers tea"], "the contents that a search for the new text finds")


@law(
    "update.forgets-old-text",
    kinds=RECORDS,
    needs=_UPDATE,
    relaxes=(Guarantee.STABLE_IDS,),
    means="An update leaves nothing of the old record: no search returns its text, and an id that changed is gone.",
    look_at="the old row of the search index, and the old record of an update that creates a new one",
)
async def forgets_old_text(w: World) -> None:
    await w.records.add("something else entirely")
    first = await w.records.add("the passphrase is swordfish")
    updated = await w.records.update(first.id, "the passphrase is secret")
    for query in ("swordfish", "the passphrase is swordfish", "passphrase"):
        old = [hit for hit in await w.records.search(query, limit=10) if hit.content == first.content]
        equal(old, [], f"the records with the old text that a search for {query!r} returns")
    equal(len(await w.records.listed()), 2, "the number of records")
    if updated.id != first.id:
        await refused(w.records.get(first.id), NotFoundError, "get of the id from before the update")


@law(
    "update.answer-is-stored",
    kinds=RECORDS,
    needs=_UPDATE,
    means="What update returns is what is stored: every read returns each field that the answer has.",
    look_at="an answer that is made from the arguments instead of from what is stored",
)
async def update_answer_is_stored(w: World) -> None:
    given: dict[str, Any] = {"metadata": {"a": 1, "b": 2}} if w.has(Feature.METADATA) else {}
    first = await w.records.add("first words", **given)
    changed: dict[str, Any] = {"metadata": {"b": 3}} if given else {}
    answer = await w.records.update(first.id, "second words", **changed)
    read = await w.records.get(answer.id)
    equal(
        answered(read, answer), answered(answer, answer), "the record that get returns, compared with update's answer"
    )
    listed = [answered(record, answer) for record in await w.records.listed()]
    equal(listed, [answered(answer, answer)], "the record that is listed, compared with update's answer")


@law(
    "update.keeps-owner",
    kinds=RECORDS,
    needs=(Feature.UPDATE, Feature.ATTRIBUTION),
    means="An update leaves the owner of a record as it is.",
    look_at="an update that writes the whole record, or that creates a new one without its owner",
)
async def keeps_owner(w: World) -> None:
    owner = {**w.user("alice"), "agent_id": w.label("scout")}
    if w.has(Feature.NAMESPACES):
        owner["namespace"] = w.path("app", "notes")
    first = await w.records.add("first words", owner=owner)
    reading = w.reading(w.user("alice"))
    updated = await w.records.update(first.id, "second words", owner=reading)
    for place, record in (("update", updated), ("get", await w.records.get(updated.id, owner=reading))):
        for name, value in owner.items():
            equal(getattr(record, name), value, f"the {name} that {place} returns")


@law(
    "update.keeps-created-at",
    kinds=RECORDS,
    needs=_UPDATE,
    means="An update leaves the time of creation as it is, where the store returns it.",
    look_at="an update that writes the whole record, or that creates a new one with a new time",
)
async def keeps_created_at(w: World) -> None:
    first = await w.records.add("first words")
    before = (await w.records.get(first.id)).created_at
    updated = await w.records.update(first.id, "second words")
    equal(updated.created_at, before, "the created_at in the answer of update")
    equal((await w.records.get(updated.id)).created_at, before, "the created_at that get returns after an update")


@law(
    "update.moves-updated-at",
    kinds=RECORDS,
    needs=_UPDATE,
    relaxes=(Guarantee.STABLE_IDS,),
    means="An update sets updated_at to its time, where the store returns it; every read agrees.",
    look_at="an update that writes text and metadata only, or an updated_at that only the answer has",
)
async def moves_updated_at(w: World) -> None:
    record = await w.records.add("first words")
    before = (await w.records.get(record.id)).updated_at
    if before is None:
        return
    # A clock may be as coarse as a second: go on until it has moved.
    clock = asyncio.get_running_loop().time
    end = clock() + _COARSEST
    number = 0
    while True:
        number += 1
        record = await w.records.update(record.id, f"words {number}")
        after = (await w.records.get(record.id)).updated_at
        if after != before or clock() > end:
            break
        await asyncio.sleep(0.05)
    that(after is not None and after > before, f"updated_at is {after} after an update, and was {before} before it")
    equal(record.updated_at, after, "the updated_at in the answer of update, compared with what get returns")
    equal([r.updated_at for r in await w.records.listed()], [after], "the updated_at that is listed")
    that(record.created_at is None or record.created_at <= after, "updated_at is before created_at")


@law(
    "update.twice",
    kinds=RECORDS,
    needs=_METADATA,
    relaxes=(Guarantee.STABLE_IDS,),
    means="A record can be updated again and again; each update replaces what the one before it wrote.",
    look_at="updates that are kept apart from the record, and metadata that is merged with an earlier one",
)
async def update_twice(w: World) -> None:
    owner = w.user("alice") if w.has(Feature.USER_SCOPE) else w.home
    record = await w.records.add("words 0", owner=owner, metadata={"a": 0})
    for number, metadata in enumerate(({"b": 1}, None, {"c": 3}, {}, None, {"a": 6}), 1):
        expected = record.metadata if metadata is None else metadata
        given: dict[str, Any] = {} if metadata is None else {"metadata": metadata}
        record = await w.records.update(record.id, f"words {number}", owner=owner, **given)
        views = [w.records.view(found) for found in await w.records.listed(owner=owner)]
        equal(views, [w.records.view(record)], f"what is listed after update number {number}")
        equal(record.metadata, expected, f"the metadata after update number {number}")
        if w.has(Guarantee.VERBATIM):
            equal(record.content, f"words {number}", f"the text after update number {number}")
        found = [w.records.view(hit) for hit in await w.records.search(f"words {number}", limit=10, owner=owner)]
        equal(found, views, f"what a search finds after update number {number}")


@law(
    "update.any-text",
    kinds=RECORDS,
    needs=(Feature.UPDATE, Guarantee.VERBATIM),
    relaxes=(Guarantee.STABLE_IDS,),
    means="The text of an update comes back exactly as it was given, from every call.",
    look_at="trimming, normalising and changing case or line ends on the way through update",
    over=TEXTS,
)
async def any_text(w: World, texts: list[str]) -> None:
    for number, text in enumerate(texts):
        first = await w.records.add(f"first words {number}")
        updated = await w.records.update(first.id, text)
        equal(updated.content, text, "the text in the answer of update")
        equal((await w.records.get(updated.id)).content, text, "the text that get returns after an update")
    listed = [record.content for record in await w.records.listed()]
    equal(sorted(listed), sorted(texts), "the texts that are listed after updates, sorted")


@law(
    "update.any-metadata",
    kinds=RECORDS,
    needs=_METADATA,
    relaxes=(Guarantee.STABLE_IDS,),
    means="The metadata of an update comes back as it was given: any JSON object.",
    look_at="an update that writes metadata in another way than add does",
    over=OBJECTS,
)
async def any_metadata(w: World, objects: list[dict[str, Any]]) -> None:
    for number, metadata in enumerate(objects):
        first = await w.records.add(f"record {number}", metadata={"before": number})
        updated = await w.records.update(first.id, f"record {number}", metadata=metadata)
        equal(updated.metadata, metadata, "the metadata in the answer of update")
        equal((await w.records.get(updated.id)).metadata, metadata, "the metadata that get returns after an update")


@law(
    "update.keeps-id",
    kinds=RECORDS,
    needs=(Feature.UPDATE, Guarantee.STABLE_IDS),
    means="An update leaves the id of a record as it is.",
    look_at="an update that creates a new record; without stable ids, do not declare stable_ids",
)
async def keeps_id(w: World) -> None:
    first = await w.records.add("first words")
    equal((await w.records.update(first.id, "second words")).id, first.id, "the id in the answer of update")
    equal([r.id for r in await w.records.listed()], [first.id], "the ids that are listed after an update")


@law(
    "update.keeps-place",
    kinds=RECORDS,
    needs=(Feature.UPDATE, Guarantee.STABLE_IDS),
    means="An updated record keeps its place in the listing.",
    look_at="the order of the listing: by insertion, not by the last change",
)
async def keeps_place(w: World) -> None:
    added = [await w.records.add(f"words number {number}") for number in range(4)]
    for record in (added[1], added[0]):
        await w.records.update(record.id, f"new words for {record.content}")
    equal([r.id for r in await w.records.listed()], [r.id for r in added], "the order of ids in the listing")


@law(
    "update.changes-one",
    kinds=RECORDS,
    needs=_UPDATE,
    relaxes=(Guarantee.STABLE_IDS,),
    means="An update changes one record and leaves every other as it is, also one with the same text.",
    look_at="the condition of the update: the id, not the text",
)
async def changes_one(w: World) -> None:
    same = [await w.records.add("the same words") for _ in range(2)]
    other = await w.records.add("other words")
    untouched = [w.records.view(same[1]), w.records.view(other)]
    updated = await w.records.update(same[0].id, "new words")
    rest = [w.records.view(r) for r in await w.records.listed() if r.id != updated.id]
    equal(rest, untouched, "the records that were not updated")


@law(
    "update.keeps-metadata",
    kinds=RECORDS,
    needs=_METADATA,
    means="An update without metadata keeps the metadata.",
    look_at="metadata that was left out: it is not empty metadata",
)
async def keeps_metadata(w: World) -> None:
    first = await w.records.add("first words", metadata={"colour": "green", "n": {"deep": 1}})
    updated = await w.records.update(first.id, "second words")
    for place, record in (("update", updated), ("get", await w.records.get(updated.id))):
        equal(record.metadata, {"colour": "green", "n": {"deep": 1}}, f"the metadata that {place} returns")


@law(
    "update.replaces-metadata",
    kinds=RECORDS,
    needs=_METADATA,
    means="An update with metadata replaces all of it.",
    look_at="metadata that is merged, in the store or in the answer",
)
async def replaces_metadata(w: World) -> None:
    first = await w.records.add("first words", metadata={"colour": "green", "size": 1})
    updated = await w.records.update(first.id, "second words", metadata={"size": 2})
    for place, record in (("update", updated), ("get", await w.records.get(updated.id))):
        equal(record.metadata, {"size": 2}, f"the metadata that {place} returns")


@law(
    "update.clears-metadata",
    kinds=RECORDS,
    needs=_METADATA,
    means="An update with empty metadata clears it.",
    look_at="a test of truth where a test for None belongs: {} was given",
)
async def clears_metadata(w: World) -> None:
    first = await w.records.add("first words", metadata={"colour": "green"})
    updated = await w.records.update(first.id, "second words", metadata={})
    for place, record in (("update", updated), ("get", await w.records.get(updated.id))):
        equal(record.metadata, {}, f"the metadata that {place} returns")


@law(
    "update.keeps-the-rest",
    kinds=RECORDS,
    needs=_UPDATE,
    relaxes=(Guarantee.STABLE_IDS,),
    means="An update changes what it is given and keeps the rest: text, metadata, data and expiry, alone and together.",
    look_at="a statement that writes every column, with defaults for what was left out",
)
async def keeps_the_rest(w: World) -> None:
    record = await w.records.add("words 0", **fields(w, metadata={"n": 0}, data={"n": 0}, expires_at=_time(0)))
    choices = [{"text"}, {"metadata"}, {"data"}, {"expires_at"}, {"metadata", "data"}, {"text", "expires_at"}]
    for number, names in enumerate([*choices, {"text", "metadata", "data", "expires_at"}, {"text"}], 1):
        every = fields(w, metadata={"n": number}, data={"n": number}, expires_at=_time(number))
        every["text"] = f"words {number}"
        given = {name: value for name, value in every.items() if name in names}
        if not given:
            continue
        changed = await w.records.update(record.id, **given)
        expected = {**w.records.view(record), "id": changed.id}
        expected |= {"content" if name == "text" else name: value for name, value in given.items()}
        if not w.has(Guarantee.VERBATIM):
            expected.pop("content", None)
        equal(w.records.view(changed), expected, f"the answer of an update of {sorted(given)}")
        record = await w.records.get(changed.id)
        equal(w.records.view(record), expected, f"the record that get returns after an update of {sorted(given)}")
        equal(
            [w.records.view(r) for r in await w.records.listed()], [expected], f"what is listed after {sorted(given)}"
        )
        hits = await w.records.search(record.content, limit=5)
        equal(
            [w.records.view(hit) for hit in hits], [expected], f"what a search for its text finds after {sorted(given)}"
        )


def _time(number: int) -> datetime:
    return datetime(2900 + number, 1, 1, tzinfo=UTC)


@law(
    "update.removes-data",
    kinds=("documents",),
    needs=(Feature.UPDATE, Feature.DATA),
    relaxes=(Guarantee.STABLE_IDS,),
    means="An update with the data None removes the data, and one without keeps it.",
    look_at="None that counts as not given",
)
async def removes_data(w: World) -> None:
    record = await w.records.add("words", data={"n": 1})
    steps: tuple[tuple[dict[str, Any], Any], ...] = (
        ({"text": "new words"}, {"n": 1}),
        ({"text": "newer words", "data": None}, None),
        ({"text": "the newest words"}, None),
        ({"data": [2]}, [2]),
        ({"text": "last words", "data": None}, None),
    )
    for changes, expected in steps:
        record = await w.records.update(record.id, **changes)
        equal(record.data, expected, f"the data in the answer of an update with {changes}")
        equal((await w.records.get(record.id)).data, expected, f"the data that get returns after {changes}")


@law(
    "update.never-gone",
    kinds=RECORDS,
    needs=(Feature.UPDATE, Guarantee.READ_YOUR_WRITES),
    relaxes=(Guarantee.STABLE_IDS,),
    means="While an update runs, every reader finds the old text or the new one.",
    look_at="an update that deletes first and creates afterwards: turn the order round, or use a transaction",
)
async def never_gone(w: World) -> None:
    record = await w.records.add("text 0")
    reader = cast("RecordSubject", w.subject_of(w.open()))
    empty: list[int] = []

    async def look(number: int) -> None:
        if not await reader.listed():
            empty.append(number)

    for number in range(1, w.profile.updates + 1):
        record = await watched(w.records.update(record.id, f"text {number}"), look)
        equal(empty, [], "the awaits of an update at which a listing finds neither the old text nor the new one")


def both(record: Any) -> tuple[str, Any]:
    """Return what one writer writes together."""
    return record.content, record.metadata.get("writer")
