"""The comparison of both sides after a transfer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

from memio.capabilities import Kind
from memio.models import Message, Record
from memio.owners import Owner
from memio.transfer._journal import Journal, JournalRow, State, shown_name
from memio.transfer._plan import Plan
from memio.transfer._records import compared, differing
from memio.transfer._sending import Sent
from memio.transfer._threads import run_in_thread_uncancelled

What = Literal["missing", "changed", "conflict", "merged", "doubled", "order"]
"""How the target differs.

- `missing`: it does not have the record.
- `changed`: it has the record with other values.
- `conflict`: it has another record under the id, or one from an earlier transfer; it was not changed.
- `merged`: an accepted loss made the record equal to another one, and the target has it once.
- `doubled`: it has the record more often than the source.
- `order`: it lists the record after one that comes later in the source.
"""

_SUM = 1 << 256


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between the sides.

    Attributes:
        kind: The kind of memory.
        what: How they differ.
        record: The record: kind, id and owner, as text.
        detail: Details, such as the fields that differ.
    """

    kind: Kind
    what: What
    record: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.record}{f' ({self.detail})' if self.detail else ''}"


@dataclass(frozen=True, slots=True)
class Side:
    """The records of one kind on one side.

    Attributes:
        count: How many there are.
        digest: The sum of the SHA-256 digests of their fields without what was lost; it does not depend on the order.
    """

    count: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The result of a transfer for the records of one kind.

    Attributes:
        kind: The kind of memory.
        stored: How many were sent to the target. It may have had some of them already.
        known: How many an earlier transfer had stored, according to the journal.
        left_out: How many were left out, as a loss that was accepted.
        source: The records of the source, without those that were left out.
        target: Their copies in the target.
        others: How many other records the target has in what was compared.
        differences: Every difference between the sides; empty when they are equal.
    """

    kind: Kind
    stored: int
    known: int
    left_out: int
    source: Side
    target: Side
    others: int
    differences: tuple[Difference, ...] = field(default=())


class _Sum:
    """A count, and a digest that does not depend on the order."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0

    def add(self, digests: bytes) -> None:
        self.count += 1
        self.total = (self.total + int.from_bytes(sha256(digests).digest())) % _SUM

    def side(self) -> Side:
        return Side(self.count, f"{self.total:064x}")


class Comparison:
    """Compares the records of one kind in a target with those that were read from the source.

    Args:
        plan: How they were moved.
        sent: How many were sent, and how.
        journal: It has a row for every record of the source.

    Attributes:
        expired: How many records have expired since the transfer began, and are gone from the target.
    """

    def __init__(self, plan: Plan, sent: Sent, journal: Journal) -> None:
        self._plan = plan
        self._kind: Kind = plan.kind
        self._sent = sent
        self.expired = 0
        self._journal = journal
        self._target = _Sum()
        self._others = 0
        self._found: list[Difference] = []
        self._session: tuple[str | None, Owner] | None = None
        self._latest: JournalRow | None = None

    async def of(self, records: AsyncIterator[Sequence[Record]]) -> Moved:
        """Read the target's records, and return how the sides compare."""
        async for part in records:
            await run_in_thread_uncancelled(self._compare_all, part)
        source = await run_in_thread_uncancelled(self._find_missing)
        return Moved(
            kind=self._kind,
            stored=self._sent.stored,
            known=self._sent.known,
            left_out=self._sent.left_out,
            source=source.side(),
            target=self._target.side(),
            others=self._others,
            differences=tuple(self._found),
        )

    def _compare_all(self, records: Sequence[Record]) -> None:
        for record in records:
            self._compare(record)

    def _compare(self, record: Record) -> None:
        key, content, digests = self._plan.keys_in_target(record)
        row = self._row_of(key, content, record)
        if row is None and self._is_double(key, content):
            self._target.add(digests)
            self._note("doubled", f"{self._kind} {record.id!r}", "it was added to the target during the transfer")
        elif row is None or row.run != self._journal.run:
            self._others += 1
        elif row.found_in == self._journal.run:
            self._target.add(compared(self._kind, row.digests, digests))
            self._note("doubled", shown_name(row.name))
        else:
            self._journal.mark_found(row)
            self._target.add(compared(self._kind, row.digests, digests))
            if fields := differing(self._kind, row.digests, digests):
                self._note("changed", shown_name(row.name), ", ".join(fields))
            self._check_order(row, record)

    def _row_of(self, key: bytes | None, content: bytes, record: Record) -> JournalRow | None:
        """Return the row whose copy a record is."""
        journal, tracked = self._journal, self._plan.tracked
        if tracked and key is not None and journal.was_before(self._kind, key):
            return None
        row = None if key is None else journal.row_of_copy(key)
        if row is not None or not tracked:
            return row
        row = journal.row_with_content(content)
        if row is not None and key is not None:
            journal.set_copy(row, key, record.id)
        return row

    def _is_double(self, key: bytes | None, content: bytes) -> bool:
        """Return whether a record that is not a known copy equals one that was moved, and is new in the target."""
        if not self._plan.tracked or (key is not None and self._journal.was_before(self._kind, key)):
            return False
        return self._journal.has_content(content)

    def _check_order(self, row: JournalRow, record: Record) -> None:
        """Note a record that the target lists too late: of history, within its session."""
        if isinstance(record, Message):
            session = (record.session_id, record.owner)
            if session != self._session:
                self._session, self._latest = session, None
        before, self._latest = self._latest, row
        if before is not None and row.order < before.order:
            self._note("order", shown_name(row.name), f"it comes after {shown_name(before.name)}")

    def _find_missing(self) -> _Sum:
        """Note what the target does not have, and return the sum of the source."""
        source = _Sum()
        now = datetime.now(UTC).timestamp()
        for row in self._journal.of_this_run(self._kind):
            if row.found_in != self._journal.run and row.expires is not None and row.expires <= now:
                self.expired += 1
                continue
            source.add(row.digests)
            if row.state == State.CONFLICT:
                also = ", or the same triple under another id" if self._kind == "graph" else ""
                self._note("conflict", shown_name(row.name), f"the target has another record under its id{also}")
            elif row.state == State.TWIN:
                self._note("merged", shown_name(row.name), "for the target it equals another record of the source")
            elif row.found_in != self._journal.run:
                self._note("missing", shown_name(row.name))
        for name in self._sent.changed:
            self._note("conflict", shown_name(name), "it was moved before, and has changed in the source since")
        return source

    def _note(self, what: What, record: str, detail: str = "") -> None:
        self._found.append(Difference(self._kind, what, record, detail))
