"""The comparison of both sides after a transfer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from memio.capabilities import Kind
from memio.models import Record
from memio.transfer._journal import Journal, Row, State, told
from memio.transfer._plan import Plan
from memio.transfer._records import compared, differing
from memio.transfer._sending import Sent
from memio.transfer._threads import aside

What = Literal["missing", "changed", "conflict", "merged", "doubled", "order"]
"""How the target differs.

- `missing`: it does not have the record.
- `changed`: it has the record with other values.
- `conflict`: it has another record under the id, or had one from an earlier transfer; it was left as it is.
- `merged`: the record is the same as another one after a loss that was accepted, and there once.
- `doubled`: it has the record more often than the source.
- `order`: it lists the record before one that comes earlier in the source.
"""

_SUM = 1 << 256


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between the sides.

    Attributes:
        kind: The kind of memory.
        what: How they differ.
        record: The record, in words.
        detail: More, such as the fields that differ.
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
    """What became of the records of one kind.

    Attributes:
        kind: The kind of memory.
        stored: How many were sent to the target. Some may have been there already.
        known: How many an earlier transfer had stored, by the journal.
        left_out: How many were left out, as a loss that was accepted.
        source: The records that were to be moved, without those that were left out.
        target: Their copies in the target.
        others: How many other records the target has in what was compared.
        differences: Every difference between the sides; empty when all is well.
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

    def add(self, blocks: bytes) -> None:
        self.count += 1
        self.total = (self.total + int.from_bytes(sha256(blocks).digest())) % _SUM

    def side(self) -> Side:
        return Side(self.count, f"{self.total:064x}")


class Comparison:
    """Compares the records of one kind in a target with those that were read of the source.

    Args:
        plan: How they were moved.
        sent: What sending did.
        journal: Knows every record of the source.
    """

    def __init__(self, plan: Plan, sent: Sent, journal: Journal) -> None:
        self._plan = plan
        self._kind: Kind = plan.kind
        self._sent = sent
        self._journal = journal
        self._there = _Sum()
        self._others = 0
        self._found: list[Difference] = []
        self._session: str | None = None
        self._latest: dict[str | None, Row] = {}

    async def of(self, records: AsyncIterator[Sequence[Record]]) -> Moved:
        """Read the target's records, and return how the sides compare."""
        async for part in records:
            await aside(self._look_at_all, part)
        here = await aside(self._look_for_the_rest)
        return Moved(
            kind=self._kind,
            stored=self._sent.stored,
            known=self._sent.known,
            left_out=self._sent.left_out,
            source=here.side(),
            target=self._there.side(),
            others=self._others,
            differences=tuple(self._found),
        )

    def _look_at_all(self, records: Sequence[Record]) -> None:
        for record in records:
            self._look_at(record)

    def _look_at(self, record: Record) -> None:
        target, likeness, blocks = self._plan.found(record)
        row = self._row_of(target, likeness, record)
        if row is None and self._is_double(target, likeness):
            self._there.add(blocks)
            self._note("doubled", f"{self._kind} {record.id!r}", "it came to the target meanwhile")
        elif row is None or row.run != self._journal.run:
            self._others += 1
        elif row.met == self._journal.run:
            self._there.add(compared(self._kind, row.blocks, blocks))
            self._note("doubled", told(row.name))
        else:
            self._journal.meet(row)
            self._there.add(compared(self._kind, row.blocks, blocks))
            if fields := differing(self._kind, row.blocks, blocks):
                self._note("changed", told(row.name), ", ".join(fields))
            self._check_order(row, record)

    def _row_of(self, target: bytes | None, likeness: bytes, record: Record) -> Row | None:
        """Return the row whose copy a record is."""
        journal, tracked = self._journal, self._plan.tracked
        if tracked and target is not None and journal.was_before(self._kind, target):
            return None
        row = None if target is None else journal.claimed(target)
        if row is not None or not tracked:
            return row
        row = journal.like(likeness)
        if row is not None and target is not None:
            journal.learn(row, target, record.id)
        return row

    def _is_double(self, target: bytes | None, likeness: bytes) -> bool:
        """Tell whether a record that is nobody's copy is like one that was moved, and was not there before."""
        if not self._plan.tracked or (target is not None and self._journal.was_before(self._kind, target)):
            return False
        return self._journal.is_known(likeness)

    def _check_order(self, row: Row, record: Record) -> None:
        """Note a record that the target lists too early: of history, within its session and user."""
        session: str | None = getattr(record, "session_id", None)
        if session != self._session:
            self._session, self._latest = session, {}
        of = record.user_id if self._kind == "history" else None
        before = self._latest.get(of)
        if before is not None and row.place < before.place:
            self._note("order", told(row.name), f"it comes after {told(before.name)}")
        self._latest[of] = row

    def _look_for_the_rest(self) -> _Sum:
        """Note what the target does not have, and return the sum of the source."""
        here = _Sum()
        for row in self._journal.of_this_run(self._kind):
            here.add(row.blocks)
            if row.state == State.CONFLICT:
                also = ", or the same triple under another id" if self._kind == "graph" else ""
                self._note("conflict", told(row.name), f"the target has another record under its id{also}")
            elif row.state == State.TWIN:
                self._note("merged", told(row.name), "another record of the source is the same there")
            elif row.met != self._journal.run:
                self._note("missing", told(row.name))
        for name in self._sent.changed:
            self._note("conflict", told(name), "it was moved before, and has changed in the source since")
        return here

    def _note(self, what: What, record: str, detail: str = "") -> None:
        self._found.append(Difference(self._kind, what, record, detail))
