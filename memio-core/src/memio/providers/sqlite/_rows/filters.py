"""Metadata filters in SQL: what leaves out records that certainly do not pass.

SQLite's JSON functions are not exact: keys with quotes or backslashes are not found, integers of more than 64 bits are
rounded, and floating-point numbers may be off by their last digit. So a condition may let records through that do not
pass, and never the other way round; `memio.toolkit.matches` judges what is left. It is several times faster than
judging all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import inf
from typing import Any, cast

from memio.providers.sqlite._rows.scopes import Condition, all_of, any_of

_PLAIN = re.compile(r'[^"\\\x00-\x1f\x7f]+')
_SLACK = 1e-9
"""How much farther a bound is, relative to its value, so that rounding leaves out nothing."""
_TINY = 1e-300
"""How much farther it is than that. Numbers nearer to 0 may be read as 0."""
_ALTERNATIVES = 32
"""Of how many values one is looked for in SQL."""
_NOWHERE = Condition("? = 1", (0,))
_CONSTANTS = {None: "null", True: "true", False: "false"}
_LEAST_TEXT = ""
_BEYOND_TEXT = b""
"""In SQLite, numbers come before texts, and texts before bytes."""


def condition_of_filter(filters: Mapping[str, Any], column: str) -> Condition:
    """Return a condition for the rows that pass a filter, and for others.

    Args:
        filters: The filter.
        column: The column with the JSON of the metadata.
    """
    return all_of(*(_condition(key, value, column) for key, value in filters.items()))


def _condition(key: str, value: Any, column: str) -> Condition:
    if key == "$and":
        return all_of(*(condition_of_filter(item, column) for item in value))
    if key == "$or":
        return any_of(*(condition_of_filter(item, column) for item in value))
    if key == "$not":
        return _unless(value, column)
    if not _PLAIN.fullmatch(key):
        return Condition()
    operators = cast("dict[str, Any]", value) if isinstance(value, dict) else {"$eq": value}
    return all_of(*(_compared(f'$."{key}"', name, operand, column) for name, operand in operators.items()))


def _compared(path: str, operator: str, operand: Any, column: str) -> Condition:
    if operator == "$exists":
        return Condition(f"json_type({column}, ?) IS {'NOT ' if operand else ''}NULL", (path,))
    if operator == "$in":
        return _equal_to_one(path, operand, column)
    if operator not in ("$eq", "$gt", "$gte", "$lt", "$lte"):
        return Condition()
    if operand is None or isinstance(operand, bool):
        return Condition(f"json_type({column}, ?) = ?", (path, _CONSTANTS[operand]))
    low, high = _range(operand)
    least, greatest = (_LEAST_TEXT, _BEYOND_TEXT) if isinstance(operand, str) else (-inf, inf)
    bounds = (least if operator in ("$lt", "$lte") else low, greatest if operator in ("$gt", "$gte") else high)
    return Condition(f"json_extract({column}, ?) BETWEEN ? AND ?", (path, *bounds))


def _equal_to_one(path: str, operands: list[Any], column: str) -> Condition:
    if not operands:
        return _NOWHERE
    if len(operands) > _ALTERNATIVES:
        return Condition()
    return any_of(*(_compared(path, "$eq", operand, column) for operand in operands))


def _range(operand: Any) -> tuple[Any, Any]:
    """Return the least and the greatest value that SQLite may read for a text or a number."""
    return (operand, operand) if isinstance(operand, str) else (_below(operand), -_below(-operand))


def _unless(filters: Mapping[str, Any], column: str) -> Condition:
    """Return a condition for the rows that do not pass a filter, where SQL knows exactly which do."""
    if len(filters) == 1:
        ((key, value),) = filters.items()
        if isinstance(value, dict) and value.keys() == {"$exists"}:
            return _condition(key, {"$exists": not value["$exists"]}, column)
    return Condition()


def _below(number: float) -> float:
    """Return a number that is below all that SQLite may read for one that is at least `number`."""
    try:
        nearest = float(number)
    except OverflowError:
        return inf if number > 0 else -inf
    return nearest - abs(nearest) * _SLACK - _TINY
