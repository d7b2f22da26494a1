"""Which file a client uses, and a connection to it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Hashable
from sqlite3 import Connection
from typing import Literal, NamedTuple, Self

from memio.errors import ConfigError, Fault
from memio.providers.sqlite._connection.deferred import Database
from memio.providers.sqlite._db.errors import failure
from memio.providers.sqlite._usual import MEMORY, ReadSettings

LOWEST_SQLITE = (3, 37, 0)
"""The first version with STRICT tables."""


class Location(NamedTuple):
    """Which file, and how it is opened.

    Attributes:
        path: An absolute path, or `:memory:`.
        durability: `full` or `normal`.
        busy_timeout: Seconds to wait for other processes.
        chosen: Whether the path was chosen; otherwise a warning is logged when the file is made.
        read_only: Whether the database is neither made nor changed.
    """

    path: str
    durability: str
    busy_timeout: float
    chosen: bool
    read_only: bool = False

    @classmethod
    def of(cls, settings: ReadSettings) -> Self:
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
        """Return a value that is equal for two stores that can share an engine, however their paths were written."""
        return self._replace(chosen=True)


def connect(location: Location, mode: Literal["ro", "rw", "rwc"], *, frozen: bool = False) -> Connection:
    """Return a connection that has not read the file yet. The caller begins and ends its transactions.

    Args:
        location: Which file.
        mode: For reading only, for writing, or for writing and making the file where there is none.
        frozen: Whether it is certain that the file does not change, so that it is read without locks and without a log.

    Raises:
        ProviderError: SQLite is too old.
        sqlite3.Error: The file cannot be opened.
    """
    _check_sqlite()
    name, uri = location.path, location.path != MEMORY
    if uri:
        quoted = name.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        if os.name == "nt":
            quoted = "/" + quoted.replace("\\", "/")
        name = f"file://{quoted}?mode={mode}{'&immutable=1' if frozen else ''}"
    # A connection is used by the thread that opened it, except that another one closes it before a fork.
    return sqlite3.connect(
        name,
        uri=uri,
        timeout=location.busy_timeout,
        isolation_level=None,
        cached_statements=256,
        factory=Database,
        check_same_thread=False,
    )


def is_read_only_place(real: str) -> bool:
    """Return whether this user cannot write to a file, or cannot make files in its folder."""
    return not (os.access(real, os.W_OK) and os.access(os.path.dirname(real), os.W_OK))  # noqa: PTH120


def size_of(path: str) -> int:
    """Return the size of a file in bytes, 0 where there is none."""
    try:
        return os.stat(path).st_size  # noqa: PTH116  # a third of the time of `Path.stat`
    except OSError:
        return 0


def _absolute(path: str) -> str:
    try:
        return os.path.abspath(path)  # noqa: PTH100  # `Path.absolute` leaves `..` in, and `Path.resolve` reads the disk
    except FileNotFoundError as error:
        fault = Fault(
            "path",
            f"{path!r} is relative, and the working directory was deleted: give an absolute path, or change to "
            "a folder that exists",
        )
        raise ConfigError([fault], "the settings of the sqlite provider") from error


def _check_sqlite() -> None:
    if sqlite3.sqlite_version_info < LOWEST_SQLITE:
        lowest = ".".join(map(str, LOWEST_SQLITE))
        raise failure(
            f"this Python has SQLite {sqlite3.sqlite_version}, and memio needs {lowest} or later: use a newer Python"
        )
