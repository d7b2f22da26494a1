"""The strict reader of JSON text: for export files, configurations and the command line."""

from __future__ import annotations

import json
from math import isinf
from typing import Any


def parse_json(text: str) -> Any:
    """Return the value that a JSON text holds.

    It refuses what `json.loads` accepts although the value would not be kept: duplicate keys, of which the last would
    win, and numbers that JSON does not have or a float cannot hold.

    Args:
        text: The text.

    Raises:
        ValueError: It is not valid JSON, or one of these; the message quotes at most a key or a number.
    """
    try:
        return json.loads(
            text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        place = (
            f"line {error.lineno}, character {error.colno}" if "\n" in text.strip() else f"character {error.pos + 1}"
        )
        raise ValueError(f"{error.msg} at {place}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values:
            raise ValueError(f"duplicate key {key!r}")
        values[key] = value
    return values


def _finite(number: str) -> float:
    value = float(number)
    if isinf(value):
        raise ValueError(f"the number {number[:40]} is too large")
    return value


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not a JSON number")
