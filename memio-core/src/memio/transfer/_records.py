"""Records as lines of a file, and back; and what tells them apart."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, cast

from memio._call.arguments import CHECKS, MAX_NAME
from memio._values.text import check_name, type_name
from memio.capabilities import Kind
from memio.errors import InvalidInputError
from memio.kinds import SPECS
from memio.models import Record
from memio.transfer._losses import DROPS, Loss

TIMES = frozenset({"created_at", "updated_at", "timestamp"})
ASSIGNED = TIMES | {"id"}
"""What a target chooses by itself when the source does not say it."""

_BLOCK = 8


def line_of(kind: Kind, order: int, record: Record) -> bytes:
    """Return a record as one line of JSON, with its line end."""
    values: dict[str, Any] = {"kind": kind, "order": order}
    for name in SPECS[kind].fields:
        value = getattr(record, name)
        values[name] = _time_text(value) if isinstance(value, datetime) else value
    text = _one_line(values)
    text += "\n"  # in place: a copy of the text would take as much memory again
    return text.encode()


def encoded(value: object) -> bytes:
    """Return JSON on one line, without spaces, as UTF-8."""
    return _one_line(value).encode()


def _one_line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def record_of(kind: Kind, values: Mapping[str, Any]) -> Record:
    """Return the record that a line holds.

    Args:
        kind: The kind of memory.
        values: The line, without `kind` and `order`.

    Raises:
        InvalidInputError: It lacks a field, has one too many, or a value is none that the field can have.
    """
    fields = SPECS[kind].fields
    if missing := [name for name in fields if name not in values]:
        raise InvalidInputError(f"it lacks {', '.join(missing)}; a record of {kind} has {', '.join(fields)}")
    if unknown := sorted(values.keys() - set(fields)):
        raise InvalidInputError(f"it has the unknown field {unknown[0]!r}; a record of {kind} has {', '.join(fields)}")
    return cast("Record", SPECS[kind].record(**{name: _checked(kind, name, values[name]) for name in fields}))


def token(kind: Kind, record: Record, order: int | None = None) -> bytes:
    """Return what tells a record from all others of its store: kind, owner, session and id, as 16 bytes.

    Args:
        kind: The kind of memory.
        record: The record.
        order: Stands in for the id where a record has none.
    """
    return blake2b(encoded(identity_of(kind, record, order)), digest_size=16).digest()


def identity_of(kind: Kind, record: Record, order: int | None = None) -> list[str | int | None]:
    """Return kind, user, agent, session and id of a record."""
    owner: list[str | int | None] = [kind, record.user_id, getattr(record, "agent_id", None)]
    return [*owner, getattr(record, "session_id", None), order if record.id is None else record.id]


def without(record: Record, kind: Kind, lost: frozenset[Loss]) -> Record:
    """Return a record as it is after losses: without what the target cannot hold."""
    dropped: dict[str, Any] = {
        name: {} if name == "metadata" else None for loss in lost for name in DROPS[loss] if name in SPECS[kind].fields
    }
    return replace(record, **dropped) if dropped else record


def blocks_of(kind: Kind, record: Record, lost: frozenset[Loss]) -> bytes:
    """Return a digest of eight bytes for each field; zeros for one that is lost, or that the source leaves open."""
    dropped = {name for loss in lost for name in DROPS[loss]}
    made = bytearray()
    for name in SPECS[kind].fields:
        value = getattr(record, name)
        if name in dropped or (value is None and name in ASSIGNED):
            made += bytes(_BLOCK)
            continue
        if isinstance(value, datetime):
            value = _time_text(value)
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        made += blake2b(text.encode(), digest_size=_BLOCK, person=type_name(value).encode()).digest()
    return bytes(made)


def differing(kind: Kind, source: bytes, target: bytes) -> list[str]:
    """Return the names of the fields in which the target differs; what the source leaves open is not compared."""
    return [
        name
        for name, there, here in zip(SPECS[kind].fields, _split(source), _split(target), strict=True)
        if any(there) and there != here
    ]


def compared(kind: Kind, source: bytes, target: bytes) -> bytes:
    """Return the target's blocks without those that the source leaves open."""
    parts = zip(SPECS[kind].fields, _split(source), _split(target), strict=True)
    return b"".join(here if any(there) else there for _, there, here in parts)


def likeness(kind: Kind, blocks: bytes) -> bytes:
    """Return what two records have in common that differ only in what a target chooses by itself: id and times."""
    parts = zip(SPECS[kind].fields, _split(blocks), strict=True)
    kept = b"".join(block for name, block in parts if name not in ASSIGNED)
    return blake2b(kept, digest_size=16, person=kind.encode()).digest()


def _split(blocks: bytes) -> Iterator[bytes]:
    return (blocks[begin : begin + _BLOCK] for begin in range(0, len(blocks), _BLOCK))


def _checked(kind: Kind, name: str, value: Any) -> Any:
    if name == "metadata":
        return CHECKS["metadata"](value)
    if value is None:
        if name in SPECS[kind].required:
            raise InvalidInputError(f"{name} is null, and a record of {kind} must have it")
        return None
    if name in TIMES:
        return _time(name, value)
    text = check_name(value, name)
    if name not in SPECS[kind].texts and len(text) > MAX_NAME:
        raise InvalidInputError(f"{name} has {len(text):,} characters, of at most {MAX_NAME:,}")
    return text


def _time(name: str, value: object) -> datetime:
    try:
        time = datetime.fromisoformat(cast("str", value))
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):  # the last one: it is before or after all times of UTC
        raise InvalidInputError(f"{name} is {str(value)[:40]!r}, no time such as 2026-05-01T09:30:00.000000Z") from None
    raise InvalidInputError(f"{name} is {value!r}, without a time zone: end it with Z for UTC")


def _time_text(time: datetime) -> str:
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
