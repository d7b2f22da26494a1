"""How much of the laws' work is done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The size of a run.

    Attributes:
        name: What `--memio-profile` calls it.
        examples: Generated examples per law about values.
        runs: Generated sequences of calls per state machine.
        steps: Calls per sequence, at most.
        many: Records in the laws about long listings; more than a usual page.
        large: Records in the laws about calls that need several pages of a backend; more than the largest page.
        tasks: Calls at once in the laws about concurrency.
        awaits: Awaits of one call at which the laws about cancelled calls interrupt it, at most.
        updates: Updates during which the law about readers of a running update reads.
        names: Of the names that look alike, how many the laws about labels try at most: the first ones, which are some
            of each kind.
        separators: Of the separators that may join two labels, likewise.
        seconds: How long one example may take before it counts as hanging.
        shrink: Whether a generated failure is made smaller before it is shown.
    """

    name: str
    examples: int
    runs: int
    steps: int
    many: int
    large: int
    tasks: int
    awaits: int
    updates: int
    seconds: float
    names: int = 1000
    separators: int = 1000
    shrink: bool = True


DEV = Profile(name="dev", examples=3, runs=4, steps=15, many=105, large=1005, tasks=8, awaits=60, updates=3, seconds=30)
CI = Profile(
    name="ci", examples=15, runs=50, steps=25, many=105, large=1005, tasks=16, awaits=60, updates=3, seconds=60
)
LIVE = Profile(
    name="live",
    examples=2,
    runs=3,
    steps=12,
    many=105,
    large=105,
    tasks=4,
    awaits=8,
    updates=1,
    seconds=600,
    names=20,
    separators=12,
    shrink=False,
)

PROFILES = {profile.name: profile for profile in (DEV, CI, LIVE)}
"""By name: `dev` in seconds while writing a store, `ci` by default, `live` for paid or slow servers."""
