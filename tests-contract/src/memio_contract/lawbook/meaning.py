"""Laws about searches by words alone, and by meaning.

They use words that every model of language knows to mean the same, so that they hold for stores with a model of their
own too.
"""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from typing import Any

from memio.capabilities import Feature, Guarantee
from memio_contract.expect import equal, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import FILTERED, RECORDS
from memio_contract.lawbook.expiry import PAST
from memio_contract.world import World

_GROUP = "meant"
_DOCTOR = "The doctor works at night."
_QUERY = "physician"
_OTHERS = ("The invoice was paid by bank transfer.", "Seven old maps hang in the hall.")
_SEMANTIC = (Feature.SEMANTIC_SEARCH,)


@law(
    "meaning.words-alone",
    kinds=FILTERED,
    needs=(Feature.KEYWORD_SEARCH,),
    means="A search by words finds the records that have the words, and none that only mean the same.",
    look_at="mode='keyword', which leaves vectors out",
)
async def words_alone(w: World) -> None:
    wanted = await w.subject.add(_DOCTOR, group=_GROUP)
    for number, text in enumerate(_OTHERS):  # not in one conversation, where the words of its neighbours may count
        await w.subject.add(text, group=f"{_GROUP}-{number}")
    await w.embedded()
    found = await _found(w, "doctor", mode="keyword")
    equal(found, [w.subject.view(wanted)], "what a search by words finds for a word of one record")
    equal(await _found(w, _QUERY, mode="keyword"), [], "what a search by words finds for a word of no record")


@law(
    "meaning.first",
    kinds=FILTERED,
    needs=_SEMANTIC,
    means="A search by meaning finds first what means the same, though it shares no word; a search of its own choice "
    "finds it too.",
    look_at="the vectors of texts and queries: are they of one model, and compared by cosine",
)
async def meant_first(w: World) -> None:
    await w.subject.add(_OTHERS[0], group=_GROUP)
    wanted = w.subject.view(await w.subject.add(_DOCTOR, group=_GROUP))
    await w.subject.add(_OTHERS[1], group=_GROUP)
    await w.embedded()
    for limit in (1, 10):
        found = await _found(w, _QUERY, limit=limit, mode="semantic")
        that(found, f"a search by meaning with limit={limit} finds nothing")
        equal(found[0], wanted, f"the first hit of a search by meaning with limit={limit}")
        that(
            len(found) <= w.most_hits(limit, 3), f"a search by meaning with limit={limit} returns {len(found)} records"
        )
    that(wanted in await _found(w, _QUERY), "a search without a mode does not find what means the same")


@law(
    "meaning.before-the-cut",
    kinds=FILTERED,
    needs=(Feature.SEMANTIC_SEARCH, Feature.USER_SCOPE),
    means="Owner, filters and expiry apply to a search by meaning before its limit.",
    look_at="an index of vectors whose nearest are filtered afterwards: others' records use up the limit",
)
async def before_the_cut(w: World) -> None:
    alice = w.user("alice")
    filters = w.has(Feature.FILTERS)
    wanted: dict[str, Any] | None = {"wanted": True} if filters else None
    for _ in range(12):
        await w.subject.add("physician", owner=w.user("bob"), group=_GROUP)
        if filters:
            await w.subject.add("physician", owner=alice, group=_GROUP, metadata={"wanted": False})
        if w.has(Feature.EXPIRY):
            await w.records.add("physician", owner=alice, metadata=wanted, expires_at=PAST)
    text = "Among many other words a doctor is named here once."
    kept = await w.subject.add(text, owner=alice, group=_GROUP, metadata=wanted)
    await w.embedded()
    pick: dict[str, Any] = {"filters": wanted} if filters else {}
    found = await _found(w, _QUERY, limit=2, owner=alice, mode="semantic", **pick)
    equal(found, [w.subject.view(kept)], "what a search by meaning of alice finds")


@law(
    "meaning.deleted",
    kinds=RECORDS,
    needs=_SEMANTIC,
    means="What is deleted is not found by its meaning.",
    look_at="vectors that outlive their record",
)
async def deleted(w: World) -> None:
    gone = await w.records.add(_DOCTOR)
    for text in _OTHERS:
        await w.records.add(text)
    await w.embedded()
    view = w.records.view(gone)
    that(view in await _found(w, _QUERY, mode="semantic"), "a search by meaning does not find a record")
    await w.records.delete(gone)
    that(view not in await _found(w, _QUERY, mode="semantic"), "a search by meaning returns a record that is deleted")


@law(
    "meaning.updated",
    kinds=RECORDS,
    needs=(Feature.SEMANTIC_SEARCH, Feature.UPDATE),
    means="After an update, a record is not found by the meaning of its old text, and soon by that of its new one.",
    look_at="the vector of the old text: it is deleted in the transaction that changes the text",
)
async def updated(w: World) -> None:
    changed = await w.records.add(_DOCTOR)
    other = await w.records.add("Among many other words a doctor is named here once.")
    await w.records.add(_OTHERS[0])
    await w.embedded()
    changed = await w.records.update(changed.id, "Her car is red.")
    first = await _found(w, _QUERY, limit=1, mode="semantic")
    equal(first, [w.records.view(other)], "what is found first by the meaning of a text that was replaced")
    await w.embedded()
    first = await _found(w, _QUERY, limit=1, mode="semantic")
    equal(first, [w.records.view(other)], "what is found first by that meaning, once the new text is embedded")
    first = await _found(w, "automobile", limit=1, mode="semantic")
    equal(first, [w.records.view(changed)], "what is found first by the meaning of the new text")


@law(
    "meaning.private-ranking",
    kinds=FILTERED,
    needs=(Feature.SEMANTIC_SEARCH, Guarantee.PRIVATE_RANKING, Feature.USER_SCOPE),
    means="What other users store changes neither scores nor order of what a user finds by meaning.",
    look_at="scores that are scaled by the best of all owners",
)
async def private(w: World) -> None:
    alice = w.user("alice")
    for text in (_DOCTOR, "a car and a doctor", *_OTHERS):
        await w.subject.add(text, owner=alice, group=_GROUP)
    await w.embedded()

    async def found() -> list[list[tuple[Any, float | None]]]:
        results = [
            await w.subject.search(query, limit=10, owner=alice, group=_GROUP, **mode)
            for query in (_QUERY, "automobile and physician")
            for mode in ({"mode": "semantic"}, {})
        ]
        return [[(w.subject.view(hit), hit.score) for hit in hits] for hits in results]

    before = await found()
    for number in range(6):
        await w.subject.add(f"physician {number}", owner=w.user("bob"), group=_GROUP)
    await w.embedded()
    equal(await found(), before, "what alice finds by meaning after bob has stored records")


async def _found(w: World, query: str, *, limit: int = 10, **more: Any) -> list[Any]:
    return [w.subject.view(hit) for hit in await w.subject.search(query, limit=limit, group=_GROUP, **more)]
