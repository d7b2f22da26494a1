"""Good stores that keep everything in a dict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError
from memio.models import Document, Fact, Message, Page, Triple, Turn
from proof.shelf import Backend, Row, Shelf, passes

_RECORDS = frozenset(
    {Feature.ATTRIBUTION, Feature.USER_SCOPE, Feature.METADATA, Feature.FILTERS, Feature.CLIENT_IDS, Feature.UPDATE}
)
ALL = frozenset(Guarantee)


class _Records(Shelf):
    """What facts and documents share."""

    guarantees: frozenset[str] = ALL
    provider = "dict"
    id_name: str
    record: type

    async def add(self, *, content: str, metadata: dict[str, Any] | None = None, **more: Any) -> Any:
        await self.pause()
        chosen = more.pop(self.id_name, None)
        row = self.written(content, metadata or {}, more, chosen)
        await self.pause()
        return self.as_record(row)

    def written(self, content: str, metadata: dict[str, Any], owner: dict[str, str], chosen: str | None) -> Row:
        for row in self.backend.rows.values():
            if chosen is not None and self.same_id(row.id, chosen) and row.owner == owner:
                if row.text == content and self.same_metadata(row.metadata, metadata):
                    return row
                raise ConflictError(self.noun, chosen)
        now = self.now()
        return self.put(Row(chosen or "", content, owner, metadata, now, now))

    def passes(self, metadata: dict[str, Any], filters: dict[str, Any] | None) -> bool:
        return passes(metadata, filters)

    async def get(self, **given: Any) -> Any:
        await self.pause()
        return self.as_record(self.one(given.pop(self.id_name), given)[1])

    async def get_all(
        self, *, limit: int, cursor: str | None, filters: dict[str, Any] | None = None, **owner: Any
    ) -> Page[Any]:
        await self.pause()
        found = self.scoped(owner, lambda row: self.passes(row.metadata, filters))
        page = self.page(found, limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)

    async def search(self, *, query: str, limit: int, filters: dict[str, Any] | None = None, **owner: Any) -> list[Any]:
        await self.pause()
        found = self.scoped(owner, lambda row: self.passes(row.metadata, filters))
        return [self.as_record(row, score) for score, row in self.best(found, query, limit)]

    async def update(self, *, content: str, metadata: dict[str, Any] | None = None, **given: Any) -> Any:
        await self.pause()
        number, row = self.one(given.pop(self.id_name), given)
        row = self.changed(number, row, content, metadata)
        await self.pause()
        return self.as_record(row)

    def changed(self, number: int, row: Row, content: str, metadata: dict[str, Any] | None) -> Row:
        kept = row.metadata if metadata is None else metadata
        new = self.keep(Row(row.id, content, row.owner, kept, row.created_at, self.now()))
        self.backend.rows[number] = new
        return new

    async def delete(self, **given: Any) -> None:
        await self.pause()
        self.remove(self.one(given.pop(self.id_name), given)[0])
        await self.pause()

    async def delete_all(self, **owner: Any) -> None:
        await self.pause()
        for number, _ in self.scoped(owner):
            self.remove(number)

    async def add_many(self, *, items: Sequence[dict[str, Any]]) -> list[Any]:
        await self.pause()
        before = dict(self.backend.rows), self.backend.last
        rows: list[Row] = []
        try:
            for item in items:
                given = dict(item)
                content, metadata = given.pop("content"), given.pop("metadata", {})
                rows.append(self.written(content, metadata, given, given.pop(self.id_name, None)))
        except ConflictError:
            self.backend.rows, self.backend.last = before
            raise
        return [self.as_record(row) for row in rows]

    def as_record(self, row: Row, score: float | None = None) -> Any:
        shown = self.hand_out(row)
        return self.record(
            id=shown.id,
            content=shown.text,
            metadata=shown.metadata,
            score=score,
            created_at=shown.created_at,
            updated_at=shown.updated_at,
            **shown.owner,
        )


class DictFacts(_Records):
    features: frozenset[str] = _RECORDS | {Feature.AGENT_SCOPE}
    noun, id_name, record = "fact", "fact_id", Fact


class DictDocuments(_Records):
    features: frozenset[str] = _RECORDS
    noun, id_name, record = "document", "doc_id", Document


class DictHistory(Shelf):
    features: frozenset[str] = frozenset(
        {
            Feature.ATTRIBUTION,
            Feature.USER_SCOPE,
            Feature.METADATA,
            Feature.CLIENT_IDS,
            Feature.MESSAGE_NAMES,
            Feature.MESSAGE_TIMESTAMPS,
            Feature.ALL_ROLES,
            Feature.SEARCH_ALL_SESSIONS,
        }
    )
    guarantees: frozenset[str] = ALL
    provider = "dict"
    noun = "message"

    def in_session(self, row: Row, session_id: str | None) -> bool:
        return session_id is None or row.more["session_id"] == session_id

    async def add(self, *, session_id: str, messages: Sequence[Message], **owner: Any) -> Turn:
        await self.pause()
        rows = self.written(session_id, messages, owner)
        await self.pause()
        return Turn(stored=[self.as_record(row) for row in rows])

    def written(self, session_id: str, messages: Sequence[Message], owner: dict[str, str]) -> list[Row]:
        stored = {
            row.id: row
            for row in self.backend.rows.values()
            if row.more["session_id"] == session_id and row.owner == owner
        }
        for message in messages:
            row = stored.get(message.id or "")
            if row is not None and not self.same_message(row, message):
                raise ConflictError("message", str(message.id))
        if all(row.more["session_id"] != session_id for row in self.backend.rows.values()):
            self.backend.places[session_id] = self.backend.last + 1
        return [stored.get(message.id or "") or self.put(self.row(session_id, message, owner)) for message in messages]

    def same_message(self, row: Row, message: Message) -> bool:
        return (row.text, row.more["role"], row.more["name"]) == (
            message.content,
            message.role,
            message.name,
        ) and self.same_metadata(row.metadata, message.metadata)

    def row(self, session_id: str, message: Message, owner: dict[str, str]) -> Row:
        time = (message.timestamp or self.now()).astimezone(UTC)
        more = {"session_id": session_id, "role": message.role, "name": message.name}
        return Row(message.id or "", message.content, owner, message.metadata, time, time, more)

    async def get(self, *, session_id: str, limit: int, cursor: str | None, start: str, **owner: Any) -> Page[Message]:
        await self.pause()
        found = self.scoped(owner, lambda row: self.in_session(row, session_id))
        page = self.page(found, limit, cursor) if start == "oldest" else self.page_back(found, limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)

    def page_back(self, found: list[tuple[int, Row]], limit: int, cursor: str | None) -> Page[Row]:
        rest = [(n, row) for n, row in found if cursor is None or n < int(cursor)]
        cut = rest[-limit:]
        return Page([row for _, row in cut], str(cut[0][0]) if len(rest) > limit else None)

    async def get_all(self, *, limit: int, cursor: str | None, **owner: Any) -> Page[str]:
        await self.pause()
        return self.page(self.sessions(owner), limit, cursor)

    def sessions(self, owner: dict[str, str]) -> list[tuple[int, str]]:
        first: dict[str, int] = {}
        for number, row in self.scoped(owner):
            first.setdefault(row.more["session_id"], number)
        if not owner:
            # A session of several owners keeps its place when the owner who began it deletes it.
            first = {name: self.backend.places.get(name, number) for name, number in first.items()}
        return sorted((number, name) for name, number in first.items())

    async def search(self, *, query: str, limit: int, session_id: str | None, **owner: Any) -> list[Message]:
        await self.pause()
        found = self.scoped(owner, lambda row: self.in_session(row, session_id))
        return [self.as_record(row, score) for score, row in self.best(found, query, limit)]

    async def delete(self, *, session_id: str, **owner: Any) -> None:
        await self.pause()
        found = self.scoped(owner, lambda row: self.in_session(row, session_id))
        if any(row.owner != found[0][1].owner for _, row in found):
            raise ConflictError("session", session_id, hint="several users have it: pass the user")
        for number, _ in found:
            self.remove(number)

    async def delete_all(self, **owner: Any) -> None:
        await self.pause()
        for number, _ in self.scoped(owner):
            self.remove(number)

    def as_record(self, row: Row, score: float | None = None) -> Message:
        shown = self.hand_out(row)
        return Message(
            role=shown.more["role"],
            content=shown.text,
            name=shown.more["name"],
            metadata=shown.metadata,
            timestamp=shown.created_at,
            id=shown.id,
            session_id=shown.more["session_id"],
            score=score,
            **shown.owner,
        )


class DictGraph(Shelf):
    features: frozenset[str] = frozenset(
        {Feature.ATTRIBUTION, Feature.USER_SCOPE, Feature.METADATA, Feature.CLIENT_IDS}
    )
    guarantees: frozenset[str] = ALL
    provider = "dict"
    noun = "triple"

    def touches(self, row: Row, entity: str) -> bool:
        return entity in (row.text, row.more["object"])

    async def add(self, *, triples: Sequence[Triple], **owner: Any) -> list[Triple]:
        await self.pause()
        rows = self.written(triples, owner)
        await self.pause()
        return [self.as_record(row) for row in rows]

    def written(self, triples: Sequence[Triple], owner: dict[str, str]) -> list[Row]:
        before = dict(self.backend.rows), self.backend.last
        try:
            return [self.twin(triple, owner) or self.put(self.row(triple, owner)) for triple in triples]
        except ConflictError:
            self.backend.rows, self.backend.last = before
            raise

    def twin(self, triple: Triple, owner: dict[str, str]) -> Row | None:
        """Return the row that the triple is already, or refuse it."""
        for row in self.backend.rows.values():
            if row.owner != owner:
                continue
            identical = self.identical(row, triple)
            taken = triple.id is not None and row.id == triple.id
            if not identical and not taken:
                continue
            if identical and (triple.id is None or taken) and self.same_metadata(row.metadata, triple.metadata):
                return row
            raise ConflictError("triple", triple.id or row.id)
        return None

    def identical(self, row: Row, triple: Triple) -> bool:
        return (row.text, row.more["predicate"], row.more["object"]) == (
            triple.subject,
            triple.predicate,
            triple.object,
        )

    def row(self, triple: Triple, owner: dict[str, str]) -> Row:
        now = self.now()
        more = {"predicate": triple.predicate, "object": triple.object}
        return Row(triple.id or "", triple.subject, owner, triple.metadata, now, now, more)

    def searched(self, row: Row) -> str:
        return f"{row.text} {row.more['predicate']} {row.more['object']}"

    def own_texts(self, row: Row) -> tuple[str, ...]:
        return self.searched(row), row.text

    async def get(self, *, entity: str, limit: int, cursor: str | None, **owner: Any) -> Page[Triple]:
        await self.pause()
        found = self.scoped(owner, lambda row: self.touches(row, entity))
        page = self.page(found, limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)

    async def get_all(self, *, limit: int, cursor: str | None, **owner: Any) -> Page[Triple]:
        await self.pause()
        page = self.page(self.scoped(owner), limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)

    async def search(self, *, query: str, limit: int, **owner: Any) -> list[Triple]:
        await self.pause()
        return [self.as_record(row, score) for score, row in self.best(self.scoped(owner), query, limit)]

    async def delete(self, *, triple_id: str, **owner: Any) -> None:
        await self.pause()
        self.remove(self.one(triple_id, owner)[0])
        await self.pause()

    async def delete_entity(self, *, entity: str, **owner: Any) -> None:
        await self.pause()
        for number, _ in self.scoped(owner, lambda row: self.touches(row, entity)):
            self.remove(number)

    async def delete_all(self, **owner: Any) -> None:
        await self.pause()
        for number, _ in self.scoped(owner):
            self.remove(number)

    def as_record(self, row: Row, score: float | None = None) -> Triple:
        shown = self.hand_out(row)
        return Triple(
            subject=shown.text,
            predicate=shown.more["predicate"],
            object=shown.more["object"],
            metadata=shown.metadata,
            id=shown.id,
            score=score,
            **shown.owner,
        )


STORES: dict[str, type[Any]] = {
    "facts": DictFacts,
    "history": DictHistory,
    "documents": DictDocuments,
    "graph": DictGraph,
}


def backends() -> dict[str, Backend]:
    """Return what the clients of one namespace share."""
    made = {kind: Backend() for kind in STORES}
    for backend in made.values():
        backend.others = [other for other in made.values() if other is not backend]
    return made
