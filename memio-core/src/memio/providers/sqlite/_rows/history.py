"""Adding, listing and deleting messages and their sessions.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from sqlite3 import Connection

from memio.errors import ConflictError
from memio.models import Message, Page
from memio.protocols import Start
from memio.providers.sqlite._rows.cursors import END, read_cursor, write_cursor
from memio.providers.sqlite._rows.labels import drop_all_unused_labels, drop_labels, find_label, intern_label
from memio.providers.sqlite._rows.messages import INDEX, Row, delete_messages, index_appended, insert, select
from memio.providers.sqlite._rows.parts import part_of
from memio.providers.sqlite._rows.sessions import delete_session, find_sessions, intern_session
from memio.providers.sqlite._rows.values import (
    metadata_text,
    new_id,
    now,
    read_metadata,
    seconds_from_utc,
    to_microseconds,
)
from memio.toolkit import same_json


def add(db: Connection, session_id: str, messages: Sequence[Message], user_id: str | None) -> list[Message]:
    """Append messages to a session; those that are there already, by their id, are returned as they are."""
    user = intern_label(db, user_id)
    session = intern_session(db, session_id, user)
    stored: list[Message] = []
    appended: list[Row] = []
    for message in messages:
        row = _stored(db, session, message) if message.id is not None else None
        if row is None:
            row = insert(db, _new_row(message, session, session_id, user, user_id))
            appended.append(row)
        stored.append(row.message())
    index_appended(db, session, appended)
    return stored


def restore(db: Connection, messages: Sequence[Message]) -> int:
    """Append messages to the sessions that they name, and return how many were not there yet."""
    (before,) = db.execute("SELECT total(seq) FROM sqlite_sequence WHERE name = 'message'").fetchone()
    for (session_id, user_id), some in groupby(messages, attrgetter("session_id", "user_id")):
        add(db, session_id, list(some), user_id)
    return int(db.execute("SELECT count(*) FROM message WHERE seq > ?", (before,)).fetchone()[0])


def page(
    db: Connection, session_id: str, limit: int, cursor: str | None, start: Start, user_id: str | None
) -> Page[Message]:
    """Return a page of a session, oldest first; from the latest, the cursor goes back in time."""
    back = start == "latest"
    place = read_cursor(db, start, cursor, END if back else 0)
    found = find_sessions(db, session_id, user_id)
    part = part_of(db, _in_order(db, found, place, limit + 1, back=back), limit, Row.weight)
    next_cursor = write_cursor(db, start, part)
    return Page([row.message() for row in sorted(part.rows)], next_cursor)


def delete(db: Connection, session_id: str, user_id: str | None) -> None:
    """Delete a session, if there is one."""
    found = find_sessions(db, session_id, user_id)
    if len(found) > 1:
        raise ConflictError("session", session_id, hint="several owners have a session of this name, pass user_id")
    for session in found:
        (owner,) = db.execute("SELECT user FROM session WHERE seq = ?", (session,)).fetchone()
        delete_messages(db, session)
        delete_session(db, session)
        drop_labels(db, (owner,))


def delete_all(db: Connection, user_id: str | None) -> None:
    """Delete every session in scope."""
    if user_id is None:
        db.execute("DELETE FROM message")
        db.execute("DELETE FROM session")
        INDEX.clear(db)
        drop_all_unused_labels(db)
    else:
        owner = find_label(db, user_id)
        for (session,) in db.execute("SELECT seq FROM session WHERE user = ?", (owner,)).fetchall():
            delete_messages(db, session)
            delete_session(db, session)
        drop_labels(db, (owner,))


def _new_row(message: Message, session: int, session_id: str, user: int, user_id: str | None) -> Row:
    return Row(
        seq=0,
        session=session,
        user=user,
        session_id=session_id,
        user_id=user_id,
        id=message.id or new_id(),
        role=message.role,
        content=message.content,
        name=message.name,
        metadata=metadata_text(message.metadata),
        timestamp=now() if message.timestamp is None else to_microseconds(message.timestamp),
        utc_offset=0 if message.timestamp is None else seconds_from_utc(message.timestamp),
    )


def _stored(db: Connection, session: int, message: Message) -> Row | None:
    """Return the stored message of this id, if it is the same, and `None` if there is none."""
    for row in select(db, "m.session = ? AND m.id = ?", (session, message.id)):
        given = (message.role, message.content, message.name)
        if given != (row.role, row.content, row.name) or not same_json(read_metadata(row.metadata), message.metadata):
            raise ConflictError("message", row.id)
        return row
    return None


def _in_order(db: Connection, sessions: Sequence[int], place: int, limit: int, *, back: bool) -> Iterator[Row]:
    """Yield the messages of sessions beyond a place, at least `limit` of them where there are as many.

    Args:
        db: The connection.
        sessions: The sessions. One name of several owners is several sessions.
        place: The number of the message before.
        limit: How many are needed.
        back: Whether to go back in time.
    """
    condition = f"m.session = ? AND m.seq {'<' if back else '>'} ? ORDER BY m.seq {'DESC' if back else 'ASC'} LIMIT ?"
    if len(sessions) == 1:
        return select(db, condition, (*sessions, place, limit))
    # Numbers first: each session has its index, and no more is read of the messages than is needed.
    numbers = [
        seq
        for session in sessions
        for (seq,) in db.execute(f"SELECT m.seq FROM message m WHERE {condition}", (session, place, limit))  # noqa: S608  # the text from above
    ]
    numbers.sort(reverse=back)
    return (row for seq in numbers[:limit] for row in select(db, "m.seq = ?", (seq,)))
