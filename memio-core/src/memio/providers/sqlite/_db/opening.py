"""Opening the file: which files are accepted, what is made where there is none, and what is migrated."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from sqlite3 import Connection

from memio.providers.sqlite._db import schema
from memio.providers.sqlite._db.errors import failure
from memio.providers.sqlite._db.location import Location, connect, is_read_only_place, size_of
from memio.providers.sqlite._db.migrations import migrate
from memio.providers.sqlite._db.progress import Reindex
from memio.providers.sqlite._usual import MEMORY

_CACHE_KIB = 16 * 1024
_WAL_KEPT_BYTES = 64 * 1024 * 1024


def prepare(db: Connection, location: Location, reindex: Reindex, *, writes: bool) -> Connection:
    """Return a connection that is ready for use, with the tables of this version; close it on failure.

    Tables are made where there are none, and those of an older schema are migrated.

    Raises:
        ProviderError: The file is not memio's, or has a newer schema: it was not modified. Or a migration failed.
        UnavailableError: Another process keeps the file locked.
        sqlite3.Error: The file cannot be opened.
    """
    with _closed_on_failure(db):
        db.execute("BEGIN")  # one snapshot for all checks: another process may be making the tables
        found = _schema_of(db, location.path)
        db.execute("COMMIT")
        if found == 0:
            found = _make(db, location)
        if found < schema.VERSION:
            _write_ahead(db, location)
            migrate(db, location, reindex)
        _tune(db, location, writes=writes)
    return db


def open_read_only(location: Location, real: str) -> Connection:
    """Return a connection that reads a file without making or changing anything in it.

    Where the folder is read-only, SQLite cannot share a log there. A file without a log is read as it is: it does not
    change as long as it has none.

    Args:
        location: Which file.
        real: Its path without links.

    Raises:
        ProviderError: The file is not memio's, has an older or a newer schema, or its log cannot be read.
        sqlite3.Error: The file cannot be opened.
    """
    try:
        return _prepare_read_only(connect(location, "ro"), location)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        if not os.path.lexists(real) or not is_read_only_place(real):
            raise
        if size_of(f"{real}-wal"):
            raise failure(
                f"{location.path} cannot be read in its read-only place, because the newest records are in its log "
                f"{location.path}-wal: copy both files to a folder that can be written, or open the database "
                "once where it can be written, and close it"
            ) from error
        return _prepare_read_only(connect(location, "ro", frozen=True), location)


def _prepare_read_only(db: Connection, location: Location) -> Connection:
    with _closed_on_failure(db):
        found = _schema_of(db, location.path)
        if found == 0:
            raise failure(
                f"{location.path} has no records yet, and is only read (read_only = true, or a read-only place): "
                "fill it where it can be written, or choose another path"
            )
        if found < schema.VERSION:
            raise failure(
                f"{location.path} has schema {found}, this memio reads schema {schema.VERSION}, and the file is only "
                "read (read_only = true, or a read-only place), so it was not migrated: open it once with this version "
                "where it can be written and without read_only, or read it with the version that wrote it"
            )
        db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA query_only = ON")
    return db


@contextmanager
def _closed_on_failure(db: Connection) -> Generator[None]:
    try:
        yield
    except BaseException:
        db.close()
        raise


def _schema_of(db: Connection, path: str) -> int:
    """Return the schema of the file, 0 for a file without tables.

    Raises:
        ProviderError: The file is another program's, or has a newer schema.
    """
    application, version = schema.mark(db)
    if application == schema.APPLICATION_ID and version >= 1:
        schema.check_not_newer(version, path)
        return version
    if application == version == 0 and schema.is_empty(db):
        return 0
    raise failure(
        f"{path} is an SQLite database of another program; it was not modified: choose another path, "
        "as path= or in the environment variable MEMIO_SQLITE_PATH"
    )


def _make(db: Connection, location: Location) -> int:
    """Make the tables, and return their schema.

    Of several processes that open the file at the same time, one makes them; it may have an older version of memio.
    """
    _check_full_text(db)
    _write_ahead(db, location)
    db.execute("BEGIN IMMEDIATE")
    try:
        found = _schema_of(db, location.path)
        if found == 0:
            schema.create(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    if found:
        return found
    if location.path != MEMORY:
        _log_new_file(location)
    return schema.VERSION


def _check_full_text(db: Connection) -> None:
    if not db.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone():
        raise failure("this Python's SQLite was built without FTS5, its full-text search: use another build of Python")


def _write_ahead(db: Connection, location: Location) -> None:
    """Switch to write-ahead logging, so that readers and the writer do not wait for each other."""
    if location.path == MEMORY:
        return
    deadline = time.monotonic() + location.busy_timeout
    while True:
        try:
            (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            # While another process switches, SQLite answers "busy" at once instead of waiting.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
    if mode != "wal":
        raise failure(
            f"{location.path} is on a file system where SQLite cannot share memory between processes, such as a "
            "network share: choose a path on a local disk"
        )


def _tune(db: Connection, location: Location, *, writes: bool) -> None:
    _write_ahead(db, location)
    db.execute(f"PRAGMA synchronous = {'FULL' if location.durability == 'full' else 'NORMAL'}")
    db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    db.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")
    db.execute("PRAGMA temp_store = MEMORY")
    if not writes:
        db.execute("PRAGMA query_only = ON")


def _log_new_file(location: Location) -> None:
    logger = logging.getLogger("memio.sqlite")
    if location.chosen:
        logger.info("made %s", location.path)
    else:
        logger.warning(
            "made %s, because no path was chosen: set the environment variable MEMIO_SQLITE_PATH or path= "
            "to keep the memories elsewhere",
            location.path,
        )
