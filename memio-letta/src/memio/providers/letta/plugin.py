"""The plugin that memio's entry points name. It imports neither the adapters nor `letta_client`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from memio.hookspecs import hookimpl
from memio.plugins import Resources, StoreSpec
from memio.providers.letta.settings import LettaSettings

if TYPE_CHECKING:
    from memio.providers.letta._agent import Agent
    from memio.providers.letta.documents import LettaDocumentAdapter
    from memio.providers.letta.facts import LettaFactAdapter
    from memio.providers.letta.history import LettaHistoryAdapter
    from memio_contract import ContractTarget


@hookimpl
def memio_stores() -> Iterable[StoreSpec]:
    """Return the three stores of Letta. It has no knowledge graph."""
    return [
        StoreSpec(kind="facts", provider="letta", settings=LettaSettings, open=_open_facts),
        StoreSpec(kind="history", provider="letta", settings=LettaSettings, open=_open_history),
        StoreSpec(kind="documents", provider="letta", settings=LettaSettings, open=_open_documents),
    ]


@hookimpl(optionalhook=True)
def memio_contract_targets(config: str | None) -> Iterable[ContractTarget]:
    """Return what the contract suite checks: fresh agents on the configured server."""
    from memio.providers.letta._contract import targets

    return targets(config)


def _open_facts(settings: LettaSettings, resources: Resources) -> LettaFactAdapter:
    from memio.providers.letta.facts import LettaFactAdapter

    return LettaFactAdapter(_agent(settings, resources))


def _open_history(settings: LettaSettings, resources: Resources) -> LettaHistoryAdapter:
    from memio.providers.letta.history import LettaHistoryAdapter

    return LettaHistoryAdapter(_agent(settings, resources))


def _open_documents(settings: LettaSettings, resources: Resources) -> LettaDocumentAdapter:
    from memio.providers.letta.documents import LettaDocumentAdapter

    return LettaDocumentAdapter(_agent(settings, resources))


def _agent(settings: LettaSettings, resources: Resources) -> Agent:
    from memio.providers.letta._agent import Agent
    from memio.providers.letta._connection import Connection

    return Agent(settings, resources.obtain(Connection.key(settings), lambda: Connection(settings)))
