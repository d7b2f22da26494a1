"""Conversations in an SQLite file."""

from __future__ import annotations

from collections.abc import Sequence

from memio.capabilities import Feature
from memio.models import Message, Page, Turn
from memio.protocols import Start
from memio.providers.sqlite._rows import history as rows
from memio.providers.sqlite._rows.history_search import search
from memio.providers.sqlite._rows.sessions import page_of_names
from memio.providers.sqlite._store import SqliteStore


class SqliteHistoryAdapter(SqliteStore):
    """Stores conversations; see `SqliteStore` for its arguments. Adding messages creates no answer."""

    features = frozenset[str](
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

    async def add(self, *, session_id: str, messages: Sequence[Message], user_id: str | None = None) -> Turn:
        """Append messages to a session, all or none. A message without a time gets the present one."""
        return Turn(stored=await self._engine.write(lambda db: rows.add(db, session_id, messages, user_id)))

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
        user_id: str | None = None,
    ) -> Page[Message]:
        """Return a page of one session, oldest first; an unknown session is empty."""
        # Without an owner, a name such as "default" may mean the sessions of thousands.
        read = self._engine.search if user_id is None else self._engine.lookup
        return await read(lambda db: rows.page(db, session_id, limit, cursor, start, user_id))

    async def get_all(self, *, limit: int, cursor: str | None = None, user_id: str | None = None) -> Page[str]:
        """Return a page of session ids, in the order of their first messages."""
        return await self._engine.lookup(lambda db: page_of_names(db, limit, cursor, user_id))

    async def search(
        self, *, query: str, limit: int, session_id: str | None = None, user_id: str | None = None
    ) -> list[Message]:
        """Return the best matches first, each ranked together with its neighbours and its date."""
        return await self._engine.search(lambda db: search(db, query, limit, session_id, user_id))

    async def delete(self, *, session_id: str, user_id: str | None = None) -> None:
        """Delete a session; deleting an unknown one does nothing."""
        await self._engine.write(lambda db: rows.delete(db, session_id, user_id))

    async def delete_all(self, *, user_id: str | None = None) -> None:
        """Delete every session in scope, at once."""
        await self._engine.write(lambda db: rows.delete_all(db, user_id))
