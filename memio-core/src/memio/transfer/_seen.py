"""A set on the disk: what was seen already, however much it is."""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Self


class Seen:
    """Tells what comes for the second time. However many there are, it needs a few MB of memory.

    The rest is in a temporary file.
    """

    def __init__(self) -> None:
        # An empty name: a temporary file without a name. Threads use it, one after the other.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("CREATE TABLE seen (token BLOB PRIMARY KEY) WITHOUT ROWID")
        self._db.execute("BEGIN")

    def add(self, token: bytes) -> bool:
        """Remember it, and tell whether it is new."""
        return self._db.execute("INSERT OR IGNORE INTO seen VALUES (?)", (token,)).rowcount == 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._db.close()
