"""Sending records to a target: in order, in batches; the journal has each before it is sent and after the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from memio._call.sizes import memory_of
from memio.errors import (
    ConflictError,
    InvalidInputError,
    MemioError,
    NotSupportedError,
    PartialWriteError,
    ProviderError,
)
from memio.kinds import RESTORE, supports
from memio.models import Document, Fact, Message, Record, Triple
from memio.owners import ANYWHERE
from memio.protocols import DocumentInput, FactInput
from memio.transfer._journal import Journal, Outgoing, State
from memio.transfer._losses import OF_OWNERS, is_left_out, losses_of_record
from memio.transfer._plan import Plan
from memio.transfer._progress import Listener, report
from memio.transfer._records import RECORDS_PER_CALL, key_of
from memio.transfer._threads import run_in_thread_uncancelled

if TYPE_CHECKING:
    from memio.client import Memio

MESSAGES_PER_CALL = 100
"""Messages of one session that one call writes to a store that takes one session a call."""
BYTES_PER_CALL = 4_000_000
"""Bytes of memory of the records that one call writes; a single record may have more."""

Pair = tuple[Outgoing, Record]


@dataclass(slots=True)
class Sent:
    """How many records of one kind were sent, and how many were not.

    Attributes:
        records: How many records the source has.
        stored: How many were sent to the target.
        known: How many were stored before, according to the journal.
        left_out: How many were left out, as a loss that was accepted.
        changed: The names of records that were stored before with another content, according to the journal.
    """

    records: int = 0
    stored: int = 0
    known: int = 0
    left_out: int = 0
    changed: list[str] = field(default_factory=list[str])


class Sender:
    """Sends the records of one kind to a target.

    Args:
        client: The target.
        plan: How they are sent.
        journal: It gets a row for each record.
        progress: Called with the number of records that are done.
    """

    def __init__(self, client: Memio, plan: Plan, journal: Journal, progress: Listener | None) -> None:
        self._client = client
        self._plan = plan
        self._journal = journal
        self._progress = progress
        self._batch: list[Pair] = []
        self._size = 0
        self.sent = Sent()

    async def send(self, records: Sequence[Record]) -> None:
        """Add records to the batch, and send it whenever it is full."""
        for outgoing, record in await run_in_thread_uncancelled(self._prepared, records):
            if not self._is_new(outgoing):
                continue
            if self._batch and not self._fits(record):
                await self.flush()
            self._batch.append((outgoing, record))
            self._size += memory_of(record)
            if self._size >= BYTES_PER_CALL:  # not when the next record is there: both would be held
                await self.flush()

    async def flush(self) -> None:
        """Send the batch."""
        batch, self._batch, self._size = self._batch, [], 0
        if batch:
            await self._send_batch(batch)
            done = self.sent.stored + self.sent.known + self.sent.left_out
            report(self._progress, "writing", self._plan.kind, done, self._plan.total)

    def _prepared(self, records: Sequence[Record]) -> list[Pair]:
        """Return records as the target can hold them, without those that are left out, and what the journal keeps."""
        sent, plan = self.sent, self._plan
        pairs: list[Pair] = []
        for record in records:
            sent.records += 1
            lost = losses_of_record(record, plan.target) & plan.lost
            if unexpected := sorted(lost - plan.accepted):
                raise MemioError(
                    "records were added to the source during the transfer that the target cannot hold "
                    f"({', '.join(unexpected)}): repeat the call"
                )
            if is_left_out(record, lost):
                sent.left_out += 1
            else:
                pairs.append(plan.outgoing(record, sent.records))
        return pairs

    def _is_new(self, outgoing: Outgoing) -> bool:
        """Return whether a record must be sent; record in the journal why it need not."""
        if self._plan.lost & OF_OWNERS and outgoing.target_key is not None:
            twin = self._journal.row_of_copy(outgoing.target_key)
            in_batch = any(other.target_key == outgoing.target_key for other, _ in self._batch)
            if in_batch or (twin is not None and twin.run == self._journal.run):
                self._journal.begin([outgoing], State.TWIN)
                return False
        if not self._plan.tracked:
            return True
        row = self._journal.find(outgoing)
        if row is None or row.state != State.STORED:
            return True
        if row.digests != outgoing.digests:
            self.sent.changed.append(outgoing.name)
        else:
            self.sent.known += 1
            self._journal.touch(outgoing, row)
        return False

    def _fits(self, record: Record) -> bool:
        """Return whether one call can send a record together with the batch."""
        before = self._batch[-1][1]
        if len(self._batch) >= RECORDS_PER_CALL or self._size + memory_of(record) > BYTES_PER_CALL:
            return False
        if self._plan.restores:
            return True
        if isinstance(record, Message) and isinstance(before, Message):
            same = (record.session_id, record.owner) == (before.session_id, before.owner)
            return same and len(self._batch) < MESSAGES_PER_CALL
        if isinstance(record, Triple):
            return record.owner == before.owner
        # Without a batch call, the adds would run concurrently, and be stored in any order.
        return supports(self._plan.target.store, "add_many")

    async def _send_batch(self, batch: Sequence[Pair]) -> None:
        journal = self._journal
        outgoing = [each for each, _ in batch]
        await run_in_thread_uncancelled(self._begin, outgoing)
        try:
            stored = await self._call([record for _, record in batch])
        except (ConflictError, PartialWriteError) as error:
            if self._plan.tracked and isinstance(error, PartialWriteError):
                raise  # the next transfer finds out which ones were added
            journal.remove(outgoing)
            if len(batch) > 1:
                for pair in batch:  # some of the records have a conflict: find out which
                    await self._send_batch([pair])
                return
            journal.begin(outgoing, State.CONFLICT)
            return
        except MemioError as error:
            if _changed_nothing(error):
                journal.remove(outgoing)
            raise
        await run_in_thread_uncancelled(self._mark_stored, outgoing, stored)

    def _begin(self, records: Sequence[Outgoing]) -> None:
        self._journal.begin(records)
        if self._plan.tracked:
            self._journal.save()

    def _mark_stored(self, records: Sequence[Outgoing], stored: Sequence[Record | None]) -> None:
        for outgoing, copy in zip(records, stored, strict=True):
            if self._plan.tracked and copy is not None and copy.id is not None:
                self._journal.mark_stored(outgoing, key_of(self._plan.kind, copy), copy.id)
            else:
                self._journal.mark_stored(outgoing)
        if self._plan.tracked:
            self._journal.save()
        self.sent.stored += len(records)

    async def _call(self, records: Sequence[Record]) -> Sequence[Record | None]:
        """Send records in one call, and return them as stored; `None` where the target does not return a record."""
        plan, first = self._plan, records[0]
        if plan.restores:
            await plan.target.call(RESTORE, {"records": list(records)}, ANYWHERE)
            return [None] * len(records)
        if isinstance(first, Message):
            messages = cast("Sequence[Message]", records)
            turn = await self._client.history.add(
                session_id=cast("str", first.session_id), messages=messages, owner=first.owner
            )
            same = len(turn.stored) == len(records)
            return turn.stored if same else [None] * len(records)
        if isinstance(first, Triple):
            return await self._client.graph.add(triples=cast("Sequence[Triple]", records), owner=first.owner)
        if len(records) == 1:
            return [await self._add(first)]
        items = [_arguments(cast("Fact | Document", record)) for record in records]
        if isinstance(first, Fact):
            return await self._client.facts.add_many(cast("list[FactInput]", items))
        return await self._client.documents.add_many(cast("list[DocumentInput]", items))

    async def _add(self, record: Record) -> Record:
        arguments = _arguments(cast("Fact | Document", record))
        if isinstance(record, Fact):
            return await self._client.facts.add(**arguments)
        return await self._client.documents.add(**arguments)


async def resolve(plan: Plan, journal: Journal, records: AsyncIterator[Record]) -> tuple[int, int]:
    """Find out which records were stored whose answers an earlier transfer did not get.

    The target is read: a record that it did not have before, that is not the copy of another row, and that equals one
    without an answer, is its copy.

    Args:
        plan: How the records of this kind are moved.
        journal: The journal of the earlier transfer.
        records: The target's records of this kind.

    Returns:
        How many were stored, and how many were not.
    """
    unanswered = journal.unanswered(plan.kind)
    if not unanswered:
        return 0, 0
    async for record in records:
        key, content, _ = plan.keys_in_target(record)
        record_id = record.id
        del record  # before the next one is read
        if key is None or journal.was_before(plan.kind, key) or journal.row_of_copy(key):
            continue
        if row := journal.row_with_content(content):
            journal.set_copy(row, key, record_id)
    removed = await run_in_thread_uncancelled(journal.remove_unanswered, plan.kind)
    return unanswered - removed, removed


def _arguments(record: Fact | Document) -> dict[str, Any]:
    """Return the arguments with which `add` stores a record."""
    named = {"fact_id" if isinstance(record, Fact) else "doc_id": record.id or None}
    held = {"metadata": record.metadata or None, "data": getattr(record, "data", None), "expires_at": record.expires_at}
    given = {name: value for name, value in {**named, **held}.items() if value is not None}
    return {"content": record.content, "owner": record.owner, **given}


def _changed_nothing(error: MemioError) -> bool:
    if isinstance(error, (InvalidInputError, NotSupportedError)):
        return True
    return isinstance(error, ProviderError) and error.outcome == "not_applied"
