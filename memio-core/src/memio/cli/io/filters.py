"""Filters of the command line: keys and values with an operator between them, or JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from memio._values.json_text import parse_json
from memio.cli.io.input import json_object
from memio.errors import InvalidInputError

_OPERATORS = {"=": None, "!=": "$ne", ">": "$gt", ">=": "$gte", "<": "$lt", "<=": "$lte"}
"""The operators of `--filter`, and what they are in filters; `=` needs none."""

_COMPARISON = re.compile(r"((?:[^=<>!]|!(?!=))+)(==|=>|<>|>>|<<|!=|>=|<=|=|>|<)(.*)", re.DOTALL)
"""A key, an operator or what other languages have for one, and a value."""

_OTHER_FILTERS = (
    f"Operators are {', '.join(_OPERATORS)}; for a key that contains one, pass JSON, "
    """as in '{"a<b": {"$gte": 18}}'"""
)


def filters(texts: Sequence[str] | None) -> dict[str, Any] | None:
    """Return the filters that were passed as `key=value`, with another comparison, or as a JSON object.

    All of them must match. Several on one key become one object of operators where they have different operators, such
    as `age>=18` and `age<65`, and otherwise operands of `$and`.

    Args:
        texts: Such as `topic=tea`, `age>=18` and `{"$or": [{"tag": "a"}, {"tag": "b"}]}`. The operators are `=`, `!=`,
            `>`, `>=`, `<` and `<=`, and the first in a text ends the key. A value that is not JSON is text.

    Raises:
        InvalidInputError: A filter is neither, a key is to be equal to two values, or a value begins like JSON and is
            not valid.
    """
    chosen: dict[str, Any] = {}
    further: list[dict[str, Any]] = []
    for text in texts or ():
        for key, value in _filter(text).items():
            if key not in chosen:
                chosen[key] = value
            elif (both := _merged(key, chosen[key], value)) is not None:
                chosen[key] = both
            else:
                further.append({key: value})
    return {"$and": [chosen, *further]} if further else chosen or None


def _filter(text: str) -> dict[str, Any]:
    """Return one filter."""
    if text.lstrip().startswith("{"):
        return json_object(text, f"--filter {text!r}") or {}
    split = _COMPARISON.fullmatch(text)
    if split is None:
        raise InvalidInputError(
            f"--filter {text!r} is not KEY=VALUE: write it as in --filter topic=tea. {_OTHER_FILTERS}"
        )
    key, operator, value = split.groups()
    if key != key.strip():
        raise InvalidInputError(
            f"--filter {text!r} has a space before or after the key: leave it out, as in age>=18. {_OTHER_FILTERS}"
        )
    if operator not in _OPERATORS:
        quoted = f'{key}{operator[0]}"{operator[1]}…"'
        raise InvalidInputError(
            f"--filter {text!r} has {operator}, which is not an operator: they are {', '.join(_OPERATORS)}; "
            f"if the value begins with {operator[1]}, write it as JSON, as in '{quoted}'"
        )
    name = _OPERATORS[operator]
    return {key: {name: _value(text, value)} if name else _value(text, value)}


def _value(text: str, value: str) -> Any:
    """Return the value of a filter: JSON, or else text."""
    try:
        return parse_json(value)
    except ValueError as error:
        if value[:1] in ('"', "{", "["):
            raise InvalidInputError(f"--filter {text!r}: the value is not valid JSON: {error}") from None
        return value


def _merged(key: str, one: Any, other: Any) -> dict[str, Any] | None:
    """Return one object of operators for two filters on a key, or `None` where there is none.

    Raises:
        InvalidInputError: Both are values that the key must be equal to.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        first, second = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        # An empty object, which is refused later, must not vanish in the other one.
        mergeable = first and second and first.keys().isdisjoint(second) and not key.startswith("$")
        return first | second if mergeable else None
    if isinstance(one, (dict, list)) or isinstance(other, (dict, list)):
        return None
    raise InvalidInputError(
        f"--filter has the key {key!r} twice: no record has two values for one key; "
        f"""for either of them, pass --filter '{key}={{"$in": […, …]}}'"""
    )
