"""Numbers of rows, and the time, as columns hold them; `memio.toolkit.values` has what other providers share."""

from __future__ import annotations

from sqlite3 import Connection
from time import time_ns


def last_number(db: Connection, table: str) -> int:
    """Return the highest number that a row or a version of a table ever had. Runs inside a transaction."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return int(row[0]) if row else 0


def now() -> int:
    """Return the time, in microseconds since 1970 in UTC."""
    return time_ns() // 1000
