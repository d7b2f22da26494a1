"""When two records, or two JSON values, are the same."""

from __future__ import annotations

from typing import Any, cast

from memio.kinds import BY_RECORD


def same_json(first: Any, second: Any) -> bool:
    """Return whether two JSON values are equal.

    Numbers are compared by value, so that `1` equals `1.0`; `True` and `False` equal no number; the order of an
    object's keys does not count.

    Args:
        first: A value made of dicts, lists, strings, numbers, booleans and `None`.
        second: Another one.

    Example:
        >>> from memio.toolkit import same_json
        >>> same_json({"a": 1, "b": [True]}, {"b": [True], "a": 1.0}), same_json(1, True)
        (True, False)
    """
    if isinstance(first, dict):
        if not isinstance(second, dict):
            return False
        one, two = cast("dict[str, Any]", first), cast("dict[str, Any]", second)
        return one.keys() == two.keys() and all(same_json(value, two[key]) for key, value in one.items())
    if isinstance(first, list):
        if not isinstance(second, list):
            return False
        left, right = cast("list[Any]", first), cast("list[Any]", second)
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    return bool(first == second)


def same_record(stored: Any, given: Any) -> bool:
    """Return whether adding a record again means the stored one: text, metadata and all that a caller chose are equal.

    Times are not compared, nor are ids and owners: a store has found the record by these.

    Args:
        stored: A `Fact`, `Document`, `Message` or `Triple`.
        given: Another record of the same class.

    Example:
        >>> from memio import Message
        >>> from memio.toolkit import same_record
        >>> first = Message(role="user", content="hi", metadata={"n": 1})
        >>> same_record(first, Message(role="user", content="hi", metadata={"n": 1.0}))
        True
        >>> same_record(first, Message(role="assistant", content="hi", metadata={"n": 1}))
        False
    """
    return all(same_json(getattr(stored, name), getattr(given, name)) for name in BY_RECORD[type(stored)].same)
