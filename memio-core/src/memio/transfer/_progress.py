"""The callbacks of a transfer: before anything is written, and while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from memio.capabilities import Kind
from memio.transfer._losses import Finding

Stage = Literal["reading", "looking", "writing", "comparing"]
"""What is being done: reading the source, looking at the target before, writing to it, comparing both."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a transfer is.

    Attributes:
        stage: What is being done.
        kind: The kind of memory that it is being done with.
        done: How many records are done.
        total: How many there are, where that is known.
    """

    stage: Stage
    kind: Kind
    done: int
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """The planned transfer, before anything is written.

    Attributes:
        counts: By kind, how many records there are to move.
        losses: What they will lose, as accepted, and how many of them.
        sent: By kind, where the texts of the records will be sent to be embedded; kinds whose texts stay on this
            machine are left out.
    """

    counts: Mapping[Kind, int]
    losses: tuple[Finding, ...]
    sent: Mapping[Kind, str] = field(default_factory=dict[Kind, str])


Announce = Callable[[Intent], None]
"""Called with the planned transfer before anything is written; when it raises, nothing is changed."""

Listener = Callable[[Progress], None]
"""Called with the progress of a transfer: after some hundred records, and at the end of each kind in each stage."""


class Callbacks(NamedTuple):
    """The callbacks of one transfer."""

    announce: Announce | None
    progress: Listener | None


def report(listener: Listener | None, stage: Stage, kind: Kind, done: int, total: int | None = None) -> None:
    """Call a listener, if there is one."""
    if listener is not None:
        listener(Progress(stage, kind, done, total))
