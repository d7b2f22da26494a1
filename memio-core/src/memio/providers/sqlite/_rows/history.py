"""Adding, listing and deleting messages and their sessions.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from sqlite3 import Connection

from memio.errors import ConflictError, NotFoundError
from memio.models import Message, Page
from memio.owners import ANYWHERE, Owner, Scope
from memio.protocols import Start
from memio.providers.sqlite._columns.namespaces import to_path
from memio.providers.sqlite._columns.owners import clear_count, intern_owner
from memio.providers.sqlite._columns.scopes import condition_of
from memio.providers.sqlite._columns.values import last_number, now
from memio.providers.sqlite._meaning import queue
from memio.providers.sqlite._rows.cursors import END, read_cursor, write_cursor
from memio.providers.sqlite._rows.messages import (
    INDEX,
    Row,
    append,
    delete_some,
    delete_whole,
    listed,
    messages_of,
    select,
    weight_of_listed,
    with_session,
)
from memio.providers.sqlite._rows.parts import part_of, release_for
from memio.providers.sqlite._rows.sessions import (
    delete_session,
    extend_session,
    intern_session,
    only_session,
    shrink_session,
)
from memio.toolkit import same_json
from memio.toolkit.values import (
    data_text,
    metadata_text,
    new_ids,
    read_data,
    read_metadata,
    seconds_from_utc,
    to_microseconds,
)

_PLACE = (
    "SELECT o.id, o.tags, s.seq, ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'message'), 0) "
    "FROM owner o CROSS JOIN session s ON s.name = ? AND s.owner = o.id "
    "WHERE o.user = ? AND o.agent = ? AND o.path = ?"
)
"""Finds a session that exists: number and tags of its owner, its number, and the last number of a message."""


def add(db: Connection, session_id: str, messages: Sequence[Message], owner: Owner) -> list[Message]:
    """Append messages to a session; those that are there already, by their id, are returned as they are."""
    return [row.message() for row in _store(db, session_id, messages, owner)[0]]


def restore(db: Connection, messages: Sequence[Message]) -> int:
    """Append messages to the sessions that they name, and return how many were not there yet."""
    added = 0
    for (session_id, owner), some in groupby(messages, attrgetter("session_id", "owner")):
        added += _store(db, session_id, list(some), owner)[1]
    return added


def _store(db: Connection, session_id: str, messages: Sequence[Message], owner: Owner) -> tuple[list[Row], int]:
    """Return the rows of messages in order, and how many of them are new."""
    path = to_path(owner.namespace)
    place = db.execute(_PLACE, (session_id, owner.user_id or "", owner.agent_id or "", path)).fetchone()
    if place is None:
        number, tags = intern_owner(db, owner)
        session = intern_session(db, session_id, number)
        seq = last_number(db, "message")
    else:
        number, tags, session, seq = place
    moment = now()
    ids = new_ids()
    rows: list[Row] = []
    fresh: dict[str, Row] = {}
    for message in messages:
        row = None
        if message.id is not None:
            row = fresh.get(message.id) or _stored(db, session, message.id)
        if row is None:
            release_for(db, message.content)
            seq += 1
            row = Row(  # without the names of its fields, which would take as long again
                seq,
                session,
                session_id,
                owner.user_id,
                owner.agent_id,
                path,
                message.id or next(ids),
                message.role,
                message.name,
                moment if message.timestamp is None else to_microseconds(message.timestamp),
                metadata_text(message.metadata),
                message.content,
                data_text(message.data),
                0 if message.timestamp is None else seconds_from_utc(message.timestamp),
            )
            fresh[row.id] = row
        elif not _is_same(row, message):
            raise ConflictError("message", row.id)
        rows.append(row)
    append(db, session, [*fresh.values()], with_session(tags, session))
    extend_session(db, session, number, [row.timestamp for row in fresh.values()])
    return rows, len(fresh)


def page(db: Connection, session_id: str, limit: int, cursor: str | None, start: Start, scope: Scope) -> Page[Message]:
    """Return a page of a session, oldest first; from the latest, the cursor goes back in time."""
    back = start == "latest"
    place = read_cursor(db, start, cursor, END if back else 0)
    session = only_session(db, session_id, scope)
    if session is None:
        return Page()
    part = part_of(db, listed(db, session.seq, place, back=back), limit, weight_of_listed)
    rows = reversed(part.rows) if back else part.rows
    return Page(messages_of(rows, session), write_cursor(db, start, part))


def delete_messages(
    db: Connection, session_id: str, last: int | None, message_ids: Sequence[str] | None, scope: Scope
) -> list[Message]:
    """Delete the last messages of a session, or those of some ids, and return them, oldest first."""
    session = only_session(db, session_id, scope)
    rows: list[Row] = []
    if session is not None and last is not None:
        rows = [*select(db, "m.session = ? ORDER BY m.seq DESC LIMIT ?", (session.seq, last))]
    for message_id in message_ids or ():
        row = None if session is None else _stored(db, session.seq, message_id)
        if row is None:
            raise NotFoundError("message", message_id)
        rows.append(row)
    rows.sort()
    if session is not None and rows:
        delete_some(db, session.seq, rows)
        shrink_session(db, session.seq, len(rows))
    return [row.message() for row in rows]


def delete(db: Connection, session_id: str, scope: Scope) -> None:
    """Delete a session, if there is one."""
    session = only_session(db, session_id, scope)
    if session is not None:
        delete_whole(db, session.seq)
        delete_session(db, session.seq)


def delete_all(db: Connection, scope: Scope) -> None:
    """Delete every session in scope."""
    if scope == ANYWHERE:
        db.execute("DELETE FROM message")
        db.execute("DELETE FROM session")
        INDEX.clear(db)
        queue.all_deleted(db, "message")
        clear_count(db, "messages")
        clear_count(db, "sessions")
        return
    owners = condition_of(scope)
    found = db.execute(
        f"SELECT s.seq FROM owner o CROSS JOIN session s ON s.owner = o.id WHERE {owners.sql}",  # noqa: S608  # columns of `scopes`
        owners.values,
    )
    for (session,) in found.fetchall():
        delete_whole(db, session)
        delete_session(db, session)


def _stored(db: Connection, session: int, message_id: str) -> Row | None:
    """Return the message of an id, or `None` when there is none."""
    return next(select(db, "m.session = ? AND m.id = ?", (session, message_id)), None)


def _is_same(row: Row, message: Message) -> bool:
    return (
        (row.role, row.content, row.name) == (message.role, message.content, message.name)
        and same_json(read_metadata(row.metadata), message.metadata)
        and same_json(read_data(row.data), message.data)
    )
