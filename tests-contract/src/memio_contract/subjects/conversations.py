"""Conversations, with the methods that laws use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.models import Message, Session
from memio_contract.expect import all_pages
from memio_contract.place import Client, Confined, Labels, Place
from memio_contract.subjects._kept import Counting, kept


class HistorySubject(Counting):
    """A store of conversations."""

    noun = "message"

    def __init__(self, place: Place, client: Client | Confined) -> None:
        self.place = place
        self.api: Any = client.history

    def session(self, name: str) -> str:
        """Return the id of a session of this example."""
        return self.place.label(name)

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
        """Add one message, to a new session or to that of a group."""
        session = self.session(group or f"session-{self.place.number()}")
        message = Message(role="user", content=text, metadata=dict(metadata or {}), id=id, **more)
        turn = await self.append(session, message, owner=owner)
        return turn.stored[0] if turn.stored[0].session_id else replace(turn.stored[0], session_id=session)

    async def append(self, session: str, *messages: Message, owner: Labels | None = None) -> Any:
        """Append messages to a session."""
        return await self.api.add(session_id=session, messages=list(messages), **self.labels(owner))

    async def add_together(self, texts: list[str], *, owner: Labels | None = None, group: str = "together") -> int:
        """Add several messages in one call."""
        await self.append(self.session(group), *(Message(role="user", content=text) for text in texts), owner=owner)
        return len(texts)

    async def find(self, record: Any, *, owner: Labels | None = None) -> list[Any]:
        """Read the session of a message."""
        return await self.read(record.session_id, owner=owner)

    async def read(
        self, session: str, *, owner: Labels | None = None, limit: int = 100, start: str = "oldest"
    ) -> list[Any]:
        """Read a session to its end, oldest message first."""
        pages: list[list[Any]] = []

        async def keep(page: list[Any]) -> None:
            pages.append(page)

        await all_pages(
            lambda cursor: self.page(session, cursor, limit=limit, start=start, owner=owner),
            limit=limit,
            most=self.place.listing_bound(),
            between=keep,
        )
        ordered = pages if start == "oldest" else reversed(pages)
        return self.added_only([message for page in ordered for message in page])

    async def page(
        self, session: str, cursor: str | None, *, limit: int, start: str, owner: Labels | None = None
    ) -> Any:
        """Read one page of a session."""
        return await self.api.get(session_id=session, limit=limit, cursor=cursor, start=start, **self.labels(owner))

    async def sessions(self, *, owner: Labels | None = None, limit: int = 100, **pick: Any) -> list[str]:
        """List the ids of the sessions to the end."""
        return [session.id for session in await self.listed_sessions(owner=owner, limit=limit, **pick)]

    async def listed_sessions(self, *, owner: Labels | None = None, limit: int = 100, **pick: Any) -> list[Session]:
        """List the sessions to the end. `pick` holds times and order."""
        return await all_pages(
            lambda cursor: self.api.get_all(limit=limit, cursor=cursor, **pick, **self.labels(owner)),
            limit=limit,
            most=self.place.listing_bound(),
        )

    async def listed(self, *, owner: Labels | None = None, limit: int = 100) -> list[Any]:
        """Return the messages of all sessions."""
        found: list[Any] = []
        for session in await self.listed_sessions(owner=owner, limit=limit):
            whose = self.place.exactly(session.owner.labels) if "owner" not in self.labels(owner) else owner
            found += await self.read(session.id, owner=whose, limit=limit)
        return found

    async def count(self, *, owner: Labels | None = None, **pick: Any) -> int:
        """Count the messages."""
        return int(await self.api.count_messages(**pick, **self.labels(owner)))

    async def search(
        self, query: str, *, limit: int, owner: Labels | None = None, group: str | None = None, **pick: Any
    ) -> list[Any]:
        """Search all sessions, or that of a group where the store cannot."""
        everywhere = group is None or self.place.has(Feature.SEARCH_ALL_SESSIONS)
        inside = {} if everywhere else {"session_id": self.session(group or "")}
        room = limit if self.place.has(Guarantee.SILENT_APPEND) else min(1000, 4 * limit + 20)
        hits = await self.api.search(query=query, limit=room, **inside, **pick, **self.labels(owner))
        return self.added_only(hits)

    def added_only(self, messages: list[Any]) -> list[Any]:
        """Leave out what the backend answered, where it does: laws add as the user."""
        if self.place.has(Guarantee.SILENT_APPEND):
            return list(messages)
        return [message for message in messages if message.role != "assistant"]

    async def delete(self, record: Any, *, owner: Labels | None = None) -> None:
        """Delete the session of a message."""
        session = record if isinstance(record, str) else record.session_id
        await self.api.delete(session_id=session, **self.labels(owner))

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
            **kept(self.place, record),
        }
        if self.place.has(Guarantee.VERBATIM):
            seen["content"] = record.content
        if self.place.has(Feature.MESSAGE_NAMES):
            seen["name"] = record.name
        return seen
