"""Paths of the memory tool: what they mean, and which are refused."""

from __future__ import annotations

import re
from urllib.parse import unquote

ROOT = "/memories"

_LONGEST = 1000
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029\ud800-\udfff]")


class PathError(ValueError):
    """A path that is refused; the message is for the model."""


def checked(path: object) -> str:
    """Return a path without repeated or trailing slashes.

    Files are records and not files of the system, so that no path can lead out of them. A path that tries to is
    refused all the same: it means something else than it would do here.

    Args:
        path: The path as the model wrote it: `/memories` or a path below it.

    Raises:
        PathError: It is not below the root, names a parent folder, or holds characters that a name cannot have.
    """
    if not isinstance(path, str):
        raise PathError(f"Path must be a string, got: {type(path).__name__}")
    if path != ROOT and not path.startswith(f"{ROOT}/"):
        raise PathError(f"Path must start with {ROOT}, got: {_short(path)}")
    if _CONTROL.search(path):
        raise PathError(f"Path {_short(path)!r} holds a control character: use letters, digits, - _ . and /")
    if "\\" in path:
        raise PathError(f"Path {_short(path)} holds a backslash: separate folders by /")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if any(".." in _decoded(part).split("/") for part in parts):
        raise PathError(f"Path {_short(path)} would escape {ROOT} directory")
    name = "/" + "/".join(parts)
    if len(name) > _LONGEST:
        raise PathError(f"Path has {len(name)} characters, of at most {_LONGEST}: shorten it")
    return name


def parents(path: str) -> list[str]:
    """Return the folders that a path is in, below the root."""
    parts = path.split("/")[2:-1]
    return [f"{ROOT}/{'/'.join(parts[: number + 1])}" for number in range(len(parts))]


def _decoded(part: str) -> str:
    """Return a name without percent signs that hide characters, also repeatedly."""
    for _ in range(3):
        part = unquote(part)
    return part.replace("\\", "/")


def _short(path: str) -> str:
    return path if len(path) <= _LONGEST else f"{path[:_LONGEST]}…"
