"""The stores as callers see them: `memio.facts`, `memio.history`, `memio.documents`, `memio.graph`.

The client makes them. Name the classes in annotations: `async def remember(facts: Facts) -> None`.
"""

from memio.facades.documents import Documents
from memio.facades.facts import Facts
from memio.facades.graph import Graph
from memio.facades.history import History

__all__ = ["Documents", "Facts", "Graph", "History"]
