"""The result of a run: every law of every store that was checked, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from memio.capabilities import Kind
from memio_contract.lawbook import laws
from memio_contract.outcome import Outcome, Status
from memio_contract.profile import PROFILES
from memio_contract.runner import Declared
from memio_contract.values import NAMES, SEPARATORS

Verdict = Literal["passed", "failed", "incomplete"]


@dataclass(slots=True, kw_only=True)
class Checked:
    """One store that was checked.

    Attributes:
        kind: Its kind.
        label: What the result calls it, where that was chosen.
        name: The name of the test class.
        provider: The store's provider.
        features: What it declares.
        guarantees: What it promises.
        limits: The limits in force, as sentences.
        outcomes: How its laws ended, by id.
    """

    kind: str
    label: str = ""
    name: str = ""
    provider: str = ""
    features: list[str] = field(default_factory=list[str])
    guarantees: list[str] = field(default_factory=list[str])
    limits: list[str] = field(default_factory=list[str])
    outcomes: dict[str, Outcome] = field(default_factory=dict[str, Outcome])

    @property
    def title(self) -> str:
        """What the result calls the provider."""
        return self.label or self.provider or self.name

    def declare(self, store: Declared) -> None:
        """Take over what the store declares, and the limits of the run."""
        self.provider = store.provider
        self.features, self.guarantees = sorted(store.features), sorted(store.guarantees)
        tried = "each part of a triple" if self.kind == "graph" else "content"
        states = "no limit" if store.max_content_bytes is None else f"{store.max_content_bytes:,} bytes"
        lowered = ", lowered by the target" if store.lowered else ""
        self.limits = [f"{tried} was tried up to {store.content_bytes:,} bytes{lowered}; the store states {states}"]

    def describe(self, data: Mapping[str, Any]) -> None:
        """Take over what another process found out about the store."""
        for name, value in data.items():
            if value and name != "outcomes":
                setattr(self, name, value)

    def all(self) -> Iterator[Outcome]:
        """Yield an outcome for every law of the kind, also for those that did not run."""
        for law in laws(cast("Kind", self.kind)):
            missing = Outcome(law=law.id, status=Status.NOT_RUN, reason="it was deselected, or the run ended before it")
            yield self.outcomes.get(law.id, missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything that was checked in one run.

    Attributes:
        checked: The stores.
        profile: How much was done.
        seed: Where generated values started.
    """

    checked: list[Checked]
    profile: str
    seed: int

    def all(self) -> Iterator[Outcome]:
        """Yield the outcome of every law of every store."""
        for checked in self.checked:
            yield from checked.all()

    @property
    def counts(self) -> Counter[Status]:
        """How many laws ended how."""
        return Counter(outcome.status for outcome in self.all())

    @property
    def limits(self) -> list[str]:
        """What the profile leaves out, as sentences."""
        profile = PROFILES[self.profile]
        sets = (
            (profile.names, len(NAMES.specimens), "names that look alike"),
            (profile.separators, len(SEPARATORS), "separators of labels"),
        )
        return [
            f"profile {self.profile} tried {tried} of {known} {what}" for tried, known, what in sets if tried < known
        ]

    @property
    def verdict(self) -> Verdict:
        """`passed` when nothing failed and nothing is missing."""
        counts = self.counts
        if counts[Status.FAILED]:
            return "failed"
        return "incomplete" if counts[Status.NOT_RUN] or not counts else "passed"

    def summary(self) -> str:
        """Return verdict and counts as one sentence."""
        counts = self.counts
        parts = ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])
        return f"{self.verdict}: {sum(counts.values())} laws, {parts} (profile {self.profile}, seed {self.seed})"
