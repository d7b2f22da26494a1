"""The catalogue of broken stores: each is a good store with one realistic fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from memio_contract import ContractTarget, laws
from proof.dict_stores import STORES
from proof.targets import SQLITE, on_dict, on_sqlite

T = TypeVar("T", bound=type[Any])

KINDS = ("facts", "history", "documents", "graph")
RECORDS = ("facts", "documents")
BY_ID = ("facts", "documents", "graph")
FILTERED = ("facts", "history", "documents")
_BASES = {"dict": (STORES, on_dict), "sqlite": (SQLITE, on_sqlite)}


@dataclass(frozen=True)
class Fault:
    """One broken store.

    Attributes:
        name: A name for the test.
        means: What is wrong with it, in one sentence.
        kills: The law that is meant to find it.
        kind: Its kind.
        on: The good store that it is made from.
        defect: The fault of existing software that it repeats, in a few words.
        mixin: What is wrong, as code.
    """

    name: str
    means: str
    kills: str
    kind: str
    on: str
    defect: str
    mixin: type[Any]

    def target(self) -> ContractTarget:
        """Return the broken store among good ones of the other kinds."""
        good, make = _BASES[self.on]
        broken = type(self.mixin.__name__, (self.mixin, good[self.kind]), {})
        return make({**good, self.kind: broken})


CATALOGUE: list[Fault] = []


def fault(
    kills: str, *, kinds: tuple[str, ...] = KINDS, on: tuple[str, ...] = ("dict",), defect: str = ""
) -> Callable[[T], T]:
    """Enter a mixin into the catalogue, for each kind and each good store."""

    def enter(mixin: T) -> T:
        CATALOGUE.extend(
            Fault(
                name=f"{kind}-{mixin.__name__}-{base}",
                means=(mixin.__doc__ or "").strip(),
                kills=f"{kind}.{kills}",
                kind=kind,
                on=base,
                defect=defect,
                mixin=mixin,
            )
            for base in on
            for kind in kinds
        )
        return mixin

    return enter


def catalogue() -> list[Fault]:
    """Return all broken stores."""
    from proof import (  # noqa: F401  # they enter their faults
        faults_calls,
        faults_forms,
        faults_graph,
        faults_history,
        faults_identity,
        faults_loops,
        faults_meaning,
        faults_messages,
        faults_owners,
        faults_picks,
        faults_records,
        faults_shelf,
        faults_sizes,
        faults_states,
        faults_time,
        faults_ways,
    )

    return CATALOGUE


def unkilled() -> Iterator[str]:
    """Yield the laws that no broken store is meant to break."""
    killing = {entry.kills for entry in catalogue()}
    yield from (law.id for law in laws() if law.id not in killing)
