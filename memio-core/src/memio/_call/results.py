"""The check of what a store returns: only of what would otherwise fail far from the cause."""

from __future__ import annotations

from memio._values.text import type_name
from memio.kinds import ANSWERS, Method


def check_result(name: str, method: Method, result: object) -> None:
    """Raise `TypeError` when a store returns a value of another type than its method has."""
    expected = ANSWERS[method.returns]
    if not isinstance(result, expected):
        raise TypeError(f"the store's {name} returned a {type_name(result)}, not a {expected.__name__}")
    if result is None and method.returns != "nothing":
        raise TypeError(f"the store's {name} returned None, not a record")
