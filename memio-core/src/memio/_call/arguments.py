"""The check of every argument, before anything is read or written.

One function per argument name: it returns the value as stores receive it, or raises `InvalidInputError`, which
names the argument, what is wrong with it, and what to pass instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import inf
from typing import Any, TypeGuard, TypeVar, cast

from memio._values.json import copy_json_object
from memio._values.text import check_name, shown, type_name
from memio.errors import InvalidInputError
from memio.kinds import BY_RECORD, OWNERS, SPECS, KindSpec, spec_of
from memio.models import Document, Fact, Message, Triple

MAX_LIMIT = 1000
"""Records in one answer."""

MAX_NAME = 1000
"""Characters of an id, an owner or a session: names, which backends index and errors show."""

MAX_QUERY = 1_000_000
"""Characters of a query."""

_EXAMPLES = {
    Message: "Message(role='user', content='…')",
    Triple: "Triple(subject='…', predicate='…', object='…')",
}
"""How errors show what they want."""

R = TypeVar("R", Message, Triple)


def limit(value: object) -> int:
    """Check a number of records: 1 to 1000."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInputError(f"limit must be a whole number, not {type_name(value)}", argument="limit")
    if not 1 <= value <= MAX_LIMIT:
        raise InvalidInputError(
            f"limit is {shown(value)}: it must be 1 to {MAX_LIMIT}"
            + ("; for more, a listing goes on with next_cursor, or with its iter_… method" if value > 0 else ""),
            argument="limit",
        )
    return value


def start(value: object) -> str:
    """Check from which end a session is read."""
    if not isinstance(value, str) or value not in ("latest", "oldest"):
        raise InvalidInputError(f"start is {shown(value)}: it must be 'latest' or 'oldest'", argument="start")
    return str(value)


def filters(value: Mapping[str, Any]) -> dict[str, Any]:
    """Check metadata filters: top-level keys and scalar values."""
    checked = copy_json_object(value, "filters")
    for key, item in checked.items():
        if isinstance(item, (dict, list)):
            raise InvalidInputError(
                f"filters.{key} is a {type_name(cast('object', item))}: filters compare top-level keys with "
                "a string, a number, true, false or null",
                argument="filters",
            )
    return checked


def messages(value: object) -> list[Message]:
    """Check the messages of a turn: at least one, each legal, ids not repeated."""
    return _batch(value, Message)


def triples(value: object) -> list[Triple]:
    """Check the triples of a call: at least one, each legal, ids not repeated."""
    return _batch(value, Triple)


def records(value: object) -> list[Fact | Document | Message | Triple]:
    """Check records that are to be stored exactly as they are."""
    checked = list(cast("Iterable[Fact | Document | Message | Triple]", value))
    for index, record in enumerate(checked):
        _check_texts(record, f"records[{index}]")
    return checked


def _batch(value: object, record_class: type[R]) -> list[R]:
    where, name, example = BY_RECORD[record_class].batch, record_class.__name__, _EXAMPLES[record_class]
    if isinstance(value, (str, Mapping, Message, Triple)) or not isinstance(value, Iterable):
        raise InvalidInputError(
            f"{where} must be a list, such as [{example}], not {type_name(cast('object', value))}", argument=where
        )
    given = list(cast("Iterable[object]", value))
    if not given:
        raise InvalidInputError(f"{where} is empty: pass at least one {name}", argument=where)
    checked: list[R] = []
    seen: set[str] = set()
    for index, record in enumerate(given):
        if not isinstance(record, record_class):
            raise InvalidInputError(
                f"{where}[{index}] must be a {name}, such as {example}, not {type_name(record)}", argument=where
            )
        checked.append(_added(record, f"{where}[{index}]"))
        # Only now: a value that is not a string may have no hash.
        if record.id is not None and record.id in seen:
            raise InvalidInputError(f"{where}[{index}].id is {record.id!r} for the second time", argument=where)
        if record.id is not None:
            seen.add(record.id)
    return checked


def _added(record: R, where: str) -> R:
    """Return a record to be added, checked."""
    _check_texts(record, where)
    if record.score is not None:
        raise InvalidInputError(
            f"{where}.score is set: scores come from a search and are not stored, "
            f"add dataclasses.replace({where}, score=None)",
            argument=where,
        )
    if not record.metadata:
        return record
    try:
        return replace(record)  # which checks and copies the metadata: it may have been changed since
    except InvalidInputError as error:
        raise InvalidInputError(f"{where}.{error.message}", argument=where) from None


def _check_texts(record: Fact | Document | Message | Triple, where: str) -> None:
    spec = spec_of(record)
    for name in spec.texts:
        if not _is_legal(getattr(record, name), inf):
            check_name(getattr(record, name), f"{where}.{name}")
    for name in spec.names:
        if (text := getattr(record, name)) is not None and not _is_legal(text, MAX_NAME):
            _check_length(check_name(text, f"{where}.{name}"), f"{where}.{name}", MAX_NAME)


def _text(where: str, most: float = inf) -> Callable[[object], str]:
    """Return the check of an argument that is text: not empty, and of a limited length."""

    def check(value: object) -> str:
        if _is_legal(value, most):
            return value
        text = check_name(value, where)
        _check_length(text, where, most)
        return text

    return check


def _is_legal(value: object, most: float) -> TypeGuard[str]:
    """Return true for most legal texts, quickly; false where a text needs the full check."""
    return type(value) is str and 0 < len(value) <= most and value.isascii() and "\0" not in value


def _check_length(text: str, where: str, most: float) -> None:
    if len(text) > most:
        raise InvalidInputError(
            f"{where} has {len(text):,} characters, of at most {most:,}: shorten it", argument=where
        )


_NAMES = (*OWNERS, "session_id", *(spec.id for spec in SPECS.values() if spec.id))

CHECKS: dict[str, Callable[[Any], Any]] = {
    "content": _text("content"),
    "query": _text("query", MAX_QUERY),
    "cursor": _text("cursor"),
    "entity": _text("entity"),
    "metadata": copy_json_object,
    "filters": filters,
    "limit": limit,
    "start": start,
    "messages": messages,
    "triples": triples,
    "records": records,
    **{name: _text(name, MAX_NAME) for name in _NAMES},
}
"""By the name of an argument, the function that checks it. Cursors are opened in `memio._call.cursors`."""


def check_belonging(spec: KindSpec, where: str, keywords: Mapping[str, Any]) -> None:
    """Refuse messages and triples that name another session or owner than the call.

    Args:
        spec: The kind of memory.
        where: The keyword that holds the records.
        keywords: The arguments of the call.
    """
    labels = [name for name in spec.names if name not in ("id", "name")]
    for index, record in enumerate(keywords[where]):
        for name in labels:
            label = getattr(record, name)
            if label is not None and label != keywords.get(name):
                raise InvalidInputError(
                    f"{where}[{index}].{name} is {shown(label)}, but the call has {_given(keywords, name)}: "
                    f"pass {name}={shown(label)}, or leave it out of the {where[:-1]}",
                    argument=where,
                )


def _given(keywords: Mapping[str, Any], name: str) -> str:
    return f"{name}={shown(keywords[name])}" if name in keywords else f"no {name}"
