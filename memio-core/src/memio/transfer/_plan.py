"""How the records of one kind are moved to a target: what they lose, and how they are sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from memio._call.features import confinable
from memio._call.store import CheckedStore
from memio.capabilities import Kind
from memio.kinds import RESTORE, supports
from memio.models import Record
from memio.owners import Scope
from memio.transfer._journal import Outgoing
from memio.transfer._losses import Census, Finding, Loss, dropped_fields, losses_of_target, without
from memio.transfer._records import content_key, encoded, field_digests, identity_of, key_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the records of one kind are moved.

    Attributes:
        kind: The kind of memory.
        target: The store that they are moved to.
        lost: What a record that uses everything would lose. It follows from the target alone, so that a repeated
            transfer compares in the same way.
        dropped: The fields that follow from it.
        accepted: What the records of this transfer lose, as accepted.
        tracked: Whether the target chooses ids, so that a journal must keep track of what is stored.
        restores: Whether the target takes records exactly as they are.
        total: How many records there are, as counted before.
        scope: Whose records of the target are compared afterwards.
    """

    kind: Kind
    target: CheckedStore
    lost: frozenset[Loss]
    dropped: frozenset[str]
    accepted: frozenset[Loss]
    tracked: bool
    restores: bool
    total: int
    scope: Scope

    def outgoing(self, record: Record, order: int) -> tuple[Outgoing, Record]:
        """Return what the journal keeps of a record, and the record as the target can hold it.

        Args:
            record: The record of the source.
            order: Its number among the records of its kind, from 1.
        """
        reduced = without(self.kind, record, self.lost) if self.dropped else record
        digests = field_digests(self.kind, reduced, self.dropped)
        outgoing = Outgoing(
            kind=self.kind,
            source_key=key_of(self.kind, record, order),
            target_key=None if self.tracked else key_of(self.kind, reduced),
            name=encoded(identity_of(self.kind, record, order)).decode(),
            content_key=content_key(self.kind, digests),
            digests=digests,
            expires_at=getattr(reduced, "expires_at", None),
            order=order,
        )
        return outgoing, reduced

    def keys_in_target(self, record: Record) -> tuple[bytes | None, bytes, bytes]:
        """Return the key of a record of the target, its content key, and the digests of its fields."""
        digests = field_digests(self.kind, record, self.dropped)
        # Where the target cannot hold owners, a record with one was not stored by this transfer: its key has the owner.
        key = None if record.id is None else key_of(self.kind, record)
        return key, content_key(self.kind, digests), digests


def plan_for(target: CheckedStore, census: Census, losses: Iterable[Finding], scope: Scope) -> Plan:
    """Return how the records of a kind are moved.

    Args:
        target: The store that they are moved to.
        census: What is in the records.
        losses: The losses of the transfer.
        scope: Whose records are moved.
    """
    kind = target.kind
    lost = losses_of_target(target)
    return Plan(
        kind=kind,
        target=target,
        lost=lost,
        dropped=dropped_fields(kind, lost),
        accepted=frozenset(finding.loss for finding in losses if finding.kind == kind),
        tracked=Loss.IDS in lost or census.nameless[kind] > 0,
        restores=supports(target.store, RESTORE),
        total=census.counts[kind],
        scope=confinable(scope, target.features),
    )
