"""All four kinds of memory in a PostgreSQL database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from memio.providers.postgres.documents import PostgresDocumentAdapter
    from memio.providers.postgres.facts import PostgresFactAdapter
    from memio.providers.postgres.graph import PostgresGraphAdapter
    from memio.providers.postgres.history import PostgresHistoryAdapter

__all__ = ["PostgresDocumentAdapter", "PostgresFactAdapter", "PostgresGraphAdapter", "PostgresHistoryAdapter"]

_MODULES = {
    "PostgresDocumentAdapter": "documents",
    "PostgresFactAdapter": "facts",
    "PostgresGraphAdapter": "graph",
    "PostgresHistoryAdapter": "history",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
