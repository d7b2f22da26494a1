"""The files of one engine: all of its connections work on the very same database and log, or refuse to.

SQLite goes on with a file that has lost its name, and a connection that is opened later takes whatever lies at the path
by then, and applies the log of the former file to it. So the first connection of an engine notes which files it has
opened, every later one must open the same, and before each transaction the names must still lead to them.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from sqlite3 import Connection
from threading import Lock
from typing import Literal, NamedTuple

from memio.providers.sqlite._db import log
from memio.providers.sqlite._db.failures import changing, explain, forked, in_use_without_log, log_lost, moved
from memio.providers.sqlite._db.forks import is_spoilt
from memio.providers.sqlite._db.open import Location, connect, is_read_only_place, open_read_only, prepare, size_of
from memio.providers.sqlite.settings import MEMORY

_PATIENCE = 2.0
"""Seconds to wait, at most, for another process that is just opening or closing the file."""
_COARSE = 2_500_000_000
_FINE = 50_000_000
"""In nanoseconds: how old the last change of a folder must be, so that another one would show in its time."""


class Identity(NamedTuple):
    """What tells a file from another that takes its name later."""

    device: int
    inode: int


class _Known(NamedTuple):
    wal: Identity | None
    shm: Identity | None


class Files:
    """Opens and closes the connections of an engine, and watches that the files stay where they are.

    Args:
        location: The database.
    """

    def __init__(self, location: Location) -> None:
        self._location = location
        self._path = location.path
        self._folder = os.path.dirname(location.path)  # noqa: PTH120  # for `os.stat` before every transaction
        self._lock = Lock()
        self._connections = 0
        self._database: Identity | None = None
        self._known = _Known(None, None)
        self._real = location.path
        self._quiet: tuple[int, int, int] | None = None

    def open(self, *, writes: bool) -> Connection:
        """Open a connection, which belongs to one thread at a time.

        Raises:
            ProviderError: The files cannot be opened, are not memio's, or are not those that were open before.
            UnavailableError: Another process keeps them locked, or is just exchanging them.
        """
        with self._lock:
            if is_spoilt(self._path):
                raise forked(self._path)
            try:
                db = self._open(writes=writes)
            except sqlite3.Error as error:
                raise explain(error, self._path) from error
            self._connections += 1
            return db

    def close(self, db: Connection) -> None:
        """Close a connection. Errors of SQLite are not raised: nothing is left to be done on it."""
        with self._lock, suppress(sqlite3.Error):
            self._connections -= 1
            if self._connections or self._path == MEMORY:
                db.close()
                return
            with self._log_left_alone():
                db.close()
            if not os.path.lexists(f"{self._real}-wal"):
                log.drop_evidence(self._real)

    def check(self) -> None:
        """Raise when a name no longer leads to the file that is open. Called before every transaction.

        All names are in one folder, and what becomes of a name shows in the time of its folder. So there is one system
        call, unless other files are made there.

        Raises:
            ProviderError: The database or its log was removed, moved or replaced.
        """
        if self._path == MEMORY:
            return
        try:
            status = os.stat(self._folder)  # noqa: PTH116  # a third of the time of `Path.stat`
        except OSError:
            self._look()
            return
        seen = (status.st_mtime_ns, status.st_ino, status.st_dev)
        if seen == self._quiet:
            return
        self._look()
        unsure = _FINE if status.st_mtime_ns % 1_000_000 else _COARSE
        if time.time_ns() - status.st_mtime_ns > unsure and self._real == self._path:
            self._quiet = seen

    @contextmanager
    def paused(self) -> Generator[None]:
        """Keep connections from being opened."""
        with self._lock:
            yield

    def _open(self, *, writes: bool) -> Connection:
        if self._path == MEMORY:
            return prepare(connect(self._location, "rwc"), self._location, writes=writes)
        if not self._connections:
            return self._open_first(writes=writes)
        self._look()
        if self._location.read_only:
            db = open_read_only(self._location, self._real)
        else:
            db = self._reader_at_least(writes=writes)
        return self._verified(db)

    def _open_first(self, *, writes: bool) -> Connection:
        """Open the first connection, which decides what the files of this engine are."""
        self._real = os.path.realpath(self._path)
        before = identity(self._path)
        if self._database is not None and before != self._database:
            raise moved(self._path)
        fresh = not os.path.lexists(f"{self._real}-wal")
        aside = log.examine(self._path, self._real, may_write=not self._location.read_only)
        if self._location.read_only:
            db = open_read_only(self._location, self._real)
        else:
            try:
                self._wait_until_alone()
            except BaseException:
                if aside:
                    log.put_back(self._real, aside)
                raise
            if aside:
                log.announce(self._path, aside)
            db = self._reader_at_least(writes=writes, before=before)
        known = _Known(identity(f"{self._real}-wal"), identity(f"{self._real}-shm"))
        opened = identity(self._path)
        if opened is None or (before is not None and opened != before):
            db.close()
            raise changing(self._path)
        self._database, self._known, self._quiet = opened, known, None
        if known.wal is not None and not self._location.read_only:
            log.keep_evidence(self._path, self._real, fresh=fresh)
        return db

    def _reader_at_least(self, *, writes: bool, before: Identity | None = None) -> Connection:
        """Open for writing; for reading only where the place is read-only and nothing else is asked for."""
        # What was there once is never made anew: an empty file would take the place of one that was only moved.
        mode: Literal["rw", "rwc"] = "rwc" if self._database is None else "rw"
        try:
            db = connect(self._location, mode)
            if before is not None and identity(self._path) != before:
                db.close()  # before its first statement, so no log was applied
                raise changing(self._path)
            if self._connections:
                self._verified(db)
            return prepare(db, self._location, writes=writes)
        except sqlite3.OperationalError as error:
            code = error.sqlite_errorcode & 0xFF
            if writes or code not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
            if not is_read_only_place(self._real):
                raise
            try:
                return open_read_only(self._location, self._real)
            except sqlite3.Error:
                raise error from None

    def _verified(self, db: Connection) -> Connection:
        """Return a connection, or close it when the names have come to lead elsewhere since it was opened."""
        try:
            self._look()
        except BaseException:
            with self._log_left_alone():
                db.close()
            raise
        return db

    def _look(self) -> None:
        """Compare all three names with what is open."""
        if identity(self._path) != self._database:
            raise moved(self._path)
        for suffix, known in (("-wal", self._known.wal), ("-shm", self._known.shm)):
            if identity(self._real + suffix) != known:
                raise log_lost(self._path, suffix)

    def _wait_until_alone(self) -> None:
        """Where the log or its index is missing, wait until no other process has the file open, or the files appear.

        A process that goes on with a log that was removed would not see what is written now, and overwrite it when it
        closes. SQLite holds a shared lock as long as a connection is open, so an exclusive one tells.

        Raises:
            ProviderError: Another process has it open, and its log was removed.
        """
        beside = (f"{self._real}-wal", f"{self._real}-shm")
        deadline = time.monotonic() + min(_PATIENCE, self._location.busy_timeout)
        while not all(map(os.path.lexists, beside)) and size_of(self._path):
            if self._is_alone():
                return
            if time.monotonic() > deadline:
                raise in_use_without_log(self._path)
            time.sleep(0.005)

    def _is_alone(self) -> bool:
        with suppress(sqlite3.Error):  # anything else than being busy is for the connection that follows
            db = connect(self._location, "rw")
            try:
                db.execute("PRAGMA busy_timeout = 0")
                db.execute("PRAGMA locking_mode = EXCLUSIVE")
                db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            except sqlite3.OperationalError as error:
                return error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY
            finally:
                db.close()
        return True

    @contextmanager
    def _log_left_alone(self) -> Generator[None]:
        """Keep the last connection that closes from writing its log into the database when others have a new one.

        SQLite does that under an exclusive lock, which it does not get while somebody reads. It does it from the log
        that it opened, also when that was removed, which saves what is in it; but not when another program has made
        a new log since: then one would undo the other.
        """
        names = (("-wal", self._known.wal), ("-shm", self._known.shm))
        found = [(identity(self._real + suffix), known) for suffix, known in names]
        if all(now in (None, known) for now, known in found):
            yield
            return
        guard = connect(self._location, "ro")
        try:
            with suppress(sqlite3.Error):  # the lock is taken before the log is looked at, and kept
                guard.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            yield
        finally:
            guard.close()


def identity(path: str) -> Identity | None:
    """Return the identity of a file; one that cannot be found has none."""
    try:
        status = os.stat(path)  # noqa: PTH116  # a third of the time of `Path.stat`
    except OSError:
        return None
    return Identity(status.st_dev, status.st_ino)
