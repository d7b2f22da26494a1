"""Groups of kinds that laws are declared for."""

from memio.capabilities import Kind

RECORDS: tuple[Kind, ...] = ("facts", "documents")
"""Kinds whose records are a text with an id and metadata."""
FACTS: tuple[Kind, ...] = ("facts",)
HISTORY: tuple[Kind, ...] = ("history",)
GRAPH: tuple[Kind, ...] = ("graph",)
BY_ID: tuple[Kind, ...] = ("facts", "documents", "graph")
"""Kinds whose records are deleted by id."""
FILTERED: tuple[Kind, ...] = ("facts", "history", "documents")
"""Kinds whose calls take filters by metadata."""
DATA: tuple[Kind, ...] = ("history", "documents")
"""Kinds whose records may have data."""
