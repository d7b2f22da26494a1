"""Facts and documents, with the methods that laws use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.errors import NotFoundError
from memio.kinds import SPECS, supports
from memio_contract.expect import all_pages
from memio_contract.place import Client, Confined, Labels, Place
from memio_contract.subjects._kept import Counting, kept


class RecordSubject(Counting):
    """A store of facts or documents."""

    def __init__(self, place: Place, client: Client | Confined) -> None:
        self.place = place
        self.noun = SPECS[place.kind].noun
        self.id_name = str(SPECS[place.kind].id)
        self.api: Any = getattr(client, place.kind)
        self.store: Any = client.stores[place.kind]

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
        """Add one record."""
        del group
        chosen = {} if id is None else {self.id_name: id}
        given = {} if metadata is None else {"metadata": metadata}
        return await self.api.add(content=text, **given, **chosen, **more, **self.labels(owner))

    async def put(self, record_id: str, text: str, *, owner: Labels | None = None, **more: Any) -> Any:
        """Store a record under an id, whether it is there or not."""
        return await self.api.put(**{self.id_name: record_id}, content=text, **more, **self.labels(owner))

    async def add_together(self, texts: list[str], *, owner: Labels | None = None, group: str = "together") -> int:
        """Add one record: facts and documents are added one by one."""
        del group
        metadata = {"whole": texts} if self.place.has(Feature.METADATA) else None
        await self.add("\n".join(texts), owner=owner, metadata=metadata)
        return 1

    async def fill(self, how_many: int, *, owner: Labels | None = None) -> list[Any]:
        """Add many records in order."""
        texts = [f"record number {number}" for number in range(how_many)]
        if supports(self.store, "add_many"):
            return list(await self.api.add_many(texts, **self.labels(owner)))
        return [await self.add(text, owner=owner) for text in texts]

    async def get(self, record_id: str, *, owner: Labels | None = None) -> Any:
        """Read one record by its id."""
        return await self.api.get(**{self.id_name: record_id}, **self.labels(owner))

    async def find(self, record: Any, *, owner: Labels | None = None) -> list[Any]:
        """Read one record by its id, or nothing."""
        try:
            return [await self.get(record.id, owner=owner)]
        except NotFoundError:
            return []

    async def listed(self, *, owner: Labels | None = None, limit: int = 100, **pick: Any) -> list[Any]:
        """Follow the listing to its end. `pick` holds filters, times and order."""
        return await all_pages(
            lambda cursor: self.page(cursor, limit=limit, owner=owner, **pick),
            limit=limit,
            most=self.place.listing_bound(),
        )

    async def page(self, cursor: str | None, *, limit: int, owner: Labels | None = None, **pick: Any) -> Any:
        """Read one page."""
        return await self.api.get_all(limit=limit, cursor=cursor, **pick, **self.labels(owner))

    async def search(
        self, query: str, *, limit: int, owner: Labels | None = None, group: str | None = None, **pick: Any
    ) -> list[Any]:
        """Search."""
        del group
        return list(await self.api.search(query=query, limit=limit, **pick, **self.labels(owner)))

    async def update(
        self, record_id: str, text: str | None = None, *, owner: Labels | None = None, **changes: Any
    ) -> Any:
        """Change a record: its text, and whatever else is given."""
        given = changes if text is None else {"content": text, **changes}
        return await self.api.update(**{self.id_name: record_id}, **given, **self.labels(owner))

    async def delete(self, record: Any, *, owner: Labels | None = None, **more: Any) -> None:
        """Delete one record by its id."""
        record_id = record if isinstance(record, str) else record.id
        await self.api.delete(**{self.id_name: record_id}, **more, **self.labels(owner))

    async def count(self, *, owner: Labels | None = None, **pick: Any) -> int:
        """Count."""
        return int(await self.api.count(**pick, **self.labels(owner)))

    def text(self, record: Any) -> str:
        """Return its content."""
        return str(record.content)

    def query(self, record: Any) -> str:
        """Return its content."""
        return str(record.content)

    def view(self, record: Any) -> dict[str, Any]:
        """Return what the store promises to keep."""
        seen: dict[str, Any] = {"id": record.id, **kept(self.place, record)}
        if self.place.has(Guarantee.VERBATIM):
            seen["content"] = record.content
        return seen
