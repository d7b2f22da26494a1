"""Which calls have the same effect when they are made twice."""

from __future__ import annotations

from typing import Any, cast

from memio.capabilities import Feature, Guarantee
from memio.kinds import RESTORE
from memio.plugins import Operation


def may_repeat(operation: Operation) -> bool:
    """Tell whether a call may be made again when nobody knows whether it was carried out.

    - reading and deleting: always; also erasing what was deleted, which looks at the whole store;
    - updating: where a record keeps its id. Elsewhere the first call may have moved the record;
    - adding: where the caller chose the ids, all of them, and the store keeps them apart by it. Restoring, which moves
      data into a store, is adding.
    """
    if not operation.writes or operation.method.startswith("delete") or operation.method == "erase":
        return True
    if operation.method == "update":
        return Guarantee.STABLE_IDS in operation.guarantees
    return (
        operation.method in ("add", "add_many", RESTORE)
        and Feature.CLIENT_IDS in operation.features
        and _names_all(operation)
    )


def _names_all(operation: Operation) -> bool:
    given = operation.arguments
    for name in ("messages", "triples", "records"):
        if name in given:
            return isinstance(given[name], list) and all(getattr(record, "id", None) for record in given[name])
    key = "fact_id" if operation.kind == "facts" else "doc_id"
    if operation.method == "add":
        return bool(given.get(key))
    items = given.get("items")
    return isinstance(items, list) and all(
        isinstance(item, dict) and cast("dict[str, Any]", item).get(key) for item in cast("list[object]", items)
    )
