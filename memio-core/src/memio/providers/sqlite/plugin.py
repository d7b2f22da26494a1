"""The stores that the embedded provider registers, one per kind. Importing this module does not load SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memio.hookspecs import hookimpl
from memio.plugins import Resources, StoreSpec
from memio.providers.sqlite.settings import SqliteSettings

if TYPE_CHECKING:
    from memio.providers.sqlite.documents import SqliteDocumentAdapter
    from memio.providers.sqlite.facts import SqliteFactAdapter
    from memio.providers.sqlite.graph import SqliteGraphAdapter
    from memio.providers.sqlite.history import SqliteHistoryAdapter


@hookimpl
def memio_stores() -> list[StoreSpec]:
    """Return the four stores of this provider."""
    return [
        StoreSpec(kind="facts", provider="sqlite", settings=SqliteSettings, open=_open_facts),
        StoreSpec(kind="history", provider="sqlite", settings=SqliteSettings, open=_open_history),
        StoreSpec(kind="documents", provider="sqlite", settings=SqliteSettings, open=_open_documents),
        StoreSpec(kind="graph", provider="sqlite", settings=SqliteSettings, open=_open_graph),
    ]


def _open_facts(settings: SqliteSettings, resources: Resources) -> SqliteFactAdapter:
    from memio.providers.sqlite.facts import SqliteFactAdapter

    return SqliteFactAdapter.sharing(settings, resources)


def _open_history(settings: SqliteSettings, resources: Resources) -> SqliteHistoryAdapter:
    from memio.providers.sqlite.history import SqliteHistoryAdapter

    return SqliteHistoryAdapter.sharing(settings, resources)


def _open_documents(settings: SqliteSettings, resources: Resources) -> SqliteDocumentAdapter:
    from memio.providers.sqlite.documents import SqliteDocumentAdapter

    return SqliteDocumentAdapter.sharing(settings, resources)


def _open_graph(settings: SqliteSettings, resources: Resources) -> SqliteGraphAdapter:
    from memio.providers.sqlite.graph import SqliteGraphAdapter

    return SqliteGraphAdapter.sharing(settings, resources)
