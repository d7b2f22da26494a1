"""Laws about deleting."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from memio_contract.expect import equal
from memio_contract.law import law
from memio_contract.world import World


@law(
    "delete.gone-everywhere",
    means="A deleted record is gone from reads by id, listings and searches.",
    look_at="the row of the search index, caches, and rows that are only marked as deleted",
)
async def gone_everywhere(w: World) -> None:
    kept = await w.subject.add("keeps a parrot", group="kept")
    gone = await w.subject.add("keeps a swordfish", group="gone")
    await w.subject.delete(gone)
    equal(await w.subject.find(gone), [], "what a read by id returns for the deleted record")
    equal([w.subject.view(r) for r in await w.subject.listed()], [w.subject.view(kept)], "what is listed")
    for query in ("keeps a swordfish", "swordfish", "keeps"):
        for group in ("gone", "kept"):
            hits = await w.subject.search(query, limit=10, group=group)
            left = [hit for hit in hits if w.subject.view(hit) != w.subject.view(kept)]
            equal(left, [], f"what a search for {query!r} finds besides the record that is left")


@law(
    "delete.one-only",
    means="Deleting one record leaves every other, also those that look alike.",
    look_at="the condition of the delete: the id, not the text; and relations that cascade",
)
async def one_only(w: World) -> None:
    texts = ["the same words", "the same words", "the same word", "The Same Words", "the same words "]
    added = [await w.subject.add(text) for text in texts]
    await w.subject.delete(added[0])
    rest = [w.subject.view(record) for record in added[1:]]
    equal([w.subject.view(r) for r in await w.subject.listed()], rest, "what is listed after one was deleted")
    await w.subject.delete(added[3])
    del rest[2]
    equal([w.subject.view(r) for r in await w.subject.listed()], rest, "what is listed after two were deleted")


@law(
    "delete-all.empties",
    means="delete_all leaves nothing of its scope, however much there is, and the store works afterwards.",
    look_at="a delete that works page by page and stops after the first, and the search index",
)
async def delete_all_empties(w: World) -> None:
    texts = [f"record number {number}" for number in range(w.profile.many)]
    for text in texts[::2]:
        await w.subject.add(text)
    if w.kind == "history":  # sessions of many messages, and sessions of one
        for number in range(3):
            await w.subject.add_together(texts[1::2][number::3], group=f"group-{number}")
    else:
        for text in texts[1::2]:
            await w.subject.add(text)
    await w.subject.delete_all()
    equal(
        len(await w.subject.listed()), 0, f"the number of records that are listed after delete_all of {w.profile.many}"
    )
    hits = await w.subject.search("record number", limit=10, group="group-1")
    equal(len(hits), 0, "the number of records that a search finds after delete_all")
    await w.subject.delete_all()
    record = await w.subject.add("a new record")
    equal([w.subject.view(r) for r in await w.subject.listed()], [w.subject.view(record)], "what is listed then")
