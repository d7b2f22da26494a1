"""The check of every argument, before anything is read or written.

One function per argument name: it returns the value as stores receive it, or raises `InvalidInputError`, which
names the argument, what is wrong with it, and what to pass instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from math import inf
from typing import Any, TypeGuard, TypeVar, cast

from memio._call.chat import fields_of, hint_for
from memio._call.filters import check_filters
from memio._values.json import copy_data, copy_json_object
from memio._values.text import check_label, check_length, check_name, check_text, shown, type_name
from memio.errors import InvalidInputError
from memio.kinds import BY_RECORD, SPECS, spec_of
from memio.models import Document, Fact, Message, Triple, utc

MAX_LIMIT = 1000
"""Records in one answer."""

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
    return _number("limit", value, "; for more, a listing goes on with next_cursor, or with its iter_… method")


def last(value: object) -> int:
    """Check how many messages at the end of a session: 1 to 1000."""
    return _number("last", value, "; for more, call it again, or delete the session")


def _number(where: str, value: object, advice: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInputError(f"{where} must be a whole number, not {type_name(value)}", argument=where)
    if not 1 <= value <= MAX_LIMIT:
        raise InvalidInputError(
            f"{where} is {shown(value)}: it must be 1 to {MAX_LIMIT}{advice if value > 0 else ''}", argument=where
        )
    return value


def message_ids(value: object) -> list[str]:
    """Check the ids of messages: 1 to 1000, none twice."""
    where = "message_ids"
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise InvalidInputError(
            f"{where} must be a list of ids, not {type_name(cast('object', value))}", argument=where
        )
    checked = [check_label(item, f"{where}[{index}]") for index, item in enumerate(cast("Iterable[object]", value))]
    if not 1 <= len(checked) <= MAX_LIMIT:
        raise InvalidInputError(f"{where} has {len(checked):,} ids: pass 1 to {MAX_LIMIT}", argument=where)
    seen: set[str] = set()
    for index, item in enumerate(checked):
        if item in seen:
            raise InvalidInputError(f"{where}[{index}] is {shown(item)} for the second time", argument=where)
        seen.add(item)
    return checked


def _choice(where: str, *words: str) -> Callable[[object], str]:
    """Return the check of an argument that is one of a few words."""
    wanted = f"{', '.join(map(repr, words[:-1]))} or {words[-1]!r}"

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise InvalidInputError(f"{where} is {shown(value)}: it must be {wanted}", argument=where)
        return str(value)

    return check


def if_version(value: object) -> str:
    """Check the version on which a write depends."""
    if value is None:
        raise InvalidInputError(
            "if_version is None, which would overwrite any version: pass the version of the record that was read, "
            "or leave if_version out on purpose",
            argument="if_version",
        )
    return check_label(value, "if_version")


def _content(value: object) -> str:
    """Check the text of a record. Whether it may be empty depends on the other arguments of the call."""
    return value if _is_legal(value, inf) else check_text(value, "content")


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
    for index, item in enumerate(given):
        place = f"{where}[{index}]"
        record = item
        if record_class is Message and isinstance(item, Mapping):
            record = _from_dict(cast("Mapping[str, Any]", item), place)
        if not isinstance(record, record_class):
            hint = hint_for(record) if record_class is Message else ""
            raise InvalidInputError(
                f"{place} must be a {name}, such as {example}, not {type_name(record)}{hint}", argument=where
            )
        checked.append(_added(record, place))
        # Only now: a value that is not a string may have no hash.
        if record.id is not None and record.id in seen:
            raise InvalidInputError(f"{where}[{index}].id is {record.id!r} for the second time", argument=where)
        if record.id is not None:
            seen.add(record.id)
    return checked


def _from_dict(item: Mapping[str, Any], where: str) -> Message:
    """Return the message that a dict of a chat API means."""
    fields = fields_of(item, where)
    try:
        return Message(**fields)
    except InvalidInputError as error:
        raise InvalidInputError(f"{where}.{error.message}", argument="messages") from None


def _added(record: R, where: str) -> R:
    """Return a record to be added, checked."""
    _check_texts(record, where)
    if record.score is not None:
        raise InvalidInputError(
            f"{where}.score is set: scores come from a search and are not stored, "
            f"add dataclasses.replace({where}, score=None)",
            argument=where,
        )
    if not record.metadata and getattr(record, "data", None) is None:
        return record
    try:
        return replace(record)  # which checks and copies metadata and data: they may have been changed since
    except InvalidInputError as error:
        raise InvalidInputError(f"{where}.{error.message}", argument=where) from None


def _check_texts(record: Fact | Document | Message | Triple, where: str) -> None:
    spec = spec_of(record)
    for name in spec.texts:
        if not _is_legal(text := getattr(record, name), inf):
            _check_long_text(record, text, f"{where}.{name}")
    for name in spec.names:
        if (text := getattr(record, name)) is not None:
            check_label(text, f"{where}.{name}")


def _check_long_text(record: object, text: object, where: str) -> None:
    if text != "":
        check_text(text, where)
    elif not hasattr(record, "data"):
        check_name(text, where)
    elif cast("Any", record).data is None:
        raise InvalidInputError(f"{where} must not be empty where there is no data", argument=where)


def _text(where: str, most: float = inf) -> Callable[[object], str]:
    """Return the check of an argument that is text: not empty, and of a limited length."""

    def check(value: object) -> str:
        if _is_legal(value, most):
            return value
        text = check_name(value, where)
        check_length(text, where, most)
        return text

    return check


def _is_legal(value: object, most: float) -> TypeGuard[str]:
    """Return true for most legal texts, quickly; false where a text needs the full check."""
    return type(value) is str and 0 < len(value) <= most and value.isascii() and "\0" not in value


_NAMES = ("session_id", *(spec.id for spec in SPECS.values() if spec.id))

CHECKS: dict[str, Callable[[Any], Any]] = {
    "content": _content,
    "query": _text("query", MAX_QUERY),
    "cursor": _text("cursor"),
    "entity": _text("entity"),
    "metadata": copy_json_object,
    "data": copy_data,
    "filters": check_filters,
    "limit": limit,
    "last": last,
    "start": _choice("start", "latest", "oldest"),
    "order": _choice("order", "oldest", "newest"),
    "mode": _choice("mode", "auto", "keyword", "semantic"),
    **{name: partial(utc, where=name) for name in ("since", "until", "expires_at")},
    "if_version": if_version,
    "message_ids": message_ids,
    "messages": messages,
    "triples": triples,
    "records": records,
    **{name: partial(check_label, where=name) for name in _NAMES},
}
"""By the name of an argument, the function that checks it. Cursors are opened in `memio._call.cursors`."""
