"""What a target cannot hold, by what it declares and by what the records hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from memio._call.sizes import excesses_of
from memio._values.text import type_name
from memio.capabilities import Feature, Guarantee, Kind
from memio.errors import InvalidInputError
from memio.kinds import RECORDED_BY, RESTORE, SPECS, supports
from memio.models import Document, Message, Record
from memio.owners import is_none

if TYPE_CHECKING:
    from memio._call.store import CheckedStore


class Loss(StrEnum):
    """Something that a target may be unable to hold. A transfer continues only when it is accepted."""

    OWNER = "owner"
    """Records lose their user and agent; sessions of one id become one session."""
    NAMESPACES = "namespaces"
    """Records lose their namespace; sessions of one id become one session."""
    METADATA = "metadata"
    """Records lose their metadata."""
    DATA = "data"
    """Messages and documents lose their data; those without text are left out."""
    IDS = "ids"
    """The target chooses new ids. A journal keeps track, so that nothing is stored twice."""
    ROLES = "roles"
    """Messages of other roles than user and assistant are left out."""
    TIMESTAMPS = "timestamps"
    """Messages get the time at which they are stored."""
    NAMES = "names"
    """Messages lose the name of their speaker."""
    CREATED_AT = "created_at"
    """Facts, documents and triples get the time at which they are stored, as `created_at` and `updated_at`."""
    EXPIRY = "expiry"
    """Facts and documents that would be gone at a time are kept for ever."""
    REPLIES = "replies"
    """The target's agent answers what is added, and its answers stay among the messages."""
    OVERSIZED = "oversized"
    """Records with larger content, data, metadata or parts of a triple than the target takes are left out."""
    KINDS = "kinds"
    """The target does not keep facts and documents apart: each will list the other."""


BY_FEATURE: dict[Feature, Loss] = {
    Feature.ATTRIBUTION: Loss.OWNER,
    Feature.NAMESPACES: Loss.NAMESPACES,
    Feature.METADATA: Loss.METADATA,
    Feature.DATA: Loss.DATA,
    Feature.CLIENT_IDS: Loss.IDS,
    Feature.ALL_ROLES: Loss.ROLES,
    Feature.MESSAGE_TIMESTAMPS: Loss.TIMESTAMPS,
    Feature.MESSAGE_NAMES: Loss.NAMES,
    Feature.EXPIRY: Loss.EXPIRY,
}
"""The loss of a target without the feature."""

OF_OWNERS = frozenset(BY_FEATURE[feature] for feature in RECORDED_BY.values())
"""The losses of labels. Records of several owners may then be the same record for the target."""


@dataclass(slots=True)
class Census:
    """What is in the records of a source: how many there are, and how many each loss would change.

    Attributes:
        targets: By kind, the store of the target, where there is one.
        counts: By kind, how many records there are.
        uses: By kind and loss, how many records the loss would change.
        nameless: By kind, how many have no id.
    """

    targets: Mapping[Kind, CheckedStore]
    counts: Counter[Kind] = field(default_factory=Counter["Kind"])
    uses: Counter[tuple[Kind, Loss]] = field(default_factory=Counter["tuple[Kind, Loss]"])
    nameless: Counter[Kind] = field(default_factory=Counter["Kind"])

    def add(self, kind: Kind, record: Record) -> None:
        """Count a record."""
        self.counts[kind] += 1
        if kind in self.targets:
            for loss in losses_of_record(record, self.targets[kind]):
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
    Loss.OWNER: "they lose their user and agent, and sessions of one id become one session",
    Loss.NAMESPACES: "they lose their namespace, and sessions of one id become one session",
    Loss.METADATA: "they lose their metadata",
    Loss.DATA: "they lose their data, and those without text are left out",
    Loss.IDS: "they get new ids; a journal keeps track of them",
    Loss.ROLES: "messages that are neither the user's nor the assistant's are left out",
    Loss.TIMESTAMPS: "messages get the time at which they are stored",
    Loss.NAMES: "messages lose the name of their speaker",
    Loss.CREATED_AT: "they get the time at which they are stored",
    Loss.EXPIRY: "they lose the time at which they would be gone, and are kept for ever",
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


def dropped_fields(kind: Kind, losses: Collection[Loss]) -> frozenset[str]:
    """Return the fields that the records of a kind lose."""
    held = {**RECORDED_BY, **SPECS[kind].asks}
    dropped = {name for name, feature in held.items() if BY_FEATURE[feature] in losses}
    if Loss.CREATED_AT in losses:
        dropped |= _assigned_times(kind)
    return frozenset(dropped - {"role"})  # such a message is left out


def without(kind: Kind, record: Record, losses: Collection[Loss]) -> Record:
    """Return a record as it is after losses: without what the target cannot hold."""
    dropped: dict[str, Any] = {name: _NONE.get(name) for name in dropped_fields(kind, losses)}
    return replace(record, **dropped) if dropped else record


_NONE: dict[str, Any] = {"metadata": {}, "namespace": ()}
"""The values of lost fields that are not `None`."""


def losses_of_record(record: Record, target: CheckedStore) -> frozenset[Loss]:
    """Return the losses that would change a record, those that the target does not have included.

    Args:
        record: The record.
        target: The store whose limits it may exceed.
    """
    spec = target.spec
    features = [feature for _, feature in spec.asked_by(record)]
    features += [feature for name, feature in RECORDED_BY.items() if not is_none(getattr(record, name))]
    losses = {BY_FEATURE[feature] for feature in features}
    if any(getattr(record, name) is not None for name in _assigned_times(spec.name)):
        losses.add(Loss.CREATED_AT)
    if spec.name == "history":
        losses.add(Loss.REPLIES)
    if _is_oversized(record, target):
        losses.add(Loss.OVERSIZED)
    return frozenset(losses)


def is_left_out(record: Record, lost: Collection[Loss]) -> bool:
    """Return whether losses leave a record out as a whole.

    Args:
        record: The record.
        lost: The losses that change it.
    """
    return Loss.ROLES in lost or Loss.OVERSIZED in lost or (Loss.DATA in lost and not cast("Any", record).content)


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


def _is_oversized(record: Record, target: CheckedStore) -> bool:
    if isinstance(record, (Document, Message)) and record.data is not None and Feature.DATA not in target.features:
        record = replace(record, data=None)  # it is lost, whatever its size
    return next(iter(excesses_of(record, target.limits)), None) is not None
