"""The store under test, as laws speak to it: the same words for every kind.

A *record* is what a caller keeps: a fact, a document, a triple, and for conversations one message,
which has a session of its own unless a law puts several into one group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from memio.capabilities import Feature, Guarantee
from memio.errors import NotFoundError
from memio.models import Kind, Message, Triple
from memio_contract.expect import all_pages
from memio_contract.world import Client, Owner, World

_PAGES = 5000
"""More pages than any law needs: a listing that goes on has no end."""


class Subject(Protocol):
    """What every kind of store can do."""

    noun: str
    """What errors call its records."""

    async def add(
        self,
        text: str,
        *,
        owner: Owner | None = None,
        metadata: Mapping[str, Any] | None = None,
        id: str | None = None,  # the public word
        group: str | None = None,
    ) -> Any:
        """Add one record; without `owner` it belongs to the example's home."""
        ...

    async def add_together(self, texts: list[str], *, owner: Owner | None = None, group: str = "together") -> int:
        """Add in one call what the kind adds as a whole, and return how many records that makes."""
        ...

    async def find(self, record: Any, *, owner: Owner | None = None) -> list[Any]:
        """Return the record as a read by its id gives it, or nothing."""
        ...

    async def listed(self, *, owner: Owner | None = None, limit: int = 100) -> list[Any]:
        """Return every record in scope, by following the listing to its end."""
        ...

    async def search(
        self, query: str, *, limit: int, owner: Owner | None = None, group: str | None = None
    ) -> list[Any]:
        """Search, in one group where the store cannot search all."""
        ...

    async def delete(self, record: Any, *, owner: Owner | None = None) -> None:
        """Delete one record."""
        ...

    async def delete_all(self, *, owner: Owner | None = None) -> None:
        """Delete every record in scope."""
        ...

    def text(self, record: Any) -> str:
        """Return the text that a record was made from."""
        ...

    def query(self, record: Any) -> str:
        """Return all the text of a record."""
        ...

    def view(self, record: Any) -> dict[str, Any]:
        """Return what the store promises to keep of a record."""
        ...


class RecordSubject:
    """A store of facts or documents."""

    def __init__(self, world: World, client: Client) -> None:
        self.world = world
        self.noun = {"facts": "fact", "documents": "document"}[world.kind]
        self.id_name = {"facts": "fact_id", "documents": "doc_id"}[world.kind]
        self.api: Any = getattr(client, world.kind)
        self.store: Any = client.stores[world.kind]

    async def add(
        self,
        text: str,
        *,
        owner: Owner | None = None,
        metadata: Mapping[str, Any] | None = None,
        id: str | None = None,  # the public word
        group: str | None = None,
    ) -> Any:
        """Add one record."""
        del group
        chosen = {} if id is None else {self.id_name: id}
        given = {} if metadata is None else {"metadata": metadata}
        return await self.api.add(content=text, **given, **chosen, **self._owner(owner))

    async def add_together(self, texts: list[str], *, owner: Owner | None = None, group: str = "together") -> int:
        """Add one record: facts and documents are added one by one."""
        del group
        metadata = {"whole": texts} if self.world.has(Feature.METADATA) else None
        await self.add("\n".join(texts), owner=owner, metadata=metadata)
        return 1

    async def fill(self, how_many: int, *, owner: Owner | None = None) -> list[Any]:
        """Add many records in order."""
        texts = [f"record number {number}" for number in range(how_many)]
        if hasattr(self.store, "add_many"):
            return list(await self.api.add_many(texts, **self._owner(owner)))
        return [await self.add(text, owner=owner) for text in texts]

    async def get(self, record_id: str, *, owner: Owner | None = None) -> Any:
        """Read one record by its id."""
        return await self.api.get(**{self.id_name: record_id}, **self._owner(owner))

    async def find(self, record: Any, *, owner: Owner | None = None) -> list[Any]:
        """Read one record by its id, or nothing."""
        try:
            return [await self.get(record.id, owner=owner)]
        except NotFoundError:
            return []

    async def listed(self, *, owner: Owner | None = None, limit: int = 100, **filters: Any) -> list[Any]:
        """Follow the listing to its end."""
        return await all_pages(
            lambda cursor: self.page(cursor, limit=limit, owner=owner, **filters), limit=limit, most=_PAGES
        )

    async def page(self, cursor: str | None, *, limit: int, owner: Owner | None = None, **filters: Any) -> Any:
        """Read one page."""
        return await self.api.get_all(limit=limit, cursor=cursor, **filters, **self._owner(owner))

    async def search(
        self, query: str, *, limit: int, owner: Owner | None = None, group: str | None = None, **filters: Any
    ) -> list[Any]:
        """Search."""
        del group
        return list(await self.api.search(query=query, limit=limit, **filters, **self._owner(owner)))

    async def update(self, record_id: str, text: str, *, owner: Owner | None = None, **metadata: Any) -> Any:
        """Replace the text of a record, and its metadata when it is given."""
        return await self.api.update(**{self.id_name: record_id}, content=text, **metadata, **self._owner(owner))

    async def delete(self, record: Any, *, owner: Owner | None = None) -> None:
        """Delete one record by its id."""
        record_id = record if isinstance(record, str) else record.id
        await self.api.delete(**{self.id_name: record_id}, **self._owner(owner))

    async def delete_all(self, *, owner: Owner | None = None) -> None:
        """Delete every record in scope."""
        await self.api.delete_all(**self._owner(owner))

    def text(self, record: Any) -> str:
        """Return its content."""
        return str(record.content)

    def query(self, record: Any) -> str:
        """Return its content."""
        return str(record.content)

    def view(self, record: Any) -> dict[str, Any]:
        """Return what the store promises to keep."""
        seen: dict[str, Any] = {"id": record.id, **_kept(self.world, record)}
        if self.world.kind == "facts" and self.world.has(Feature.ATTRIBUTION):
            seen["agent_id"] = record.agent_id
        if self.world.has(Guarantee.VERBATIM):
            seen["content"] = record.content
        return seen

    def _owner(self, owner: Owner | None) -> Owner:
        return self.world.home if owner is None else owner


class HistorySubject:
    """A store of conversations."""

    noun = "message"

    def __init__(self, world: World, client: Client) -> None:
        self.world = world
        self.api: Any = client.history

    def session(self, name: str) -> str:
        """Return the id of a session of this example."""
        return self.world.label(name)

    async def add(
        self,
        text: str,
        *,
        owner: Owner | None = None,
        metadata: Mapping[str, Any] | None = None,
        id: str | None = None,  # the public word
        group: str | None = None,
    ) -> Any:
        """Add one message, to a session of its own or to that of a group."""
        session = self.session(group or f"session-{self.world.number()}")
        message = Message(role="user", content=text, metadata=dict(metadata or {}), id=id)
        turn = await self.say(session, message, owner=owner)
        return turn.stored[0] if turn.stored[0].session_id else replace(turn.stored[0], session_id=session)

    async def say(self, session: str, *messages: Message, owner: Owner | None = None) -> Any:
        """Append messages to a session."""
        return await self.api.add(session_id=session, messages=list(messages), **self._owner(owner))

    async def add_together(self, texts: list[str], *, owner: Owner | None = None, group: str = "together") -> int:
        """Add several messages in one call."""
        await self.say(self.session(group), *(Message(role="user", content=text) for text in texts), owner=owner)
        return len(texts)

    async def find(self, record: Any, *, owner: Owner | None = None) -> list[Any]:
        """Read the session of a message."""
        return await self.read(record.session_id, owner=owner)

    async def read(
        self, session: str, *, owner: Owner | None = None, limit: int = 100, start: str = "oldest"
    ) -> list[Any]:
        """Read a session to its end, oldest message first."""
        pages: list[list[Any]] = []

        async def keep(page: list[Any]) -> None:
            pages.append(page)

        await all_pages(
            lambda cursor: self.page(session, cursor, limit=limit, start=start, owner=owner),
            limit=limit,
            most=_PAGES,
            between=keep,
        )
        ordered = pages if start == "oldest" else reversed(pages)
        return self.added_only([message for page in ordered for message in page])

    async def page(
        self, session: str, cursor: str | None, *, limit: int, start: str, owner: Owner | None = None
    ) -> Any:
        """Read one page of a session."""
        return await self.api.get(session_id=session, limit=limit, cursor=cursor, start=start, **self._owner(owner))

    async def sessions(self, *, owner: Owner | None = None, limit: int = 100) -> list[str]:
        """List the sessions to the end."""
        return await all_pages(
            lambda cursor: self.api.get_all(limit=limit, cursor=cursor, **self._owner(owner)), limit=limit, most=_PAGES
        )

    async def listed(self, *, owner: Owner | None = None, limit: int = 100) -> list[Any]:
        """Return the messages of all sessions."""
        found: list[Any] = []
        for session in await self.sessions(owner=owner, limit=limit):
            found += await self.read(session, owner=owner, limit=limit)
        return found

    async def search(
        self, query: str, *, limit: int, owner: Owner | None = None, group: str | None = None
    ) -> list[Any]:
        """Search all sessions, or that of a group where the store cannot."""
        everywhere = group is None or self.world.has(Feature.SEARCH_ALL_SESSIONS)
        inside = {} if everywhere else {"session_id": self.session(group or "")}
        room = limit if self.world.has(Guarantee.SILENT_APPEND) else min(1000, 4 * limit + 20)
        hits = await self.api.search(query=query, limit=room, **inside, **self._owner(owner))
        return self.added_only(hits)

    def added_only(self, messages: list[Any]) -> list[Any]:
        """Leave out what the backend answered by itself, where it does: laws add as the user."""
        if self.world.has(Guarantee.SILENT_APPEND):
            return list(messages)
        return [message for message in messages if message.role != "assistant"]

    async def delete(self, record: Any, *, owner: Owner | None = None) -> None:
        """Delete the session of a message."""
        session = record if isinstance(record, str) else record.session_id
        await self.api.delete(session_id=session, **self._owner(owner))

    async def delete_all(self, *, owner: Owner | None = None) -> None:
        """Delete every session in scope."""
        await self.api.delete_all(**self._owner(owner))

    def text(self, record: Any) -> str:
        """Return its content."""
        return str(record.content)

    def query(self, record: Any) -> str:
        """Return its content."""
        return str(record.content)

    def view(self, record: Any) -> dict[str, Any]:
        """Return what the store promises to keep."""
        seen: dict[str, Any] = {
            "session_id": record.session_id,
            "role": record.role,
            **_kept(self.world, record),
        }
        if self.world.has(Guarantee.VERBATIM):
            seen["content"] = record.content
        if self.world.has(Feature.MESSAGE_NAMES):
            seen["name"] = record.name
        return seen

    def _owner(self, owner: Owner | None) -> Owner:
        return self.world.home if owner is None else owner


class GraphSubject:
    """A store of triples."""

    noun = "triple"

    def __init__(self, world: World, client: Client) -> None:
        self.world = world
        self.api: Any = client.graph

    async def add(
        self,
        text: str,
        *,
        owner: Owner | None = None,
        metadata: Mapping[str, Any] | None = None,
        id: str | None = None,  # the public word
        group: str | None = None,
    ) -> Any:
        """Add one triple about the text; no other triple of the example has its object."""
        del group
        triple = self.triple(text, f"n{self.world.number()}", metadata=dict(metadata or {}), id=id)
        return (await self.put(triple, owner=owner))[0]

    def triple(self, subject: str, object: str, **more: Any) -> Triple:  # the public word
        """Return a triple to add."""
        return Triple(subject=subject, predicate=more.pop("predicate", "is"), object=object, **more)

    async def put(self, *triples: Triple, owner: Owner | None = None) -> list[Any]:
        """Add triples in one call."""
        return list(await self.api.add(triples=list(triples), **self._owner(owner)))

    async def add_together(self, texts: list[str], *, owner: Owner | None = None, group: str = "together") -> int:
        """Add several triples in one call."""
        await self.put(*(self.triple(text, f"{group}-{self.world.number()}") for text in texts), owner=owner)
        return len(texts)

    async def fill(self, how_many: int, *, owner: Owner | None = None) -> list[Any]:
        """Add many triples in order."""
        return await self.put(*(self.triple(f"entity {n}", "thing") for n in range(how_many)), owner=owner)

    async def find(self, record: Any, *, owner: Owner | None = None) -> list[Any]:
        """Read the triples of its object, which it alone has."""
        return await self.of(record.object, owner=owner)

    async def of(self, entity: str, *, owner: Owner | None = None, limit: int = 100) -> list[Any]:
        """Read all triples of an entity."""
        return await all_pages(
            lambda cursor: self.api.get(entity=entity, limit=limit, cursor=cursor, **self._owner(owner)),
            limit=limit,
            most=_PAGES,
        )

    async def listed(self, *, owner: Owner | None = None, limit: int = 100) -> list[Any]:
        """Follow the listing to its end."""
        return await all_pages(lambda cursor: self.page(cursor, limit=limit, owner=owner), limit=limit, most=_PAGES)

    async def page(self, cursor: str | None, *, limit: int, owner: Owner | None = None) -> Any:
        """Read one page."""
        return await self.api.get_all(limit=limit, cursor=cursor, **self._owner(owner))

    async def search(
        self, query: str, *, limit: int, owner: Owner | None = None, group: str | None = None
    ) -> list[Any]:
        """Search."""
        del group
        return list(await self.api.search(query=query, limit=limit, **self._owner(owner)))

    async def delete(self, record: Any, *, owner: Owner | None = None) -> None:
        """Delete one triple by its id."""
        triple_id = record if isinstance(record, str) else record.id
        await self.api.delete(triple_id=triple_id, **self._owner(owner))

    async def delete_all(self, *, owner: Owner | None = None) -> None:
        """Delete every triple in scope."""
        await self.api.delete_all(**self._owner(owner))

    def text(self, record: Any) -> str:
        """Return its subject."""
        return str(record.subject)

    def query(self, record: Any) -> str:
        """Return its three parts as one text."""
        return f"{record.subject} {record.predicate} {record.object}"

    def view(self, record: Any) -> dict[str, Any]:
        """Return what the store promises to keep."""
        seen: dict[str, Any] = {"id": record.id, **_kept(self.world, record)}
        if self.world.has(Guarantee.VERBATIM):
            seen |= {"subject": record.subject, "predicate": record.predicate, "object": record.object}
        return seen

    def _owner(self, owner: Owner | None) -> Owner:
        return self.world.home if owner is None else owner


def _kept(world: World, record: Any) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if world.has(Feature.ATTRIBUTION):
        kept["user_id"] = record.user_id
    if world.has(Feature.METADATA):
        kept["metadata"] = record.metadata
    return kept


SUBJECTS: dict[Kind, type[Any]] = {
    "facts": RecordSubject,
    "history": HistorySubject,
    "documents": RecordSubject,
    "graph": GraphSubject,
}
