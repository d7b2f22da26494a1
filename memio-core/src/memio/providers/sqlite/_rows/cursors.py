"""Cursors: the place in a listing where the next page begins.

A cursor names the kind of listing, the file and the last row that was delivered. Rows are found by their
number, so a page costs the same everywhere, and it makes no difference whether that row still exists.
"""

from __future__ import annotations

import re
from sqlite3 import Connection
from typing import Any

from memio.errors import InvalidInputError
from memio.providers.sqlite._rows.parts import Part

_FORM = re.compile(r"([a-z]+)-([0-9a-f]{8})-([0-9]{1,18})")
END = 2**63 - 1
"""Beyond every row."""


def write_cursor(db: Connection, listing: str, part: Part[Any]) -> str | None:
    """Return the cursor after a page, or `None` at the end.

    Args:
        db: The connection.
        listing: The kind of listing, in small letters.
        part: The rows of the page; each begins with its number.
    """
    return f"{listing}-{_identity(db)}-{part.rows[-1][0]}" if part.more else None


def read_cursor(db: Connection, listing: str, cursor: str | None, start: int = 0) -> int:
    """Return the row after which a page begins.

    Args:
        db: The connection.
        listing: The kind of listing to which it must belong.
        cursor: The cursor; `None` for the first page.
        start: Where the first page begins.

    Raises:
        InvalidInputError: It is not a cursor, or it belongs to another listing or file.
    """
    if cursor is None:
        return start
    match = _FORM.fullmatch(cursor)
    if not match or match[1] != listing or match[2] != _identity(db):
        raise InvalidInputError(
            "cursor does not belong to this listing in this file: pass the next_cursor of a page unchanged, "
            "or leave it out to begin anew",
            argument="cursor",
        )
    return int(match[3])


def _identity(db: Connection) -> str:
    (identity,) = db.execute("SELECT value FROM meta WHERE key = 'identity'").fetchone()
    return str(identity)
