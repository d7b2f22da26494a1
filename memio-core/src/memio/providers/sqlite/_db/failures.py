"""SQLite's errors in memio's words: what failed, in which file, and what to do next.

They are told apart by SQLite's result code, never by the wording of a message.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from memio.errors import Outcome, ProviderError, UnavailableError
from memio.providers.sqlite.settings import MEMORY

_PRIMARY = 0xFF
"""The part of a result code that says what kind of error it is; the rest are details."""


def explain(error: sqlite3.Error, path: str, *, committing: bool = False) -> ProviderError:
    """Return the error to raise for one of SQLite's.

    Args:
        error: SQLite's.
        path: The file.
        committing: Whether it came from a commit, so that it can be unknown what is on the disk.
    """
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY  # errors of the Python module itself have no code
    kind = UnavailableError if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) else ProviderError
    lost = committing and code not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY)
    return failure(
        _WORDS.get(code, _other)(path, error),
        cause=error,
        kind=kind,
        retryable=kind is UnavailableError,
        unknown=lost,
    )


def failure(
    message: str,
    *,
    cause: BaseException | None = None,
    kind: type[ProviderError] = ProviderError,
    retryable: bool = False,
    unknown: bool = False,
) -> ProviderError:
    """Return an error of this provider; the client fills in the operation."""
    outcome: Outcome = "unknown" if unknown else "not_applied"
    return kind("sqlite", "", message, cause=cause, retryable=retryable, outcome=outcome)


def moved(path: str) -> ProviderError:
    """Return what to raise when the file that is open is no longer the one of this name."""
    return failure(
        f"{path} was removed, moved or replaced while this client had it open, and nothing was done: put it back, "
        "or make a new client, which uses what is there now"
    )


def _busy(path: str, _: sqlite3.Error) -> str:
    return (
        f"{path} is locked: another process has been writing to it for longer than busy_timeout. "
        "Try again, set a longer busy_timeout, or end the process that holds it"
    )


def _full(path: str, _: sqlite3.Error) -> str:
    return f"the disk of {path} is full, and nothing was stored: make room and try again"


def _read_only(path: str, _: sqlite3.Error) -> str:
    return f"{path} is read-only: make the file and its folder writable for this user, or choose another path"


def _cannot_open(path: str, error: sqlite3.Error) -> str:
    file, folder = Path(path), Path(path).parent
    if file.is_dir():
        return f"{path} is a folder: give the path of a file in it, e.g. {file / 'memio.db'}"
    if not folder.is_dir():
        return f"{path} cannot be made, because there is no folder {folder}: make the folder, or choose another path"
    if file.exists() and not os.access(path, os.R_OK | os.W_OK):
        return f"{path} may not be opened by this user: give it read and write permission, or choose another path"
    if not os.access(folder, os.W_OK | os.X_OK):
        return (
            f"{path} cannot be opened, because this user may not write to its folder, and SQLite keeps files beside "
            "the database: give it write permission, or choose another path"
        )
    return f"{path} cannot be opened ({error}): check the file and its folder, or choose another path"


def _not_a_database(path: str, _: sqlite3.Error) -> str:
    return f"{path} is no SQLite database, and it was left as it is: choose another path, or move the file away"


def _damaged(path: str, error: sqlite3.Error) -> str:
    return f"{path} is damaged ({error}): restore it from a copy; `PRAGMA integrity_check` says what is broken"


def _disk_error(path: str, error: sqlite3.Error) -> str:
    return f"the disk of {path} reported an error ({error}): check the disk and its free space, then try again"


def _other(path: str, error: sqlite3.Error) -> str:
    place = "the database in memory" if path == MEMORY else path
    return f"SQLite failed on {place}: {type(error).__name__}: {error}"


_WORDS = {
    sqlite3.SQLITE_BUSY: _busy,
    sqlite3.SQLITE_LOCKED: _busy,
    sqlite3.SQLITE_FULL: _full,
    sqlite3.SQLITE_READONLY: _read_only,
    sqlite3.SQLITE_CANTOPEN: _cannot_open,
    sqlite3.SQLITE_NOTADB: _not_a_database,
    sqlite3.SQLITE_CORRUPT: _damaged,
    sqlite3.SQLITE_IOERR: _disk_error,
}
