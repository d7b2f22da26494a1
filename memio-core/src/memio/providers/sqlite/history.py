"""Conversations in an SQLite file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from memio.capabilities import Feature
from memio.models import Message, Page, Session, Turn
from memio.owners import ANYWHERE, NO_OWNER, Owner, Scope
from memio.protocols import Mode, Order, Start
from memio.providers.sqlite._rows import history as rows
from memio.providers.sqlite._rows.counts import page_of_owners
from memio.providers.sqlite._rows.history_search import search
from memio.providers.sqlite._rows.message_selection import MessageSelection, count_messages
from memio.providers.sqlite._rows.sessions import active_within, count_sessions, page_of_sessions
from memio.providers.sqlite._semantic_store import SqliteTextStore
from memio.toolkit.values import microseconds_of


class SqliteHistoryAdapter(SqliteTextStore):
    """Stores conversations; see `SqliteStore` for its arguments. Adding messages creates no answer."""

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

    async def add(self, *, session_id: str, messages: Sequence[Message], owner: Owner = NO_OWNER) -> Turn:
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
        times = active_within(microseconds_of(since), microseconds_of(until))
        newest = order == "newest"
        # In the order of an index, when the sessions are those of one owner or of all.
        short = (scope == ANYWHERE or scope.owner is not None) and not times.values
        read = self._engine.lookup if short else self._engine.search
        return await read(lambda db: page_of_sessions(db, limit, cursor, scope, times, newest=newest))

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
        question = await self._question(query, mode)
        return await self._engine.search(lambda db: search(db, query, limit, selection, question))

    async def count(
        self, *, since: datetime | None = None, until: datetime | None = None, scope: Scope = ANYWHERE
    ) -> int:
        """Return how many sessions there are."""
        times = active_within(microseconds_of(since), microseconds_of(until))
        return await self._engine.search(lambda db: count_sessions(db, scope, times))

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
        return await self._engine.search(lambda db: count_messages(db, selection))

    async def get_owners(self, *, limit: int, cursor: str | None = None, scope: Scope = ANYWHERE) -> Page[Owner]:
        """Return a page of the owners that have sessions."""
        return await self._engine.search(lambda db: page_of_owners(db, scope, limit, cursor, "sessions"))

    async def delete_messages(
        self,
        *,
        session_id: str,
        last: int | None = None,
        message_ids: Sequence[str] | None = None,
        scope: Scope = ANYWHERE,
    ) -> list[Message]:
        """Delete messages of a session at its end, or of given ids, and return them, oldest first."""
        return await self._engine.write(lambda db: rows.delete_messages(db, session_id, last, message_ids, scope))

    async def delete(self, *, session_id: str, scope: Scope = ANYWHERE) -> None:
        """Delete a session; deleting an unknown one does nothing."""
        await self._engine.write(lambda db: rows.delete(db, session_id, scope))

    async def delete_all(self, *, scope: Scope = ANYWHERE) -> None:
        """Delete every session in scope, at once."""
        await self._engine.write(lambda db: rows.delete_all(db, scope))


def _selection(
    session_id: str | None,
    scope: Scope,
    filters: Mapping[str, Any] | None,
    since: datetime | None,
    until: datetime | None,
) -> MessageSelection:
    return MessageSelection(session_id, scope, filters, microseconds_of(since), microseconds_of(until))
