"""Marked words of the index, by which owners, sessions and metadata are matched together with the words of a text.

An owner or session is a letter and its integer. A metadata entry is a digest of its key and value, in decimal digits,
which the stemmer does not change. Matching them in the index makes the search of an owner with few records cheap, and
applies a filter before any limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from memio.providers.sqlite._search.entry import TAG, marked

_DIGEST_BYTES = 10


def tags(metadata: Mapping[str, Any] | None = None, *, user: int = 0, agent: int = 0, session: int = 0) -> list[str]:
    """Return the tokens of a record, or of what a search is restricted to."""
    found = [f"{letter}{number}" for letter, number in (("u", user), ("a", agent), ("s", session)) if number]
    if metadata:
        found.extend(_metadata_tags(metadata))
    return marked(TAG, found)


def all_of(tokens: Iterable[str]) -> str:
    """Return the FTS5 expression for the rows that have all of the tokens, or nothing for no token."""
    return " AND ".join(tokens)


def any_of(tokens: Iterable[str]) -> str:
    """Return the FTS5 expression for the rows that have one of the tokens."""
    return f"({' OR '.join(tokens)})"


def _metadata_tags(metadata: Mapping[str, Any]) -> Iterable[str]:
    for key, value in metadata.items():
        if not isinstance(value, (dict, list)):
            yield _digest(f"{len(key)}:{key}{_canonical(value)}")


@lru_cache(maxsize=1024)  # the records of an application share much of their metadata
def _digest(text: str) -> str:
    from hashlib import blake2b  # imported when it is needed, because it loads OpenSSL

    return f"m{int.from_bytes(blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest())}"


def _canonical(value: Any) -> str:
    """Return a text that is equal for equal values only: numbers by value, other types apart."""
    if isinstance(value, str):
        return f"s{value}"
    if value is None or isinstance(value, bool):
        return f"c{value}"
    if isinstance(value, float) and not value.is_integer():
        return f"f{value!r}"
    return f"i{int(value)}"
