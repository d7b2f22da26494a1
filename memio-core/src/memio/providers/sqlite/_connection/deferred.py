"""Connections whose transactions end with work that was put off until then.

Several calls share a transaction, and some work is much cheaper when it is done once for all of them.
"""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any, Protocol


class Deferred(Protocol):
    """Work that is put off until the end of a transaction."""

    def apply(self, db: Connection) -> None:
        """Do the work; afterwards nothing is left of it."""


class Database(Connection):
    """A connection to a file.

    Attributes:
        deferred: The work that is to be done before the commit, by the name of what it changes.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.deferred: dict[str, Any] = {}


def deferred(db: Connection) -> dict[str, Any]:
    """Return the work that is to be done before the commit.

    Raises:
        TypeError: The connection was not opened by this provider.
    """
    if not isinstance(db, Database):
        raise TypeError(f"{type(db).__name__} has no deferred work: open the connection with `location.connect`")
    return db.deferred


def apply_deferred(db: Connection) -> None:
    """Do what was put off. Called before a commit."""
    waiting: dict[str, Deferred] = deferred(db)
    while waiting:
        _, work = waiting.popitem()
        work.apply(db)


def drop_deferred(db: Connection) -> None:
    """Forget what was put off. Called after a rollback."""
    deferred(db).clear()
