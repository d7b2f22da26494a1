"""The errors of this provider: what failed, in which file, and what to do next.

SQLite's errors are distinguished by result code, never by the text of a message.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from stat import S_ISDIR

from memio.errors import ClosedError, Outcome, ProviderError, UnavailableError
from memio.providers.sqlite._usual import MEMORY

_PRIMARY = 0xFF
"""The bits of a result code that hold the kind of the error; the others hold details."""


def explain(error: sqlite3.Error, path: str, *, committing: bool = False) -> ProviderError:
    """Return the error of memio to raise for an error of SQLite.

    Args:
        error: The error of SQLite.
        path: The file.
        committing: Whether a commit raised it, so that it may be unknown what is on the disk; default `False`.
    """
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY  # errors of the Python module itself have no code
    kind = UnavailableError if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) else ProviderError
    lost = committing and code not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY)
    return failure(
        _MESSAGES.get(code, _other)(path, error),
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
    """Return an error of this provider; the client adds the operation.

    Args:
        message: What failed, where, and what to do.
        cause: The error behind it; default none.
        kind: The class of the error; default `ProviderError`.
        retryable: Whether the same call may succeed later; default `False`.
        unknown: Whether it is unknown if the call took effect; by default it certainly did not.
    """
    outcome: Outcome = "unknown" if unknown else "not_applied"
    return kind(message, cause=cause, retryable=retryable, outcome=outcome)


def closed() -> ClosedError:
    """Return what to raise for a call after the engine was closed."""
    return ClosedError("this sqlite store is closed: make a new client, or close it after the last call")


def moved(path: str) -> ProviderError:
    """Return the error for a name that no longer leads to the file that is open."""
    return failure(
        f"{path} was removed, moved or replaced while this client had it open, and nothing was done. To use what is "
        "there now, close this client and make a new one; to go on with the former file, rename what is there now "
        "(do not overwrite it), and move the former file back to its name"
    )


def log_lost(path: str, suffix: str) -> ProviderError:
    """Return the error for a log, or an index of it, whose name no longer leads to what is open."""
    return failure(
        f"{path}{suffix} was removed or replaced while this client had the database open, and nothing was done. Close "
        "this client (do not kill its process): that writes what its log held into the database. Then make a new one, "
        "and leave -wal and -shm to SQLite"
    )


def in_use_without_log(path: str) -> ProviderError:
    """Return the error for a database of which another process has a removed log open."""
    return failure(
        f"another process has {path} open, and its log ({path}-wal or -shm) was removed or moved: nothing was done. "
        "Close the client in that process (do not kill it), which writes its log into the database, then try again"
    )


def changing(path: str) -> ProviderError:
    """Return the error for a file that was replaced during its opening."""
    return failure(
        f"{path} was replaced or removed while it was being opened, and nothing was done: try again when that is done",
        kind=UnavailableError,
        retryable=True,
    )


def read_only(path: str) -> ProviderError:
    """Return the error for a write of a client that only reads."""
    return failure(
        f"this client only reads {path} (read_only = true), and nothing was stored: leave read_only out, or choose "
        "another path"
    )


def forked(path: str) -> ProviderError:
    """Return the error for a file whose locks a fork has copied from threads that do not exist in this process."""
    return failure(
        f"this process was forked while a long call was under way on {path}, and has inherited locks of SQLite that "
        "are never released here, so nothing was done: fork when no call is under way, or start the process by another "
        "method, such as multiprocessing's 'spawn'"
    )


def newer_schema(path: str, found: int, known: int) -> ProviderError:
    """Return the error for a file that a later memio wrote."""
    return failure(
        f"{path} was written by a later memio (schema {found}, this one knows {known}); it was not modified: "
        "install a newer memio-core, or choose another path"
    )


def migrated_meanwhile(path: str, found: int, known: int) -> ProviderError:
    """Return the error for a file that got another schema while it was open."""
    return failure(
        f"another process with another version of memio has changed {path} to schema {found} while this client had it "
        f"open (this one knows {known}), and nothing was done: end this process, and start it with the newer memio-core"
    )


def locked_for_migration(path: str, version: int, cause: sqlite3.Error) -> ProviderError:
    """Return the error for a file that cannot be migrated, because another process writes to it."""
    return failure(
        f"{path} has an older schema and must be migrated to schema {version} before it is used, and another process "
        "has been writing to it, or migrating it, for longer than busy_timeout: try again later, or set a longer "
        "busy_timeout",
        cause=cause,
        kind=UnavailableError,
        retryable=True,
    )


def disk_too_full(path: str, version: int, *, free: int, needed: int) -> ProviderError:
    """Return the error for a disk that has too little room for a migration; sizes are in bytes."""
    return failure(
        f"{path} has an older schema, and migrating it to schema {version} may need {needed:,} bytes of free disk, of "
        f"which there are {free:,}; it was not modified: make room and try again, or copy the closed file to a larger "
        "disk and choose that path"
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
            f"{path} cannot be opened, because this user may not enter one of its folders: give it permission "
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
            f"{path} cannot be opened, because this user may not write to its folder, and SQLite keeps more "
            "files there: give it write permission, choose another path, or set read_only = true to only read it"
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
    return f"{path} is not an SQLite database; it was not modified: choose another path, or move the file away"


def _damaged(path: str, error: sqlite3.Error) -> str:
    return f"{path} is damaged ({error}): restore it from a copy; `PRAGMA integrity_check` lists the damage"


def _disk_error(path: str, error: sqlite3.Error) -> str:
    return f"the disk of {path} reported an error ({error}): check the disk and its free space, then try again"


def _other(path: str, error: sqlite3.Error) -> str:
    place = "the database in memory" if path == MEMORY else path
    return f"SQLite failed on {place}: {type(error).__name__}: {error}"


_MESSAGES = {
    sqlite3.SQLITE_BUSY: _busy,
    sqlite3.SQLITE_LOCKED: _busy,
    sqlite3.SQLITE_FULL: _full,
    sqlite3.SQLITE_READONLY: _read_only,
    sqlite3.SQLITE_CANTOPEN: _cannot_open,
    sqlite3.SQLITE_NOTADB: _not_a_database,
    sqlite3.SQLITE_CORRUPT: _damaged,
    sqlite3.SQLITE_IOERR: _disk_error,
}
