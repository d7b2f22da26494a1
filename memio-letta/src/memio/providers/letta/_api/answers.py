"""Readers of what the server answered. What they raise means that the answer is not one of Letta's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeGuard, cast


def is_json_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a decoded JSON value is an object."""
    return isinstance(value, dict) and all(isinstance(key, str) for key in cast("dict[object, object]", value))


def rows_of(answer: Any) -> list[Any]:
    """Return the list that the server answered with.

    Raises:
        TypeError: It is not a list.
    """
    if not isinstance(answer, list):
        raise TypeError(f"a list was expected, not {type(answer).__name__}")
    return answer  # pyright: ignore[reportUnknownVariableType]  # its items are read one by one


def text_of(value: object) -> str:
    """Return a value that must be a string.

    Raises:
        TypeError: It is not a string.
    """
    if not isinstance(value, str):
        raise TypeError(f"text was expected, not {type(value).__name__}")
    return value


def utc(value: datetime) -> datetime:
    """Return a time in UTC; one without a time zone is in UTC already."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def check_deleted(raw: Any) -> None:
    """Parse the raw answer to a delete as JSON, which letta-client does not: a login page is not an answer.

    Args:
        raw: The raw response, or `None` where the server did not find what was to be deleted.
    """
    if raw is not None and raw.http_response.content:
        raw.http_response.json()
