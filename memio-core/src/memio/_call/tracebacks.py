"""Tracebacks of errors that callers expect: from their line to the call, and not through the inside of memio."""

from __future__ import annotations

from types import TracebackType
from typing import TypeVar

from memio.errors import (
    ConflictError,
    CursorExpiredError,
    InvalidInputError,
    MemioError,
    NotFoundError,
    NotSupportedError,
)

E = TypeVar("E", bound=MemioError)

EXPECTED = (NotFoundError, ConflictError, InvalidInputError, NotSupportedError, CursorExpiredError)
"""Errors that are an answer to the caller: their message states what is wrong, and no line of memio does."""


def shortened(error: E) -> E:
    """Remove memio's own frames from the traceback of an expected error, and return it; those of other stores stay."""
    expected: bool = isinstance(error, EXPECTED)
    if not expected:
        return error
    kept: list[TracebackType] = []
    place = error.__traceback__
    while place is not None:
        if not str(place.tb_frame.f_globals.get("__name__", "")).startswith("memio."):
            kept.append(place)
        place = place.tb_next
    rest: TracebackType | None = None
    for place in reversed(kept):
        rest = TracebackType(rest, place.tb_frame, place.tb_lasti, place.tb_lineno)
    error.__traceback__ = rest
    return error
