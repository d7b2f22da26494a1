"""How far the work on a whole file is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from sqlite3 import Connection
from typing import TypeVar

Progress = Callable[[str, int, int], None]
"""Called with what is done, how many rows are done, and how many there are. Calling it is cheap."""

Reindex = Callable[[Connection, Progress], None]
"""Builds all full-text indexes anew from their tables, inside a transaction."""

_logger = logging.getLogger("memio.sqlite")


R = TypeVar("R")

_ROWS_AT_ONCE = 1_000


def ignore_progress(what: str, done: int, total: int) -> None:
    """Report nothing."""


class LoggedProgress:
    """Logs how far a migration is, once for each tenth of a step.

    Args:
        path: The file.
        version: The version to which the migration leads.
    """

    def __init__(self, path: str, version: int) -> None:
        self._path = path
        self._version = version
        self._logged: tuple[str, int] | None = None

    def __call__(self, what: str, done: int, total: int) -> None:
        tenth = done * 10 // max(total, 1)
        if (what, tenth) != self._logged:
            self._logged = (what, tenth)
            _logger.info("migrating %s to schema %d: %s, %d of %d", self._path, self._version, what, done, total)


def counted(db: Connection, table: str, rows: Iterable[R], progress: Progress) -> Iterator[R]:
    """Yield the rows of a table for its index, and report how many there were."""
    (total,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  # a name of this provider
    for done, row in enumerate(rows, 1):
        yield row
        if done % _ROWS_AT_ONCE == 0 or done == total:
            progress(f"{table} rows indexed", done, total)
