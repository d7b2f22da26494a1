"""How far a transfer is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from memio.models import Kind

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


Listener = Callable[[Progress], None]
"""Is told how far a transfer is, some times a second at most on most machines."""

EVERY = 200
"""After so many records, a listener is told."""


def tell(listener: Listener | None, stage: Stage, kind: Kind, done: int, total: int | None = None) -> None:
    """Tell a listener, when there is one and it is time to."""
    if listener is not None and done % EVERY == 0:
        listener(Progress(stage, kind, done, total))
