"""The rows of sessions. One id may have a session for each of several owners.

Whoever adds or deletes messages of a session locks its row, so that messages have their numbers in the order of the
commits, and each gets the words of the neighbours that it has.
"""

from __future__ import annotations

from typing import NamedTuple

from memio.errors import ConflictError, UnavailableError
from memio.models import Page, Session
from memio.owners import Owner, Scope
from memio.providers.postgres._db.connection import Connection, Row
from memio.providers.postgres._db.database import Database
from memio.providers.postgres._parameters import Parameters
from memio.providers.postgres._rows.keys import key_of, owner_key
from memio.providers.postgres._rows.listing import Listing, part_of, read_cursor, write_cursor
from memio.providers.postgres._rows.owners import adding
from memio.providers.postgres._rows.scopes import all_of, labels_in, owned_in, within
from memio.providers.postgres._rows.values import FIRST, LAST, NOW
from memio.toolkit import trusted
from memio.toolkit.values import from_microseconds

_COLUMNS = "r.seq, r.id, o.user_id, o.agent_id, o.namespace, r.created_at, r.updated_at, r.messages"
_ATTEMPTS = 10
"""How often a session is made that others make and delete at the same time."""

_make_session = trusted(Session)


class Key(NamedTuple):
    """The key of a session: the hash of its owner, and that of its id."""

    owner: bytes
    session: bytes


def key_for(session_id: str, owner: Owner) -> Key:
    """Return the key of the session of an owner."""
    return Key(owner_key(owner), key_of(session_id))


class Sessions:
    """The sessions of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._schema = database.schema
        self._table = f"{database.schema}.session"
        joined = f"JOIN {database.schema}.owner o ON o.owner = r.owner"
        weight = "octet_length(r.id)"
        self._oldest = Listing("session", _COLUMNS, weight, joined)
        self._newest = Listing("session", _COLUMNS, weight, joined, ("updated_at", "seq"))

    async def numbers(self, connection: Connection, count: int) -> list[int]:
        """Return numbers for new sessions, in their order."""
        found: list[int] = await connection.fetchval(
            f"SELECT ARRAY(SELECT nextval('{self._table}_numbers') FROM generate_series(1, $1))", count
        )
        return sorted(found)

    async def intern(self, connection: Connection, session_id: str, owner: Owner, number: int | None = None) -> int:
        """Lock a session, and add it where it is new. Return the time of the server, in microseconds.

        Args:
            connection: A connection in a transaction.
            session_id: The session.
            owner: Its owner.
            number: Its number where it is new; the next one when it is left out.
        """
        key = key_for(session_id, owner)
        for _ in range(_ATTEMPTS):
            found = await connection.fetchval(
                f"SELECT {NOW} FROM {self._table} s WHERE s.owner = $1 AND s.key = $2 FOR UPDATE", *key
            )
            if found is None:
                parameters = Parameters()
                found = await connection.fetchval(
                    f"WITH o AS ({adding(self._schema, [owner], parameters)}) INSERT INTO {self._table} "
                    "(owner, key, seq, created_at, updated_at, messages, id) VALUES "
                    f"({parameters(key.owner)}, {parameters(key.session)}, "
                    f"coalesce({parameters(number)}::bigint, nextval('{self._table}_numbers')), "
                    f"{LAST}, {FIRST}, 0, {parameters(session_id)}) ON CONFLICT DO NOTHING RETURNING {NOW}",
                    *parameters.values,
                )
            if found is not None:
                return int(found)
        raise UnavailableError(
            f"others make and delete the session {session_id!r} all the time, and nothing was stored: try again",
            retryable=True,
        )

    async def lock(self, connection: Connection, session_id: str, scope: Scope) -> Key | None:
        """Lock the session of an id, and return its key; `None` when no owner in scope has one.

        Raises:
            ConflictError: Several owners in scope have one.
        """
        parameters = Parameters()
        rows = await connection.fetch(
            f"SELECT s.owner, s.key FROM {self._table} s JOIN {self._schema}.owner o ON o.owner = s.owner "
            f"WHERE s.key = {parameters(key_of(session_id))} AND {labels_in(scope, parameters)} "
            "LIMIT 2 FOR UPDATE OF s",
            *parameters.values,
        )
        if len(rows) > 1:
            raise ConflictError("session", session_id, reason="owners")
        return Key(*rows[0]) if rows else None

    def messages_in(self, session_id: str, scope: Scope, parameters: Parameters) -> str:
        """Return the condition for the messages `r` of a session.

        The statement that has it fails with a violation of cardinality where several owners in scope have the session.
        """
        key = parameters(key_of(session_id))
        owner = scope.owner
        if owner is not None:
            return f"r.owner = {parameters(owner_key(owner))}::bytea AND r.session = {key}::bytea"
        return (
            f"r.session = {key}::bytea AND r.owner = (SELECT s.owner FROM {self._table} s "
            f"JOIN {self._schema}.owner o ON o.owner = s.owner WHERE s.key = {key}::bytea "
            f"AND {labels_in(scope, parameters)})"
        )

    async def page(
        self, limit: int, cursor: str | None, scope: Scope, since: int | None, until: int | None, *, newest: bool
    ) -> Page[Session]:
        """Return a page in the order of the first messages, or of the latest message first.

        Args:
            limit: How many at most.
            cursor: The cursor of the page before.
            scope: Whose sessions.
            since: Those whose latest message is of this time or later, in microseconds.
            until: Those whose latest message is before this time.
            newest: Whether the latest come first.
        """
        listing, name = (self._newest, "activity") if newest else (self._oldest, "session")
        part = await part_of(
            self._database,
            listing,
            scope,
            limit,
            read_cursor(name, cursor, listing.order),
            back=newest,
            condition=lambda parameters: within("r.updated_at", since, until, parameters),
        )
        sessions = [_session(row) for row in part.rows]
        return Page(sessions, write_cursor(name, part.rows[-1], listing.order) if part.more else None)

    async def count(self, scope: Scope, since: int | None, until: int | None) -> int:
        """Return how many sessions there are."""
        parameters = Parameters()
        where = all_of(owned_in(self._schema, scope, parameters), within("r.updated_at", since, until, parameters))
        ((number,),) = await self._database.read(
            f"SELECT count(*) FROM {self._table} r WHERE {where}", parameters.values
        )
        return int(number)


def _session(row: Row) -> Session:
    _, session_id, user, agent, namespace, created_at, updated_at, messages = row[:8]
    return _make_session(
        id=session_id,
        user_id=user,
        agent_id=agent,
        namespace=tuple(namespace),
        created_at=from_microseconds(created_at),
        updated_at=from_microseconds(updated_at),
        message_count=messages,
    )
