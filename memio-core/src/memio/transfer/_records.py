"""Records as lines of a file and back, and the digests by which records are compared."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, cast

from memio._call.arguments import CHECKS, MAX_NAME
from memio._values.text import check_name, type_name
from memio.capabilities import Kind
from memio.errors import InvalidInputError
from memio.kinds import SPECS
from memio.models import Record

RECORDS_PER_CALL = 500
"""Records that one call of a store reads or writes at most."""

_DIGEST = 8
"""Bytes of the digest of one field."""


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
        InvalidInputError: A field is missing or unknown, or its value is not one that the field can have.
    """
    fields = SPECS[kind].fields
    if missing := [name for name in fields if name not in values]:
        raise InvalidInputError(f"missing {', '.join(missing)}; a record of {kind} has {', '.join(fields)}")
    if unknown := sorted(values.keys() - set(fields)):
        raise InvalidInputError(f"unknown field {unknown[0]!r}; a record of {kind} has {', '.join(fields)}")
    return cast("Record", SPECS[kind].record(**{name: _checked(kind, name, values[name]) for name in fields}))


def key_of(kind: Kind, record: Record, order: int | None = None) -> bytes:
    """Return what identifies a record in its store: a digest of kind, owner, session and id, 16 bytes.

    Args:
        kind: The kind of memory.
        record: The record.
        order: Takes the place of the id where a record has none.
    """
    return blake2b(encoded(identity_of(kind, record, order)), digest_size=16).digest()


def identity_of(kind: Kind, record: Record, order: int | None = None) -> list[str | int | None]:
    """Return kind, user, agent, session and id of a record."""
    owner: list[str | int | None] = [kind, record.user_id, getattr(record, "agent_id", None)]
    return [*owner, getattr(record, "session_id", None), order if record.id is None else record.id]


def assigned_fields(kind: Kind) -> frozenset[str]:
    """Return the fields that a target sets itself where the source leaves them open: the id and the times."""
    return SPECS[kind].times | {"id"}


def field_digests(kind: Kind, record: Record, dropped: Collection[str]) -> bytes:
    """Return a digest of eight bytes for each field; zeros for one that is dropped, or that the source leaves open."""
    assigned = assigned_fields(kind)
    digests = bytearray()
    for name in SPECS[kind].fields:
        value = getattr(record, name)
        if name in dropped or (value is None and name in assigned):
            digests += bytes(_DIGEST)
            continue
        if isinstance(value, datetime):
            value = _time_text(value)
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        digests += blake2b(text.encode(), digest_size=_DIGEST, person=type_name(value).encode()).digest()
    return bytes(digests)


def differing(kind: Kind, source: bytes, target: bytes) -> list[str]:
    """Return the names of the fields in which the target differs; what the source leaves open is not compared.

    Args:
        kind: The kind of memory.
        source: The field digests of the record in the source.
        target: Those of its copy.
    """
    return [name for name, original, copy in _pairs(kind, source, target) if any(original) and original != copy]


def compared(kind: Kind, source: bytes, target: bytes) -> bytes:
    """Return the field digests of the target without those that the source leaves open."""
    return b"".join(copy if any(original) else original for _, original, copy in _pairs(kind, source, target))


def content_key(kind: Kind, digests: bytes) -> bytes:
    """Return what a record and its copy have in common: a digest of all fields but the id and the times."""
    assigned = assigned_fields(kind)
    fields = zip(SPECS[kind].fields, _split(digests), strict=True)
    kept = b"".join(digest for name, digest in fields if name not in assigned)
    return blake2b(kept, digest_size=16, person=kind.encode()).digest()


def _pairs(kind: Kind, source: bytes, target: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    return zip(SPECS[kind].fields, _split(source), _split(target), strict=True)


def _split(digests: bytes) -> Iterator[bytes]:
    return (digests[begin : begin + _DIGEST] for begin in range(0, len(digests), _DIGEST))


def _checked(kind: Kind, name: str, value: Any) -> Any:
    if name == "metadata":
        return CHECKS["metadata"](value)
    if value is None:
        if name in SPECS[kind].required:
            raise InvalidInputError(f"{name} is null: a record of {kind} must have it")
        return None
    if name in SPECS[kind].times:
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
    except (TypeError, ValueError, OverflowError):  # OverflowError: before or after all times of UTC
        raise InvalidInputError(
            f"{name} is {str(value)[:40]!r}: it must be a time such as 2026-05-01T09:30:00.000000Z"
        ) from None
    raise InvalidInputError(f"{name} is {value!r}, without a time zone: end it with Z for UTC")


def _time_text(time: datetime) -> str:
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
