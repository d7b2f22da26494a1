"""What a target cannot hold, by what it declares and by what the records really use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from memio._call.sizes import Limits, excesses_of
from memio._values.text import type_name
from memio.capabilities import Feature, Guarantee, Kind
from memio.errors import InvalidInputError
from memio.kinds import RESTORE, supports
from memio.models import Message

if TYPE_CHECKING:
    from memio._call.store import CheckedStore
    from memio.models import Record


class Loss(StrEnum):
    """Something that a target may be unable to hold. A transfer goes on only when it is accepted."""

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


DROPS: dict[Loss, tuple[str, ...]] = {
    Loss.OWNER: ("user_id", "agent_id"),
    Loss.METADATA: ("metadata",),
    Loss.IDS: ("id",),
    Loss.ROLES: (),
    Loss.TIMESTAMPS: ("timestamp",),
    Loss.NAMES: ("name",),
    Loss.CREATED_AT: ("created_at", "updated_at"),
    Loss.REPLIES: (),
    Loss.OVERSIZED: (),
    Loss.KINDS: (),
}
"""The fields that a record loses."""

_FEATURES: dict[Loss, Feature] = {
    Loss.OWNER: Feature.ATTRIBUTION,
    Loss.METADATA: Feature.METADATA,
    Loss.IDS: Feature.CLIENT_IDS,
    Loss.ROLES: Feature.ALL_ROLES,
    Loss.TIMESTAMPS: Feature.MESSAGE_TIMESTAMPS,
    Loss.NAMES: Feature.MESSAGE_NAMES,
}
"""The feature without which there is the loss."""


@dataclass(slots=True)
class Census:
    """What is in the records of a source: how many there are, and how many would suffer from each loss.

    Attributes:
        limits: By kind, the largest record that the target takes.
        counts: By kind, how many records there are.
        uses: By kind and loss, how many would suffer from it.
        nameless: By kind, how many have no id.
    """

    limits: dict[Kind, Limits]
    counts: Counter[Kind] = field(default_factory=Counter["Kind"])
    uses: Counter[tuple[Kind, Loss]] = field(default_factory=Counter["tuple[Kind, Loss]"])
    nameless: Counter[Kind] = field(default_factory=Counter["Kind"])

    def add(self, kind: Kind, record: Record) -> None:
        """Count a record."""
        self.counts[kind] += 1
        for loss in suffering(record, self.limits.get(kind, Limits())):
            self.uses[kind, loss] += 1
        if record.id is None:
            self.nameless[kind] += 1


class Finding(NamedTuple):
    """A loss that a transfer would have.

    Attributes:
        kind: The kind of memory.
        loss: What would be lost.
        records: How many records would suffer from it.
        provider: The target.
    """

    kind: Kind
    loss: Loss
    records: int
    provider: str

    def __str__(self) -> str:
        explained = MEANINGS[self.loss]
        return f"{self.loss}: {self.kind}, {self.records} records, to {self.provider}: {explained}"


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
        InvalidInputError: There is no such loss.
    """
    if isinstance(names, str):
        raise InvalidInputError(f"accept must be a list of losses, such as [{names!r}]", argument="accept")
    known = {str(loss): loss for loss in Loss}
    made: set[Loss] = set()
    for name in names:
        if name not in known:
            told = repr(name) if isinstance(name, str) else type_name(name)  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
            raise InvalidInputError(f"there is no loss {told}; there are {', '.join(known)}", argument="accept")
        made.add(known[name])
    return frozenset(made)


def suffering(record: Record, limits: Limits) -> Iterator[Loss]:
    """Yield the losses that would change a record."""
    if record.user_id is not None or getattr(record, "agent_id", None) is not None:
        yield Loss.OWNER
    if record.metadata:
        yield Loss.METADATA
    if record.id is not None:
        yield Loss.IDS
    if getattr(record, "created_at", None) is not None or getattr(record, "updated_at", None) is not None:
        yield Loss.CREATED_AT
    if isinstance(record, Message):
        yield Loss.REPLIES
        if record.timestamp is not None:
            yield Loss.TIMESTAMPS
        if record.name is not None:
            yield Loss.NAMES
    if left_out(record, frozenset({Loss.ROLES}), limits):
        yield Loss.ROLES
    if left_out(record, frozenset({Loss.OVERSIZED}), limits):
        yield Loss.OVERSIZED


def left_out(record: Record, lost: frozenset[Loss], limits: Limits) -> bool:
    """Tell whether losses leave a record out as a whole."""
    if Loss.ROLES in lost and isinstance(record, Message) and record.role not in ("user", "assistant"):
        return True
    return Loss.OVERSIZED in lost and any(True for _ in excesses_of(record, limits))


def check_losses(targets: Sequence[CheckedStore], census: Census, accepted: frozenset[Loss]) -> tuple[Finding, ...]:
    """Return what the stores of a target would lose of the records that were counted.

    Raises:
        LossError: There are losses that were not accepted.
    """
    found = (*_mixing(targets, census), *(finding for store in targets for finding in _losses_of(store, census)))
    if refused := [finding for finding in found if finding.loss not in accepted]:
        raise LossError(refused)
    return found


def lacking(target: CheckedStore) -> frozenset[Loss]:
    """Return what a store would lose of records that use everything."""
    lost = {loss for loss, feature in _FEATURES.items() if feature not in target.features}
    if Guarantee.SILENT_APPEND not in target.guarantees:
        lost.add(Loss.REPLIES)
    if not supports(target.store, RESTORE):
        lost.add(Loss.CREATED_AT)
    lost.add(Loss.OVERSIZED)
    return frozenset(lost)


def _losses_of(target: CheckedStore, census: Census) -> list[Finding]:
    lost = lacking(target)
    found = ((loss, census.uses[target.kind, loss]) for loss in Loss if loss in lost)
    return [Finding(target.kind, loss, count, target.provider) for loss, count in found if count]


def _mixing(targets: Iterable[CheckedStore], census: Census) -> list[Finding]:
    """Return the loss of two kinds that one store would mix."""
    both = [target for target in targets if target.kind in ("facts", "documents") and census.counts[target.kind]]
    if not mixed(both):
        return []
    return [Finding(target.kind, Loss.KINDS, census.counts[target.kind], target.provider) for target in both]


def mixed(stores: Iterable[CheckedStore]) -> bool:
    """Tell whether facts and documents are in one place that does not keep them apart."""
    both = {target.kind: target for target in stores if target.kind in ("facts", "documents")}
    if len(both) != len(("facts", "documents")):
        return False
    facts, documents = both["facts"], both["documents"]
    if (facts.provider, facts.identity) != (documents.provider, documents.identity):
        return False
    return Guarantee.SEPARATE_KINDS not in facts.guarantees & documents.guarantees
