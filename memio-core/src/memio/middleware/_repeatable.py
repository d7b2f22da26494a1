"""Which calls may be repeated when it is unknown whether an earlier attempt was carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from memio.capabilities import Feature
from memio.kinds import SPECS
from memio.plugins import Operation


def may_repeat(operation: Operation) -> bool:
    """Return whether a call may be repeated after an attempt whose outcome is unknown.

    `memio.kinds` states when each method may; see `memio.kinds.Repeat`.
    """
    repeat = SPECS[operation.kind].methods[operation.method].repeat
    if repeat == "always":
        return True
    if repeat == "never":
        return False
    callers_choose_ids = Feature.CLIENT_IDS in operation.features
    if _is_id(operation.arguments.get("if_version")):
        return True
    if repeat == "versioned":
        return False
    if repeat == "unnamed":
        return not callers_choose_ids
    return callers_choose_ids and _names_every_record(operation)


def _names_every_record(operation: Operation) -> bool:
    """Return whether the caller chose the id of every record that a call adds."""
    spec = SPECS[operation.kind]
    arguments = operation.arguments
    if records := spec.methods[operation.method].records:
        given = arguments.get(records)
        return isinstance(given, list) and all(
            _is_id(getattr(record, "id", None)) for record in cast("list[object]", given)
        )
    key = str(spec.id)
    if operation.method == "add":
        return _is_id(arguments.get(key))
    items = arguments.get(spec.batch)
    return isinstance(items, list) and all(
        isinstance(item, Mapping) and _is_id(cast("Mapping[str, Any]", item).get(key))
        for item in cast("list[object]", items)
    )


def _is_id(value: object) -> bool:
    # Middleware sees arguments before they are checked: this may be anything.
    return isinstance(value, str) and value != ""
