"""Logs that were written for another database.

A killed process leaves its log, which SQLite applies when the file is opened next. When a backup was put in the place
of the database meanwhile, that destroys the backup. Nothing in the database or in the log names the other, so as long
as there is a log, memio keeps a small file, `<database>-memio`, which states for which file it was made. A log that is
known to belong to another file is renamed, never deleted; where that is not certain, the file is not opened. Where
nothing is known (the files were copied, or another program made the log), the log is left to SQLite.
"""

from __future__ import annotations

import json
import logging
import os
import time
from contextlib import suppress
from typing import NamedTuple

from memio.providers.sqlite._db.checkpoints import holds_checkpoint
from memio.providers.sqlite._db.errors import failure

_HEADER = 32
"""Bytes before the first frame of a log."""
_UNWRITTEN = 60_000_000_000
"""In nanoseconds: how much too early times on a disk may be after a power cut."""


class _Evidence(NamedTuple):
    """What was noted when the log was made."""

    database: int
    log: int
    changed: int
    """The newest time of the database, in nanoseconds."""
    modified: int
    mode: int
    boot: str
    noted: int


def examine(path: str, real: str, *, may_write: bool) -> str | None:
    """Make sure that SQLite does not apply a log to a database that it was not written for.

    Args:
        path: The database, for errors.
        real: The same without links; the log is in its folder.
        may_write: Whether a log that belongs to another file may be renamed.

    Returns:
        The new name of the log, if it was renamed.

    Raises:
        ProviderError: There is a log without a database, or it is not certain which database it belongs to.
    """
    log, database = _status(f"{real}-wal"), _status(real)
    if log is None or log.st_size <= _HEADER:
        return None
    if database is None or not database.st_size:
        # SQLite would delete it, and with it what was not in the database yet.
        raise failure(
            f"{path}-wal is the log of a database that is no longer at {path}, and may hold records that exist in no "
            f"other file; nothing was made. Move the database back to its name, and rename {path}-memio; or, to begin "
            "with an empty database, rename the log (do not delete it)"
        )
    verdict = _judge(real, database, log)
    if verdict == "foreign" and may_write:
        return _rename(real, log.st_ino)
    if verdict != "own":
        raise failure(
            f"{path} was changed after its log {path}-wal was written, and not by SQLite, so the two may not belong "
            "together; nothing was opened. If a backup was put there, rename the log (do not delete it) and "
            f"try again. If it is the file that the log was written for, rename {path}-memio instead, and "
            "the log is applied"
        )
    return None


def keep_evidence(path: str, real: str, *, fresh: bool) -> None:
    """Write down for which file the log was made, unless that is done already.

    Args:
        path: The database.
        real: The same without links.
        fresh: Whether there was no log before.
    """
    log, database = _status(f"{real}-wal"), _status(path)
    if log is None or database is None:
        return
    known = _read(real)
    if not fresh and known is not None and (known.database, known.log) == (database.st_ino, log.st_ino):
        return
    evidence = _Evidence(
        database.st_ino, log.st_ino, _changed(database), database.st_mtime_ns, database.st_mode, _boot(), time.time_ns()
    )
    temporary = f"{real}-memio.{os.getpid()}"
    # Without it only this check is missing, so a full disk or a quota must not prevent opening the file.
    with suppress(OSError):
        number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, database.st_mode & 0o666)
        try:
            os.write(number, json.dumps(evidence._asdict()).encode())
        finally:
            os.close(number)
        os.replace(temporary, f"{real}-memio")  # noqa: PTH105  # both are texts


def drop_evidence(real: str) -> None:
    """Remove the note, because the log was removed."""
    with suppress(OSError):  # another process has removed it, or this one may not; it is about a log that is gone
        os.unlink(f"{real}-memio")  # noqa: PTH108  # as above


def _judge(real: str, database: os.stat_result, log: os.stat_result) -> str:  # noqa: PLR0911  # a list of cases
    """Return `own`, `foreign` or `unsure`."""
    known = _read(real)
    if known is None or known.log != log.st_ino:
        return "own"  # nothing is known about this log: all of it may have been copied here
    if known.database != database.st_ino:
        return "foreign"
    changed = _changed(database)
    if (changed, database.st_mtime_ns) == (known.changed, known.modified):
        return "own"
    # What SQLite writes into the database after the last commit is the log itself. Anything earlier belongs together.
    same_boot = known.boot != "" and known.boot == _boot()
    if changed <= _changed(log) + (0 if same_boot else _UNWRITTEN):
        return "own"
    if holds_checkpoint(real, same_boot=same_boot):
        return "own"
    if known.mode != database.st_mode or _changed(log) != log.st_mtime_ns:
        return "own"  # permissions or owners were changed
    if changed == database.st_mtime_ns or known.modified != database.st_mtime_ns < known.noted:
        return "foreign"
    return "unsure"


def _rename(real: str, inode: int) -> str | None:
    """Rename a log that belongs to another file, and return its new name."""
    log = f"{real}-wal"
    renamed = f"{log}-of-another-file-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    os.rename(log, renamed)  # noqa: PTH104  # both are texts
    moved = _status(renamed)
    if moved is not None and moved.st_ino != inode:  # another process has done it, and opened the file since
        rename_back(real, renamed)
        return None
    return renamed


def rename_back(real: str, renamed: str) -> None:
    """Give a log its former name."""
    os.rename(renamed, f"{real}-wal")  # noqa: PTH104  # as above


def warn_about(path: str, renamed: str) -> None:
    """Log a warning that a log was renamed."""
    logging.getLogger("memio.sqlite").warning(
        "the log of %s was written for another file that was there before, so it was not applied and was "
        "renamed to %s. If that other file is kept elsewhere, its last records are in this log: rename the log to "
        "the name of that file followed by -wal",
        path,
        renamed,
    )


def _read(real: str) -> _Evidence | None:
    try:
        with open(f"{real}-memio", "rb") as file:  # noqa: PTH123  # as above
            return _Evidence(**json.loads(file.read(4096)))
    except (OSError, ValueError, TypeError):  # there is no note, or it was cut off: nothing is known
        return None


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116  # as above
    except OSError:
        return None


def _changed(status: os.stat_result) -> int:
    # Programs that copy files set the first back; on Windows, the second is the time of making.
    return max(status.st_mtime_ns, status.st_ctime_ns)


def _boot() -> str:
    """Return an id of this start of the machine, where the system has one."""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:  # noqa: PTH123  # as above
            return file.read().decode().strip()
    except OSError:
        return ""
