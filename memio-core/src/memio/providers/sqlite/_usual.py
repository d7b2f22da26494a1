"""The settings of the embedded provider as most programs give them, checked without pydantic.

Importing pydantic takes most of the time in which a process recalls its first memory. So values that need no
conversion and are right are taken as they are; any other goes through `SqliteSettings`, which has the rules and the
messages.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

MEMORY = ":memory:"
"""The path of a database in the memory of this process, for tests."""

Durability = Literal["full", "normal"]

PATH_VARIABLE = "MEMIO_SQLITE_PATH"
"""The environment variable of the path."""

_LONGEST_WAIT = 3600


class ReadSettings(Protocol):
    """What stores read of their settings, see `SqliteSettings`."""

    @property
    def path(self) -> str:
        """The file, or `:memory:`."""
        ...

    @property
    def durability(self) -> Durability:
        """How writes are made durable."""
        ...

    @property
    def busy_timeout(self) -> float:
        """Seconds to wait for another process that is writing."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether the database is neither made nor changed."""
        ...

    def origin_of(self, name: str) -> Literal["given", "environment", "default"]:
        """Return where a value came from."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualSettings:
    """Settings that were right as they were given; see `SqliteSettings` for the fields."""

    path: str = "memio.db"
    durability: Durability = "full"
    busy_timeout: float = 30.0
    read_only: bool = False
    origins: Mapping[str, Literal["given", "environment"]]

    def origin_of(self, name: str) -> Literal["given", "environment", "default"]:
        """Return where a value came from."""
        return self.origins.get(name, "default")


def usual(given: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> UsualSettings | None:
    """Return the settings that values mean; `None` where one is wrong, or is right only after a conversion."""
    values = dict(given)
    origins: dict[str, Literal["given", "environment"]] = dict.fromkeys(values, "given")
    if "path" not in values and (path := environment.get(PATH_VARIABLE)):
        values["path"], origins["path"] = path, "environment"
    if not all(name in _RIGHT and _RIGHT[name](value) for name, value in values.items()):
        return None
    path = values.get("path")
    if path == MEMORY and values.get("read_only"):
        return None
    if path is not None and path != MEMORY:
        # An unknown user in `~user` stays as it is, as in a shell.
        values["path"] = str(Path(os.path.expanduser(path)))  # noqa: PTH111  # Path.expanduser would raise
    return UsualSettings(**values, origins=origins)


def _is_path(value: Any) -> bool:
    return type(value) is str and value != "" and "\0" not in value


def _is_wait(value: Any) -> bool:
    return type(value) is float and 0 < value <= _LONGEST_WAIT


_RIGHT: dict[str, Callable[[Any], bool]] = {
    "path": _is_path,
    "durability": lambda value: type(value) is str and value in ("full", "normal"),
    "busy_timeout": _is_wait,
    "read_only": lambda value: type(value) is bool,
}
"""Whether a value of each setting is right."""
