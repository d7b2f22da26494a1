"""What an application, or a library on top of memio, needs of the stores of a client."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast

from memio._call.store import CheckedStore
from memio._values.suggest import did_you_mean
from memio._values.text import shown
from memio.capabilities import KINDS, Feature, Guarantee, Kind
from memio.errors import InvalidInputError, NotSupportedError, StoreNotConfiguredError

_NAMES = [each.value for each in (*Feature, *Guarantee)]


def check_needs(stores: Mapping[Kind, CheckedStore], needed: Mapping[Kind, Collection[str]], by: str) -> None:
    """Raise where a store is missing, or lacks something; see `Memio.require`."""
    for kind, names in needed.items():
        _check_names(kind, names)
    if absent := [kind for kind in needed if kind not in stores]:
        raise StoreNotConfiguredError(
            f"{by} needs {' and '.join(needed)}, and this client has no {' and no '.join(absent)}: add a line such as "
            f'{absent[0]} = "sqlite" to the configuration, or pass Memio({absent[0]}=…)'
        )
    lacking = [words for kind, names in needed.items() if (words := _lacking(stores[kind], names))]
    if lacking:
        raise NotSupportedError(
            f"{by} needs {'; and '.join(lacking)}",
            hint="choose a provider that has them, such as sqlite, or a setting of this one that adds them; "
            "`memio providers --check` lists what each has",
        )


def _check_names(kind: str, names: object) -> None:
    if kind not in KINDS:
        raise InvalidInputError(
            f"{shown(kind)} is not a kind of memory{did_you_mean(str(kind), KINDS)}; there are {', '.join(KINDS)}",
            argument="needed",
        )
    if isinstance(names, str) or not isinstance(names, Collection):
        raise InvalidInputError(
            f"the features needed of {kind} must be a list of names, not {shown(names)}", argument="needed"
        )
    for name in cast("Collection[object]", names):
        if name not in _NAMES:
            raise InvalidInputError(
                f"{shown(name)} is neither a feature nor a guarantee{did_you_mean(str(name), _NAMES)}; memio.Feature "
                "and memio.Guarantee have their names",
                argument="needed",
            )


def _lacking(store: CheckedStore, names: Collection[str]) -> str:
    """Return what a store lacks, in words; nothing where it has everything."""
    missing = [str(name) for name in names if name not in store.features and name not in store.guarantees]
    return f"{', '.join(missing)}, which the {store.kind} of {store.provider} do not have" if missing else ""
