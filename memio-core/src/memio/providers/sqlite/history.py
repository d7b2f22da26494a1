"""Conversations in an SQLite file."""

from __future__ import annotations

from collections.abc import Sequence

from memio.capabilities import Feature
from memio.models import Message, Page, Session, Turn
from memio.owners import ANYWHERE, NOBODY, Owner, Scope
from memio.protocols import Start
from memio.providers.sqlite._rows import history as rows
from memio.providers.sqlite._rows.history_search import search
from memio.providers.sqlite._rows.sessions import page_of_sessions
from memio.providers.sqlite._store import SqliteStore


class SqliteHistoryAdapter(SqliteStore):
    """Stores conversations; see `SqliteStore` for its arguments. Adding messages creates no answer."""

    features = frozenset[str](
        {
            Feature.ATTRIBUTION,
            Feature.USER_SCOPE,
            Feature.AGENT_SCOPE,
            Feature.NAMESPACES,
            Feature.METADATA,
            Feature.CLIENT_IDS,
            Feature.DATA,
            Feature.MESSAGE_NAMES,
            Feature.MESSAGE_TIMESTAMPS,
            Feature.ALL_ROLES,
            Feature.SEARCH_ALL_SESSIONS,
        }
    )

    async def add(self, *, session_id: str, messages: Sequence[Message], owner: Owner = NOBODY) -> Turn:
        """Append messages to a session, all or none. A message without a time gets the present one."""
        return Turn(stored=await self._engine.write(lambda db: rows.add(db, session_id, messages, owner)))

    async def restore_records(self, *, records: Sequence[Message]) -> int:
        """Store messages of any sessions and users, in one transaction."""
        return await self._engine.write(lambda db: rows.restore(db, records))

    async def get(
        self,
        *,
        session_id: str,
        limit: int,
        cursor: str | None = None,
        start: Start = "latest",
        scope: Scope = ANYWHERE,
    ) -> Page[Message]:
        """Return a page of one session, oldest first; an unknown session is empty."""
        return await self._engine.lookup(lambda db: rows.page(db, session_id, limit, cursor, start, scope))

    async def get_all(self, *, limit: int, cursor: str | None = None, scope: Scope = ANYWHERE) -> Page[Session]:
        """Return a page of sessions, in the order of their first messages."""
        return await self._engine.search(lambda db: page_of_sessions(db, limit, cursor, scope))

    async def search(
        self, *, query: str, limit: int, session_id: str | None = None, scope: Scope = ANYWHERE
    ) -> list[Message]:
        """Return the best matches first, each ranked together with the two messages before it and its date."""
        return await self._engine.search(lambda db: search(db, query, limit, session_id, scope))

    async def delete(self, *, session_id: str, scope: Scope = ANYWHERE) -> None:
        """Delete a session; deleting an unknown one does nothing."""
        await self._engine.write(lambda db: rows.delete(db, session_id, scope))

    async def delete_all(self, *, scope: Scope = ANYWHERE) -> None:
        """Delete every session in scope, at once."""
        await self._engine.write(lambda db: rows.delete_all(db, scope))
