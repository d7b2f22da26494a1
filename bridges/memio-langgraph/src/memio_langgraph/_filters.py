"""LangGraph's filters: what they mean, and which part of them a backend can apply.

A filter is judged here, on the whole value, so its result is exact on every backend. What the backend gets beside
that is a condition on the copied scalars that no matching item fails, so that fewer items are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple, cast

from memio import Feature, InvalidInputError
from memio.toolkit import matches, same_json

Filter = Mapping[str, Any]

EQUALITY = ("$eq", "$ne")
ORDER = ("$gt", "$gte", "$lt", "$lte")
MEMBERSHIP = ("$in", "$nin")
OPERATORS = (*EQUALITY, *ORDER, *MEMBERSHIP, "$exists")
"""LangGraph documents the first six; memio has the others too."""

MAX_COPIED = 256
"""Characters of the longest key, and of the longest text, that is copied to the metadata."""

_MISSING = object()
_SCALARS = (str, int, float, bool, type(None))


def can_be_copied(key: str, value: object) -> bool:
    """Return whether a top-level entry of a value is copied to the metadata, where a backend can filter it.

    Lists and objects are not, nor are texts that are long or that metadata cannot hold. A key that begins with `$`
    cannot be filtered by.
    """
    return not key.startswith("$") and _is_copied_text(key) and _is_copied(value)


def _is_copied(value: object) -> bool:
    if isinstance(value, str):
        return _is_copied_text(value)
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, _SCALARS)


def _is_copied_text(text: str) -> bool:
    if len(text) > MAX_COPIED or "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def check_filter(filters: Any) -> None:
    """Refuse a filter that could not be evaluated.

    Raises:
        InvalidInputError: It names an unknown operator, or an operand is of a type that it cannot compare with.
    """
    if not isinstance(filters, Mapping):
        raise _refused(f"filter must be a dict, not {type(filters).__name__}")
    for key, condition in cast("Mapping[Any, Any]", filters).items():
        if not isinstance(key, str):
            raise _refused(f"filter has the key {key!r}: keys of a value are strings")
        try:
            _check_condition(condition, f"filter.{key}")
        except RecursionError:
            raise _refused(f"filter.{key} nests too deep, or refers to itself") from None


def _check_condition(condition: Any, place: str) -> None:
    if isinstance(condition, Mapping):
        entries = cast("Mapping[Any, Any]", condition)
        operators = _has_operators(entries)
        for name, operand in entries.items():
            if operators:
                _check_operand(name, operand, f"{place}.{name}")
            else:
                _check_condition(operand, f"{place}.{name}")
    elif isinstance(condition, (list, tuple)):
        for index, item in enumerate(cast("list[Any]", condition)):
            _check_condition(item, f"{place}[{index}]")
    elif not isinstance(condition, _SCALARS):
        raise _refused(f"{place} is a {type(condition).__name__}: values are JSON, and nothing could equal it")


def _check_operand(name: Any, operand: Any, place: str) -> None:
    if name not in OPERATORS:
        raise _refused(f"{place}: {name!r} is not an operator; known are {', '.join(OPERATORS)}")
    if name in EQUALITY:
        _check_condition(operand, place)
    elif name in MEMBERSHIP:
        if not isinstance(operand, (list, tuple)):
            raise _refused(f"{place} must be a list, not {type(operand).__name__}")
        for index, item in enumerate(cast("list[Any]", operand)):
            if not isinstance(item, _SCALARS):
                raise _refused(f"{place}[{index}] is a {type(item).__name__}, not a string, number, boolean or null")
    elif name == "$exists":
        if not isinstance(operand, bool):
            raise _refused(f"{place} must be True or False, not {operand!r}")
    elif not isinstance(operand, _SCALARS):
        raise _refused(f"{place} is a {type(operand).__name__}: {name} compares numbers, or strings")


def passes(value: Mapping[str, Any], filters: Filter) -> bool:
    """Return whether a value passes a filter that was checked.

    A scalar must equal what is stored under the key: numbers by value, anything else only itself; a missing key equals
    nothing. A list must be equal item by item, an object without operators must be contained in the stored one.
    """
    return all(_holds(value.get(key, _MISSING), condition) for key, condition in filters.items())


def _holds(stored: Any, condition: Any) -> bool:
    if isinstance(condition, Mapping):
        entries = cast("Mapping[str, Any]", condition)
        if _has_operators(entries):
            return all(_operator_holds(stored, name, operand) for name, operand in entries.items())
        return isinstance(stored, dict) and passes(cast("dict[str, Any]", stored), entries)
    if isinstance(condition, (list, tuple)):
        items, wanted = cast("list[Any]", stored), cast("list[Any]", condition)
        return isinstance(stored, list) and len(items) == len(wanted) and all(map(_holds, items, wanted))
    return stored is not _MISSING and same_json(stored, condition)


def _operator_holds(stored: Any, name: str, operand: Any) -> bool:
    if name in EQUALITY:
        return _holds(stored, operand) is (name == "$eq")
    return matches({} if stored is _MISSING else {"it": stored}, {"it": {name: operand}})


def _has_operators(condition: Mapping[Any, Any]) -> bool:
    return any(isinstance(name, str) and name.startswith("$") for name in condition)


class Condition(NamedTuple):
    """What the backend applies of a filter.

    Attributes:
        filters: Filters on the metadata that every matching item passes, or `None`.
        exact: Whether no other item passes them.
    """

    filters: dict[str, Any] | None
    exact: bool


def condition_for(filters: Filter, features: frozenset[str]) -> Condition:
    """Return what the backend applies of a filter.

    Args:
        filters: A filter that was checked.
        features: The features of the documents.
    """
    if Feature.FILTER_OPERATORS in features:
        parts = [part for key, condition in filters.items() for part in _parts(key, condition)]
        applied = [part.filters for part in parts if part.filters is not None]
        joined = None if not applied else applied[0] if len(applied) == 1 else {"$and": applied}
        return Condition(joined, all(part.exact for part in parts))
    if Feature.FILTERS in features:
        equal = {key: value for key, value in filters.items() if can_be_copied(key, value)}
        return Condition(equal or None, len(equal) == len(filters))
    return Condition(None, not filters)


_NOTHING = Condition(None, exact=False)


def _parts(key: str, condition: Any) -> list[Condition]:
    if not can_be_copied(key, None):
        return [_NOTHING]
    if not isinstance(condition, Mapping):
        return [Condition({key: condition}, exact=True) if _is_copied(condition) else _NOTHING]
    entries = cast("Mapping[str, Any]", condition)
    if not _has_operators(entries):
        return [_NOTHING]
    return [_part(key, name, operand) for name, operand in entries.items()]


def _part(key: str, name: str, operand: Any) -> Condition:
    if name in MEMBERSHIP:
        return Condition({key: {name: list(operand)}}, exact=True) if all(map(_is_copied, operand)) else _NOTHING
    if name == "$exists" or not _is_copied(operand):
        return _NOTHING
    if name in ORDER and isinstance(operand, str):
        # A text that is too long to be copied is in order with the operand, too.
        return Condition({"$or": [{key: {name: operand}}, {key: {"$exists": False}}]}, exact=False)
    return Condition({key: {name: operand}}, exact=True)


def _refused(message: str) -> InvalidInputError:
    return InvalidInputError(message, argument="filter")
