"""Cursors: where a listing goes on, as a short text that nobody else needs to read."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any, TypeVar

from memio.errors import InvalidInputError

T = TypeVar("T")


def write_cursor(state: Any) -> str:
    """Return a cursor that holds a JSON value."""
    return urlsafe_b64encode(json.dumps(state, separators=(",", ":")).encode()).decode()


def read_cursor(cursor: str, parse: Callable[[Any], T]) -> T:
    """Return what `parse` makes of the value in a cursor.

    Raises:
        InvalidInputError: The cursor did not come from here.
    """
    try:
        return parse(json.loads(urlsafe_b64decode(cursor.encode())))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise InvalidInputError("this cursor did not come from this listing", argument="cursor") from None
