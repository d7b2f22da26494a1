"""Adding, listing and deleting messages and their sessions.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from sqlite3 import Connection

from memio.errors import ConflictError, NotFoundError
from memio.models import Message, Page
from memio.owners import ANYWHERE, Owner, Scope
from memio.protocols import Start
from memio.providers.sqlite._rows.cursors import END, read_cursor, write_cursor
from memio.providers.sqlite._rows.messages import (
    INDEX,
    Row,
    delete_some,
    delete_whole,
    insert,
    latest,
    select,
    session_tags,
)
from memio.providers.sqlite._rows.owners import clear_count, intern_owner
from memio.providers.sqlite._rows.parts import part_of
from memio.providers.sqlite._rows.scopes import condition_of
from memio.providers.sqlite._rows.sessions import (
    delete_session,
    extend_session,
    intern_session,
    only_session,
    shrink_session,
)
from memio.providers.sqlite._rows.values import (
    data_text,
    metadata_text,
    new_id,
    now,
    read_data,
    read_metadata,
    to_microseconds,
)
from memio.toolkit import same_json


def add(db: Connection, session_id: str, messages: Sequence[Message], owner: Owner) -> list[Message]:
    """Append messages to a session; those that are there already, by their id, are returned as they are."""
    number = intern_owner(db, owner).id
    session = intern_session(db, session_id, number)
    tags = session_tags(db, session)
    before = latest(db, session)
    stored: list[Message] = []
    times: list[int] = []
    for message in messages:
        row = _stored(db, session, message) if message.id is not None else None
        if row is None:
            row = insert(db, _new_row(message, session, session_id, owner), before, tags)
            times.append(row.timestamp)
        stored.append(row.message())
    extend_session(db, session, number, times)
    return stored


def restore(db: Connection, messages: Sequence[Message]) -> int:
    """Append messages to the sessions that they name, and return how many were not there yet."""
    (before,) = db.execute("SELECT total(seq) FROM sqlite_sequence WHERE name = 'message'").fetchone()
    for (session_id, owner), some in groupby(messages, attrgetter("session_id", "owner")):
        add(db, session_id, list(some), owner)
    return int(db.execute("SELECT count(*) FROM message WHERE seq > ?", (before,)).fetchone()[0])


def page(db: Connection, session_id: str, limit: int, cursor: str | None, start: Start, scope: Scope) -> Page[Message]:
    """Return a page of a session, oldest first; from the latest, the cursor goes back in time."""
    back = start == "latest"
    place = read_cursor(db, start, cursor, END if back else 0)
    session = only_session(db, session_id, scope)
    part = part_of(db, _in_order(db, session, place, back=back), limit, Row.weight)
    next_cursor = write_cursor(db, start, part)
    return Page([row.message() for row in sorted(part.rows)], next_cursor)


def delete_messages(
    db: Connection, session_id: str, last: int | None, message_ids: Sequence[str] | None, scope: Scope
) -> list[Message]:
    """Delete the last messages of a session, or those of some ids, and return them, oldest first."""
    session = only_session(db, session_id, scope)
    rows: list[Row] = []
    if session is not None and last is not None:
        rows = [*select(db, "m.session = ? ORDER BY m.seq DESC LIMIT ?", (session, last))]
    for message_id in message_ids or ():
        found = [*select(db, "m.session = ? AND m.id = ?", (session, message_id))]
        if not found:
            raise NotFoundError("message", message_id)
        rows += found
    rows.sort()
    if session is not None and rows:
        delete_some(db, session, rows)
        shrink_session(db, session, len(rows))
    return [row.message() for row in rows]


def delete(db: Connection, session_id: str, scope: Scope) -> None:
    """Delete a session, if there is one."""
    session = only_session(db, session_id, scope)
    if session is not None:
        delete_whole(db, session)
        delete_session(db, session)


def delete_all(db: Connection, scope: Scope) -> None:
    """Delete every session in scope."""
    if scope == ANYWHERE:
        db.execute("DELETE FROM message")
        db.execute("DELETE FROM session")
        INDEX.clear(db)
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


def _new_row(message: Message, session: int, session_id: str, owner: Owner) -> Row:
    return Row(
        seq=0,
        session=session,
        session_id=session_id,
        user_id=owner.user_id,
        agent_id=owner.agent_id,
        namespace=owner.namespace,
        id=message.id or new_id(),
        role=message.role,
        content=message.content,
        name=message.name,
        metadata=metadata_text(message.metadata),
        data=data_text(message.data),
        timestamp=now() if message.timestamp is None else to_microseconds(message.timestamp),
    )


def _stored(db: Connection, session: int, message: Message) -> Row | None:
    """Return the stored message of this id, if it is the same, and `None` if there is none."""
    for row in select(db, "m.session = ? AND m.id = ?", (session, message.id)):
        given = (message.role, message.content, message.name)
        same = given == (row.role, row.content, row.name) and same_json(read_data(row.data), message.data)
        if not same or not same_json(read_metadata(row.metadata), message.metadata):
            raise ConflictError("message", row.id)
        return row
    return None


def _in_order(db: Connection, session: int | None, place: int, *, back: bool) -> Iterator[Row]:
    """Yield the messages of a session beyond a place, in the order of adding, or with `back` in the reverse."""
    beyond, order = ("<", "DESC") if back else (">", "ASC")
    return select(db, f"m.session = ? AND m.seq {beyond} ? ORDER BY m.seq {order}", (session, place))
