"""Metadata filters in SQL: what leaves out records that certainly do not pass.

A column of tags holds the entries of the metadata, with a value for each that `jsonb` can hold and compare: numbers are
rounded to floating-point numbers, long texts and texts with NUL are digests, lists and objects are empty objects. So a
condition may let records through that do not pass, and never the other way round; `memio.toolkit.matches` judges what
is left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, cast

from memio.providers.postgres._parameters import Parameters
from memio.providers.postgres._rows.scopes import EVERYTHING, all_of

_LONGEST = 200
"""How many characters of a text are kept."""
_BEYOND = "1e400"
"""A number beyond every floating-point number, as JSON."""
_LEVELS, _PARTS, _VALUES = 6, 64, 500
"""How deep, how wide and how long a condition is; the rest of a filter is left to the evaluator."""
_NOWHERE = "FALSE"
_COMPARED = {"$gt": ">=", "$gte": ">=", "$lt": "<=", "$lte": "<="}
"""How rounded numbers are compared: equal ones may have been different."""


def tags_of(metadata: Mapping[str, Any] | None) -> str | None:
    """Return the tags of metadata as JSON, and `None` where there are none."""
    if not metadata:
        return None
    entries = (f"{json.dumps(key)}:{_canonical(value)}" for key, value in metadata.items() if "\0" not in key)
    text = ",".join(entries)
    return f"{{{text}}}" if text else None


def passing(filters: Mapping[str, Any] | None, parameters: Parameters, levels: int = _LEVELS) -> str:
    """Return a condition for the rows `r` that pass a filter, and for others.

    Args:
        filters: The filter.
        parameters: Gets the values.
        levels: How many levels of the filter are looked at.
    """
    if not filters or not levels or len(filters) > _PARTS or len(parameters.values) > _VALUES:
        return EVERYTHING
    return all_of(*(_condition(key, value, parameters, levels - 1) for key, value in filters.items()))


def _condition(key: str, value: Any, parameters: Parameters, levels: int) -> str:
    if key == "$and":
        return all_of(*(passing(item, parameters, levels) for item in value[:_PARTS]))
    if key == "$or":
        return _any_of(value, parameters, levels)
    if key == "$not" or "\0" in key:
        return EVERYTHING
    operators = cast("dict[str, Any]", value) if isinstance(value, dict) else {"$eq": value}
    return all_of(*(_compared(key, name, operand, parameters) for name, operand in operators.items()))


def _any_of(filters: list[Mapping[str, Any]], parameters: Parameters, levels: int) -> str:
    if len(filters) > _PARTS:
        return EVERYTHING
    before = len(parameters.values)
    conditions = [passing(item, parameters, levels) for item in filters]
    if EVERYTHING in conditions:
        del parameters.values[before:]  # a statement must use every value that it gets
        return EVERYTHING
    return f"({' OR '.join(f'({each})' for each in conditions)})"


def _compared(key: str, operator: str, operand: Any, parameters: Parameters) -> str:
    if operator == "$eq":
        return f"r.tags @> {parameters(f'{{{json.dumps(key)}:{_canonical(operand)}}}')}::text::jsonb"
    if operator == "$in":
        if not operand:
            return _NOWHERE
        values = sorted({_canonical(each) for each in operand})
        return f"r.tags -> {parameters(key)}::text = ANY({parameters(values)}::text[]::jsonb[])"
    if operator == "$exists":
        there = f"coalesce(jsonb_exists(r.tags, {parameters(key)}::text), FALSE)"
        return there if operand else f"NOT {there}"
    if operator in _COMPARED:
        return _ordered(key, _COMPARED[operator], operand, parameters)
    return EVERYTHING


def _ordered(key: str, sign: str, operand: Any, parameters: Parameters) -> str:
    if operand is None or isinstance(operand, bool):
        return _NOWHERE  # only numbers and texts have an order
    value = f"(r.tags -> {parameters(key)}::text)"
    if isinstance(operand, str):
        return f"jsonb_typeof{value} = 'string'"  # which the database orders in its own way
    return f"(jsonb_typeof{value} = 'number' AND {value} {sign} {parameters(_canonical(operand))}::text::jsonb)"


def _canonical(value: Any) -> str:
    """Return what stands for a value in tags, as JSON; the same for equal values, in the order of numbers."""
    if isinstance(value, str):
        if len(value) <= _LONGEST and "\0" not in value:
            return json.dumps(value)
        return json.dumps(f"\x01{blake2b(value.encode(), digest_size=16).hexdigest()}")
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return _rounded(value)
    return "{}"


def _rounded(number: float) -> str:
    try:
        nearest = float(number)
    except OverflowError:
        return _BEYOND if number > 0 else f"-{_BEYOND}"
    return repr(nearest + 0.0)  # never -0.0
