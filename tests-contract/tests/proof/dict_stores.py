"""Good stores that keep everything in a dict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from memio.capabilities import Guarantee
from memio.errors import ConflictError, NotFoundError
from memio.kinds import SPECS
from memio.models import Document, Fact, Message, Page, Session, Triple, Turn
from memio.owners import ANYWHERE, NO_OWNER, Owner, Scope
from proof.shelf import Backend, Numbered, Row, Shelf

ALL = frozenset(Guarantee)


class _Records(Shelf):
    """What facts and documents share."""

    guarantees: frozenset[str] = ALL
    provider = "dict"
    id_name: str
    record: type

    async def add(self, *, content: str, owner: Owner = NO_OWNER, **more: Any) -> Any:
        await self.pause()
        with self.backend.lock:
            row = self.written(self.draft(content, owner, more))
        await self.pause()
        return self.as_record(row)

    def draft(self, content: str, owner: Owner, given: dict[str, Any]) -> Row:
        now = self.now()
        row = Row(given.get(self.id_name, ""), content, owner, given.get("metadata", {}), now, now)
        row.data, row.expires_at = given.get("data"), given.get("expires_at")
        return row

    def written(self, given: Row) -> Row:
        for _, row in self.mine(given):
            if not self.same_record(row, given):
                raise ConflictError(self.noun, given.id)
            if given.expires_at is not None:
                row.expires_at = given.expires_at
            return row
        return self.place(given)

    def same_record(self, row: Row, given: Row) -> bool:
        return (
            row.text == given.text
            and self.same_metadata(row.metadata, given.metadata)
            and self.same_data(row.data, given.data)
        )

    def place(self, row: Row) -> Row:
        row.version = self.new_version(row)
        for number, other in list(self.backend.rows.items()):
            if self.expired(other) and (other.id, other.owner) == (row.id, row.owner):
                self.remove(number)
        return super().place(row)

    async def put(self, *, content: str, owner: Owner = NO_OWNER, if_version: str | None = None, **more: Any) -> Any:
        await self.pause()
        row = self.stored(self.draft(content, owner, more), if_version)
        await self.pause()
        return self.as_record(row)

    def stored(self, given: Row, if_version: str | None) -> Row:
        for number, row in self.mine(given):
            self.check_version(row, if_version)
            return self.replaced(number, row, given)
        if if_version is not None:
            raise ConflictError(self.noun, given.id, reason="version")
        return self.place(given)

    def replaced(self, number: int, row: Row, given: Row) -> Row:
        new = replace(given, id=row.id, created_at=row.created_at, version=self.new_version(row))
        self.backend.rows[number] = kept = self.keep(new)
        return kept

    async def get(self, *, scope: Scope = ANYWHERE, **given: Any) -> Any:
        await self.pause()
        return self.as_record(self.one(given[self.id_name], scope)[1])

    async def get_all(
        self, *, limit: int, cursor: str | None, order: str = "oldest", scope: Scope = ANYWHERE, **pick: Any
    ) -> Page[Any]:
        await self.pause()
        found = self.picked(scope, **pick)
        page = self.page(found, limit, cursor) if order == "oldest" else self.page_newest(found, limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)

    async def search(
        self, *, query: str, limit: int, mode: str = "auto", scope: Scope = ANYWHERE, **pick: Any
    ) -> list[Any]:
        await self.pause()
        return [self.as_record(row, score) for score, row in self.hits(self.picked(scope, **pick), query, limit, mode)]

    async def count(self, *, scope: Scope = ANYWHERE, **pick: Any) -> int:
        await self.pause()
        return len(self.picked(scope, **pick))

    async def update(self, *, scope: Scope = ANYWHERE, if_version: str | None = None, **given: Any) -> Any:
        await self.pause()
        number, row = self.one(given.pop(self.id_name), scope)
        self.check_version(row, if_version)
        row = self.changed(number, row, changes_of(given))
        await self.pause()
        return self.as_record(row)

    def changed(self, number: int, row: Row, changes: dict[str, Any]) -> Row:
        new = replace(row, **changes)
        if changes.keys() - {"expires_at"}:
            new = replace(new, updated_at=self.now(), version=self.new_version(row))
        self.backend.rows[number] = kept = self.keep(new)
        return kept

    async def delete(self, *, scope: Scope = ANYWHERE, if_version: str | None = None, **given: Any) -> None:
        await self.pause()
        number, row = self.one(given[self.id_name], scope)
        self.check_version(row, if_version)
        self.remove(number)
        await self.pause()

    async def purge(self) -> int:
        await self.pause()
        dead = [number for number, row in self.backend.rows.items() if self.expired(row)]
        for number in dead:
            self.remove(number)
        return len(dead)

    async def add_many(self, *, items: Sequence[dict[str, Any]]) -> list[Any]:
        await self.pause()
        with self.backend.lock:
            rows = self.written_together(items)
        return [self.as_record(row) for row in rows]

    def written_together(self, items: Sequence[dict[str, Any]]) -> list[Row]:
        before = dict(self.backend.rows), self.backend.last
        try:
            rows = [self.written(self.draft(item["content"], item.get("owner", NO_OWNER), item)) for item in items]
        except ConflictError:
            self.backend.rows, self.backend.last = before
            raise
        return rows

    def as_record(self, row: Row, score: float | None = None) -> Any:
        shown = self.hand_out(row)
        data = {"data": shown.data} if self.record is Document else {}
        return self.record(
            id=shown.id,
            content=shown.text,
            metadata=shown.metadata,
            score=score,
            created_at=shown.created_at,
            updated_at=shown.updated_at,
            expires_at=shown.expires_at,
            version=shown.version,
            **data,
            **labels_of(shown.owner),
        )


class DictFacts(_Records):
    features: frozenset[str] = SPECS["facts"].features
    noun, id_name, record = "fact", "fact_id", Fact


class DictDocuments(_Records):
    features: frozenset[str] = SPECS["documents"].features
    noun, id_name, record = "document", "doc_id", Document


class DictHistory(Shelf):
    features: frozenset[str] = SPECS["history"].features
    guarantees: frozenset[str] = ALL
    provider = "dict"
    noun = "message"

    def in_session(self, row: Row, session_id: str | None) -> bool:
        return session_id is None or row.more["session_id"] == session_id

    async def add(self, *, session_id: str, messages: Sequence[Message], owner: Owner = NO_OWNER) -> Turn:
        await self.pause()
        with self.backend.lock:
            rows = self.written(session_id, messages, owner)
        await self.pause()
        return Turn(stored=[self.as_record(row) for row in rows])

    def written(self, session_id: str, messages: Sequence[Message], owner: Owner) -> list[Row]:
        there = [
            row for row in self.backend.rows.values() if row.more["session_id"] == session_id and row.owner == owner
        ]
        stored = {row.id: row for row in there}
        for message in messages:
            row = stored.get(message.id or "")
            if row is not None and not self.same_message(row, message):
                raise ConflictError("message", str(message.id))
        if not there:
            self.backend.places[owner, session_id] = self.backend.last + 1
        return [
            stored.get(message.id or "") or self.place(self.row(session_id, message, owner)) for message in messages
        ]

    def same_message(self, row: Row, message: Message) -> bool:
        return (
            (row.text, row.more["role"], row.more["name"]) == (message.content, message.role, message.name)
            and self.same_metadata(row.metadata, message.metadata)
            and self.same_data(row.data, message.data)
        )

    def row(self, session_id: str, message: Message, owner: Owner) -> Row:
        time = (message.timestamp or self.now()).astimezone(UTC)
        more = {"session_id": session_id, "role": message.role, "name": message.name}
        return Row(message.id or "", message.content, owner, message.metadata, time, time, data=message.data, more=more)

    def the_session(self, session_id: str, scope: Scope) -> list[Numbered]:
        """Return the rows of one session, which one owner has."""
        found = self.scoped(scope, lambda row: self.in_session(row, session_id))
        if any(row.owner != found[0][1].owner for _, row in found):
            raise ConflictError("session", session_id, reason="owners")
        return found

    async def get(
        self, *, session_id: str, limit: int, cursor: str | None, start: str, scope: Scope = ANYWHERE
    ) -> Page[Message]:
        await self.pause()
        found = self.the_session(session_id, scope)
        page = self.page(found, limit, cursor) if start == "oldest" else self.page_back(found, limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)

    def page_back(self, found: list[Numbered], limit: int, cursor: str | None) -> Page[Row]:
        rest = [(n, row) for n, row in found if cursor is None or n < int(cursor)]
        cut = rest[-limit:]
        return Page([row for _, row in cut], str(cut[0][0]) if len(rest) > limit else None)

    async def get_all(
        self, *, limit: int, cursor: str | None, order: str = "oldest", scope: Scope = ANYWHERE, **times: Any
    ) -> Page[Session]:
        await self.pause()
        found = self.sessions(scope, **times)
        if order == "oldest":
            return self.page(found, limit, cursor)
        return self.page_latest(found, limit, cursor)

    def page_latest(self, found: list[tuple[int, Session]], limit: int, cursor: str | None) -> Page[Session]:
        """Cut a page in the order of the greatest times, the greatest first."""
        keys = {f"{session.updated_at.isoformat(timespec='microseconds')} {n:012}": session for n, session in found}
        rest = sorted((key for key in keys if cursor is None or key < cursor), reverse=True)
        return Page([keys[key] for key in rest[:limit]], rest[limit - 1] if len(rest) > limit else None)

    def sessions(
        self, scope: Scope, since: datetime | None = None, until: datetime | None = None
    ) -> list[tuple[int, Session]]:
        """Return the sessions by their places."""
        rows: dict[tuple[Owner, str], list[Row]] = {}
        for _, row in self.scoped(scope):
            rows.setdefault((row.owner, row.more["session_id"]), []).append(row)
        made = [(self.place_of(key), self.session(key[1], found)) for key, found in rows.items()]
        return sorted(
            ((n, session) for n, session in made if self.in_time(session.updated_at, since, until)),
            key=lambda item: item[0],
        )

    def place_of(self, key: tuple[Owner, str]) -> int:
        return self.backend.places[key]

    def session(self, session_id: str, rows: list[Row]) -> Session:
        times = [row.created_at for row in rows]
        return Session(
            id=session_id,
            created_at=min(times),
            updated_at=max(times),
            message_count=len(rows),
            **labels_of(rows[0].owner),
        )

    async def search(
        self,
        *,
        query: str,
        limit: int,
        session_id: str | None,
        mode: str = "auto",
        scope: Scope = ANYWHERE,
        **pick: Any,
    ) -> list[Message]:
        await self.pause()
        found = self.within(session_id, scope, pick)
        return [self.as_record(row, score) for score, row in self.hits(found, query, limit, mode)]

    def within(self, session_id: str | None, scope: Scope, pick: dict[str, Any]) -> list[Numbered]:
        """Return what a search or a count is about."""
        if session_id is not None:
            self.the_session(session_id, scope)
        return [(n, row) for n, row in self.picked(scope, **pick) if self.in_session(row, session_id)]

    async def count(self, *, scope: Scope = ANYWHERE, **times: Any) -> int:
        await self.pause()
        return len(self.sessions(scope, **times))

    async def count_messages(self, *, session_id: str | None = None, scope: Scope = ANYWHERE, **pick: Any) -> int:
        await self.pause()
        return len(self.within(session_id, scope, pick))

    async def delete_messages(
        self,
        *,
        session_id: str,
        last: int | None,
        message_ids: Sequence[str] | None,
        scope: Scope = ANYWHERE,
    ) -> list[Message]:
        await self.pause()
        found = self.the_session(session_id, scope)
        gone = found[-last:] if last is not None else self.by_ids(found, message_ids or ())
        for number, _ in gone:
            self.remove(number)
        await self.pause()
        return [self.as_record(row) for _, row in gone]

    def by_ids(self, found: list[Numbered], message_ids: Sequence[str]) -> list[Numbered]:
        there = {row.id for _, row in found}
        for message_id in message_ids:
            if message_id not in there:
                raise NotFoundError("message", message_id)
        return [(n, row) for n, row in found if row.id in message_ids]

    async def delete(self, *, session_id: str, scope: Scope = ANYWHERE) -> None:
        await self.pause()
        for number, _ in self.the_session(session_id, scope):
            self.remove(number)

    def as_record(self, row: Row, score: float | None = None) -> Message:
        shown = self.hand_out(row)
        return Message(
            role=shown.more["role"],
            content=shown.text,
            name=shown.more["name"],
            metadata=shown.metadata,
            data=shown.data,
            timestamp=shown.created_at,
            id=shown.id,
            session_id=shown.more["session_id"],
            score=score,
            **labels_of(shown.owner),
        )


class DictGraph(Shelf):
    features: frozenset[str] = SPECS["graph"].features
    guarantees: frozenset[str] = ALL
    provider = "dict"
    noun = "triple"

    def touches(self, row: Row, entity: str) -> bool:
        return entity in (row.text, row.more["object"])

    async def add(self, *, triples: Sequence[Triple], owner: Owner = NO_OWNER) -> list[Triple]:
        await self.pause()
        with self.backend.lock:
            rows = self.written(triples, owner)
        await self.pause()
        return [self.as_record(row) for row in rows]

    def written(self, triples: Sequence[Triple], owner: Owner) -> list[Row]:
        before = dict(self.backend.rows), self.backend.last
        try:
            return [self.twin(triple, owner) or self.place(self.row(triple, owner)) for triple in triples]
        except ConflictError:
            self.backend.rows, self.backend.last = before
            raise

    def twin(self, triple: Triple, owner: Owner) -> Row | None:
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

    def row(self, triple: Triple, owner: Owner) -> Row:
        now = self.now()
        more = {"predicate": triple.predicate, "object": triple.object}
        return Row(triple.id or "", triple.subject, owner, triple.metadata, now, now, more=more)

    def searched(self, row: Row) -> str:
        return f"{row.text} {row.more['predicate']} {row.more['object']}"

    def own_texts(self, row: Row) -> tuple[str, ...]:
        return self.searched(row), row.text

    async def get(
        self, *, entity: str, limit: int, cursor: str | None, scope: Scope = ANYWHERE, **times: Any
    ) -> Page[Triple]:
        await self.pause()
        page = self.page(self.around(entity, scope, times), limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)

    def around(self, entity: str, scope: Scope, times: dict[str, Any] | None = None) -> list[Numbered]:
        return [(n, row) for n, row in self.picked(scope, **(times or {})) if self.touches(row, entity)]

    async def get_all(
        self, *, limit: int, cursor: str | None, order: str = "oldest", scope: Scope = ANYWHERE, **times: Any
    ) -> Page[Triple]:
        await self.pause()
        found = self.picked(scope, **times)
        page = self.page(found, limit, cursor) if order == "oldest" else self.page_newest(found, limit, cursor)
        return Page([self.as_record(row) for row in page], page.next_cursor)

    async def search(self, *, query: str, limit: int, scope: Scope = ANYWHERE, **times: Any) -> list[Triple]:
        await self.pause()
        return [self.as_record(row, score) for score, row in self.best(self.picked(scope, **times), query, limit)]

    async def count(self, *, scope: Scope = ANYWHERE, **times: Any) -> int:
        await self.pause()
        return len(self.picked(scope, **times))

    async def delete(self, *, triple_id: str, scope: Scope = ANYWHERE) -> None:
        await self.pause()
        self.remove(self.one(triple_id, scope)[0])
        await self.pause()

    async def delete_entity(self, *, entity: str, scope: Scope = ANYWHERE) -> None:
        await self.pause()
        for number, _ in self.around(entity, scope):
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
            created_at=shown.created_at,
            **labels_of(shown.owner),
        )


def labels_of(owner: Owner) -> dict[str, Any]:
    """Return the three labels of an owner, as records have them."""
    return {"user_id": owner.user_id, "agent_id": owner.agent_id, "namespace": owner.namespace}


def changes_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a row that an update was given."""
    return {"text" if name == "content" else name: value for name, value in given.items()}


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
