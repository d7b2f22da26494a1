"""Which stores a command opens: those of a configuration, or the embedded ones."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memio._built_in import DISTRIBUTION
from memio.capabilities import Kind

if TYPE_CHECKING:
    from memio.config import Config, ConfiguredStore

EMBEDDED = "sqlite"
"""The provider of every kind when there is no configuration."""

CONFIG_FILE = Path("memio.toml")
"""The configuration that is read when it exists and no other was passed."""

_IN_MEMORY = ":memory:"
"""The path of an empty database with which the embedded provider makes no file."""


def source_for(config: Path | None, *kinds: Kind) -> Path | Mapping[str, Any]:
    """Return the configuration: the file that was passed, `memio.toml`, or the embedded default for these kinds."""
    if config is not None:
        return config
    return CONFIG_FILE if CONFIG_FILE.exists() else dict.fromkeys(kinds, EMBEDDED)


def without_new_files(config: Config) -> tuple[Config, list[str]]:
    """Return a configuration whose embedded stores are empty ones in memory where their file does not exist.

    A command that stores nothing uses it, and so makes no file. A store whose file could not be made is left as it is:
    its error states why.

    Args:
        config: The configuration.

    Returns:
        The configuration, and the paths of the files that do not exist.
    """
    missing = {store.kind: path for store in config.stores if (path := _missing(store)) is not None}
    stores = tuple(_in_memory(store) if store.kind in missing else store for store in config.stores)
    return replace(config, stores=stores), sorted(set(missing.values()))


def _missing(store: ConfiguredStore) -> str | None:
    """Return the path of the file of an embedded store that does not exist and could be made."""
    if (store.entry.distribution, store.entry.name) != (DISTRIBUTION, EMBEDDED):
        return None
    settings: Any = store.settings
    if settings.read_only or settings.path == _IN_MEMORY:
        return None
    try:
        path = os.path.abspath(settings.path)  # noqa: PTH100  # as the provider does: `..` is taken out as text
    except OSError:  # the working directory was removed
        return None
    folder = os.path.dirname(path)  # noqa: PTH120
    return path if not os.path.lexists(path) and os.access(folder, os.W_OK | os.X_OK) else None


def _in_memory(store: ConfiguredStore) -> ConfiguredStore:
    return replace(store, settings=store.settings.model_copy(update={"path": _IN_MEMORY}))
