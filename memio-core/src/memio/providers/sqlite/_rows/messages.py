"""The table of messages, and what the full-text index holds for each.

A message is ranked together with the two before it in its session, and with the words of its date: an answer often
makes sense only together with its question. Of a long message before it, the beginning is enough. What the index holds
for a message is fixed when it is added, because sessions only grow, and are deleted only completely.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from sqlite3 import Connection
from typing import Any, NamedTuple

from memio.models import Message, Role
from memio.providers.sqlite._rows.cursors import END
from memio.providers.sqlite._rows.parts import release_for, weight_of
from memio.providers.sqlite._rows.values import from_microseconds, read_metadata
from memio.providers.sqlite._search.index import TextIndex
from memio.providers.sqlite._search.tags import tags
from memio.toolkit import date_words, index_text, trusted

INDEX = TextIndex("message_text", body=1, name=0, prev=0.5, prev2=0.4, date=1)

Texts = deque[str]
"""The beginnings of the two messages before one, for the index, the older one first; empty where there is none."""

_BEGINNING = 2_000
"""How many characters of a message are indexed with the two after it, so that a long one does not slow them down."""

_SELECT = (
    "SELECT m.seq, m.session, s.user, s.name, u.text, m.id, m.role, m.content, m.name, m.metadata, m.timestamp "
    "FROM message m JOIN session s ON s.seq = m.session LEFT JOIN label u ON u.id = s.user WHERE "
)
_make_message = trusted(Message)


class Row(NamedTuple):
    """A message; its time is in microseconds."""

    seq: int
    session: int
    user: int
    session_id: str
    user_id: str | None
    id: str
    role: Role
    content: str
    name: str | None
    metadata: str | None
    timestamp: int

    def message(self, score: float | None = None) -> Message:
        """Return the message, with a score where it was searched for."""
        return _make_message(
            role=self.role,
            content=self.content,
            name=self.name,
            metadata=read_metadata(self.metadata),
            timestamp=from_microseconds(self.timestamp),
            id=self.id,
            session_id=self.session_id,
            user_id=self.user_id,
            score=score,
        )

    def weight(self) -> int:
        """Return how much memory the message takes, in bytes."""
        return weight_of(self.content, self.metadata)


def select(db: Connection, condition: str, values: tuple[Any, ...] = ()) -> Iterator[Row]:
    """Yield the messages `m` of sessions `s` for which a condition in SQL holds."""
    return map(Row._make, db.execute(_SELECT + condition, values))


def insert(db: Connection, row: Row, before: Texts) -> Row:
    """Store and index a message, and return it with its number.

    Args:
        db: The connection.
        row: The message, with any number.
        before: The texts before it; becomes those before the next message.
    """
    release_for(db, row.content)
    inserted = db.execute(
        "INSERT INTO message (session, id, role, content, name, metadata, timestamp) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (row.session, row.id, row.role, row.content, row.name, row.metadata, row.timestamp),
    )
    row = row._replace(seq=inserted.lastrowid or 0)
    INDEX.add(db, [(row.seq, *indexed(row, before))])
    return row


def delete_messages(db: Connection, session: int) -> None:
    """Delete all messages of a session from the table and the index."""
    before = nothing_before()
    for row in select(db, "m.session = ? ORDER BY m.seq", (session,)):
        INDEX.remove(db, row.seq, *indexed(row, before))
    db.execute("DELETE FROM message WHERE session = ?", (session,))


def reindex(db: Connection) -> None:
    """Build the index anew from the table, so that it holds nothing else."""
    INDEX.clear(db)
    # In the order of the rows, in which an index is built fast. Sessions alternate, so the texts before are read.
    rows = select(db, "TRUE ORDER BY m.seq")
    INDEX.add(db, ((row.seq, *indexed(row, latest(db, row.session, row.seq))) for row in rows))


def indexed(row: Row, before: Texts) -> tuple[str, ...]:
    """Return what the index holds for a message, and add the message to `before`."""
    body = _body(row.name, row.content)
    prev2, prev = before
    before.append(_body(row.name, row.content[:_BEGINNING]))
    date = date_words(from_microseconds(row.timestamp))
    return body, index_text(row.name or ""), prev, prev2, date, " ".join(tags(user=row.user, session=row.session))


def nothing_before() -> Texts:
    """Return the texts before the first message of a session."""
    return deque(["", ""], maxlen=2)


def latest(db: Connection, session: int, before: int = END) -> Texts:
    """Return the beginnings of the last two messages of a session.

    Args:
        db: The connection.
        session: The session.
        before: The number of a row; messages from there on are left out. By default all count.
    """
    texts = nothing_before()
    found = "SELECT name, substr(content, 1, ?) FROM message WHERE session = ? AND seq < ? ORDER BY seq DESC LIMIT 2"
    for name, beginning in reversed(db.execute(found, (_BEGINNING, session, before)).fetchall()):
        texts.append(_body(name, beginning))
    return texts


def _body(name: str | None, content: str) -> str:
    return index_text(content if name is None else f"{name}: {content}")
