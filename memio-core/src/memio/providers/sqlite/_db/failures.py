"""SQLite's errors in memio's words: what failed, in which file, and what to do next.

They are told apart by SQLite's result code, never by the wording of a message.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from stat import S_ISDIR

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
    """Return an error of this provider."""
    outcome: Outcome = "unknown" if unknown else "not_applied"
    return kind(message, cause=cause, retryable=retryable, outcome=outcome)


def moved(path: str) -> ProviderError:
    """Return what to raise when the file that is open is no longer the one of this name."""
    return failure(
        f"{path} was removed, moved or replaced while this client had it open, and nothing was done. To use what is "
        "there now, close this client and make a new one; to go on with the former file, rename what is there now "
        "(do not overwrite it), and move the former file back to its name"
    )


def log_lost(path: str, suffix: str) -> ProviderError:
    """Return what to raise when a file beside the database is no longer the one that is open."""
    return failure(
        f"{path}{suffix} was removed or replaced while this client had the database open, and nothing was done. Close "
        "this client (do not kill its process): that writes what its log held into the database. Then make a new one, "
        "and leave -wal and -shm to SQLite"
    )


def in_use_without_log(path: str) -> ProviderError:
    """Return what to raise when others have a log open that has no name any more."""
    return failure(
        f"another process has {path} open, and its log ({path}-wal or -shm) was removed or moved: nothing was done. "
        "Close the client in that process (do not kill it), which writes its log into the database, then try again"
    )


def changing(path: str) -> ProviderError:
    """Return what to raise when a file was exchanged during its opening."""
    return failure(
        f"{path} was replaced or removed while it was being opened, and nothing was done: try again when that is done",
        kind=UnavailableError,
        retryable=True,
    )


def read_only(path: str) -> ProviderError:
    """Return what to raise when a client that only reads is to write."""
    return failure(
        f"this client only reads {path} (read_only = true), and nothing was stored: leave read_only out, or choose "
        "another path"
    )


def forked(path: str) -> ProviderError:
    """Return what to raise where SQLite's table of locks came along with a fork, held by threads that did not."""
    return failure(
        f"this process was forked while a long call was under way on {path}, and has inherited locks of SQLite that "
        "are never released here, so nothing was done: fork when no call is under way, or start the process by another "
        "method, such as multiprocessing's 'spawn'"
    )


def _busy(path: str, _: sqlite3.Error) -> str:
    return (
        f"{path} is locked: another process has been writing to it for longer than busy_timeout. "
        "Try again, set a longer busy_timeout, or end the process that holds it"
    )


def _full(path: str, _: sqlite3.Error) -> str:
    return f"the disk of {path} is full, and nothing was stored: make room and try again"


def _read_only(path: str, _: sqlite3.Error) -> str:
    return (
        f"{path} is read-only, and nothing was stored: make the file and its folder writable for this user, choose "
        "another path, or set read_only = true to only read it"
    )


def _cannot_open(path: str, error: sqlite3.Error) -> str:  # noqa: PLR0911  # a list of causes
    folder = os.path.dirname(path)  # noqa: PTH120  # no `Path`: its questions raise where they cannot be answered
    file_found, why_no_file = _look(path)
    folder_found, why_no_folder = _look(folder)
    if file_found and S_ISDIR(file_found.st_mode):
        return f"{path} is a folder: give the path of a file in it, e.g. {os.path.join(path, 'memio.db')}"  # noqa: PTH118
    if why_no_file in (errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL):
        return f"{path} cannot be opened: {os.strerror(why_no_file)}; choose another path"
    if errno.EACCES in (why_no_file, why_no_folder):
        return (
            f"{path} cannot be opened, because this user may not enter a folder on the way to it: give it permission "
            "to enter (x) each folder above the file, or choose another path"
        )
    if not folder_found or not S_ISDIR(folder_found.st_mode):
        return f"{path} cannot be made, because there is no folder {folder}: make the folder, or choose another path"
    if _no_descriptor_left():
        return (
            f"{path} cannot be opened, because this process has no file descriptor left: close files or clients that "
            "are no longer used, or raise the limit (ulimit -n), then try again"
        )
    if file_found and not os.access(path, os.R_OK):
        return f"{path} may not be opened by this user: give it read and write permission, or choose another path"
    if file_found and not os.access(path, os.W_OK):
        return (
            f"{path} may not be written by this user: give it read and write permission, choose another path, or set "
            "read_only = true to only read it"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        return (
            f"{path} cannot be opened, because this user may not write to its folder, and SQLite keeps files beside "
            "the database: give it write permission, choose another path, or set read_only = true to only read it"
        )
    return f"{path} cannot be opened ({error}): check the file and its folder, or choose another path"


def _look(path: str) -> tuple[os.stat_result | None, int | None]:
    """Return what is at a path, or the number of the error."""
    try:
        return os.stat(path), None  # noqa: PTH116  # as above
    except (OSError, ValueError) as error:
        return None, getattr(error, "errno", errno.EINVAL)


def _no_descriptor_left() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False


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
