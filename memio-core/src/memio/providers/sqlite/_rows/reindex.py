"""Building the full-text indexes of all kinds anew."""

from __future__ import annotations

from sqlite3 import Connection

from memio.providers.sqlite._rows import graph, messages, records


def reindex_all(db: Connection) -> None:
    """Fill every full-text index from its table, so that it holds nothing else. Runs inside a transaction."""
    records.reindex(db, "fact")
    records.reindex(db, "document")
    messages.reindex(db)
    graph.reindex(db)
