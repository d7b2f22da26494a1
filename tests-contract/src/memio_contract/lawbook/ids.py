"""Laws about ids that the caller chooses."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError, NotFoundError
from memio_contract.expect import about, equal, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import BY_ID, RECORDS
from memio_contract.values import NAMES
from memio_contract.world import World

_NEEDS = (Feature.CLIENT_IDS,)


@law(
    "ids.chosen",
    kinds=BY_ID,
    needs=_NEEDS,
    means="A record has exactly the id that the caller chose, however much ids look alike.",
    look_at="exact comparison of ids: no case folding, trimming, normalising or patterns",
    over=NAMES,
)
async def ids_chosen(w: World, names: list[str]) -> None:
    names = list(dict.fromkeys(names))
    for name in names:
        record = await w.subject.add(f"named {w.number()}", id=w.label(name))
        equal(record.id, w.label(name), "the id in the answer of add")
    equal([r.id for r in await w.subject.listed()], [w.label(name) for name in names], "the ids that are listed")
    if w.kind != "graph":
        for name in names:
            equal((await w.records.get(w.label(name))).id, w.label(name), "the id of the record read by this id")
    if w.kind != "graph" and w.has(Feature.UPDATE, Guarantee.STABLE_IDS, Guarantee.VERBATIM):
        await w.records.update(w.label(names[0]), "updated words")
        updated = [r.id for r in await w.records.listed() if r.content == "updated words"]
        equal(updated, [w.label(names[0])], f"the ids of the records that an update of {names[0]!r} changed")
    await w.subject.delete(w.label(names[0]))
    left = [w.label(name) for name in names[1:]]
    equal([r.id for r in await w.subject.listed()], left, f"the ids that are listed after {names[0]!r} was deleted")


@law(
    "ids.repeat",
    kinds=RECORDS,
    needs=_NEEDS,
    means="Adding again what is already there under an id returns what is stored and adds nothing.",
    look_at="the insert with an id: look for the row first, and compare content, metadata and owner",
)
async def ids_repeat(w: World) -> None:
    metadata: dict[str, Any] = {"metadata": {"n": 1, "deep": {"b": 2, "a": [1]}}} if w.has(Feature.METADATA) else {}
    again: dict[str, Any] = {"metadata": {"deep": {"a": [1], "b": 2}, "n": 1}} if metadata else {}
    first = await w.records.add("retried words", id=w.label("id-1"), **metadata)
    await w.records.add("other words")
    second = await w.records.add("retried words", id=w.label("id-1"), **again)
    equal(second, first, "the answer of the repeated add")
    equal(await w.records.get(first.id), first, "the record that get returns after the repeated add")
    equal((await w.records.listed())[0], first, "the first record that is listed after the repeated add")
    equal([r.id for r in await w.records.listed()].count(first.id), 1, "how often the id is listed")
    equal(len(await w.records.listed()), 2, "the number of records")


@law(
    "ids.conflict",
    kinds=RECORDS,
    needs=_NEEDS,
    means="Adding something else under an id that is taken raises ConflictError and changes nothing.",
    look_at="the insert with an id: INSERT OR REPLACE, upserts, and conflicts that are ignored",
)
async def ids_conflict(w: World) -> None:
    chosen = w.label("id-1")
    first = await w.records.add("first words", id=chosen)
    others: list[dict[str, Any]] = [{"text": "second words"}]
    if w.has(Feature.METADATA):
        others.append({"text": "first words", "metadata": {"n": 1}})
    for other in others:
        what = "other metadata" if "metadata" in other else "other content"
        error = await refused(
            w.records.add(**other, id=chosen), ConflictError, f"add with an id that is taken, and {what},"
        )
        about(error, w.records.noun, chosen)
        that("first words" not in str(error), "the ConflictError shows the content of the stored record")
        equal([w.records.view(r) for r in await w.records.listed()], [w.records.view(first)], "what is stored then")


@law(
    "ids.free-after-delete",
    kinds=BY_ID,
    needs=_NEEDS,
    means="An id is free again once its record is deleted.",
    look_at="rows that are only marked as deleted, and caches of ids",
)
async def free_after_delete(w: World) -> None:
    chosen = w.label("id-1")
    await w.subject.add("first words", id=chosen)
    await w.subject.delete(chosen)
    await w.subject.add("second words", id=chosen)
    equal([w.subject.text(r) for r in await w.subject.listed()], ["second words"], "the texts that are listed")
    await w.subject.delete_all()
    await w.subject.add("third words", id=chosen)
    equal([w.subject.text(r) for r in await w.subject.listed()], ["third words"], "the texts that are listed")


@law(
    "get.unknown",
    kinds=RECORDS,
    means="Reading an id that does not exist raises NotFoundError, which names kind and id.",
    look_at="the select by id: without a row, raise NotFoundError(resource, id), not another error",
)
async def get_unknown(w: World) -> None:
    gone = await w.records.add("gone words")
    kept = await w.records.add("kept words")
    await w.records.delete(gone)
    for unknown in (gone.id, f"{kept.id}x", f"{kept.id[:-1]}"):
        error = await refused(w.records.get(unknown), NotFoundError, "get of an id that does not exist")
        about(error, w.records.noun, unknown)


@law(
    "update.unknown",
    kinds=RECORDS,
    needs=(Feature.UPDATE,),
    means="Updating an id that does not exist raises NotFoundError and creates nothing.",
    look_at="updates that are upserts, and the number of rows that the statement changed",
)
async def update_unknown(w: World) -> None:
    gone = await w.records.add("gone words")
    await w.records.delete(gone)
    error = await refused(w.records.update(gone.id, "new words"), NotFoundError, "update of an id that does not exist")
    about(error, w.records.noun, gone.id)
    equal(await w.records.listed(), [], "what is stored then")


@law(
    "delete.unknown",
    kinds=BY_ID,
    means="Deleting an id that does not exist raises NotFoundError, which names kind and id.",
    look_at="the number of rows that the delete removed",
)
async def delete_unknown(w: World) -> None:
    gone = await w.subject.add("gone words")
    await w.subject.delete(gone)
    error = await refused(w.subject.delete(gone), NotFoundError, "deleting a record for the second time")
    about(error, w.subject.noun, gone.id)
