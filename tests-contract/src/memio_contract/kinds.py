"""What the suite adds to `memio.kinds`: by kind, the class by which laws call its stores, and the façade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from memio import facades
from memio.capabilities import Kind
from memio.kinds import SPECS
from memio_contract.subjects.conversations import HistorySubject
from memio_contract.subjects.records import RecordSubject
from memio_contract.subjects.triples import GraphSubject


@dataclass(frozen=True, slots=True)
class Checkable:
    """What the suite needs to know about a kind, beyond its `KindSpec`.

    Attributes:
        subject: The class by which laws call its stores.
        facade: The class by which a client offers them.
    """

    subject: type[Any]
    facade: type[Any]


CHECKABLE: dict[Kind, Checkable] = {
    "facts": Checkable(RecordSubject, facades.Facts),
    "history": Checkable(HistorySubject, facades.History),
    "documents": Checkable(RecordSubject, facades.Documents),
    "graph": Checkable(GraphSubject, facades.Graph),
}

ID_ARGUMENTS = tuple(spec.id for spec in SPECS.values() if spec.id)
