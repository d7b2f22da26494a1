"""What the stores of every kind have in common."""

from __future__ import annotations

from typing import Any

from memio.capabilities import Feature
from memio.owners import Owner
from memio_contract.expect import all_pages
from memio_contract.place import Labels, Place


class Counting:
    """The calls that every kind has in the same form."""

    place: Place
    api: Any

    async def owners(self, *, owner: Labels | None = None, limit: int = 100) -> list[Owner]:
        """Follow the listing of owners to its end."""
        return await all_pages(
            lambda cursor: self.api.get_owners(limit=limit, cursor=cursor, **self.labels(owner)),
            limit=limit,
            most=self.place.listing_bound(),
        )

    async def delete_all(self, *, owner: Labels | None = None) -> None:
        """Delete every record in scope."""
        await self.api.delete_all(**self.labels(owner))

    def labels(self, owner: Labels | None) -> Labels:
        """Return the keywords for an owner; those of the example's home where none is given."""
        return self.place.home if owner is None else owner


def kept(place: Place, record: Any) -> dict[str, Any]:
    """Return what any store promises to keep of a record, by what it declares."""
    seen: dict[str, Any] = {}
    if place.has(Feature.ATTRIBUTION):
        seen |= {"user_id": record.user_id, "agent_id": record.agent_id}
    for feature, name in _KEPT:
        if place.has(feature) and hasattr(record, name):
            seen[name] = getattr(record, name)
    return seen


_KEPT = (
    (Feature.NAMESPACES, "namespace"),
    (Feature.METADATA, "metadata"),
    (Feature.DATA, "data"),
    (Feature.EXPIRY, "expires_at"),
)
