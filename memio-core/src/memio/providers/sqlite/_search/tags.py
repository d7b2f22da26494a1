"""Marked words of the index, by which owners, sessions and metadata are matched together with the words of a text.

The tags of an owner are in its row; a session is a letter and its integer. A metadata entry is a digest of its key
and value, in decimal digits, which the stemmer does not change. Matching them in the index makes the search of an
owner with few records cheap, and applies a filter before any limit.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from memio.providers.sqlite._search.entry import TAG

_DIGEST_BYTES = 10
_ALTERNATIVES = 32
"""How many parts of a filter are looked at; the rest is left to the evaluator. A long expression takes long."""
_LEVELS = 6
_SHORT = 200
"""How many characters of metadata have a tag that is kept, for the records that follow."""
_LONGEST = 8_000
"""How many levels and characters an expression has at most. FTS5 refuses one that is nested too deep."""

_NOTHING = f"{TAG}nothing"
"""A tag that no record has."""


def tag(letter: str, number: int | str) -> str:
    """Return the tag of an owner, of one of its labels, or of a session."""
    return f"{TAG}{letter}{number}"


def record_tags(owner: str, metadata: Mapping[str, Any] | None = None) -> str:
    """Return the tags of a record, with spaces between them.

    Args:
        owner: The tags of its owner.
        metadata: Its metadata.
    """
    return " ".join((owner, *_metadata_tags(metadata))) if metadata else owner


def filter_tags(filters: Mapping[str, Any], levels: int = _LEVELS) -> str:
    """Return an expression that the records match that pass a filter, and others too; empty where there is none.

    Args:
        filters: The filter.
        levels: How many levels of it are looked at.
    """
    if not levels:
        return ""
    parts = itertools.islice(filters.items(), _ALTERNATIVES)
    expression = all_of(*(_filter_tag(key, value, levels - 1) for key, value in parts))
    return expression if len(expression) <= _LONGEST else ""


def all_of(*expressions: str) -> str:
    """Return the expression for the rows that match all of some expressions; an empty one is matched by all rows."""
    return " AND ".join(filter(None, expressions))


def _filter_tag(key: str, value: Any, levels: int) -> str:
    if key == "$and":
        return all_of(*(filter_tags(item, levels) for item in value[:_ALTERNATIVES]))
    if key == "$or":
        return _any_of([filter_tags(item, levels) for item in value[: _ALTERNATIVES + 1]])
    if key == "$not":
        return ""
    if not isinstance(value, dict):
        return _metadata_tag(key, value)
    operators = cast("dict[str, Any]", value)
    found = [_metadata_tag(key, operators["$eq"])] if "$eq" in operators else []
    if "$in" in operators and len(operators["$in"]) <= _ALTERNATIVES:
        found.append(_any_of([_metadata_tag(key, item) for item in operators["$in"]]))
    return all_of(*found)


def _any_of(expressions: Sequence[str]) -> str:
    """Return what the rows match that match one of some expressions; one that is empty is matched by all rows."""
    if not all(expressions) or len(expressions) > _ALTERNATIVES:
        return ""
    return f"({' OR '.join(f'({expression})' for expression in expressions)})" if expressions else _NOTHING


def _metadata_tags(metadata: Mapping[str, Any]) -> Iterable[str]:
    return (_metadata_tag(key, value) for key, value in metadata.items() if not isinstance(value, (dict, list)))


def _metadata_tag(key: str, value: Any) -> str:
    text = f"{len(key)}:{key}{_canonical(value)}"
    return _short_digest(text) if len(text) <= _SHORT else _digest(text)


def _digest(text: str) -> str:
    from hashlib import blake2b  # imported when it is needed, because it loads OpenSSL

    return f"{TAG}m{int.from_bytes(blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest())}"


_short_digest = lru_cache(maxsize=1024)(_digest)
"""The records of an application share much of their metadata."""


def _canonical(value: Any) -> str:
    """Return a text that is equal for equal values only: numbers by value, other types apart."""
    if isinstance(value, str):
        return f"s{value}"
    if value is None or isinstance(value, bool):
        return f"c{value}"
    if isinstance(value, float) and not value.is_integer():
        return f"f{value!r}"
    return f"i{int(value)}"
