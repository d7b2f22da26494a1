"""The check of metadata filters: keys with the value that they must equal, or with operators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from memio._values.json import copy_json_object
from memio._values.operators import EXISTENCE, IN_PLACE_OF_KEYS, MEMBERSHIP, UNDER_KEYS
from memio._values.suggest import did_you_mean
from memio._values.text import shown, type_name
from memio.errors import InvalidInputError


def check_filters(value: Mapping[str, Any]) -> dict[str, Any]:
    """Check metadata filters, and return a copy of them.

    `memio.toolkit.matches` describes what they mean. Everything that it could not evaluate is refused. An empty
    object is no filter.

    Args:
        value: Such as `{"age": {"$gte": 18, "$lt": 65}, "$or": [{"tag": "a"}, {"tag": {"$exists": False}}]}`.

    Raises:
        InvalidInputError: It is not such an object; the message names the place, such as `filters.age.$gte`.
    """
    filters = copy_json_object(value, "filters")
    _check_filter(filters, "filters")
    return filters


def has_operators(filters: Mapping[str, Any]) -> bool:
    """Return whether filters need more than the comparison of keys with values, feature `filter_operators`."""
    return any(key.startswith("$") or isinstance(item, Mapping) for key, item in filters.items())


def _check_filter(filters: dict[str, Any], where: str) -> None:
    for key, item in filters.items():
        place = f"{where}.{key}"
        if key.startswith("$"):
            _check_combination(key, item, place)
        elif isinstance(item, dict):
            _check_comparisons(cast("dict[str, Any]", item), place)
        elif isinstance(item, list):
            raise _not_comparable(cast("object", item), place)


def _check_combination(key: str, item: Any, place: str) -> None:
    """Check an operator that is in place of a key."""
    if key in UNDER_KEYS:
        raise _refused(f'{place}: {key} goes under the key that it compares, as in {{"key": {{"{key}": …}}}}')
    if key not in IN_PLACE_OF_KEYS:
        raise _refused(
            f"{_unknown(key, IN_PLACE_OF_KEYS, place)} in place of keys; "
            "metadata under a key that begins with $ cannot be filtered"
        )
    if key == "$not":
        _check_operand(item, place)
        return
    if not isinstance(item, list):
        raise _refused(f"{place} must be a list of filters, not {type_name(item)}")
    if not item:
        raise _refused(f"{place} is empty: pass at least one filter, or leave {key} out")
    for index, operand in enumerate(cast("list[Any]", item)):
        _check_operand(operand, f"{place}[{index}]")


def _check_operand(item: Any, place: str) -> None:
    if not isinstance(item, dict):
        raise _refused(f'{place} must be a filter, as in {{"key": "value"}}, not {type_name(item)}')
    _check_filter(cast("dict[str, Any]", item), place)


def _check_comparisons(item: dict[str, Any], place: str) -> None:
    """Check the operators under a key."""
    if not any(name.startswith("$") for name in item):
        raise _not_comparable(item, place)
    for name, operand in item.items():
        if name in IN_PLACE_OF_KEYS:
            raise _refused(f'{place}.{name}: {name} is in place of a key, as in {{"{name}": …}}, not under one')
        if name not in UNDER_KEYS:
            raise _refused(f"{_unknown(name, UNDER_KEYS, f'{place}.{name}')} under keys")
        _check_comparison(name, operand, f"{place}.{name}")


def _check_comparison(name: str, operand: Any, place: str) -> None:
    if name in MEMBERSHIP:
        if not isinstance(operand, list):
            raise _refused(f"{place} must be a list of strings, numbers, booleans and nulls, not {type_name(operand)}")
        for index, each in enumerate(cast("list[Any]", operand)):
            _check_scalar(each, f"{place}[{index}]")
    elif name in EXISTENCE:
        if not isinstance(operand, bool):
            raise _refused(f"{place} is {shown(operand)}: it must be true or false")
    else:
        _check_scalar(operand, place)


def _check_scalar(operand: Any, place: str) -> None:
    if isinstance(operand, (dict, list)):
        raise _refused(
            f"{place} is a {type_name(cast('object', operand))}: filters compare with a string, a number, "
            "true, false or null"
        )


def _not_comparable(item: object, place: str) -> InvalidInputError:
    kind = "an empty object" if item == {} else f"a {type_name(item)}"
    return _refused(
        f"{place} is {kind}: filters compare top-level keys with "
        'a string, a number, true, false or null, or by operators, as in {"$gte": 18} or {"$in": ["a", "b"]}'
    )


def _unknown(name: str, known: tuple[str, ...], place: str) -> str:
    return f"{place}: {name} is not an operator{did_you_mean(name, known)}; known are {', '.join(known)}"


def _refused(message: str) -> InvalidInputError:
    return InvalidInputError(message, argument="filters")
