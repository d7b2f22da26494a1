"""Configurations that name nothing but the embedded provider, opened without what others need.

Most programs begin with one. Reading any configuration imports pydantic and pluggy, which takes longer than to open the
file, store a record and find it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, cast

from memio import _built_in
from memio._call.resources import OpenedStore, SharedResources
from memio.capabilities import KINDS, Kind
from memio.registry import Entry, look_up

_PROVIDER = "sqlite"
_PACKAGE = "memio.providers.sqlite"
"""Imported by its name, as all providers are: core depends on none."""
_SECTION = "providers"
_STORES = {
    "facts": "SqliteFactAdapter",
    "history": "SqliteHistoryAdapter",
    "documents": "SqliteDocumentAdapter",
    "graph": "SqliteGraphAdapter",
}


def open_embedded(source: object) -> dict[Kind, Any] | None:
    """Make the stores of a configuration; `None` for any that `memio.config` must read, a wrong one included.

    Args:
        source: What was passed as configuration.

    Returns:
        An `OpenedStore` for each kind, for `Memio` to take.
    """
    values = _values(source)
    if values is None:
        return None
    resources = SharedResources()
    opened: dict[Kind, OpenedStore] = {}
    for kind, (entry, settings) in values.items():
        store = getattr(import_module(_PACKAGE), _STORES[kind]).sharing(settings, resources.of(entry.module))
        opened[kind] = OpenedStore(store, _PROVIDER, entry.describe, resources)
    return opened


def _values(source: object) -> dict[Kind, tuple[Entry, Any]] | None:
    """Return the entry point and the settings of each kind; `None` where anything is unusual."""
    if type(source) is not dict:
        return None
    data = cast("dict[Any, Any]", source)
    section = _section(data)
    if section is None or not all(key in (*KINDS, _SECTION) for key in data):
        return None
    named: dict[Kind, Mapping[str, Any]] = {kind: value for kind, value in _named(data) if value is not None}
    if not named or len(named) != len(data) - (_SECTION in data):
        return None
    usual: Callable[[Mapping[str, Any]], Any] = import_module(f"{_PACKAGE}._usual").usual
    found: dict[Kind, tuple[Entry, Any]] = {}
    for kind, in_place in named.items():
        entry, settings = look_up(kind, _PROVIDER), usual({**section, **in_place})
        if not _is_built_in(entry) or settings is None:
            return None
        found[kind] = (cast("Entry", entry), settings)
    return found


def _section(data: dict[Any, Any]) -> Mapping[str, Any] | None:
    """Return the settings of the provider for all of its stores; `None` where there are those of another."""
    sections: Any = data.get(_SECTION, {})
    if type(sections) is not dict or not set(cast("dict[Any, Any]", sections)) <= {_PROVIDER}:
        return None
    return _plain(cast("dict[Any, Any]", sections).get(_PROVIDER, {}))


def _named(data: dict[Any, Any]) -> Iterator[tuple[Kind, Mapping[str, Any] | None]]:
    """Yield the settings in place of each kind; `None` where its provider is another, or they are unusual."""
    for kind in KINDS:
        if kind not in data:
            continue
        value: Any = {"provider": data[kind]} if type(data[kind]) is str else _plain(data[kind])
        if value is None or value.get("provider") != _PROVIDER:
            yield kind, None
        else:
            yield kind, {name: setting for name, setting in value.items() if name != "provider"}


def _plain(table: Any) -> Mapping[str, Any] | None:
    """Return a table of settings that contains no variable of the environment."""
    if type(table) is not dict:
        return None
    settings = cast("dict[Any, Any]", table)
    if not all(type(name) is str for name in settings):
        return None
    return None if any(isinstance(value, str) and "${" in value for value in settings.values()) else settings


def _is_built_in(entry: Entry | str) -> bool:
    return (
        isinstance(entry, Entry)
        and entry.distribution == _built_in.DISTRIBUTION
        and (entry.group, entry.name, entry.module) in _built_in.ENTRY_POINTS
    )
