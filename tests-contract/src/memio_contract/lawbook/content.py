"""Laws about text, and about the answer of an addition."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from typing import Any

from memio.capabilities import Guarantee
from memio_contract.expect import equal, once_each, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import RECORDS
from memio_contract.values import TEXTS
from memio_contract.world import World


@law(
    "content.unchanged",
    needs=(Guarantee.VERBATIM,),
    means="Text comes back exactly as it was given, to the last character, from every call.",
    look_at="trimming, normalising (NFC), changing case or line ends, decoding, and column types that guess numbers",
    over=TEXTS,
)
async def content_unchanged(w: World, texts: list[str]) -> None:
    added = [await w.subject.add(text) for text in texts]
    for text, record in zip(texts, added, strict=True):
        equal(w.subject.text(record), text, "the text in the answer of add")
        for read in await w.subject.find(record):
            equal(w.subject.text(read), text, "the text that a read by id returns")
    equal([w.subject.text(record) for record in await w.subject.listed()], texts, "the texts that are listed")


@law(
    "add.answer-is-stored",
    means="What add returns is what is stored: every read returns each field that the answer has.",
    look_at="fields that are echoed from the arguments instead of being stored, and times made up for the answer",
)
async def answer_is_stored(w: World) -> None:
    subject = w.subject
    for text in ("likes green tea", "lives in Lisbon"):
        answer = await subject.add(text)
        reads = {
            "a read by id": await subject.find(answer),
            "the listing": [record for record in await subject.listed() if _about(record, answer)],
        }
        for place, found in reads.items():
            that(len(found) == 1, f"{place} returns {len(found)} records for the one that add returned")
            equal(
                answered(found[0], answer),
                answered(answer, answer),
                f"the record in {place}, compared with add's answer",
            )


def answered(record: Any, answer: Any) -> dict[str, Any]:
    """Return the fields of a record that an answer has."""
    names = [name for name in answer.__dataclass_fields__ if name != "score"]
    return {name: getattr(record, name) for name in names if getattr(answer, name) is not None}


def _about(record: Any, answer: Any) -> bool:
    key = "id" if answer.id is not None else "session_id"
    return bool(getattr(record, key) == getattr(answer, key))


@law(
    "add.same-text-twice",
    kinds=RECORDS,
    means="Adding the same text twice makes two records, with different ids.",
    look_at="ids or keys that are made from the text, and removal of duplicates",
)
async def same_text_twice(w: World) -> None:
    first = await w.records.add("the same words")
    second = await w.records.add("the same words")
    once_each([first.id, second.id], "the list of ids that add returned")
    equal([record.id for record in await w.records.listed()], [first.id, second.id], "the ids that are listed")
    await w.records.delete(first)
    left = [record.id for record in await w.records.listed()]
    equal(left, [second.id], "the ids that are listed after one of the two was deleted")
