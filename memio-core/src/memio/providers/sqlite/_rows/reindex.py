"""Building the full-text indexes of all kinds anew."""

from __future__ import annotations

from sqlite3 import Connection

from memio.providers.sqlite._db.progress import Progress
from memio.providers.sqlite._rows import graph, messages, records


def reindex_all(db: Connection, progress: Progress) -> None:
    """Fill every full-text index from its table, so that it holds nothing else. Runs inside a transaction."""
    records.reindex(db, "fact", progress)
    records.reindex(db, "document", progress)
    messages.reindex(db, progress)
    graph.reindex(db, progress)
