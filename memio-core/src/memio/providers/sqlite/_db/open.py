"""Opening the file: what it must be, what is made where there is nothing, and how each refusal reads."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from sqlite3 import Connection
from typing import Literal, NamedTuple, Self

from memio.errors import ConfigError, Fault
from memio.providers.sqlite._db.failures import failure
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
        chosen: Whether the path was chosen, so that a new file need not be announced.
        read_only: Whether nothing is written or made.
    """

    path: str
    durability: str
    busy_timeout: float
    chosen: bool
    read_only: bool = False

    @classmethod
    def of(cls, settings: SqliteSettings) -> Self:
        """Return the location that the settings mean. A later change of the working directory changes nothing.

        Raises:
            ConfigError: The path is relative, and the working directory was deleted.
        """
        path = settings.path if settings.path == MEMORY else _absolute(settings.path)
        return cls(
            path,
            settings.durability,
            settings.busy_timeout,
            settings.origin_of("path") != "default",
            settings.read_only,
        )

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


def connect(location: Location, mode: Literal["ro", "rw", "rwc"], *, frozen: bool = False) -> Connection:
    """Return a connection that has not looked at the file yet. Transactions are begun and ended by hand.

    Args:
        location: Which file.
        mode: For reading only, for writing, or for writing and making the file where there is none.
        frozen: Whether it is certain that the file does not change, so that it is read without locks and without a log.
    """
    _check_sqlite()
    name, uri = location.path, location.path != MEMORY
    if uri:
        quoted = name.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        if os.name == "nt":
            quoted = "/" + quoted.replace("\\", "/")
        name = f"file://{quoted}?mode={mode}{'&immutable=1' if frozen else ''}"
    # A connection belongs to the thread that it was opened for, except that it is closed before a fork.
    return sqlite3.connect(
        name,
        uri=uri,
        timeout=location.busy_timeout,
        isolation_level=None,
        cached_statements=256,
        check_same_thread=False,
    )


def prepare(db: Connection, location: Location, *, writes: bool) -> Connection:
    """Return a connection that is ready for use, and make the tables where there are none; close it on failure.

    Raises:
        ProviderError: The file is not memio's; it was left as it is.
        sqlite3.Error: It cannot be opened.
    """
    with _closed_on_failure(db):
        db.execute("BEGIN")  # one moment for all that is looked at: another process may be making the tables
        ready = _is_ours(db, location.path)
        db.execute("COMMIT")
        if not ready:
            _make(db, location)
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
        ProviderError: The file is not memio's, or its log cannot be read.
        sqlite3.Error: It cannot be opened.
    """
    try:
        return _read_only(connect(location, "ro"), location)
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
        return _read_only(connect(location, "ro", frozen=True), location)


def _read_only(db: Connection, location: Location) -> Connection:
    with _closed_on_failure(db):
        if not _is_ours(db, location.path):
            raise failure(
                f"{location.path} has no records yet, and is only read (read_only = true, or a read-only place): "
                "fill it where it can be written, or choose another path"
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


def is_read_only_place(real: str) -> bool:
    """Return whether this user cannot write to a file, or make files beside it."""
    return not (os.access(real, os.W_OK) and os.access(os.path.dirname(real), os.W_OK))  # noqa: PTH120


def size_of(path: str) -> int:
    """Return the size of a file in bytes, 0 where there is none."""
    try:
        return os.stat(path).st_size  # noqa: PTH116  # a third of the time of `Path.stat`
    except OSError:
        return 0


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
