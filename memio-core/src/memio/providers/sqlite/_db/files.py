"""The files of one engine: all of its connections use the same database and log, or are refused.

SQLite continues to use a file that has lost its name, and a connection that is opened later uses whatever is at the
path by then, and applies the log of the former file to it. So the first connection of an engine notes which files it
has opened, every later one must open the same, and before each transaction the names must still lead to them.
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

from memio.providers.sqlite._db import foreign_log
from memio.providers.sqlite._db.errors import changing, explain, forked, log_lost, moved
from memio.providers.sqlite._db.forks import is_unusable
from memio.providers.sqlite._db.location import Location, connect, is_read_only_place
from memio.providers.sqlite._db.opening import open_read_only, prepare
from memio.providers.sqlite._db.other_processes import no_checkpoint_on_close, wait_until_closed_elsewhere
from memio.providers.sqlite._db.progress import Reindex
from memio.providers.sqlite._usual import MEMORY

_COARSE = 2_500_000_000
_FINE = 50_000_000
"""In nanoseconds: how old the last change of a folder must be, so that another one would show in its time."""


class Identity(NamedTuple):
    """What distinguishes a file from another one that has its name later."""

    device: int
    inode: int


class _Log(NamedTuple):
    wal: Identity | None
    shm: Identity | None


class Files:
    """Opens and closes the connections of an engine, and checks that the files stay in place.

    Args:
        location: The database.
        reindex: Fills all full-text indexes anew; called when a migration needs it.
    """

    def __init__(self, location: Location, reindex: Reindex) -> None:
        self._location = location
        self._reindex = reindex
        self._path = location.path
        self._folder = os.path.dirname(location.path)  # noqa: PTH120  # for `os.stat` before every transaction
        self._lock = Lock()
        self._connections = 0
        self._database: Identity | None = None
        self._log = _Log(None, None)
        self._real = location.path
        self._checked: tuple[int, int, int] | None = None
        """The time and identity of the folder at a check after which no name in it has changed."""

    def open(self, *, writes: bool) -> Connection:
        """Open a connection, which is used by one thread at a time.

        Raises:
            ProviderError: The files cannot be opened, are not memio's, or are not those that were open before.
            UnavailableError: Another process keeps them locked, or is just replacing them.
        """
        with self._lock:
            if is_unusable(self._path):
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
            self._close_last(db)
            if not os.path.lexists(f"{self._real}-wal"):
                foreign_log.drop_evidence(self._real)

    def check(self) -> None:
        """Raise when a name no longer leads to the file that is open. Called before every transaction.

        All names are in one folder, whose time changes when one of them changes. So there is one system call, unless
        other files are made there.

        Raises:
            ProviderError: The database or its log was removed, moved or replaced.
        """
        if self._path == MEMORY:
            return
        try:
            status = os.stat(self._folder)  # noqa: PTH116  # a third of the time of `Path.stat`
        except OSError:
            self._compare()
            return
        seen = (status.st_mtime_ns, status.st_ino, status.st_dev)
        if seen == self._checked:
            return
        self._compare()
        unsure = _FINE if status.st_mtime_ns % 1_000_000 else _COARSE
        if time.time_ns() - status.st_mtime_ns > unsure and self._real == self._path:
            self._checked = seen

    @contextmanager
    def paused(self) -> Generator[None]:
        """Keep connections from being opened."""
        with self._lock:
            yield

    def _open(self, *, writes: bool) -> Connection:
        if self._path == MEMORY:
            return prepare(connect(self._location, "rwc"), self._location, self._reindex, writes=writes)
        if not self._connections:
            return self._open_first(writes=writes)
        self._compare()
        if self._location.read_only:
            db = open_read_only(self._location, self._real)
        else:
            db = self._open_writable(writes=writes)
        return self._verified(db)

    def _open_first(self, *, writes: bool) -> Connection:
        """Open the first connection, which decides what the files of this engine are."""
        self._real = os.path.realpath(self._path)
        before = identity(self._path)
        if self._database is not None and before != self._database:
            raise moved(self._path)
        fresh = not os.path.lexists(f"{self._real}-wal")
        renamed = foreign_log.examine(self._path, self._real, may_write=not self._location.read_only)
        if self._location.read_only:
            db = open_read_only(self._location, self._real)
        else:
            try:
                wait_until_closed_elsewhere(self._location, self._real)
            except BaseException:
                if renamed:
                    foreign_log.rename_back(self._real, renamed)
                raise
            if renamed:
                foreign_log.warn_about(self._path, renamed)
            db = self._open_writable(writes=writes, before=before)
        log = _Log(identity(f"{self._real}-wal"), identity(f"{self._real}-shm"))
        opened = identity(self._path)
        if opened is None or (before is not None and opened != before):
            db.close()
            raise changing(self._path)
        self._database, self._log, self._checked = opened, log, None
        if log.wal is not None and not self._location.read_only:
            foreign_log.keep_evidence(self._path, self._real, fresh=fresh)
        return db

    def _open_writable(self, *, writes: bool, before: Identity | None = None) -> Connection:
        """Open for writing; in a read-only place for reading, unless the connection must write."""
        # What was there once is never made anew: an empty file would take the place of one that was only moved.
        mode: Literal["rw", "rwc"] = "rwc" if self._database is None else "rw"
        try:
            db = connect(self._location, mode)
            if before is not None and identity(self._path) != before:
                db.close()  # before its first statement, so no log was applied
                raise changing(self._path)
            if self._connections:
                self._verified(db)
            return prepare(db, self._location, self._reindex, writes=writes)
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
        """Return a connection, or close it when a name leads to another file since it was opened."""
        try:
            self._compare()
        except BaseException:
            self._close_last(db)
            raise
        return db

    def _compare(self) -> None:
        """Compare the files at all three names with those that are open."""
        if identity(self._path) != self._database:
            raise moved(self._path)
        for suffix, known in (("-wal", self._log.wal), ("-shm", self._log.shm)):
            if identity(self._real + suffix) != known:
                raise log_lost(self._path, suffix)

    def _close_last(self, db: Connection) -> None:
        """Close what may be the last connection. It writes its log into the database, unless there is a new log.

        That saves what is in a log that was removed. But where another program has made a new log since, the one log
        would undo the other.
        """
        wal, shm = identity(f"{self._real}-wal"), identity(f"{self._real}-shm")
        if wal in (None, self._log.wal) and shm in (None, self._log.shm):
            db.close()
            return
        with no_checkpoint_on_close(self._location):
            db.close()


def identity(path: str) -> Identity | None:
    """Return the identity of a file; `None` where it cannot be found."""
    try:
        status = os.stat(path)  # noqa: PTH116  # a third of the time of `Path.stat`
    except OSError:
        return None
    return Identity(status.st_dev, status.st_ino)
