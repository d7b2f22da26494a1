"""How a file of an older schema gets the present one.

`MIGRATIONS` has one function per version after the first. All that a file needs run in one transaction, when a client
that may write opens the file. Until the commit, other processes see the old schema, and a killed process leaves it so.
docs/design.md describes how to add one ("Adding a schema version").
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable
from sqlite3 import Connection

from memio.providers.sqlite._db import schema
from memio.providers.sqlite._db.errors import disk_too_full, locked_for_migration
from memio.providers.sqlite._db.location import Location, size_of
from memio.providers.sqlite._db.progress import LoggedProgress, Progress, Reindex
from memio.providers.sqlite._db.schema_2 import to_schema_2
from memio.providers.sqlite._db.schema_3 import to_schema_3

Migration = Callable[[Connection, Progress], None]
"""Changes the tables from the version before, inside a transaction that it neither begins nor ends.

It uses only SQL that is written out in it: the functions of `_rows` follow the newest schema, and would change later.
"""

MIGRATIONS: dict[int, Migration] = {2: to_schema_2, 3: to_schema_3}
"""For each version after 1, what leads to it from the version before."""

WITHOUT_INDEXES = frozenset({2, 3})
"""The versions whose migrations leave full-text indexes to be filled anew, once, after the last migration."""

PEAK = 3
"""How many times its size a file may take while it is migrated: itself, its log, and what is sorted for an index."""

_logger = logging.getLogger("memio.sqlite")


def migrate(db: Connection, location: Location, reindex: Reindex) -> None:
    """Bring the tables to `schema.VERSION`. Of several processes that open the file at the same time, one does it.

    Args:
        db: A connection that may write, in write-ahead mode and outside a transaction.
        location: The file.
        reindex: Fills the full-text indexes; called when a migration has left them empty.

    Raises:
        UnavailableError: Another process has been writing for longer than `busy_timeout`.
        ProviderError: The disk has too little room, or another process has a newer memio. The file was not changed.
        sqlite3.Error: A migration failed, and the file was not changed.
    """
    _begin(db, location)
    try:
        _, found = schema.mark(db)
        schema.check_not_newer(found, location.path)
        if found < schema.VERSION:
            _check_room(location)
            _logger.info("migrating %s from schema %d to %d", location.path, found, schema.VERSION)
            versions = range(found + 1, schema.VERSION + 1)
            for version in versions:
                MIGRATIONS[version](db, LoggedProgress(location.path, version))
                db.execute(f"PRAGMA user_version = {version}")
            if not WITHOUT_INDEXES.isdisjoint(versions):
                reindex(db, LoggedProgress(location.path, schema.VERSION))
        db.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back already after some failures.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    if found < schema.VERSION:
        _logger.info("migrated %s to schema %d", location.path, schema.VERSION)


def _begin(db: Connection, location: Location) -> None:
    try:
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        raise locked_for_migration(location.path, schema.VERSION, error) from error


def _check_room(location: Location) -> None:
    import shutil  # which imports every format of archives, and is needed once in the life of a file

    real = os.path.realpath(location.path)
    size = size_of(real) + size_of(f"{real}-wal")
    free = shutil.disk_usage(os.path.dirname(real)).free  # noqa: PTH120  # paths are texts in this package
    # The file itself is part of the peak, and it is on the disk already.
    needed = (PEAK - 1) * size
    if free < needed:
        raise disk_too_full(location.path, schema.VERSION, free=free, needed=needed)
