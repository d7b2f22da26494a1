"""The stores that the postgres provider registers, one per kind. Importing this module does not load asyncpg."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from memio.hookspecs import hookimpl
from memio.plugins import Resources, StoreSpec
from memio.providers.postgres.settings import PostgresSettings

if TYPE_CHECKING:
    from memio.providers.postgres.documents import PostgresDocumentAdapter
    from memio.providers.postgres.facts import PostgresFactAdapter
    from memio.providers.postgres.graph import PostgresGraphAdapter
    from memio.providers.postgres.history import PostgresHistoryAdapter
    from memio_contract import ContractTarget


@hookimpl
def memio_stores() -> list[StoreSpec]:
    """Return the four stores of this provider."""
    return [
        StoreSpec(kind="facts", provider="postgres", settings=PostgresSettings, open=_open_facts),
        StoreSpec(kind="history", provider="postgres", settings=PostgresSettings, open=_open_history),
        StoreSpec(kind="documents", provider="postgres", settings=PostgresSettings, open=_open_documents),
        StoreSpec(kind="graph", provider="postgres", settings=PostgresSettings, open=_open_graph),
    ]


@hookimpl(optionalhook=True)
def memio_contract_targets(config: str | None) -> Iterable[ContractTarget]:
    """Return the targets of the contract suite: schemas of their own in the configured database."""
    from memio.providers.postgres._contract import targets

    return targets(config)


def _open_facts(settings: PostgresSettings, resources: Resources) -> PostgresFactAdapter:
    from memio.providers.postgres.facts import PostgresFactAdapter

    return PostgresFactAdapter.sharing(settings, resources)


def _open_history(settings: PostgresSettings, resources: Resources) -> PostgresHistoryAdapter:
    from memio.providers.postgres.history import PostgresHistoryAdapter

    return PostgresHistoryAdapter.sharing(settings, resources)


def _open_documents(settings: PostgresSettings, resources: Resources) -> PostgresDocumentAdapter:
    from memio.providers.postgres.documents import PostgresDocumentAdapter

    return PostgresDocumentAdapter.sharing(settings, resources)


def _open_graph(settings: PostgresSettings, resources: Resources) -> PostgresGraphAdapter:
    from memio.providers.postgres.graph import PostgresGraphAdapter

    return PostgresGraphAdapter.sharing(settings, resources)
