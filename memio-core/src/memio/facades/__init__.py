"""The stores as callers see them: `memio.facts`, `memio.history`, `memio.documents`, `memio.graph`.

The client makes them. Name the classes in annotations: `async def remember(facts: Facts) -> None`.
"""

from memio.capabilities import Kind
from memio.facades.documents import Documents
from memio.facades.facade import Facade
from memio.facades.facts import Facts
from memio.facades.graph import Graph
from memio.facades.history import History

FACADES: dict[Kind, type[Facade]] = {"facts": Facts, "history": History, "documents": Documents, "graph": Graph}
"""The façade of each kind."""

__all__ = ["Documents", "Facts", "Graph", "History"]
