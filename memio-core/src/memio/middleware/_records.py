"""How many records a call was about, for logs and spans."""

from __future__ import annotations

from typing import Any, cast

from memio.errors import PartialWriteError
from memio.kinds import SPECS
from memio.models import Turn
from memio.plugins import Operation


def record_id(operation: Operation) -> str | None:
    """Return the id of the one record that a call is about, where it is about one."""
    name = SPECS[operation.kind].id
    return operation.arguments.get(name) if name else None


def count_of(operation: Operation, result: object) -> int | None:
    """Return how many records a successful call stored, returned or deleted; `None` where that is unknown.

    Deleting all records, a session or an entity does not return how many there were. A listing of owners and an
    erasure return no records, and neither does counting: only a call that writes returns how many it was about.
    """
    if operation.method in ("get_owners", "erase"):
        return None
    if isinstance(result, int):
        return result if operation.writes else None
    if isinstance(result, Turn):
        return len(result.stored)
    if isinstance(result, list):
        return len(cast("list[Any]", result))
    return 1 if result is not None or record_id(operation) is not None else None


def count_in(error: BaseException) -> int | None:
    """Return how many records a failed call stored, where the error has them."""
    return len(error.added) if isinstance(error, PartialWriteError) else None
