"""A short text for a record: what it holds, without what it lacks, and long values cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from memio._values.text import shown

_LONGEST = 80
"""Characters of one value."""
_EMPTY: tuple[object, ...] = (None, "", {}, ())


def short_repr(record: Any) -> str:
    """Return a record as the call that makes it, without empty fields, and with long values cut at `…`."""
    return f"{type(record).__name__}({', '.join(f'{name}={text}' for name, text in shown_fields(record))})"


def shown_fields(record: Any) -> Iterator[tuple[str, str]]:
    """Yield the fields of a record that hold something, each with its short text."""
    for known in fields(record):
        value: object = getattr(record, known.name)
        if value not in _EMPTY:
            yield known.name, _shortened(value)


def _shortened(value: object) -> str:
    if isinstance(value, str):  # cut first: a document may have megabytes
        return repr(value) if len(value) <= _LONGEST else f"{value[:_LONGEST]!r}…"
    return shown(value.isoformat() if isinstance(value, datetime) else value, _LONGEST)
