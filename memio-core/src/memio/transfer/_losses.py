"""What a target cannot hold, by what it declares and by what the records hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from memio._call.sizes import Limits, excesses_of
from memio._values.text import type_name
from memio.capabilities import Feature, Guarantee, Kind
from memio.errors import InvalidInputError
from memio.kinds import RESTORE, SPECS, supports
from memio.models import Record

if TYPE_CHECKING:
    from memio._call.store import CheckedStore


class Loss(StrEnum):
    """Something that a target may be unable to hold. A transfer continues only when it is accepted."""

    OWNER = "owner"
    """Records lose their user and agent; sessions of one name become one session."""
    METADATA = "metadata"
    """Records lose their metadata."""
    IDS = "ids"
    """The target chooses new ids. A journal keeps track, so that nothing is stored twice."""
    ROLES = "roles"
    """Messages of other roles than user and assistant are left out."""
    TIMESTAMPS = "timestamps"
    """Messages get the time at which they are stored."""
    NAMES = "names"
    """Messages lose the name of their speaker."""
    CREATED_AT = "created_at"
    """Facts and documents get the time at which they are stored, as `created_at` and `updated_at`."""
    REPLIES = "replies"
    """The target's agent answers what is added, and its answers stay among the messages."""
    OVERSIZED = "oversized"
    """Records with larger content, metadata or parts of a triple than the target takes are left out."""
    KINDS = "kinds"
    """The target does not keep facts and documents apart: each will list the other."""


BY_FEATURE: dict[Feature, Loss] = {
    Feature.ATTRIBUTION: Loss.OWNER,
    Feature.METADATA: Loss.METADATA,
    Feature.CLIENT_IDS: Loss.IDS,
    Feature.ALL_ROLES: Loss.ROLES,
    Feature.MESSAGE_TIMESTAMPS: Loss.TIMESTAMPS,
    Feature.MESSAGE_NAMES: Loss.NAMES,
}
"""The loss of a target without the feature."""


@dataclass(slots=True)
class Census:
    """What is in the records of a source: how many there are, and how many each loss would change.

    Attributes:
        limits: By kind, the largest record that the target takes.
        counts: By kind, how many records there are.
        uses: By kind and loss, how many records the loss would change.
        nameless: By kind, how many have no id.
    """

    limits: dict[Kind, Limits]
    counts: Counter[Kind] = field(default_factory=Counter["Kind"])
    uses: Counter[tuple[Kind, Loss]] = field(default_factory=Counter["tuple[Kind, Loss]"])
    nameless: Counter[Kind] = field(default_factory=Counter["Kind"])

    def add(self, kind: Kind, record: Record) -> None:
        """Count a record."""
        self.counts[kind] += 1
        for loss in losses_of_record(kind, record, self.limits.get(kind, Limits())):
            self.uses[kind, loss] += 1
        if record.id is None:
            self.nameless[kind] += 1


class Finding(NamedTuple):
    """A loss that a transfer would have.

    Attributes:
        kind: The kind of memory.
        loss: What would be lost.
        records: How many records it would change.
        provider: The name of the target's provider.
    """

    kind: Kind
    loss: Loss
    records: int
    provider: str

    def __str__(self) -> str:
        explained = MEANINGS[self.loss]
        records = "1 record" if self.records == 1 else f"{self.records} records"
        return f"{self.loss}: {self.kind}, {records}, to {self.provider}: {explained}"


MEANINGS: dict[Loss, str] = {
    Loss.OWNER: "they lose their user and agent, and sessions of one name become one session",
    Loss.METADATA: "they lose their metadata",
    Loss.IDS: "they get new ids; a journal keeps track of them",
    Loss.ROLES: "messages that are neither the user's nor the assistant's are left out",
    Loss.TIMESTAMPS: "messages get the time at which they are stored",
    Loss.NAMES: "messages lose the name of their speaker",
    Loss.CREATED_AT: "they get the time at which they are stored",
    Loss.REPLIES: "its agent answers what is added, and the answers stay among the messages",
    Loss.OVERSIZED: "they are larger than it takes, and are left out",
    Loss.KINDS: "it does not keep facts and documents apart, so each will list the other",
}


class LossError(InvalidInputError):
    """The target cannot hold everything, and not every loss was accepted. Nothing was changed.

    Attributes:
        findings: Every loss that was not accepted.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        lines = "".join(f"\n  {finding}" for finding in self.findings)
        names = ",".join(dict.fromkeys(str(finding.loss) for finding in self.findings))
        super().__init__(
            f"the target cannot hold everything, and nothing was changed:{lines}\n"
            f"If that is what you want, accept the losses: {names}",
            argument="accept",
        )


def accepted_losses(names: Iterable[str]) -> frozenset[Loss]:
    """Return the losses of these names.

    Raises:
        InvalidInputError: A name is not that of a loss.
    """
    if isinstance(names, str):
        raise InvalidInputError(f"accept must be a list of losses, such as [{names!r}]", argument="accept")
    known = {str(loss): loss for loss in Loss}
    accepted: set[Loss] = set()
    for name in names:
        if name not in known:
            shown = repr(name) if isinstance(name, str) else type_name(name)  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
            raise InvalidInputError(f"unknown loss {shown}: the losses are {', '.join(known)}", argument="accept")
        accepted.add(known[name])
    return frozenset(accepted)


def dropped_fields(kind: Kind, losses: Iterable[Loss]) -> frozenset[str]:
    """Return the fields that the records of a kind lose."""
    spec = SPECS[kind]
    dropped: set[str] = set()
    for loss in losses:
        if loss is Loss.OWNER:
            dropped.update(spec.owners)
        elif loss is Loss.CREATED_AT:
            dropped.update(_assigned_times(kind))
        elif loss is not Loss.ROLES:  # such a message is left out
            dropped.update(name for name, feature in spec.asks.items() if BY_FEATURE.get(feature) is loss)
    return frozenset(dropped)


def without(kind: Kind, record: Record, losses: Iterable[Loss]) -> Record:
    """Return a record as it is after losses: without what the target cannot hold."""
    dropped: dict[str, Any] = {name: {} if name == "metadata" else None for name in dropped_fields(kind, losses)}
    return replace(record, **dropped) if dropped else record


def losses_of_record(kind: Kind, record: Record, limits: Limits) -> Iterator[Loss]:
    """Yield the losses that would change a record."""
    spec = SPECS[kind]
    for _, feature in spec.asked_by(record):
        yield BY_FEATURE[feature]
    if any(getattr(record, name) is not None for name in spec.owners):
        yield Loss.OWNER
    if any(getattr(record, name) is not None for name in _assigned_times(kind)):
        yield Loss.CREATED_AT
    if kind == "history":
        yield Loss.REPLIES
    if _is_oversized(record, limits):
        yield Loss.OVERSIZED


def is_left_out(kind: Kind, record: Record, losses: Iterable[Loss], limits: Limits) -> bool:
    """Return whether the losses drop the whole record."""
    if Loss.ROLES in losses and any(feature is Feature.ALL_ROLES for _, feature in SPECS[kind].asked_by(record)):
        return True
    return Loss.OVERSIZED in losses and _is_oversized(record, limits)


def check_losses(targets: Sequence[CheckedStore], census: Census, accepted: frozenset[Loss]) -> tuple[Finding, ...]:
    """Return what the stores of a target would lose of the records that were counted.

    Raises:
        LossError: There are losses that were not accepted.
    """
    found = (*_mixing(targets, census), *(finding for store in targets for finding in _findings(store, census)))
    if refused := [finding for finding in found if finding.loss not in accepted]:
        raise LossError(refused)
    return found


def losses_of_target(target: CheckedStore) -> frozenset[Loss]:
    """Return what a store would lose of records that use everything."""
    losses = {loss for feature, loss in BY_FEATURE.items() if feature not in target.features}
    if Guarantee.SILENT_APPEND not in target.guarantees:
        losses.add(Loss.REPLIES)
    if not supports(target.store, RESTORE):
        losses.add(Loss.CREATED_AT)
    losses.add(Loss.OVERSIZED)
    return frozenset(losses)


def mixed(stores: Iterable[CheckedStore]) -> bool:
    """Return whether facts and documents are in one place that does not keep them apart."""
    by_kind = {store.kind: store for store in stores}
    facts, documents = by_kind.get("facts"), by_kind.get("documents")
    if facts is None or documents is None:
        return False
    if (facts.provider, facts.identity) != (documents.provider, documents.identity):
        return False
    return Guarantee.SEPARATE_KINDS not in facts.guarantees & documents.guarantees


def _findings(target: CheckedStore, census: Census) -> list[Finding]:
    losses = losses_of_target(target)
    counted = ((loss, census.uses[target.kind, loss]) for loss in Loss if loss in losses)
    return [Finding(target.kind, loss, count, target.provider) for loss, count in counted if count]


def _mixing(targets: Iterable[CheckedStore], census: Census) -> list[Finding]:
    """Return the loss of two kinds that one store would mix."""
    both = [target for target in targets if target.kind in ("facts", "documents") and census.counts[target.kind]]
    if not mixed(both):
        return []
    return [Finding(target.kind, Loss.KINDS, census.counts[target.kind], target.provider) for target in both]


def _assigned_times(kind: Kind) -> frozenset[str]:
    """Return the times that a store sets when it stores a record, unless it restores records."""
    spec = SPECS[kind]
    return spec.times - spec.asks.keys()


def _is_oversized(record: Record, limits: Limits) -> bool:
    return next(iter(excesses_of(record, limits)), None) is not None
