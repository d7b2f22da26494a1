"""A look at what a store answers: only what would otherwise fail far from where it went wrong."""

from __future__ import annotations

from memio._values.text import type_name
from memio.kinds import METHODS, RESTORE
from memio.models import KINDS, Kind, Page, Turn

_NOTHING = ("delete", "delete_all", "delete_entity")


def _expected(kind: Kind, method: str) -> type:
    if method == "get_all" or (kind, method) in (("history", "get"), ("graph", "get")):
        return Page
    if method in ("search", "add_many", "erase") or (kind, method) == ("graph", "add"):
        return list
    return Turn if (kind, method) == ("history", "add") else object


_EXPECTED = {(kind, method): _expected(kind, method) for kind in KINDS for method in METHODS[kind]}
"""What each method answers with; `object` where any record will do, or none."""


def check_result(kind: Kind, method: str, result: object) -> None:
    """Raise `TypeError` when a store answers with something of another type than its method has."""
    expected = int if method == RESTORE else _EXPECTED[kind, method]
    if not isinstance(result, expected):
        raise TypeError(f"the store's {method} returned a {type_name(result)}, not a {expected.__name__}")
    if result is None and method not in _NOTHING:
        raise TypeError(f"the store's {method} returned None, not a record")
