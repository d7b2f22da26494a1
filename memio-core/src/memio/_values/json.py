"""The check of JSON values: what metadata and data may hold, and how they are copied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, cast

from memio._values.text import check_text, is_plain, shown, type_name
from memio.errors import InvalidInputError

TextCheck = Callable[[object, str], str]
"""Returns a text as it is stored, given the text and its place in errors."""

MAX_DEPTH = 100
"""How many levels JSON may nest: deep enough for data, far below Python's recursion limit."""

MAX_INTEGER_DIGITS = 4000
"""Python's JSON reader refuses integers of more than 4300 digits, so memio refuses to write them."""
_INTEGER_BOUND = 10**MAX_INTEGER_DIGITS
_SMALL = 2**60


def is_empty_object(value: object) -> bool:
    """Return whether a value is an empty mapping, without comparing it: an array compares item by item."""
    return isinstance(value, (dict, Mapping)) and not cast("Mapping[Any, Any]", value)


def copy_json_object(value: Mapping[str, Any], where: str = "metadata") -> dict[str, Any]:
    """Return a deep copy of a JSON object, made of plain dicts, lists and scalars.

    Args:
        value: The object. Subclasses of `str`, `int` and `float` become their plain value.
        where: The name of the value in errors.

    Raises:
        InvalidInputError: Something in it has no faithful JSON form; the message names the path.
    """
    kind: object = type(value)  # the test that is quick, and enough for most, comes first
    if kind is not dict and not isinstance(value, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise InvalidInputError(
            f"{where} must be a JSON object (a dict with string keys), not {type_name(value)}", argument=where
        )
    if not value:
        return {}
    return _copy_object(value, where, 1, check_text)


def copy_data(value: Any, where: str = "data") -> Any:
    """Return a deep copy of any JSON value, in whose strings every character is kept, NUL and lone surrogates too.

    Args:
        value: A dict, a list, or a scalar. A pair of surrogates becomes the character that it means.
        where: The name of the value in errors.

    Raises:
        InvalidInputError: Something in it has no faithful JSON form; the message names the path.
    """
    return _copy_value(value, where, None, 0, _any_text)


def _any_text(value: object, where: str) -> str:  # noqa: ARG001  # a TextCheck: no text is refused
    text = str.__str__(cast("str", value))
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text


def _copy_object(value: Mapping[Any, Any], where: str, depth: int, check: TextCheck) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        raise _too_deep(where)
    copy: dict[str, Any] = {}
    for key, item in value.items():
        name = key
        if not is_plain(key):
            name = _copy_key(key, where, check)
            if name in copy:
                raise InvalidInputError(f"{where} has the key {shown(name)} twice, in two forms", argument=where)
        copy[name] = item if is_plain(item) else _copy_value(item, where, key, depth, check)
    return copy


def _copy_key(key: object, where: str, check: TextCheck) -> str:
    if not isinstance(key, str):
        raise InvalidInputError(
            f"{where} has the key {shown(key)}: JSON keys are strings, not {type_name(key)}", argument=where
        )
    return check(key, f"{where} key {shown(key)}")


def _copy_value(value: Any, where: str, key: str | int | None, depth: int, check: TextCheck) -> Any:  # noqa: PLR0911  # one per JSON type
    if type(value) is int and -_SMALL < value < _SMALL:  # most are, and comparing with the real bound is slow
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -_INTEGER_BOUND < value < _INTEGER_BOUND:
            raise InvalidInputError(
                f"{_path(where, key)} has more than {MAX_INTEGER_DIGITS} digits: pass it as a string", argument=where
            )
        return int(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise InvalidInputError(
                f"{_path(where, key)} is {value}: JSON has no such number, pass null or a string", argument=where
            )
        return float(value)
    if isinstance(value, str):
        return check(value, _path(where, key))
    if isinstance(value, Mapping):
        return _copy_object(value, _path(where, key), depth + 1, check)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, list):
        return _copy_list(cast("list[Any]", value), _path(where, key), depth + 1, check)
    advice = (
        "pass a list"
        if type_name(value) in ("tuple", "set", "frozenset")
        else "pass a string, a number, a list or a dict"
    )
    raise InvalidInputError(
        f"{_path(where, key)} has the type {type_name(value)}, which JSON cannot hold: {advice}", argument=where
    )


def _copy_list(value: list[Any], where: str, depth: int, check: TextCheck) -> list[Any]:
    if depth > MAX_DEPTH:
        raise _too_deep(where)
    return [_copy_value(item, where, index, depth, check) for index, item in enumerate(value)]


def _too_deep(where: str) -> InvalidInputError:
    root = where.partition(".")[0].partition("[")[0]
    return InvalidInputError(
        f"{root} nests deeper than {MAX_DEPTH} levels, or refers to itself: flatten it", argument=root
    )


def _path(where: str, key: str | int | None) -> str:
    if key is None:
        return where
    return f"{where}[{key}]" if isinstance(key, int) else f"{where}.{key}"
