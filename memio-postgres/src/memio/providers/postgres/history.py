"""Conversations in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from memio.capabilities import Feature
from memio.models import Message, Page, Session, Turn
from memio.owners import ANYWHERE, NO_OWNER, Owner, Scope
from memio.protocols import Mode, Order, Start
from memio.providers.postgres._db.database import Database
from memio.providers.postgres._rows.history import History, Selection
from memio.providers.postgres._rows.owners import page_of_owners
from memio.providers.postgres._semantic_store import PostgresTextStore
from memio.toolkit.values import microseconds_of


class PostgresHistoryAdapter(PostgresTextStore):
    """Stores conversations; see `PostgresStore` for its arguments. Adding messages creates no answer."""

    table = "message"
    weight_of_meaning = 0.3
    features = frozenset[str](
        {
            Feature.ATTRIBUTION,
            Feature.USER_SCOPE,
            Feature.AGENT_SCOPE,
            Feature.NAMESPACES,
            Feature.OWNERS,
            Feature.METADATA,
            Feature.FILTERS,
            Feature.FILTER_OPERATORS,
            Feature.TIME_RANGE,
            Feature.NEWEST_FIRST,
            Feature.COUNT,
            Feature.DELETE_MESSAGES,
            Feature.CLIENT_IDS,
            Feature.DATA,
            Feature.MESSAGE_NAMES,
            Feature.MESSAGE_TIMESTAMPS,
            Feature.ALL_ROLES,
            Feature.SEARCH_ALL_SESSIONS,
            Feature.KEYWORD_SEARCH,
        }
    )
    _tables = ("session", "message")

    def _use(self, database: Database) -> None:
        super()._use(database)
        self._history = History(database)

    async def add(self, *, session_id: str, messages: Sequence[Message], owner: Owner = NO_OWNER) -> Turn:
        """Append messages to a session, all or none. A message without a time gets the present one."""
        return Turn(stored=await self._history.add(session_id, messages, owner))

    async def restore_records(self, *, records: Sequence[Message]) -> int:
        """Store messages of any sessions and users, in one transaction."""
        return await self._history.restore(records)

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
        return await self._history.page(session_id, limit, cursor, start, scope)

    async def get_all(
        self,
        *,
        limit: int,
        cursor: str | None = None,
        order: Order = "oldest",
        since: datetime | None = None,
        until: datetime | None = None,
        scope: Scope = ANYWHERE,
    ) -> Page[Session]:
        """Return a page of sessions, in the order of their first messages, or those of the latest message first."""
        times = (microseconds_of(since), microseconds_of(until))
        return await self._history.sessions.page(limit, cursor, scope, *times, newest=order == "newest")

    async def search(
        self,
        *,
        query: str,
        limit: int,
        mode: Mode = "auto",
        session_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        scope: Scope = ANYWHERE,
    ) -> list[Message]:
        """Return the best matches first, each ranked together with its neighbours and its date."""
        selection = _selection(session_id, scope, filters, since, until)
        return await self._history.search(query, limit, selection, await self._find(query, mode))

    async def count(
        self, *, since: datetime | None = None, until: datetime | None = None, scope: Scope = ANYWHERE
    ) -> int:
        """Return how many sessions there are."""
        return await self._history.sessions.count(scope, microseconds_of(since), microseconds_of(until))

    async def count_messages(
        self,
        *,
        session_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        scope: Scope = ANYWHERE,
    ) -> int:
        """Return how many messages there are."""
        selection = _selection(session_id, scope, filters, since, until)
        return await self._history.count(selection)

    async def get_owners(self, *, limit: int, cursor: str | None = None, scope: Scope = ANYWHERE) -> Page[Owner]:
        """Return a page of the owners that have sessions."""
        return await page_of_owners(self._database, "session", scope, limit, cursor)

    async def delete_messages(
        self,
        *,
        session_id: str,
        last: int | None = None,
        message_ids: Sequence[str] | None = None,
        scope: Scope = ANYWHERE,
    ) -> list[Message]:
        """Delete messages of a session at its end, or of given ids, and return them, oldest first."""
        return await self._history.delete_messages(session_id, last, message_ids, scope)

    async def delete(self, *, session_id: str, scope: Scope = ANYWHERE) -> None:
        """Delete a session; deleting an unknown one does nothing."""
        await self._history.delete(session_id, scope)

    async def delete_all(self, *, scope: Scope = ANYWHERE) -> None:
        """Delete every session in scope, at once."""
        await self._history.delete_all(scope)


def _selection(
    session_id: str | None,
    scope: Scope,
    filters: Mapping[str, Any] | None,
    since: datetime | None,
    until: datetime | None,
) -> Selection:
    return Selection(session_id, scope, filters, microseconds_of(since), microseconds_of(until))
