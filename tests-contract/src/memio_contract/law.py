"""A law: one check of the suite."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
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
        means: What it says, in one sentence.
        look_at: Where to look when it fails.
        needs: The features and guarantees without which it does not apply.
        relaxes: The guarantees without which it asks for less.
        alone: Whether it needs a namespace in which nothing else is.
        batch: Whether it is about the store's own `add_many`.
        together: Whether it needs another kind in the same namespace.
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
    over: Values | None = None

    @property
    def feature(self) -> str:
        """The feature or guarantee that the result lists it under; `core` for what every store does."""
        return str(self.needs[0]) if self.needs else "core"

    @property
    def test_name(self) -> str:
        """The name of the test in the contract classes: `test_update_keeps_owner`."""
        return "test_" + self.id.partition(".")[2].replace(".", "_").replace("-", "_")


_LAWS: dict[str, Law] = {}


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
            if made.id in _LAWS:
                raise ValueError(f"two laws are called {made.id}")
            _LAWS[made.id] = made
        return check

    return declare


def laws(kind: Kind | None = None) -> tuple[Law, ...]:
    """Return all laws, or those of one kind, in the order of kinds and of the suite.

    Example:
        >>> from memio_contract import laws
        >>> [law.means for law in laws("facts") if law.id == "facts.update.keeps-owner"]
        ['An update leaves the owner of a record as it is.']
    """
    import_module("memio_contract.lawbook")  # declares them
    order = {kind: index for index, kind in enumerate(KINDS)}
    found = [made for made in _LAWS.values() if kind is None or made.kind == kind]
    return tuple(sorted(found, key=lambda made: order[made.kind]))


def law_by_id(law_id: str) -> Law:
    """Return one law.

    Raises:
        KeyError: There is none of this id.
    """
    import_module("memio_contract.lawbook")  # declares them
    return _LAWS[law_id]
