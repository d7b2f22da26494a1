"""Times, ids and JSON in columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from os import urandom
from time import time_ns
from typing import Any

NOW = "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint"
"""The time of the server, in microseconds since 1970, in SQL; one for all rows of a statement."""

FIRST, LAST = -(2**63) + 1, 2**63 - 1
"""Before every number of a row, and after it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_RANDOM_BYTES = 10
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
_decode = json.JSONDecoder().decode
_encode_ascii = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def new_id() -> str:
    """Return a new id: a UUID of version 7, which begins with the time."""
    moment = time_ns() // 1_000_000
    digits = urandom(_RANDOM_BYTES).hex()
    head, variant, tail, last = digits[:3], digits[3], digits[4:7], digits[7:19]
    return f"{moment >> 16:08x}-{moment & 0xFFFF:04x}-7{head}-{_VARIANT[variant]}{tail}-{last}"


def to_microseconds(moment: datetime) -> int:
    """Return an aware time as microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def microseconds_of(moment: datetime | None) -> int | None:
    """Return a time as microseconds since 1970, where there is one."""
    return None if moment is None else to_microseconds(moment)


def seconds_from_utc(moment: datetime) -> int:
    """Return the offset of an aware time from UTC, in whole seconds."""
    offset = moment.utcoffset()
    return 0 if offset is None else round(offset.total_seconds())


@lru_cache(maxsize=16)  # the records of a batch have one time
def from_microseconds(value: int) -> datetime:
    """Return microseconds since 1970 as a time in UTC, exactly."""
    return _EPOCH + timedelta(microseconds=value)


def metadata_text(metadata: dict[str, Any] | None) -> str | None:
    """Return metadata as JSON, and `None` for none."""
    return _encode(metadata) if metadata else None


def read_metadata(text: str | None) -> dict[str, Any]:
    """Return the metadata that a column holds."""
    if text is None:
        return {}
    metadata: dict[str, Any] = _decode(text)
    return metadata


def data_text(data: Any) -> str | None:
    """Return any JSON value as JSON, and `None` for none. In ASCII, because its texts may have NUL and surrogates."""
    return None if data is None else _encode_ascii(data)


def read_data(text: str | None) -> Any:
    """Return the value that a column holds."""
    return None if text is None else _decode(text)


def version_number(version: str) -> int:
    """Return the number of a version that a caller names; one that no record has for a text that is no version."""
    number = int(version) if version.isascii() and version.isdecimal() and len(version) < len(str(LAST)) else 0
    return number if str(number) == version else 0


def text_array(items: Iterator[str] | tuple[str, ...] | list[str]) -> str:
    """Return texts as PostgreSQL writes an array, for arrays of arrays of different lengths."""
    quoted = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"
