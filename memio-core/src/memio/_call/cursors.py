"""Cursors as callers see them: the store's own, sealed to the listing that it belongs to.

A cursor is `<digest>.<the store's cursor>`. The digest covers the store, the method and every
argument that chooses what is listed, so a cursor that was altered, or that comes from another
store, scope or filter, is refused before anything is read. It is not a secret and gives no access:
the scope of a call is always the scope of its arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memio._values.text import check_name
from memio.errors import InvalidInputError, MemioError
from memio.models import Page


def seal(raw: str, listing: Mapping[str, Any]) -> str:
    """Return the cursor for the caller.

    Args:
        raw: The store's cursor.
        listing: Everything that chooses what is listed, as JSON, times and scopes.
    """
    return f"{_digest(raw, listing)}.{raw}"


def unseal(cursor: object, listing: Mapping[str, Any]) -> str:
    """Return the store's cursor, or raise `InvalidInputError`."""
    digest, dot, raw = check_name(cursor, "cursor").partition(".")
    if not dot or digest != _digest(raw, listing):
        raise InvalidInputError(
            "cursor does not belong to this listing: pass the next_cursor of a page unchanged, to the same store, "
            "with the same owner, filters, times, order, session and start",
            argument="cursor",
        )
    return raw


def next_cursor(page: Page[Any], cursor: str | None) -> str | None:
    """Return the cursor after a page that was fetched with one.

    Raises:
        MemioError: Both are the same, so the listing would never end.
    """
    if page.next_cursor is not None and page.next_cursor == cursor:
        raise MemioError("the provider repeats its cursor, so this listing would never end: report it to its authors")
    return page.next_cursor


def _digest(raw: str, listing: Mapping[str, Any]) -> str:
    from hashlib import blake2b
    from json import dumps

    return blake2b(dumps([raw, listing], sort_keys=True, default=repr).encode(), digest_size=9).hexdigest()
