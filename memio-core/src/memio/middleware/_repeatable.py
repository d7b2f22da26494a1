"""Which calls may be made again when it is unknown whether an earlier attempt was carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from memio.capabilities import Feature
from memio.kinds import RESTORE
from memio.plugins import Operation


def may_repeat(operation: Operation) -> bool:
    """Return whether a call may be made again after an attempt whose outcome is unknown.

    - Reads, `delete_all` and `erase` may.
    - Adds may where the caller chose the ids, all of them, and the store keeps records apart by it. Restoring, which
      moves data into a store, is an add.
    - A delete may where the store chooses ids, and so never uses one again. Elsewhere another writer may have added
      the id, the session or the entity again between the two attempts, and the second one would delete that.
    - An update never may: it would overwrite what another writer stored between the two attempts.
    """
    if not operation.writes or operation.method in ("delete_all", "erase"):
        return True
    chosen_by_callers = Feature.CLIENT_IDS in operation.features
    if operation.method == "delete":
        # The caller always chooses the id of a session.
        return operation.kind != "history" and not chosen_by_callers
    return operation.method in ("add", "add_many", RESTORE) and chosen_by_callers and _names_all(operation)


def _names_all(operation: Operation) -> bool:
    arguments = operation.arguments
    for name in ("messages", "triples", "records"):
        if name in arguments:
            return isinstance(arguments[name], list) and all(
                _is_id(getattr(item, "id", None)) for item in arguments[name]
            )
    key = "fact_id" if operation.kind == "facts" else "doc_id"
    if operation.method == "add":
        return _is_id(arguments.get(key))
    items = arguments.get("items")
    return isinstance(items, list) and all(
        isinstance(item, Mapping) and _is_id(cast("Mapping[str, Any]", item).get(key))
        for item in cast("list[object]", items)
    )


def _is_id(value: object) -> bool:
    # Middleware sees arguments before they are checked: this may be anything.
    return isinstance(value, str) and value != ""
