"""Laws about calls at once, and about calls that are cancelled."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError, NotFoundError
from memio_contract.expect import equal, once_each, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import HISTORY, RECORDS
from memio_contract.lawbook.conversations import from_user
from memio_contract.lawbook.updates import both
from memio_contract.outcome import Hung
from memio_contract.stepping import cancelled_at, chosen, swallows_cancellation, waits_of, watched
from memio_contract.world import World

_LOCK = "state that is read before an await and written after it: one transaction, or a lock"


@law(
    "concurrent.adds",
    means="Records that are added at once are all stored, and each call answers with its own.",
    look_at=_LOCK,
)
async def adds(w: World) -> None:
    texts = [f"words of task {number}" for number in range(w.profile.tasks)]
    added = await asyncio.gather(*(w.subject.add(text) for text in texts))
    if w.has(Guarantee.VERBATIM):
        answers = [w.subject.text(record) for record in added]
        equal(answers, texts, "the texts in the answers, one per call")
    once_each((str(w.subject.view(record)) for record in added), "the list of answers")
    stored = sorted(str(w.subject.view(record)) for record in await w.subject.listed())
    equal(stored, sorted(str(w.subject.view(record)) for record in added), "what is listed, sorted")


@law(
    "concurrent.updates",
    kinds=RECORDS,
    needs=(Feature.UPDATE, Guarantee.VERBATIM),
    relaxes=(Guarantee.STABLE_IDS,),
    means="Updates of different records at once are all stored.",
    look_at=_LOCK + "; a whole file or table that is rewritten loses the other update",
)
async def updates(w: World) -> None:
    added = [await w.records.add(f"old words {number}") for number in range(w.profile.tasks)]
    updated = await asyncio.gather(*(w.records.update(r.id, r.content.replace("old", "new")) for r in added))
    stored = {record.id: record.content for record in await w.records.listed()}
    expected = {record.id: f"new words {number}" for number, record in enumerate(updated)}
    equal(stored, expected, "the contents by id after updates at once")


@law(
    "concurrent.update-whole",
    kinds=RECORDS,
    needs=(Feature.UPDATE, Feature.METADATA, Guarantee.STABLE_IDS, Guarantee.VERBATIM),
    means="Of concurrent updates of one record, one stays entirely: its text with its metadata.",
    look_at="text and metadata that are written by two statements without a transaction",
)
async def update_whole(w: World) -> None:
    record = await w.records.add("first words", metadata={"writer": "first"})
    await asyncio.gather(
        *(
            w.records.update(record.id, f"words of {number}", metadata={"writer": number})
            for number in range(w.profile.tasks)
        )
    )
    listed = [both(found) for found in await w.records.listed()]
    whole = [(f"words of {number}", number) for number in range(w.profile.tasks)]
    that(len(listed) == 1 and listed[0] in whole, f"text and writer are {listed!r} after updates of one record at once")


@law(
    "concurrent.update-fields",
    kinds=RECORDS,
    needs=(Feature.UPDATE, Feature.METADATA, Guarantee.STABLE_IDS),
    means="Updates of different fields of one record at once are all stored: each keeps what it was not given.",
    look_at="an update that reads the record and writes all of it: write the given columns only, or in one transaction",
)
async def update_fields(w: World) -> None:
    for number in range(3):
        record = await w.records.add("old words", metadata={"state": "old"})
        await asyncio.gather(
            w.records.update(record.id, f"new words {number}"),
            w.records.update(record.id, metadata={"state": "new"}),
        )
        found = await w.records.get(record.id)
        equal(found.metadata, {"state": "new"}, "the metadata after text and metadata were updated at once")
        if w.has(Guarantee.VERBATIM):
            equal(found.content, f"new words {number}", "the text after text and metadata were updated at once")


@law(
    "concurrent.same-message",
    kinds=HISTORY,
    needs=(Feature.CLIENT_IDS,),
    means="Adds of one message under one id at once store it once, in a new session and in one that is there.",
    look_at="the look for the id, and the insert: they need one transaction, or a unique index",
)
async def same_message(w: World) -> None:
    session = w.history.session("busy")
    for number in range(2):  # the session is there at the second time
        message = from_user(f"words {number}", id=w.label(f"m-{number}"))
        turns = await asyncio.gather(*(w.history.append(session, message) for _ in range(w.profile.tasks)))
        answers = {stored.id for turn in turns for stored in turn.stored}
        equal(answers, {message.id}, "the ids in the answers of adds at once")
        read = [found.id for found in await w.history.read(session)]
        equal(read, [w.label(f"m-{which}") for which in range(number + 1)], "the ids that the session holds then")


@law(
    "concurrent.same-id",
    kinds=RECORDS,
    needs=(Feature.CLIENT_IDS, Guarantee.VERBATIM),
    means="Of adds of different records under one id at once, one wins and the others raise ConflictError.",
    look_at="the look for the id, and the insert: they need one transaction, or a unique index",
)
async def same_id(w: World) -> None:
    chosen = w.label("id-1")
    texts = [f"words of {number}" for number in range(w.profile.tasks)]
    ends = await asyncio.gather(*(w.records.add(text, id=chosen) for text in texts), return_exceptions=True)
    won = [end for end in ends if not isinstance(end, BaseException)]
    others = [end for end in ends if isinstance(end, BaseException) and not isinstance(end, ConflictError)]
    equal([str(end) for end in others], [], "errors other than ConflictError")
    equal(len(won), 1, "the number of adds that succeeded under one id")
    equal([w.records.view(r) for r in await w.records.listed()], [w.records.view(won[0])], "what is stored")


@law(
    "cancel.add",
    means="An add that is cancelled, at any await, leaves the whole of its record or nothing, and the store works.",
    look_at="writes in several steps with an await between them, and locks that are not released",
)
async def cancel_add(w: World) -> None:
    owner = w.user("alice") if w.has(Feature.ATTRIBUTION) else w.home
    reading = w.reading(owner)
    whole = 3 if w.kind in ("history", "graph") else 1

    def add(number: int) -> Awaitable[int]:
        texts = [f"part {part} of {number}" for part in range(3)]
        return w.subject.add_together(texts, owner=owner, group=f"together-{number}")

    waits, _ = await waits_of(add(0))
    for at in chosen(waits, w.profile.awaits):
        number = at + 1
        before = await w.subject.listed(owner=reading)
        done, _ = await cancelled_at(at, add(number))
        # Another write comes after the cancelled one, in backends that write in turn.
        await _soon(w, w.subject.add(f"after {number}", owner=owner))
        after = await _soon(w, w.subject.listed(owner=reading))
        left = _parts(w, after) if w.has(Guarantee.VERBATIM) else Counter({number: len(after) - len(before) - 1})
        allowed = {number: (whole,)} if done else {}
        # What an earlier one leaves may come late, but complete.
        for which in range(number + 1):
            what = f"an add of {whole} records that was cancelled at its await number {which - 1} left {left[which]}"
            that(not which or left[which] in allowed.get(which, (0, whole)), what)
        for record in after:
            _check_whole(w, record, owner.get("user_id"))


def _parts(w: World, records: list[Any]) -> Counter[int]:
    """Return how many records each of the cancelled adds left."""
    left: Counter[int] = Counter()
    for record in records:
        text = w.subject.text(record)
        first, _, number = text.rpartition(" of ")
        if first.startswith("part ") and number.isdecimal():
            left[int(number)] += 1
        else:
            that(text.startswith("after "), f"a record with the text {text!r}, which was not added, is listed")
    return left


def _check_whole(w: World, record: Any, user_id: str | None) -> None:
    if w.has(Feature.ATTRIBUTION):
        equal(record.user_id, user_id, "the owner of a record whose add was cancelled")
    if w.kind in ("facts", "documents") and w.has(Feature.METADATA, Guarantee.VERBATIM):
        text = record.content
        expected = {"whole": text.split("\n")} if text.startswith("part") else {}
        equal(record.metadata, expected, "the metadata of a record whose add was cancelled")


@law(
    "cancel.update",
    kinds=RECORDS,
    needs=(Feature.UPDATE,),
    relaxes=(Guarantee.STABLE_IDS,),
    means="An update that is cancelled, at any await, leaves the old text or the new one.",
    look_at="an update that deletes before it creates, and writes in several steps with an await between them",
)
async def cancel_update(w: World) -> None:
    record = await w.records.add("old text")
    waits, record = await waits_of(w.records.update(record.id, "new text"))
    await w.records.delete_all()
    for at in chosen(waits, w.profile.awaits):
        w.journal.clear()
        old, new, after = f"old text {at}", f"new text {at}", f"after {at}"
        record = await w.records.add(old)
        await cancelled_at(at, w.records.update(record.id, new))
        await _soon(w, w.records.add(after))
        listed = await _soon(w, w.records.listed())
        what = f"after an update was cancelled at its await number {at}"
        that(len(listed) > 1, f"neither the old text nor the new one is stored {what}")
        if w.has(Guarantee.STABLE_IDS):
            equal(len(listed), 2, f"the number of records, the updated one and another, {what}")
        if w.has(Guarantee.VERBATIM):
            texts = {found.content for found in listed} - {after}
            that(texts and texts <= {old, new}, f"the texts that are stored are {sorted(texts)!r} {what}")
        await w.records.delete_all()


async def _soon(w: World, call: Awaitable[Any]) -> Any:
    task = asyncio.ensure_future(call)
    done, _ = await asyncio.wait([task], timeout=min(10.0, w.profile.seconds / 2))
    if not done:
        task.cancel()
        raise Hung("a call after a cancelled one does not end: the cancelled one holds a lock or a connection")
    return await task


@law(
    "concurrent.update-deleted",
    kinds=RECORDS,
    needs=(Feature.UPDATE, Guarantee.STABLE_IDS, Guarantee.READ_YOUR_WRITES),
    means="A record that is deleted while an update of it runs stays deleted.",
    look_at="an update that reads the record, awaits, and writes all of it: write only where the row is still there",
)
async def update_deleted(w: World) -> None:
    other = w.subject_of(w.open())
    record = await w.records.add("old words")
    waits, _ = await waits_of(w.records.update(record.id, "new words"))
    await w.records.delete(record)
    for at in chosen(waits, min(w.profile.awaits, 12))[1:]:
        w.journal.clear()
        record = await w.records.add(f"old words {at}")
        deleted: list[int] = []

        async def delete(number: int, at: int = at, record: Any = record, deleted: list[int] = deleted) -> None:
            if number == at:
                await other.delete(record)
                deleted.append(number)

        with suppress(NotFoundError):  # the delete came first
            await watched(w.records.update(record.id, f"new words {at}"), delete, patience=_PATIENCE)
        if not deleted:
            await other.delete(record)  # the update waited less often this time
        equal(await w.records.listed(), [], f"what is listed after a delete at await number {at} of an update")
        await refused(w.records.get(record.id), NotFoundError, "get of a record that was deleted during an update")


_PATIENCE = 0.2
"""Seconds for which an update is held while a delete waits for what the update holds."""


@law(
    "cancel.passes-through",
    means="A call that is cancelled ends with CancelledError: it neither swallows it nor turns it into an answer.",
    look_at="except clauses that catch CancelledError or BaseException, and shields that return after a cancellation",
)
async def passes_through(w: World) -> None:
    kept = await w.subject.add("words that stay", group="kept")
    calls: dict[str, Any] = {
        "add": lambda: w.subject.add(f"words {w.number()}", group="added"),
        "a listing": w.subject.listed,
        "a read by id": lambda: w.subject.find(kept),
        "search": lambda: w.subject.search("words", limit=5, group="kept"),
        "delete_all": w.subject.delete_all,
    }
    if w.kind in RECORDS and w.has(Feature.UPDATE, Guarantee.STABLE_IDS):
        calls["update"] = lambda: w.records.update(kept.id, "words that stay")
    if w.kind in RECORDS and w.has(Feature.PUT):
        calls["put"] = lambda: w.records.put(w.label("put"), "words that were put")
    if w.has(Feature.COUNT):
        calls["count"] = w.subject.count
    if w.has(Feature.OWNERS):
        calls["the listing of owners"] = w.subject.owners
    if w.kind == "history" and w.has(Feature.DELETE_MESSAGES):
        session = w.history.session("added")
        calls["delete_messages"] = lambda: w.history.api.delete_messages(session, last=1, **w.home)
    order = sorted(calls, key=lambda name: name == "delete_all")  # it deletes what the others read
    for name in order:
        waits, _ = await waits_of(calls[name]())
        for at in chosen(waits, min(w.profile.awaits, 8))[1:]:
            swallowed = await swallows_cancellation(at, calls[name]())
            that(not swallowed, f"{name} returned an answer after it was cancelled at its await number {at}")
