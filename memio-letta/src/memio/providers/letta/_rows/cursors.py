"""Cursors: where a listing goes on, as a short text that only this provider reads."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from memio.errors import InvalidInputError

T = TypeVar("T")


class Position(NamedTuple):
    """The place of a passage or conversation in a listing that is ordered by time."""

    created_at: datetime
    id: str

    def to_cursor(self) -> str:
        """Return the cursor from which the listing goes on after this place."""
        return write_cursor([self.created_at.isoformat(), self.id])

    @classmethod
    def from_cursor(cls, cursor: str) -> Position:
        """Return the place in a cursor.

        Raises:
            InvalidInputError: The cursor was not made by `to_cursor`.
        """
        return read_cursor(cursor, _position)


def write_cursor(state: Any) -> str:
    """Return a cursor that holds a JSON value."""
    return urlsafe_b64encode(json.dumps(state, separators=(",", ":")).encode()).decode()


def read_cursor(cursor: str, parse: Callable[[Any], T]) -> T:
    """Return what `parse` makes of the value in a cursor.

    Raises:
        InvalidInputError: The cursor was not made by `write_cursor` for this listing.
    """
    try:
        return parse(json.loads(urlsafe_b64decode(cursor.encode())))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise InvalidInputError("this cursor did not come from this listing", argument="cursor") from None


def _position(state: Any) -> Position:
    created_at, row_id = state
    time = datetime.fromisoformat(created_at)
    if time.tzinfo is None or not isinstance(row_id, str):
        raise ValueError("not a position")
    return Position(time, row_id)
