"""Sending records to a target: in order, in batches, each noted in the journal before and after."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from memio._call.labels import as_argument
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
from memio.protocols import DocumentInput, FactInput
from memio.transfer._journal import Entry, Journal, State
from memio.transfer._losses import Loss, left_out, suffering
from memio.transfer._plan import Plan
from memio.transfer._progress import Listener, tell
from memio.transfer._records import token
from memio.transfer._threads import aside

if TYPE_CHECKING:
    from memio.client import Memio

MOST = 500
"""Records that are sent at once."""
MOST_MESSAGES = 100
"""Messages of one session that are sent at once to a store that takes one session a call."""
MOST_BYTES = 4_000_000
"""Bytes of memory of the records that are sent at once; a single record may have more."""

Pair = tuple[Entry, Record]


@dataclass(slots=True)
class Sent:
    """What sending did with the records of one kind.

    Attributes:
        records: How many records the source has.
        stored: How many were sent to the target.
        known: How many the journal says were stored before.
        left_out: How many were left out, as a loss that was accepted.
        changed: Records that were stored before with another content, by the journal.
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
        plan: How.
        journal: Keeps track.
        progress: Is told how many records are done.
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
        """Take records, and send what waits when it is enough."""
        for entry, left in await aside(self._prepared, records):
            if not self._is_new(entry):
                continue
            if self._batch and not self._goes_along(left):
                await self.flush()
            self._batch.append((entry, left))
            self._size += memory_of(left)

    async def flush(self) -> None:
        """Send what waits."""
        batch, self._batch, self._size = self._batch, [], 0
        if batch:
            await self._send_batch(batch)
            done = self.sent.stored + self.sent.known + self.sent.left_out
            tell(self._progress, "writing", self._plan.kind, done, self._plan.total)

    def _prepared(self, records: Sequence[Record]) -> list[Pair]:
        """Return records as the target can hold them, with their entries in the journal, without those left out."""
        sent, plan, limits = self.sent, self._plan, self._plan.target.limits
        pairs: list[Pair] = []
        for record in records:
            sent.records += 1
            for loss in suffering(record, limits):
                if loss in plan.lost and loss not in plan.accepted:
                    raise MemioError(
                        f"the source got records meanwhile that the target cannot hold ({loss}): repeat the call"
                    )
            if left_out(record, plan.lost, limits):
                sent.left_out += 1
            else:
                pairs.append(plan.entry(record, sent.records))
        return pairs

    def _is_new(self, entry: Entry) -> bool:
        """Tell whether a record is still to be sent, and note why not."""
        if Loss.OWNER in self._plan.lost and entry.target is not None:
            twin = self._journal.claimed(entry.target)
            waiting = any(other.target == entry.target for other, _ in self._batch)
            if waiting or (twin is not None and twin.run == self._journal.run):
                self._journal.begin([entry], State.TWIN)
                return False
        if not self._plan.tracked:
            return True
        row = self._journal.find(entry)
        if row is None or row.state != State.STORED:
            return True
        if row.blocks != entry.blocks:
            self.sent.changed.append(entry.name)
        else:
            self.sent.known += 1
            self._journal.touch(entry, row)
        return False

    def _goes_along(self, record: Record) -> bool:
        """Tell whether a record can be sent in one call with those that wait."""
        before = self._batch[-1][1]
        if len(self._batch) >= MOST or self._size + memory_of(record) > MOST_BYTES:
            return False
        if self._plan.restores:
            return True
        if isinstance(record, Message) and isinstance(before, Message):
            same = (record.session_id, record.user_id) == (before.session_id, before.user_id)
            return same and len(self._batch) < MOST_MESSAGES
        if isinstance(record, Triple):
            return record.user_id == before.user_id
        # Without a batch call, several adds would be on their way at once, and arrive in any order.
        return supports(self._plan.target.store, "add_many")

    async def _send_batch(self, batch: Sequence[Pair]) -> None:
        journal = self._journal
        entries = [entry for entry, _ in batch]
        await aside(self._begin, entries)
        try:
            stored = await self._call([record for _, record in batch])
        except (ConflictError, PartialWriteError) as error:
            if self._plan.tracked and isinstance(error, PartialWriteError):
                raise  # which ones were added, the next transfer finds out
            journal.forget(entries)
            if len(batch) > 1:
                for pair in batch:  # the fault is one record's, or some records'
                    await self._send_batch([pair])
                return
            journal.begin(entries, State.CONFLICT)
            return
        except MemioError as error:
            if _changed_nothing(error):
                journal.forget(entries)
            raise
        await aside(self._mark, entries, stored)

    def _begin(self, entries: Sequence[Entry]) -> None:
        self._journal.begin(entries)
        if self._plan.tracked:
            self._journal.save()

    def _mark(self, entries: Sequence[Entry], stored: Sequence[Record | None]) -> None:
        for entry, record in zip(entries, stored, strict=True):
            known = self._plan.tracked and record is not None and record.id is not None
            target = token(self._plan.kind, record) if known and record is not None else None
            self._journal.mark(entry, State.STORED, target, record.id if known and record is not None else None)
        if self._plan.tracked:
            self._journal.save()
        self.sent.stored += len(entries)

    async def _call(self, records: Sequence[Record]) -> Sequence[Record | None]:
        """Send records in one call, and return them as stored, where the target tells."""
        plan, first = self._plan, records[0]
        if plan.restores:
            await plan.target.call(RESTORE, {"records": list(records)}, {})
            return [None] * len(records)
        if isinstance(first, Message):
            messages = cast("Sequence[Message]", records)
            turn = await self._client.history.add(
                session_id=cast("str", first.session_id), messages=messages, user_id=as_argument(first.user_id)
            )
            same = len(turn.stored) == len(records)
            return turn.stored if same else [None] * len(records)
        if isinstance(first, Triple):
            return await self._client.graph.add(
                triples=cast("Sequence[Triple]", records), user_id=as_argument(first.user_id)
            )
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
    """Find out what became of the records that were under way when an earlier transfer ended.

    The target is read: a record that it did not have before, that no other row claims, and that is like one that
    was under way, is its copy.

    Args:
        plan: How the records of this kind are moved.
        journal: Knows what was under way.
        records: The target's records of this kind.

    Returns:
        How many were stored, and how many were not.
    """
    waiting = journal.under_way(plan.kind)
    if not waiting:
        return 0, 0
    async for record in records:
        target, likeness, _ = plan.found(record)
        if target is None or journal.was_before(plan.kind, target) or journal.claimed(target):
            continue
        if row := journal.like(likeness):
            journal.learn(row, target, record.id)
    lost = await aside(journal.settle, plan.kind)
    return waiting - lost, lost


def _arguments(record: Fact | Document) -> dict[str, Any]:
    named = {"fact_id" if isinstance(record, Fact) else "doc_id": record.id or None}
    owner = {"user_id": record.user_id, "agent_id": getattr(record, "agent_id", None)}
    given = {"content": record.content, "metadata": record.metadata or None, **named, **owner}
    return {name: value for name, value in given.items() if value is not None}


def _changed_nothing(error: MemioError) -> bool:
    if isinstance(error, (InvalidInputError, NotSupportedError)):
        return True
    return isinstance(error, ProviderError) and error.outcome == "not_applied"
