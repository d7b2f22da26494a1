"""How the records of one kind go to a target: what they lose on the way, and how they are sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from memio._call.store import CheckedStore
from memio.capabilities import Kind
from memio.kinds import RESTORE, supports
from memio.models import Record
from memio.transfer._journal import Entry
from memio.transfer._losses import Census, Finding, Loss, lacking
from memio.transfer._records import blocks_of, encoded, identity_of, likeness, token, without


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the records of one kind are moved.

    Attributes:
        kind: The kind of memory.
        target: The store that they go to.
        lost: What a record of that kind would lose if it had it. It follows from the target alone, so that a repeated
            transfer compares alike.
        accepted: What they really lose, as accepted.
        tracked: Whether the target chooses ids, so that a journal must keep track of what is stored.
        restores: Whether the target takes records exactly as they are.
        total: How many records there are, as counted before.
        user_id: Whose records the target has to be asked for afterwards; `None` is everybody's.
    """

    kind: Kind
    target: CheckedStore
    lost: frozenset[Loss]
    accepted: frozenset[Loss]
    tracked: bool
    restores: bool
    total: int
    user_id: str | None

    def entry(self, record: Record, place: int) -> tuple[Entry, Record]:
        """Return what the journal keeps of a record, and the record as the target can hold it."""
        left = without(record, self.kind, self.lost)
        blocks = blocks_of(self.kind, left, self.lost)
        made = Entry(
            kind=self.kind,
            source=token(self.kind, record, place),
            target=None if self.tracked else token(self.kind, left),
            name=encoded(identity_of(self.kind, record, place)).decode(),
            likeness=likeness(self.kind, blocks),
            blocks=blocks,
            place=place,
        )
        return made, left

    def found(self, record: Record) -> tuple[bytes | None, bytes, bytes]:
        """Return what tells a record of the target from others, its likeness, and the digests of its fields."""
        blocks = blocks_of(self.kind, record, self.lost)
        # A target that cannot hold owners, and has some all the same, was given them by somebody else.
        known = None if record.id is None else token(self.kind, record)
        return known, likeness(self.kind, blocks), blocks


def plan_for(target: CheckedStore, census: Census, losses: Iterable[Finding], user_id: str | None) -> Plan:
    """Return how the records of a kind are moved.

    Args:
        target: The store that they go to.
        census: What is in the records.
        losses: The losses of the transfer.
        user_id: Whose records are moved; `None` is everybody's.
    """
    kind = target.kind
    lost = lacking(target)
    scoped = "user_scope" in target.features and Loss.OWNER not in lost
    return Plan(
        kind=kind,
        target=target,
        lost=lost,
        accepted=frozenset(finding.loss for finding in losses if finding.kind == kind),
        tracked=Loss.IDS in lost or census.nameless[kind] > 0,
        restores=supports(target.store, RESTORE),
        total=census.counts[kind],
        user_id=user_id if scoped else None,
    )
