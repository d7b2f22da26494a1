"""Metadata filters in SQL: what leaves out records that certainly do not pass, and what finds those that certainly do.

SQLite's JSON functions are not exact: keys with quotes or backslashes are not found, integers of more than 64 bits are
rounded, and floating-point numbers may be off by their last digit. So there are two conditions: one lets records
through that do not pass, and never the other way round; the other is true only for records that pass.
`memio.toolkit.matches` judges what lies between them, which is several times faster than judging all. What does not
pass a filter certainly passes its negation, so each of the two is made of the other under `$not`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from math import inf
from typing import Any, cast

from memio.providers.sqlite._columns.scopes import Condition, all_of, any_of

_PLAIN = re.compile(r'[^"\\\x00-\x1f\x7f]+')
_SLACK = 1e-9
"""How much farther a bound is, relative to its value, so that rounding leaves out nothing."""
_TINY = 1e-300
"""How much farther it is than that. Numbers nearer to 0 may be read as 0."""
_LEVELS, _PARTS, _VALUES = 6, 32, 200
"""How deep, how wide and how long a condition is. SQLite refuses longer ones, and many parts are slower than Python."""
_NOWHERE = Condition("? = 1", (0,))
_NEGATED = {"$ne": "$eq", "$nin": "$in"}
_SIGNS = {"$eq": "=", "$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
_CONSTANTS = {None: "null", True: "true", False: "false"}
_LEAST_TEXT = ""
_BEYOND_TEXT = b""
"""In SQLite, numbers come before texts, and texts before bytes."""


def condition_of_filter(filters: Mapping[str, Any], column: str, levels: int = _LEVELS) -> Condition:
    """Return a condition for the rows that pass a filter, and for others.

    Args:
        filters: The filter.
        column: The column with the JSON of the metadata.
        levels: How many levels of the filter are looked at.
    """
    if not levels:
        return Condition()
    condition = all_of(*(_condition(key, value, column, levels - 1) for key, value in islice(filters.items(), _PARTS)))
    return condition if len(condition.values) <= _VALUES else Condition()


def _condition(key: str, value: Any, column: str, levels: int) -> Condition:
    if key == "$and":
        return all_of(*(condition_of_filter(item, column, levels) for item in value[:_PARTS]))
    if key == "$or":
        if len(value) > _PARTS:
            return _equal_in_one_key(value, column)
        return any_of(*(condition_of_filter(item, column, levels) for item in value))
    if key == "$not":
        return _except(certain_condition_of_filter(value, column, levels))
    if not _PLAIN.fullmatch(key):
        return Condition()
    operators = cast("dict[str, Any]", value) if isinstance(value, dict) else {"$eq": value}
    return all_of(*(_compared(f'$."{key}"', name, operand, column) for name, operand in operators.items()))


def _compared(path: str, operator: str, operand: Any, column: str) -> Condition:
    if operator == "$exists":
        return Condition(f"json_type({column}, ?) IS {'NOT ' if operand else ''}NULL", (path,))
    if operator == "$in":
        return _equal_to_one(path, operand, column)
    if operator in _NEGATED:
        return _except(_certainly_compared(path, _NEGATED[operator], operand, column))
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
    if len(operands) > _PARTS:
        return any_of(*_equal_to_many(path, operands, column))
    return any_of(*(_compared(path, "$eq", operand, column) for operand in operands))


def _equal_to_many(path: str, operands: list[Any], column: str) -> Iterator[Condition]:
    """Yield conditions of which one holds where a value is among many: texts are looked up, numbers have a range."""
    numbers = [_range(each) for each in operands if isinstance(each, (int, float)) and not isinstance(each, bool)]
    texts = [each for each in operands if isinstance(each, str)]
    if texts:
        found = f"json_extract({column}, ?) IN (SELECT value FROM json_each(?))"  # noqa: S608  # a column of this provider
        yield Condition(found, (path, json.dumps(texts)))
    if numbers:
        low, high = min(low for low, _ in numbers), max(high for _, high in numbers)
        yield Condition(f"json_extract({column}, ?) BETWEEN ? AND ?", (path, low, high))
    for constant in (None, True, False):
        if _has(operands, constant):
            yield _compared(path, "$eq", constant, column)


def _equal_in_one_key(alternatives: list[dict[str, Any]], column: str) -> Condition:
    """Return a condition for many alternatives, where each compares one key, the same in all, with a value."""
    keys: set[str] = {key for item in alternatives for key in item}
    values = [value for item in alternatives for value in item.values()]
    if len(keys) != 1 or len(values) != len(alternatives) or any(isinstance(value, (dict, list)) for value in values):
        return Condition()
    (key,) = keys
    return _condition(key, {"$in": values}, column, 0)


def _range(operand: Any) -> tuple[Any, Any]:
    """Return the least and the greatest value that SQLite may read for a text or a number."""
    return (operand, operand) if isinstance(operand, str) else (_below(operand), -_below(-operand))


def certain_condition_of_filter(filters: Mapping[str, Any], column: str, levels: int = _LEVELS) -> Condition | None:
    """Return a condition that holds only for rows that pass a filter, perhaps not for all; `None` where none is known.

    Args:
        filters: The filter.
        column: The column with the JSON of the metadata.
        levels: How many levels of the filter are looked at.
    """
    if not levels or len(filters) > _PARTS:
        return None
    return _all_certain([_certain(key, value, column, levels - 1) for key, value in filters.items()])


def _certain(key: str, value: Any, column: str, levels: int) -> Condition | None:
    if key == "$not":
        return _certainly_except(condition_of_filter(value, column, levels))
    if key in ("$and", "$or"):
        if len(value) > _PARTS:
            return None
        found = [certain_condition_of_filter(item, column, levels) for item in value]
        return _all_certain(found) if key == "$and" else _any_certain(found)
    if not _PLAIN.fullmatch(key):
        return None
    operators = cast("dict[str, Any]", value) if isinstance(value, dict) else {"$eq": value}
    path = f'$."{key}"'
    return _all_certain([_certainly_compared(path, name, operand, column) for name, operand in operators.items()])


def _certainly_compared(path: str, operator: str, operand: Any, column: str) -> Condition | None:
    if operator in _NEGATED:
        return _certainly_except(_compared(path, _NEGATED[operator], operand, column))
    if operator == "$in":
        constants = [_compared(path, "$eq", each, column) for each in (None, True, False) if _has(operand, each)]
        listed = [each for each in operand if _exact_type(each)]
        values = _exactly(path, "IN (SELECT value FROM json_each(?))", json.dumps(listed), "'integer', 'text'", column)
        return _any_certain([*constants, values if listed else None])
    if operator == "$exists" or (operator == "$eq" and (operand is None or isinstance(operand, bool))):
        return _compared(path, operator, operand, column)
    exact = _exact_type(operand)
    return _exactly(path, f"{_SIGNS[operator]} ?", operand, exact, column) if exact else None


def _exactly(path: str, comparison: str, operand: Any, types: str, column: str) -> Condition:
    """Return the condition that a value is of types that SQLite reads exactly, and that a comparison with it holds.

    An integer of more than 64 bits is one in JSON, and a floating-point number to SQLite; a list is a text to it.
    """
    value = f"json_extract({column}, ?)"
    sql = f"(typeof({value}) IN ({types}) AND json_type({column}, ?) IN ({types}) AND {value} {comparison})"
    return Condition(sql, (path, path, path, operand))


def _exact_type(operand: Any) -> str:
    """Return the type, in SQL, of an operand that SQLite reads and compares exactly, and an empty text for others."""
    if isinstance(operand, str):
        return "'text'"
    exact = isinstance(operand, int) and not isinstance(operand, bool) and -(2**63) <= operand < 2**63
    return "'integer'" if exact else ""


def _has(operands: list[Any], constant: object) -> bool:
    return any(each is constant for each in operands)


def _all_certain(conditions: list[Condition | None]) -> Condition | None:
    known = [each for each in conditions if each is not None]
    return _short(all_of(*known)) if known and len(known) == len(conditions) else None


def _any_certain(conditions: list[Condition | None]) -> Condition | None:
    known = [each for each in conditions if each is not None]
    return _short(any_of(*known)) if known else None


def _short(condition: Condition) -> Condition | None:
    return condition if len(condition.values) <= _VALUES else None


def _except(certain: Condition | None) -> Condition:
    """Return the condition for the rows for which another one, that holds only for rows that pass, does not hold."""
    return Condition() if certain is None else Condition(f"(({certain.sql}) IS NOT TRUE)", certain.values)


def _certainly_except(condition: Condition) -> Condition | None:
    """Return the condition for the rows for which another one, that holds for all rows that pass, does not hold."""
    return Condition(f"(({condition.sql}) IS NOT TRUE)", condition.values) if condition.values else None


def _below(number: float) -> float:
    """Return a number that is below all that SQLite may read for one that is at least `number`."""
    try:
        nearest = float(number)
    except OverflowError:
        return inf if number > 0 else -inf
    return nearest - abs(nearest) * _SLACK - _TINY
