"""One look-up of what the suite needs to know about each kind of store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from memio import facades
from memio.models import Kind
from memio_contract.subjects.conversations import HistorySubject
from memio_contract.subjects.records import RecordSubject
from memio_contract.subjects.triples import GraphSubject


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSpec:
    """What the suite needs to know about a kind.

    Attributes:
        facade: The class by which a client offers it.
        subject: The class by which laws call it.
        contract: The name of its contract class.
        id_argument: The argument that names one record; empty where records have no ids of their own.
    """

    facade: type[Any]
    subject: type[Any]
    contract: str
    id_argument: str = ""


KINDS: dict[Kind, KindSpec] = {
    "facts": KindSpec(facade=facades.Facts, subject=RecordSubject, contract="FactStoreContract", id_argument="fact_id"),
    "history": KindSpec(facade=facades.History, subject=HistorySubject, contract="HistoryStoreContract"),
    "documents": KindSpec(
        facade=facades.Documents, subject=RecordSubject, contract="DocumentStoreContract", id_argument="doc_id"
    ),
    "graph": KindSpec(
        facade=facades.Graph, subject=GraphSubject, contract="GraphStoreContract", id_argument="triple_id"
    ),
}

ID_ARGUMENTS = tuple(spec.id_argument for spec in KINDS.values() if spec.id_argument)
