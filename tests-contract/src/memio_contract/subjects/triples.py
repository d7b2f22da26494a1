"""Triples, with the methods that laws use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memio.capabilities import Guarantee
from memio.models import Triple
from memio_contract.expect import all_pages
from memio_contract.place import Client, Confined, Labels, Place
from memio_contract.subjects._kept import Counting, kept


class GraphSubject(Counting):
    """A store of triples."""

    noun = "triple"

    def __init__(self, place: Place, client: Client | Confined) -> None:
        self.place = place
        self.api: Any = client.graph

    async def add(
        self,
        text: str,
        *,
        owner: Labels | None = None,
        metadata: Mapping[str, Any] | None = None,
        id: str | None = None,  # the public word
        group: str | None = None,
        **more: Any,
    ) -> Any:
        """Add one triple about the text; no other triple of the example has its object."""
        del group
        triple = self.triple(text, f"n{self.place.number()}", metadata=dict(metadata or {}), id=id, **more)
        return (await self.put(triple, owner=owner))[0]

    def triple(self, subject: str, object: str, **more: Any) -> Triple:  # the public word
        """Return a triple to add."""
        return Triple(subject=subject, predicate=more.pop("predicate", "is"), object=object, **more)

    async def put(self, *triples: Triple, owner: Labels | None = None) -> list[Any]:
        """Add triples in one call."""
        return list(await self.api.add(triples=list(triples), **self.labels(owner)))

    async def add_together(self, texts: list[str], *, owner: Labels | None = None, group: str = "together") -> int:
        """Add several triples in one call."""
        await self.put(*(self.triple(text, f"{group}-{self.place.number()}") for text in texts), owner=owner)
        return len(texts)

    async def fill(self, how_many: int, *, owner: Labels | None = None) -> list[Any]:
        """Add many triples in order."""
        return await self.put(*(self.triple(f"entity {n}", "thing") for n in range(how_many)), owner=owner)

    async def find(self, record: Any, *, owner: Labels | None = None) -> list[Any]:
        """Read the triples of its object, which it alone has."""
        return await self.of(record.object, owner=owner)

    async def of(self, entity: str, *, owner: Labels | None = None, limit: int = 100, **times: Any) -> list[Any]:
        """Read all triples of an entity."""
        return await all_pages(
            lambda cursor: self.api.get(entity=entity, limit=limit, cursor=cursor, **times, **self.labels(owner)),
            limit=limit,
            most=self.place.listing_bound(),
        )

    async def listed(self, *, owner: Labels | None = None, limit: int = 100, **pick: Any) -> list[Any]:
        """Follow the listing to its end. `pick` holds times and order."""
        return await all_pages(
            lambda cursor: self.page(cursor, limit=limit, owner=owner, **pick),
            limit=limit,
            most=self.place.listing_bound(),
        )

    async def page(self, cursor: str | None, *, limit: int, owner: Labels | None = None, **pick: Any) -> Any:
        """Read one page."""
        return await self.api.get_all(limit=limit, cursor=cursor, **pick, **self.labels(owner))

    async def search(
        self, query: str, *, limit: int, owner: Labels | None = None, group: str | None = None, **times: Any
    ) -> list[Any]:
        """Search."""
        del group
        return list(await self.api.search(query=query, limit=limit, **times, **self.labels(owner)))

    async def count(self, *, owner: Labels | None = None, **times: Any) -> int:
        """Count."""
        return int(await self.api.count(**times, **self.labels(owner)))

    async def delete(self, record: Any, *, owner: Labels | None = None) -> None:
        """Delete one triple by its id."""
        triple_id = record if isinstance(record, str) else record.id
        await self.api.delete(triple_id=triple_id, **self.labels(owner))

    def text(self, record: Any) -> str:
        """Return its subject."""
        return str(record.subject)

    def query(self, record: Any) -> str:
        """Return its three parts as one text."""
        return f"{record.subject} {record.predicate} {record.object}"

    def view(self, record: Any) -> dict[str, Any]:
        """Return what the store promises to keep."""
        seen: dict[str, Any] = {"id": record.id, **kept(self.place, record)}
        if self.place.has(Guarantee.VERBATIM):
            seen |= {"subject": record.subject, "predicate": record.predicate, "object": record.object}
        return seen
