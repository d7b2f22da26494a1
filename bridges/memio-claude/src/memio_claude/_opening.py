"""The client of a bridge, and what its stores must support."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from memio import Feature, Memio, NotSupportedError, Owner, StoreNotConfiguredError
from memio.capabilities import Kind

if TYPE_CHECKING:
    from memio import MemioConfig
    from memio.config import Config
    from memio.facades.facade import Facade

    Source = Memio | str | os.PathLike[str] | MemioConfig | Config


def opened(source: Source) -> tuple[Memio, bool]:
    """Return a client, and whether it was made here.

    Args:
        source: A client, or a configuration to make one of, which can then be used from any event loop.
    """
    if isinstance(source, Memio):
        return source, False
    return Memio.from_config(source, own_loop=True), True


def check(memio: Memio, user: str, owner: Owner, needed: Mapping[Kind, Iterable[Feature]]) -> None:
    """Refuse a client whose stores cannot do what a bridge needs. Nothing is read or written.

    Args:
        memio: The client.
        user: The class that uses it, for the error.
        owner: Whose records it will keep.
        needed: The features that it needs, by kind.

    Raises:
        StoreNotConfiguredError: A kind is missing.
        NotSupportedError: A store lacks a feature, or cannot keep owners apart.
    """
    absent = [kind for kind in needed if kind not in memio.kinds]
    if absent:
        raise StoreNotConfiguredError(
            f"{user} needs {' and '.join(needed)}, and this client has no {' and no '.join(absent)}: add a line such "
            f'as {absent[0]} = "sqlite" to the configuration'
        )
    lacking: list[str] = []
    for kind, features in needed.items():
        facade: Facade = getattr(memio, kind)
        missing = [feature.value for feature in features if feature not in facade.features]
        if missing:
            lacking.append(f"the {kind} of {facade.provider} lack {', '.join(missing)}")
    if lacking:
        raise NotSupportedError(
            f"{user} cannot use this client: {'; '.join(lacking)}",
            hint="choose a provider that has them, such as sqlite; `memio providers --check` lists what each has",
        )
    scoped = memio.scoped(owner=owner)
    for kind in needed:
        getattr(scoped, kind)  # raises where a label of the owner is not kept
