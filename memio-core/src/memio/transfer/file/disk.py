"""Faults of the files beside a transfer: the journal, and what is kept on the disk to save memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from memio.errors import MemioError

_SQLITE = b"SQLite format 3\0"


def is_database(path: Path) -> bool:
    """Tell whether there is an SQLite file, such as a store or a journal."""
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:  # there is none that could be read
        return False


@contextmanager
def disk_errors() -> Generator[None, None, None]:
    """Raise what SQLite says about the journal and temporary files as one of memio's errors.

    Stores map their own errors, so that no other ones arrive here.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise MemioError(
            f"the journal or a temporary file cannot be written: {error}; make room on the disk, and repeat the call"
        ) from error
