"""Metadata filters, judged in Python: exact for every value that metadata can hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from memio.toolkit.equality import same_json

Operand = Any
_MISSING = object()


def matches(metadata: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """Return whether a record's metadata passes a filter.

    A key of a filter names a top-level key of the metadata. Its value is a scalar, which must be equal, or an object of
    operators, which must all hold: `$eq`, `$ne`, `$gt`, `$gte`, `$lt`, `$lte`, `$in`, `$nin`, `$exists`. Instead of
    a key there may also be `$and` and `$or` with a list of filters, and `$not` with one.

    Numbers are compared by value, strings by code point, and other values not at all; booleans are not numbers. A key
    that is missing equals nothing, not even null. A list or an object matches `$exists`, `$ne` and `$nin` only.

    Args:
        metadata: The metadata of a record.
        filters: A filter that the client has checked. An empty one lets everything pass.

    Example:
        >>> from memio.toolkit import matches
        >>> matches({"age": 40, "tag": "a"}, {"age": {"$gte": 18, "$lt": 65}, "tag": {"$in": ["a", "b"]}})
        True
        >>> matches({"age": 40}, {"$or": [{"age": {"$gt": 65}}, {"retired": True}]})
        False
    """
    return all(_holds(metadata, key, value) for key, value in filters.items())


def _holds(metadata: Mapping[str, Any], key: str, value: Any) -> bool:
    if key == "$and":
        return all(matches(metadata, item) for item in value)
    if key == "$or":
        return any(matches(metadata, item) for item in value)
    if key == "$not":
        return not matches(metadata, value)
    stored = metadata.get(key, _MISSING)
    if not isinstance(value, dict):
        return _equal(stored, value)
    return all(OPERATORS[name](stored, operand) for name, operand in cast("dict[str, Any]", value).items())


def _equal(stored: Any, operand: Operand) -> bool:
    return not isinstance(stored, (dict, list)) and stored is not _MISSING and same_json(stored, operand)


def _among(stored: Any, operands: list[Operand]) -> bool:
    # Python finds that one is equal much faster, but to Python, `True` is `1`.
    return stored in operands and any(_equal(stored, operand) for operand in operands)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Operand], bool]:
    """Return an operator that orders numbers among numbers and strings among strings."""

    def operator(stored: Any, operand: Operand) -> bool:
        for kind in (str, (int, float)):
            if isinstance(stored, kind) and isinstance(operand, kind):
                return not isinstance(stored, bool) and not isinstance(operand, bool) and compare(stored, operand)
        return False

    return operator


OPERATORS: dict[str, Callable[[Any, Operand], bool]] = {
    "$eq": _equal,
    "$ne": lambda stored, operand: not _equal(stored, operand),
    "$gt": _compared(lambda stored, operand: stored > operand),
    "$gte": _compared(lambda stored, operand: stored >= operand),
    "$lt": _compared(lambda stored, operand: stored < operand),
    "$lte": _compared(lambda stored, operand: stored <= operand),
    "$in": _among,
    "$nin": lambda stored, operands: not _among(stored, operands),
    "$exists": lambda stored, operand: (stored is not _MISSING) is operand,
}
"""The operators under a key, each with the value that is stored and the operand."""
