"""A law: one check of the suite."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from memio.capabilities import KINDS, Feature, Guarantee, Kind

if TYPE_CHECKING:
    from memio_contract.machines import Machine
    from memio_contract.values import Values

Check = Callable[..., Awaitable[None]]
C = TypeVar("C", bound=Check)


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """One law, for one kind of store.

    Attributes:
        id: Stable, as `facts.update.keeps-owner`: kind, subject, rule.
        kind: The kind of store that it is about.
        means: The rule, in one sentence.
        look_at: Where to look when it fails.
        needs: The features and guarantees without which it does not apply.
        relaxes: The guarantees without which it asks for less.
        alone: Whether it needs a namespace in which nothing else is.
        batch: Whether it is about the store's own `add_many`.
        together: Whether it needs another kind in the same namespace.
        sized: Whether it tries the longest content that the store takes.
        over: The values that it is tried with, for a law about values.
        check: The check itself, or the state machine.
    """

    id: str
    kind: Kind
    means: str
    look_at: str
    check: Check | type[Machine]
    needs: tuple[str, ...] = ()
    relaxes: tuple[str, ...] = ()
    alone: bool = False
    batch: bool = False
    together: bool = False
    sized: bool = False
    over: Values | None = None

    @property
    def feature(self) -> str:
        """The feature or guarantee that the result lists it under; `core` for what every store does."""
        return str(self.needs[0]) if self.needs else "core"

    @property
    def test_name(self) -> str:
        """The name of the test in the contract classes: `test_update_keeps_owner`."""
        return "test_" + self.id.partition(".")[2].replace(".", "_").replace("-", "_")


LAWS: dict[str, Law] = {}
"""By id, every law that was declared; `memio_contract.lawbook` declares them."""


def law(
    name: str,
    *,
    kinds: Iterable[Kind] = KINDS,
    means: str,
    look_at: str,
    needs: tuple[Feature | Guarantee, ...] = (),
    relaxes: tuple[Guarantee, ...] = (),
    **more: Any,
) -> Callable[[C], C]:
    """Declare a function, or a state machine, as a law: one per kind."""

    def declare(check: C) -> C:
        for kind in kinds:
            made = Law(
                id=f"{kind}.{name}",
                kind=kind,
                means=means,
                look_at=look_at,
                check=cast("Check", check),
                needs=tuple(str(need) for need in needs),
                relaxes=tuple(str(guarantee) for guarantee in relaxes),
                **more,
            )
            if made.id in LAWS:
                raise ValueError(f"two laws have the id {made.id}")
            LAWS[made.id] = made
        return check

    return declare
