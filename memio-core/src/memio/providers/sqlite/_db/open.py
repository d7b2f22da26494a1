"""Opening the file: what it must be, what is made where there is nothing, and how each refusal reads."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Hashable
from sqlite3 import Connection
from typing import NamedTuple, Self

from memio.errors import ConfigError, Fault
from memio.providers.sqlite._db.failures import explain, failure
from memio.providers.sqlite._db.schema import APPLICATION_ID, VERSION, create, is_empty, mark
from memio.providers.sqlite.settings import MEMORY, SqliteSettings

LOWEST_SQLITE = (3, 37, 0)
"""The first version with STRICT tables."""

_CACHE_KIB = 16 * 1024
_WAL_KEPT_BYTES = 64 * 1024 * 1024


class Location(NamedTuple):
    """Which file, and how it is opened.

    Attributes:
        path: An absolute path, or `:memory:`.
        durability: `full` or `normal`.
        busy_timeout: Seconds to wait for other processes.
        chosen: Whether somebody chose the path, so that nobody need be told where the file is.
    """

    path: str
    durability: str
    busy_timeout: float
    chosen: bool

    @classmethod
    def of(cls, settings: SqliteSettings) -> Self:
        """Return the location that the settings mean. A later change of the working directory changes nothing.

        Raises:
            ConfigError: The path is relative, and the working directory was deleted.
        """
        path = settings.path if settings.path == MEMORY else _absolute(settings.path)
        return cls(path, settings.durability, settings.busy_timeout, settings.origin_of("path") != "default")

    def key(self) -> Hashable:
        """Return what is equal for two stores that can share an engine, however their paths were written."""
        return self._replace(chosen=True)


def _absolute(path: str) -> str:
    try:
        return os.path.abspath(path)  # noqa: PTH100  # `Path.absolute` leaves `..` in, and `Path.resolve` asks the disk
    except FileNotFoundError as error:
        fault = Fault(
            "path",
            f"{path!r} is relative, and the working directory was deleted: give an absolute path, or change to "
            "a folder that exists",
        )
        raise ConfigError([fault], "the settings of the sqlite provider") from error


def open_file(location: Location, *, writes: bool) -> Connection:
    """Open a connection, and make the file and its tables where there are none.

    The connection belongs to the calling thread. Transactions are begun and ended by hand.

    Raises:
        ProviderError: The file cannot be opened, or is not memio's; it was left as it is.
        UnavailableError: Another process kept it locked for `busy_timeout` seconds.
    """
    _check_sqlite()
    try:
        db = sqlite3.connect(location.path, timeout=location.busy_timeout, isolation_level=None, cached_statements=256)
    except sqlite3.Error as error:
        raise explain(error, location.path) from error
    try:
        db.execute("BEGIN")  # one moment for all that is looked at: another process may be making the tables
        ready = _is_ours(db, location.path)
        db.execute("COMMIT")
        if not ready:
            _make(db, location)
        _tune(db, location, writes=writes)
    except sqlite3.Error as error:
        db.close()
        raise explain(error, location.path) from error
    except BaseException:
        db.close()
        raise
    return db


def identity(path: str) -> tuple[int, int] | None:
    """Return what tells a file from another that takes its name later; one that cannot be found has none."""
    if path == MEMORY:
        return None
    try:
        status = os.stat(path)  # noqa: PTH116  # once per transaction: a third of the time of `Path.stat`
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _check_sqlite() -> None:
    if sqlite3.sqlite_version_info < LOWEST_SQLITE:
        lowest = ".".join(map(str, LOWEST_SQLITE))
        raise failure(
            f"this Python has SQLite {sqlite3.sqlite_version}, and memio needs {lowest} or later: use a newer Python"
        )


def _is_ours(db: Connection, path: str) -> bool:
    """Tell whether the file has memio's tables; a new one has not. Any other file is refused."""
    application, version = mark(db)
    if application == APPLICATION_ID and version > VERSION:
        raise failure(
            f"{path} was written by a later memio (schema {version}, this one knows {VERSION}): "
            "install a newer memio-core, or choose another path"
        )
    if application == APPLICATION_ID:
        return True
    if application == version == 0 and is_empty(db):
        return False
    raise failure(
        f"{path} is an SQLite database of another program, and it was left as it is: choose another path, "
        "as path= or in the environment variable MEMIO_SQLITE_PATH"
    )


def _make(db: Connection, location: Location) -> None:
    """Make the tables; of several processes that come at once, one does."""
    _check_full_text(db)
    _write_ahead(db, location)
    db.execute("BEGIN IMMEDIATE")
    try:
        if made := not _is_ours(db, location.path):
            create(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    if made and location.path != MEMORY:
        _tell(location)


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
            f"{location.path} lies where SQLite cannot share memory between processes, as on a network share: "
            "choose a path on a local disk"
        )


def _tune(db: Connection, location: Location, *, writes: bool) -> None:
    _write_ahead(db, location)
    db.execute(f"PRAGMA synchronous = {'FULL' if location.durability == 'full' else 'NORMAL'}")
    db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    db.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")
    db.execute("PRAGMA temp_store = MEMORY")
    if not writes:
        db.execute("PRAGMA query_only = ON")


def _tell(location: Location) -> None:
    import logging

    logger = logging.getLogger("memio.sqlite")
    if location.chosen:
        logger.info("made %s", location.path)
    else:
        logger.warning(
            "made %s, because no path was chosen: set the environment variable MEMIO_SQLITE_PATH or path= "
            "to keep the memories elsewhere",
            location.path,
        )
