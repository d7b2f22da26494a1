"""Adding, reading, searching and deleting messages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from memio.errors import ConflictError, NotFoundError
from memio.models import Message, Page
from memio.owners import ANYWHERE, Owner, Scope
from memio.protocols import Start
from memio.providers.postgres._db.connection import Connection
from memio.providers.postgres._db.connection import Row as Columns
from memio.providers.postgres._db.database import Database
from memio.providers.postgres._db.errors import Several
from memio.providers.postgres._parameters import Parameters, as_texts
from memio.providers.postgres._rows.keys import key_of
from memio.providers.postgres._rows.listing import Listing, part_of, read_cursor, weight_of, write_cursor
from memio.providers.postgres._rows.messages import (
    AROUND,
    COLUMNS,
    HEARD,
    Heard,
    New,
    is_same,
    new,
    read,
    words_of_some,
)
from memio.providers.postgres._rows.parts import parts_of
from memio.providers.postgres._rows.scopes import all_of, owned_in, owners_in, within
from memio.providers.postgres._rows.sessions import Key, Sessions, key_for
from memio.providers.postgres._rows.tags import passing, tags_of
from memio.providers.postgres._rows.words import computed
from memio.providers.postgres._search import Find, Search, Words
from memio.toolkit import matches
from memio.toolkit.values import data_text, metadata_text, read_metadata


class Selection(NamedTuple):
    """Which messages a call is about.

    Attributes:
        session_id: Those of this session; `None` for all sessions.
        scope: Those of these owners.
        filters: Those whose metadata passes this filter.
        since: Those of this time or later, in microseconds.
        until: Those before this time.
    """

    session_id: str | None = None
    scope: Scope = ANYWHERE
    filters: Mapping[str, Any] | None = None
    since: int | None = None
    until: int | None = None

    def condition(self, parameters: Parameters) -> str:
        """Return what holds of the rows `r`, but for session and owner; rows that the filter refuses may be there."""
        return all_of(within("r.timestamp", self.since, self.until, parameters), passing(self.filters, parameters))

    def accept(self) -> Callable[[Columns], bool] | None:
        """Return what judges the rows by the filter; `None` where there is none."""
        filters = self.filters
        if not filters:
            return None
        return lambda columns: matches(read_metadata(columns["metadata"]), filters)


class History:
    """The messages of a database."""

    def __init__(self, database: Database) -> None:
        self.sessions = Sessions(database)
        self._database = database
        self._schema = database.schema
        self._table = f"{database.schema}.message"
        self._session = f"{database.schema}.session"
        self._joined = (
            f"JOIN {self._session} s ON s.owner = r.owner AND s.key = r.session "
            f"JOIN {database.schema}.owner o ON o.owner = r.owner"
        )
        self._listing = Listing("message", COLUMNS, weight_of("content", values=("metadata", "data")), self._joined)

    # Adding

    async def add(self, session_id: str, messages: Sequence[Message], owner: Owner) -> list[Message]:
        """Append messages to a session; those that are there already, by their id, are returned as they are."""

        async def work(connection: Connection) -> list[Message]:
            moment = await self.sessions.intern(connection, session_id, owner)
            return (await self._append(connection, session_id, owner, messages, moment))[0]

        return await self._database.transact(work)

    async def restore(self, messages: Sequence[Message]) -> int:
        """Append messages to the sessions that they name, and return how many were not there yet."""
        groups = [
            (str(session_id), owner, list(some))
            for (session_id, owner), some in groupby(messages, attrgetter("session_id", "owner"))
        ]
        sessions = {key_for(session_id, owner): (session_id, owner) for session_id, owner, _ in groups}

        async def work(connection: Connection) -> int:
            moment = added = 0
            numbers = dict(zip(sessions, await self.sessions.numbers(connection, len(sessions)), strict=True))
            for key in sorted(sessions):  # so that no two transactions wait for each other
                moment = await self.sessions.intern(connection, *sessions[key], numbers[key])
            for session_id, owner, some in groups:
                added += (await self._append(connection, session_id, owner, some, moment))[1]
            return added

        return await self._database.transact(work)

    async def _append(
        self, connection: Connection, session_id: str, owner: Owner, messages: Sequence[Message], moment: int
    ) -> tuple[list[Message], int]:
        """Store messages at the end of a session that is locked; return them, and how many are new.

        Args:
            connection: A connection in a transaction.
            session_id: The session.
            owner: Its owner.
            messages: The messages.
            moment: The time of those that have none.
        """
        key = key_for(session_id, owner)
        there = await self._there(connection, key, [message.id for message in messages if message.id is not None])
        fresh: dict[str, New] = {}
        stored: list[Message | New] = []
        for message in messages:
            known = None if message.id is None else there.get(message.id) or fresh.get(message.id)
            if known is None:
                known = new(message, moment)
                fresh[known.id] = known
            elif not is_same(known, message):
                raise ConflictError("message", str(message.id))
            stored.append(known)
        for part in parts_of(fresh, _characters):
            await self._insert(connection, key, [*part.values()])
        done = [each.stored(session_id, owner) if isinstance(each, New) else each for each in stored]
        return done, len(fresh)

    async def _there(self, connection: Connection, key: Key, message_ids: Sequence[str]) -> dict[str, Message]:
        """Return the messages of a session that have some ids, by these."""
        if not message_ids:
            return {}
        rows = await connection.fetch(
            f"SELECT {COLUMNS} FROM {self._table} r {self._joined} "
            "WHERE r.owner = $1 AND r.session = $2 AND r.key = ANY($3::text[]::bytea[])",
            *key,
            as_texts(map(key_of, message_ids)),
        )
        found = map(read, rows)
        return {str(message.id): message for message in found}

    async def _insert(self, connection: Connection, key: Key, messages: Sequence[New]) -> None:
        """Store new messages, in order, with their words, and those of the message before them anew."""
        rows = await connection.fetch(
            f"SELECT {HEARD} FROM {self._table} r WHERE r.owner = $1 AND r.session = $2 "
            f"ORDER BY r.seq DESC LIMIT {AROUND}",
            *key,
        )
        before = [Heard(*row) for row in reversed(rows)]
        changed = await computed(
            lambda: words_of_some(before[:-1], [*before[-1:], *messages], []),
            sum(len(message.content) for message in messages),
        )
        renewed = [(message, words) for message, words in changed if isinstance(message, Heard)]
        parameters = Parameters()
        added = self._inserting(
            key, [(message, words) for message, words in changed if isinstance(message, New)], parameters
        )
        times = [message.timestamp for message in messages]
        extended = (
            f"UPDATE {self._session} s SET created_at = least(s.created_at, {parameters(min(times))}), "
            f"updated_at = greatest(s.updated_at, {parameters(max(times))}), "
            f"messages = s.messages + {len(messages)} "
            f"WHERE s.owner = {parameters(key.owner)} AND s.key = {parameters(key.session)}"
        )
        also = f", w AS ({self._renewing(key, renewed, parameters)})" if renewed else ""
        await connection.execute(f"WITH m AS ({added}){also} {extended}", *parameters.values)

    def _inserting(self, key: Key, messages: Sequence[tuple[New, Words]], parameters: Parameters) -> str:
        rows = [
            (
                place,
                message.key,
                message.timestamp,
                message.utc_offset,
                words.length,
                message.role,
                message.id,
                message.name,
                metadata_text(message.metadata),
                tags_of(message.metadata),
                message.content,
                data_text(message.data),
                words.vector,
            )
            for place, (message, words) in enumerate(messages, 1)
        ]
        given = parameters.rows(
            rows,
            place="integer",
            key="bytea",
            timestamp="bigint",
            utc_offset="integer",
            length="integer",
            role="text",
            id="text",
            name="text",
            metadata="text",
            tags="text",
            content="text",
            data="text",
            words="text",
        )
        return (
            f"INSERT INTO {self._table} (owner, session, key, seq, timestamp, utc_offset, length, role, id, name, "
            f"metadata, tags, content, data, words) SELECT {parameters(key.owner)}::bytea, "
            f"{parameters(key.session)}::bytea, n.key, s.numbers[n.place], n.timestamp, n.utc_offset, n.length, "
            "n.role, n.id, n.name, n.metadata, n.tags::jsonb, n.content, n.data, n.words::tsvector "
            f"FROM {given}, (SELECT ARRAY(SELECT nextval('{self._table}_numbers') "
            f"FROM generate_series(1, {len(rows)})) AS numbers) s"
        )

    def _renewing(self, key: Key, messages: Sequence[tuple[Heard, Words]], parameters: Parameters) -> str:
        """Return the statement that gives messages which are there other words."""
        rows = [(message.key, words.vector, words.length) for message, words in messages]
        given = parameters.rows(rows, key="bytea", words="text", length="integer")
        return (
            f"UPDATE {self._table} r SET words = n.words::tsvector, length = n.length FROM {given} "
            f"WHERE r.owner = {parameters(key.owner)}::bytea AND r.session = {parameters(key.session)}::bytea "
            "AND r.key = n.key"
        )

    # Reading

    async def page(self, session_id: str, limit: int, cursor: str | None, start: Start, scope: Scope) -> Page[Message]:
        """Return a page of a session, oldest first; from the latest, the cursor goes back in time."""
        back = start == "latest"
        place = read_cursor(start, cursor)
        async with _one_owner(session_id):
            part = await part_of(
                self._database,
                self._listing,
                ANYWHERE,
                limit,
                place,
                back=back,
                condition=lambda parameters: self.sessions.messages_in(session_id, scope, parameters),
            )
        rows = [*reversed(part.rows)] if back else part.rows
        return Page(map(read, rows), write_cursor(start, part.rows[-1]) if part.more else None)

    async def search(self, query: str, limit: int, selection: Selection, find: Find) -> list[Message]:
        """Return the best matches first, as `find` ranks them among all messages of the session, or of the owners."""
        parameters = Parameters()
        search = Search(
            table=self._table,
            key="r.seq",
            columns=COLUMNS,
            joined=self._joined,
            span=self._span(selection, parameters),
            pick=selection.condition(parameters),
            text="r.content",
            parameters=parameters,
            accept=selection.accept(),
            conversation=True,
            owners=owners_in(self._schema, selection.scope, parameters),
        )
        async with _one_owner(selection.session_id):
            found = await find(search, query, limit)
        return [read(row, score) for row, score in found]

    async def count(self, selection: Selection) -> int:
        """Return how many messages there are."""
        parameters = Parameters()
        where = all_of(self._span(selection, parameters), selection.condition(parameters))
        accept = selection.accept()
        async with _one_owner(selection.session_id):
            if accept is not None:
                return await self._database.count(
                    f"SELECT r.metadata FROM {self._table} r WHERE {where}", parameters.values, accept
                )
            ((number,),) = await self._database.read(
                f"SELECT count(*) FROM {self._table} r WHERE {where}", parameters.values
            )
        return int(number)

    def _span(self, selection: Selection, parameters: Parameters) -> str:
        if selection.session_id is not None:
            return self.sessions.messages_in(selection.session_id, selection.scope, parameters)
        return owned_in(self._schema, selection.scope, parameters)

    # Deleting

    async def delete_messages(
        self, session_id: str, last: int | None, message_ids: Sequence[str] | None, scope: Scope
    ) -> list[Message]:
        """Delete the last messages of a session, or those of some ids, and return them, oldest first."""

        async def work(connection: Connection) -> list[Message]:
            key = await self.sessions.lock(connection, session_id, scope)
            if key is None:
                if message_ids:
                    raise NotFoundError("message", message_ids[0])
                return []
            chosen, value = (
                ("SELECT l.key FROM {0} l WHERE l.owner = $1 AND l.session = $2 ORDER BY l.seq DESC LIMIT $3", last)
                if message_ids is None
                else ("SELECT unnest($3::text[]::bytea[])", as_texts(map(key_of, message_ids)))
            )
            rows = await connection.fetch(
                f"WITH d AS (DELETE FROM {self._table} r WHERE r.owner = $1 AND r.session = $2 "
                f"AND r.key IN ({chosen.format(self._table)}) RETURNING r.*) "
                f"SELECT {COLUMNS} FROM d r {self._joined} ORDER BY r.seq",
                *key,
                value,
            )
            found = {row["id"] for row in rows}
            for message_id in message_ids or ():
                if message_id not in found:
                    raise NotFoundError("message", message_id)
            if rows:
                await self._close_gaps(connection, key, [row["seq"] for row in rows])
                await self._shrink(connection, key, len(rows))
            return [*map(read, rows)]

        return await self._database.transact(work)

    async def delete(self, session_id: str, scope: Scope) -> None:
        """Delete a session, if there is one."""

        async def work(connection: Connection) -> None:
            key = await self.sessions.lock(connection, session_id, scope)
            if key is not None:
                await connection.execute(
                    f"WITH s AS (DELETE FROM {self._session} WHERE owner = $1 AND key = $2) "
                    f"DELETE FROM {self._table} r WHERE r.owner = $1 AND r.session = $2",
                    *key,
                )

        await self._database.transact(work)

    async def delete_all(self, scope: Scope) -> None:
        """Delete every session in scope."""

        async def work(connection: Connection) -> None:
            parameters = Parameters()
            span = owned_in(self._schema, scope, parameters)
            # Whoever adds messages has locked their session, so these are either seen below, or in a new session.
            await connection.execute(f"DELETE FROM {self._session} r WHERE {span}", *parameters.values)
            await connection.execute(
                f"DELETE FROM {self._table} r WHERE {span} AND NOT EXISTS (SELECT 1 FROM {self._session} s "
                "WHERE s.owner = r.owner AND s.key = r.session)",
                *parameters.values,
            )

        await self._database.transact(work)

    async def _close_gaps(self, connection: Connection, key: Key, gone: Sequence[int]) -> None:
        """Give the messages around those that are gone their words anew."""
        following: int | None = 0
        for seq in gone:
            if following is None or following > seq:
                continue  # the one before this one is gone as well
            before, after = [
                [
                    Heard(*row)
                    for row in await connection.fetch(
                        f"SELECT {HEARD} FROM {self._table} r WHERE r.owner = $1 AND r.session = $2 "
                        f"AND r.seq {beyond} $3 ORDER BY r.seq {order} LIMIT {AROUND}",
                        *key,
                        seq,
                    )
                ]
                for beyond, order in (("<", "DESC"), (">", "ASC"))
            ]
            following = after[0].seq if after else None
            before.reverse()
            changed = words_of_some(before[:-1], [*before[-1:], *after[:2]], after[2:])
            renewed = [(message, words) for message, words in changed if isinstance(message, Heard)]
            if renewed:
                parameters = Parameters()
                await connection.execute(self._renewing(key, renewed, parameters), *parameters.values)

    async def _shrink(self, connection: Connection, key: Key, number: int) -> None:
        """Note that messages were deleted: the times of the session are those of the others; without any it ends."""
        left = await connection.fetchval(
            f"UPDATE {self._session} s SET messages = s.messages - $3, "
            f"created_at = coalesce((SELECT min(r.timestamp) FROM {self._table} r "
            "WHERE r.owner = $1 AND r.session = $2), s.created_at), "
            f"updated_at = coalesce((SELECT max(r.timestamp) FROM {self._table} r "
            "WHERE r.owner = $1 AND r.session = $2), s.updated_at) "
            "WHERE s.owner = $1 AND s.key = $2 RETURNING s.messages",
            *key,
            number,
        )
        if not left:
            await connection.execute(f"DELETE FROM {self._session} WHERE owner = $1 AND key = $2", *key)


def _characters(message: New) -> int:
    return len(message.content) if message.data is None else len(message.content) + len(data_text(message.data) or "")


@asynccontextmanager
async def _one_owner(session_id: str | None) -> AsyncGenerator[None]:
    """Raise `ConflictError` where a statement finds that several owners in scope have a session."""
    try:
        yield
    except Several as error:
        raise ConflictError("session", str(session_id), reason="owners") from error
