"""What this provider registers: one store per kind. Importing it loads neither the adapters nor `letta_client`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from memio.hookspecs import hookimpl
from memio.plugins import Resources, StoreSpec
from memio.providers.letta.settings import LettaSettings

if TYPE_CHECKING:
    from memio.providers.letta.documents import LettaDocumentAdapter
    from memio.providers.letta.facts import LettaFactAdapter
    from memio.providers.letta.history import LettaHistoryAdapter
    from memio_contract import ContractTarget


@hookimpl
def memio_stores() -> Iterable[StoreSpec]:
    """Return the three stores of this provider. Letta has no knowledge graph."""
    return [
        StoreSpec(kind="facts", provider="letta", settings=LettaSettings, open=_open_facts),
        StoreSpec(kind="history", provider="letta", settings=LettaSettings, open=_open_history),
        StoreSpec(kind="documents", provider="letta", settings=LettaSettings, open=_open_documents),
    ]


@hookimpl(optionalhook=True)
def memio_contract_targets(config: str | None) -> Iterable[ContractTarget]:
    """Return the targets of the contract suite: fresh agents on the configured server."""
    from memio.providers.letta._contract import targets

    return targets(config)


def _open_facts(settings: LettaSettings, resources: Resources) -> LettaFactAdapter:
    from memio.providers.letta.facts import LettaFactAdapter

    return LettaFactAdapter.sharing(settings, resources)


def _open_history(settings: LettaSettings, resources: Resources) -> LettaHistoryAdapter:
    from memio.providers.letta.history import LettaHistoryAdapter

    return LettaHistoryAdapter.sharing(settings, resources)


def _open_documents(settings: LettaSettings, resources: Resources) -> LettaDocumentAdapter:
    from memio.providers.letta.documents import LettaDocumentAdapter

    return LettaDocumentAdapter.sharing(settings, resources)
