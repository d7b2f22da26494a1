"""Ids, times and JSON as databases keep them in columns: texts and numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from os import urandom
from time import time_ns
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""What times in columns are counted from."""

_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
_RANDOM_BYTES = 10
_IDS_AT_ONCE = 64
"""How many ids share a call of `urandom`, after the first, which often is the only one."""
_MICROSECOND = timedelta(microseconds=1)
_decoder = json.JSONDecoder()
_encode_ascii = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def new_id() -> str:
    """Return a new id: a UUID of version 7, which begins with the time, so that new ones are neighbours in an index."""
    return next(new_ids())


def new_ids() -> Iterator[str]:
    """Yield new ids of one moment."""
    moment = time_ns() // 1_000_000
    begin = f"{moment >> 16:08x}-{moment & 0xFFFF:04x}-7"
    size = 1
    while True:
        digits = urandom(_RANDOM_BYTES * size).hex()
        for at in range(0, len(digits), 2 * _RANDOM_BYTES):
            a, variant, b, c = (
                digits[at : at + 3],
                digits[at + 3],
                digits[at + 4 : at + 7],
                digits[at + 7 : at + 19],
            )
            yield f"{begin}{a}-{_VARIANT[variant]}{b}-{c}"
        size = _IDS_AT_ONCE


def to_microseconds(moment: datetime) -> int:
    """Return an aware time as microseconds since 1970, exactly."""
    return (moment - EPOCH) // _MICROSECOND


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
    return EPOCH + timedelta(0, 0, value)  # by name, microseconds take half as long again


def loads(text: str) -> Any:
    """Return the value of some JSON, in half the time of `json.loads` where there is no white space around it."""
    try:
        value, end = _decoder.raw_decode(text)
    except ValueError:
        return _decoder.decode(text)
    return value if end == len(text) else _decoder.decode(text)


def metadata_text(metadata: dict[str, Any] | None) -> str | None:
    """Return metadata as JSON, and `None` for none."""
    return _encode(metadata) if metadata else None


def read_metadata(text: str | None) -> dict[str, Any]:
    """Return the metadata that a column holds."""
    if text is None:
        return {}
    metadata: dict[str, Any] = loads(text)
    return metadata


def data_text(data: Any) -> str | None:
    """Return any JSON value as JSON, and `None` for none. In ASCII, because its texts may have NUL and surrogates."""
    return None if data is None else _encode_ascii(data)


def read_data(text: str | None) -> Any:
    """Return the value that a column holds."""
    return None if text is None else loads(text)
