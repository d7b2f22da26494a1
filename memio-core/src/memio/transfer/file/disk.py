"""Errors of the journal and of the temporary files of a transfer."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from memio.errors import MemioError

_SQLITE = b"SQLite format 3\0"


def is_database(path: Path) -> bool:
    """Return whether a path is that of an SQLite file, such as a store or a journal."""
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:  # missing or unreadable
        return False


@contextmanager
def disk_errors() -> Generator[None, None, None]:
    """Raise SQLite's errors about the journal and temporary files as errors of memio.

    Stores translate their errors, so SQLite's errors are those of the transfer itself.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise MemioError(
            f"the journal or a temporary file cannot be written: {error}; free space on the disk, and repeat the call"
        ) from error
