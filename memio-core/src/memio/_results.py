"""A look at what a store answers: only what would otherwise fail far from where it went wrong."""

from __future__ import annotations

from memio._text import type_name
from memio.models import Kind, Page, Turn

_PAGED = {("history", "get"), ("graph", "get")}
_NOTHING = {"delete", "delete_all", "delete_entity"}


def check_result(kind: Kind, method: str, result: object) -> None:
    """Raise `TypeError` when a store answers with something of another type than its method has."""
    expected: type
    if method == "get_all" or (kind, method) in _PAGED:
        expected = Page
    elif method in ("search", "add_many") or (kind, method) == ("graph", "add"):
        expected = list
    elif (kind, method) == ("history", "add"):
        expected = Turn
    elif method in _NOTHING or result is not None:
        return
    else:
        raise TypeError(f"the store's {method} returned None, not a record")
    if not isinstance(result, expected):
        raise TypeError(f"the store's {method} returned a {type_name(result)}, not a {expected.__name__}")
