"""The table of what a provider's stores declare, from the stores."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from memio import Memio
from memio.capabilities import KINDS, Feature, Guarantee, Kind
from memio.kinds import SPECS
from memio_contract import MeaningEmbedder

ONLY: dict[str, tuple[Kind, ...]] = {Guarantee.SILENT_APPEND: ("history",)}
"""The kinds that a guarantee applies to, where it is not all of them. `memio.kinds` states it of features."""


def kinds_of(name: str) -> tuple[Kind, ...]:
    """Return the kinds that a feature or guarantee applies to."""
    return ONLY.get(name) or tuple(kind for kind in KINDS if name in SPECS[kind].features) or KINDS


def sentences(names: type[StrEnum]) -> Iterator[str]:
    """Yield a table of the features or guarantees, each with its definition."""
    yield f"| {names.__name__.lower()} | |"
    yield "|---|---|"
    for member, sentence in re.findall(r"^ +([A-Z_]+): (.*)$", str(names.__doc__), re.MULTILINE):
        yield f"| `{names[member]}` | {sentence} |"


def feature_table(provider: str, **settings: str) -> Iterator[str]:
    """Yield the table: a row per feature and guarantee, a column per kind.

    Args:
        provider: Its name; it has stores of all kinds.
        settings: What it needs to be configured. Nothing is opened.
    """
    stores = {kind: {"provider": provider, **settings} for kind in KINDS}
    declared, embedding = (
        {kind: getattr(client, kind).features | getattr(client, kind).guarantees for kind in KINDS}
        for client in (Memio.from_config(stores), Memio.from_config(stores, embedder=MeaningEmbedder()))
    )

    def declaration(name: str, kind: Kind) -> str:
        if kind not in kinds_of(name):
            return ""
        return "yes" if name in declared[kind] else "with an embedder" if name in embedding[kind] else "no"

    yield f"| | {' | '.join(KINDS)} |"
    yield "|---|---|---|---|---|"
    for heading, names in (("features", Feature), ("guarantees", Guarantee)):
        yield f"| **{heading}** | | | | |"
        for name in names:
            yield f"| `{name}` | {' | '.join(declaration(name, kind) for kind in KINDS)} |"
