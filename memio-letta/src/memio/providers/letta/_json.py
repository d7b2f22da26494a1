"""Telling what decoded JSON is."""

from __future__ import annotations

from typing import Any, TypeGuard, cast


def is_json_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether a decoded JSON value is an object."""
    return isinstance(value, dict) and all(isinstance(key, str) for key in cast("dict[object, object]", value))
