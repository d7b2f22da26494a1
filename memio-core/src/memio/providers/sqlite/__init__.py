"""The embedded default: all four kinds of memory in one SQLite file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from memio.providers.sqlite.documents import SqliteDocumentAdapter
    from memio.providers.sqlite.facts import SqliteFactAdapter
    from memio.providers.sqlite.graph import SqliteGraphAdapter
    from memio.providers.sqlite.history import SqliteHistoryAdapter

__all__ = ["SqliteDocumentAdapter", "SqliteFactAdapter", "SqliteGraphAdapter", "SqliteHistoryAdapter"]

_MODULES = {
    "SqliteDocumentAdapter": "documents",
    "SqliteFactAdapter": "facts",
    "SqliteGraphAdapter": "graph",
    "SqliteHistoryAdapter": "history",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
