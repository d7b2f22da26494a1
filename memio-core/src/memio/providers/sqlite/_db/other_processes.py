"""Other processes that have the database open: whether there are any, and how not to overwrite what they write."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

from memio.providers.sqlite._db.errors import in_use_without_log
from memio.providers.sqlite._db.location import Location, connect, size_of

_SECONDS_TO_WAIT = 2.0
"""How long to wait, at most, for another process that is just opening or closing the file."""


def wait_until_closed_elsewhere(location: Location, real: str) -> None:
    """Where the log or its index is missing, wait until no other process has the file open, or the files appear.

    A process that still uses a log that was removed would not see what is written now, and overwrite it when it closes.
    SQLite holds a shared lock as long as a connection is open, so trying an exclusive one shows whether there is any.

    Args:
        location: The file.
        real: Its path without links.

    Raises:
        ProviderError: Another process has it open, and its log was removed.
    """
    deadline = time.monotonic() + min(_SECONDS_TO_WAIT, location.busy_timeout)
    while not (os.path.lexists(f"{real}-wal") and os.path.lexists(f"{real}-shm")) and size_of(location.path):
        if _is_closed_elsewhere(location):
            return
        if time.monotonic() > deadline:
            raise in_use_without_log(location.path)
        time.sleep(0.005)


def _is_closed_elsewhere(location: Location) -> bool:
    with suppress(sqlite3.Error):  # all errors but being busy are raised by the connection that is opened next
        db = connect(location, "rw")
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
def no_checkpoint_on_close(location: Location) -> Generator[None]:
    """Keep a connection that is closed within this block from writing its log into the database.

    SQLite does that when the last connection closes, under an exclusive lock, which it does not get while another
    connection reads.
    """
    guard = connect(location, "ro")
    try:
        with suppress(sqlite3.Error):  # the lock is taken before the log is read, and kept
            guard.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        yield
    finally:
        guard.close()
