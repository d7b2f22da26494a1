"""What records of every kind have in common."""

from __future__ import annotations

from typing import Any

from memio.capabilities import Feature
from memio_contract.place import Place


def kept(place: Place, record: Any) -> dict[str, Any]:
    """Return what any store promises to keep of a record, by what it declares."""
    seen: dict[str, Any] = {}
    if place.has(Feature.ATTRIBUTION):
        seen["user_id"] = record.user_id
    if place.has(Feature.METADATA):
        seen["metadata"] = record.metadata
    return seen
