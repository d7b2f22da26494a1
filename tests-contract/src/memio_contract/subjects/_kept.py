"""What records of every kind have in common."""

from __future__ import annotations

from typing import Any

from memio.capabilities import Feature
from memio_contract.world import World

PAGES = 5000
"""More pages than any law needs: a listing that goes on has no end."""


def kept(world: World, record: Any) -> dict[str, Any]:
    """Return what any store promises to keep of a record, by what it declares."""
    seen: dict[str, Any] = {}
    if world.has(Feature.ATTRIBUTION):
        seen["user_id"] = record.user_id
    if world.has(Feature.METADATA):
        seen["metadata"] = record.metadata
    return seen
