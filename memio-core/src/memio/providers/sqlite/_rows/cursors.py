"""Cursors: the place in a listing where the next page begins.

A cursor names the kind of listing, the file and the last row that was delivered. Rows are found by their
number, so a page costs the same everywhere, and it makes no difference whether that row still exists.
"""

from __future__ import annotations

import re
from sqlite3 import Connection
from typing import Any, NamedTuple

from memio.errors import InvalidInputError
from memio.providers.sqlite._rows.parts import Part

_FORM = re.compile(r"([a-z]+)-([0-9a-f]{8})-([0-9]{1,18})(?:-([mp][0-9]{1,18}))?")
END = 2**63 - 1
"""Beyond every row."""


class Place(NamedTuple):
    """Where a listing goes on that is ordered by a value, and among equal ones by the number of the row.

    Attributes:
        value: The value of the last row, such as a time in microseconds.
        seq: The number of that row.
    """

    value: int
    seq: int


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
    return int(_opened(db, listing, cursor, places=1)[3])


def write_place(db: Connection, listing: str, place: Place) -> str:
    """Return the cursor after a row of a listing that is ordered by a value."""
    sign = "m" if place.value < 0 else "p"
    return f"{listing}-{_identity(db)}-{place.seq}-{sign}{abs(place.value)}"


def read_place(db: Connection, listing: str, cursor: str | None) -> Place:
    """Return the place after which a page of such a listing begins, of the greatest value first.

    Raises:
        InvalidInputError: The cursor is none, or it belongs to another listing or file.
    """
    if cursor is None:
        return Place(END, END)
    match = _opened(db, listing, cursor, places=2)
    value = int(match[4][1:])
    return Place(-value if match[4][0] == "m" else value, int(match[3]))


def _opened(db: Connection, listing: str, cursor: str, *, places: int) -> re.Match[str]:
    match = _FORM.fullmatch(cursor)
    if not match or match[1] != listing or match[2] != _identity(db) or (match[4] is None) is (places > 1):
        raise InvalidInputError(
            "cursor does not belong to this listing in this file: pass the next_cursor of a page unchanged, "
            "or leave it out to begin anew",
            argument="cursor",
        )
    return match


def _identity(db: Connection) -> str:
    (identity,) = db.execute("SELECT value FROM meta WHERE key = 'identity'").fetchone()
    return str(identity)
