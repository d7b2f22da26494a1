"""Numbers, arrays and the time in statements; `memio.toolkit.values` has what other providers share."""

from __future__ import annotations

from collections.abc import Iterator

NOW = "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint"
"""The time of the server, in microseconds since 1970, in SQL; one for all rows of a statement."""

FIRST, LAST = -(2**63) + 1, 2**63 - 1
"""Before every number of a row, and after it."""


def version_number(version: str) -> int:
    """Return the number of a version that a caller names; one that no record has for a text that is no version."""
    number = int(version) if version.isascii() and version.isdecimal() and len(version) < len(str(LAST)) else 0
    return number if str(number) == version else 0


def text_array(items: Iterator[str] | tuple[str, ...] | list[str]) -> str:
    """Return texts as PostgreSQL writes an array, for arrays of arrays of different lengths."""
    quoted = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"
