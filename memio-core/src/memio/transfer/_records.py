"""Records as lines of a file and back, and the digests by which records are compared."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, cast

from memio._values.json import copy_json_object
from memio._values.text import MAX_NAME, check_name
from memio.capabilities import Kind
from memio.errors import InvalidInputError
from memio.kinds import SPECS
from memio.models import Record
from memio.owners import OWNERS, check_namespace

RECORDS_PER_CALL = 500
"""Records that one call of a store reads or writes at most."""

_DIGEST = 8
"""Bytes of the digest of one field."""

COMPARED: dict[Kind, tuple[str, ...]] = {
    kind: tuple(name for name in spec.fields if name not in spec.times or name == "expires_at")
    for kind, spec in SPECS.items()
}
"""The fields in which a record and its copy must be equal: what makes a record the same, its owner, and its expiry.

Other times are not compared: a target that has the record already keeps its own.
"""


_UTF_8 = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_ASCII = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_SORTED = json.JSONEncoder(sort_keys=True)


def line_of(kind: Kind, order: int, record: Record) -> bytes:
    """Return a record as one line of JSON, with its line end."""
    values: dict[str, Any] = {"kind": kind, "order": order}
    for name in SPECS[kind].fields:
        value = getattr(record, name)
        values[name] = _time_text(value) if isinstance(value, datetime) else value
    if values.get("data") is None:
        text = _UTF_8.encode(values)
    else:  # its strings may have surrogates, which UTF-8 cannot hold
        text = ",".join(f'"{name}":{(_ASCII if name == "data" else _UTF_8).encode(values[name])}' for name in values)
        text = f"{{{text}}}"
    text += "\n"  # in place: a copy of the text would take as much memory again
    return text.encode()


def encoded(value: object) -> bytes:
    """Return JSON on one line, without spaces, as UTF-8."""
    return _UTF_8.encode(value).encode()


def record_of(kind: Kind, values: Mapping[str, Any], fields: Collection[str]) -> Record:
    """Return the record that a line holds.

    Args:
        kind: The kind of memory.
        values: The line, without `kind` and `order`.
        fields: The fields that a record of this kind has in the file.

    Raises:
        InvalidInputError: A field is missing or unknown, or its value is not one that the field can have.
    """
    if missing := [name for name in fields if name not in values]:
        raise InvalidInputError(f"missing {', '.join(missing)}; a record of {kind} has {', '.join(fields)}")
    if unknown := sorted(values.keys() - set(fields)):
        raise InvalidInputError(f"unknown field {unknown[0]!r}; a record of {kind} has {', '.join(fields)}")
    record = SPECS[kind].record(**{name: _checked(kind, name, values[name]) for name in fields})
    if getattr(record, "content", None) == "" and getattr(record, "data", None) is None:
        raise InvalidInputError("content must not be empty where there is no data")
    return cast("Record", record)


def key_of(kind: Kind, record: Record, order: int | None = None) -> bytes:
    """Return what identifies a record in its store: a digest of kind, owner, session and id, 16 bytes.

    Args:
        kind: The kind of memory.
        record: The record.
        order: Takes the place of the id where a record has none.
    """
    return digest_of(identity_of(kind, record, order))


def digest_of(identity: object) -> bytes:
    """Return the digest of a JSON value by which something is recognised: 16 bytes."""
    return blake2b(encoded(identity), digest_size=16).digest()


def identity_of(kind: Kind, record: Record, order: int | None = None) -> list[Any]:
    """Return kind, user, agent, namespace, session and id of a record."""
    owner = [getattr(record, label) for label in OWNERS]
    return [kind, *owner, getattr(record, "session_id", None), order if record.id is None else record.id]


def field_digests(kind: Kind, record: Record, dropped: Collection[str]) -> bytes:
    """Return a digest of eight bytes for each compared field; zeros for one that is dropped, and for an open id.

    Two values have one digest where `memio.toolkit.same_json` finds them equal.
    """
    digests = bytearray()
    for name in COMPARED[kind]:
        value = getattr(record, name)
        if name in dropped or (value is None and name == "id"):
            digests += bytes(_DIGEST)
            continue
        if isinstance(value, datetime):
            value = _time_text(value)
        if isinstance(value, str) and name != "data":
            text, form = value, b"text"
        else:
            text, form = _SORTED.encode(_by_value(value)), b"json"
        digests += blake2b(text.encode(), digest_size=_DIGEST, person=form).digest()
    return bytes(digests)


def _by_value(value: Any) -> Any:
    """Return a JSON value in which equal numbers have one form: `1` for `1.0`."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _by_value(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_by_value(item) for item in cast("list[Any]", value)]
    return value


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
    """Return what a record and its copy have in common: a digest of all compared fields but id and expiry."""
    fields = zip(COMPARED[kind], _split(digests), strict=True)
    kept = b"".join(digest for name, digest in fields if name not in ("id", "expires_at"))
    return blake2b(kept, digest_size=16, person=kind.encode()).digest()


def _pairs(kind: Kind, source: bytes, target: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    return zip(COMPARED[kind], _split(source), _split(target), strict=True)


def _split(digests: bytes) -> Iterator[bytes]:
    return (digests[begin : begin + _DIGEST] for begin in range(0, len(digests), _DIGEST))


def _checked(kind: Kind, name: str, value: Any) -> Any:  # noqa: PLR0911  # one per form of a field
    if name == "metadata":
        return copy_json_object(value)
    if name == "namespace":
        return check_namespace(value)
    if value is None:
        if name in SPECS[kind].required:
            raise InvalidInputError(f"{name} is null: a record of {kind} must have it")
        return None
    if name == "data":
        return value  # which the record checks and copies
    if name in SPECS[kind].times:
        return _time(name, value)
    if name == "content" and value == "":
        return value  # legal where there is data
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
