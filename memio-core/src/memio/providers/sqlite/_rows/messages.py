"""The table of messages, and what the full-text index holds for each.

A message is ranked together with the two before it in its session, and with the words of its date: an answer often
makes sense only together with its question. Of a long message before it, the beginning is enough. When messages are
deleted, those that come within two after them are indexed anew, so that the index holds nothing else than if the
deleted ones had never been there.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from sqlite3 import Connection
from typing import Any, NamedTuple

from memio.models import Message, Role
from memio.providers.sqlite._db.progress import Progress, counted
from memio.providers.sqlite._rows.cursors import END
from memio.providers.sqlite._rows.namespaces import from_path
from memio.providers.sqlite._rows.parts import release_for, weight_of
from memio.providers.sqlite._rows.values import from_microseconds, read_data, read_metadata
from memio.providers.sqlite._search.index import TextIndex
from memio.providers.sqlite._search.tags import record_tags
from memio.toolkit import date_words, index_text, trusted

INDEX = TextIndex("message_text", body=1, name=0, prev=0.5, prev2=0.4, date=1)

Texts = deque[str]
"""The beginnings of the two messages before one, for the index, the older one first; empty where there is none."""

_BEGINNING = 2_000
"""How many characters of a message are indexed with the two after it, so that a long one does not slow them down."""

_TAGS_KEPT = 10_000
"""Of how many sessions the tokens are kept in memory while the index is built."""

_SELECT = (
    "SELECT m.seq, m.session, s.name, nullif(o.user, ''), nullif(o.agent, ''), o.path, m.id, m.role, m.name, "
    "m.timestamp, m.metadata, m.content, m.data "
    "FROM message m CROSS JOIN session s ON s.seq = m.session CROSS JOIN owner o ON o.id = s.owner WHERE "
)
_PATH = 5
_make_message = trusted(Message)


class Row(NamedTuple):
    """A message; its time is in microseconds."""

    seq: int
    session: int
    session_id: str
    user_id: str | None
    agent_id: str | None
    namespace: tuple[str, ...]
    id: str
    role: Role
    name: str | None
    timestamp: int
    metadata: str | None
    content: str
    data: str | None

    def message(self, score: float | None = None) -> Message:
        """Return the message, with a score where it was searched for."""
        return _make_message(
            role=self.role,
            content=self.content,
            name=self.name,
            metadata=read_metadata(self.metadata),
            data=read_data(self.data),
            timestamp=from_microseconds(self.timestamp),
            id=self.id,
            session_id=self.session_id,
            user_id=self.user_id,
            agent_id=self.agent_id,
            namespace=self.namespace,
            score=score,
        )

    def weight(self) -> int:
        """Return how much memory the message takes, in bytes."""
        return weight_of(self.content, self.metadata, self.data)


def select(db: Connection, condition: str, values: tuple[Any, ...] = ()) -> Iterator[Row]:
    """Yield the messages `m` of sessions `s` of owners `o` for which a condition in SQL holds."""
    found = db.execute(_SELECT + condition, values)
    return (Row._make((*columns[:_PATH], from_path(columns[_PATH]), *columns[_PATH + 1 :])) for columns in found)


def insert(db: Connection, row: Row, before: Texts, tags: str) -> Row:
    """Store and index a message, and return it with its number.

    Args:
        db: The connection.
        row: The message, with any number.
        before: The texts before it; becomes those before the next message.
        tags: The tokens of its session.
    """
    release_for(db, row.content)
    inserted = db.execute(
        "INSERT INTO message (session, id, role, name, timestamp, metadata, content, data) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (row.session, row.id, row.role, row.name, row.timestamp, row.metadata, row.content, row.data),
    )
    row = row._replace(seq=inserted.lastrowid or 0)
    INDEX.add(db, [(row.seq, *indexed(row, before, tags))])
    return row


def delete_whole(db: Connection, session: int) -> None:
    """Delete all messages of a session from the table and the index."""
    before = nothing_before()
    tags = session_tags(db, session)
    for row in select(db, "m.session = ? ORDER BY m.seq", (session,)):
        INDEX.remove(db, row.seq, *indexed(row, before, tags))
    db.execute("DELETE FROM message WHERE session = ?", (session,))


def delete_some(db: Connection, session: int, rows: Sequence[Row]) -> None:
    """Delete some messages of a session from the table and the index.

    Args:
        db: The connection.
        session: The session.
        rows: The messages, in the order of adding.
    """
    gone = {row.seq for row in rows}
    after = "m.session = ? AND m.seq > ? ORDER BY m.seq LIMIT 2"
    changed = {row.seq: row for seq in gone for row in select(db, after, (session, seq)) if row.seq not in gone}
    tags = session_tags(db, session)

    def index_columns(row: Row) -> tuple[str, ...]:
        return indexed(row, latest(db, session, row.seq), tags)

    for row in sorted([*rows, *changed.values()]):  # in this order, because an index is slow when numbers go back
        INDEX.remove(db, row.seq, *index_columns(row))
    db.executemany("DELETE FROM message WHERE seq = ?", ((seq,) for seq in gone))
    INDEX.add(db, ((row.seq, *index_columns(row)) for row in sorted(changed.values())))


def reindex(db: Connection, progress: Progress) -> None:
    """Build the index anew from the table, so that it holds nothing else."""
    INDEX.clear(db)
    # In the order of the rows, in which an index is built fast. Sessions alternate, so the texts before are read.
    rows = select(db, "TRUE ORDER BY m.seq")
    tags = lru_cache(maxsize=_TAGS_KEPT)(partial(session_tags, db))
    counted_rows = counted(db, "message", rows, progress)
    INDEX.add(
        db, ((row.seq, *indexed(row, latest(db, row.session, row.seq), tags(row.session))) for row in counted_rows)
    )


def indexed(row: Row, before: Texts, tags: str) -> tuple[str, ...]:
    """Return what the index holds for a message, and add the message to `before`."""
    body = _body(row.name, row.content)
    prev2, prev = before
    before.append(_body(row.name, row.content[:_BEGINNING]))
    date = date_words(from_microseconds(row.timestamp))
    every_tag = record_tags(tags, read_metadata(row.metadata)) if row.metadata else tags
    return body, index_text(row.name or ""), prev, prev2, date, every_tag


def session_tags(db: Connection, session: int) -> str:
    """Return the tokens of the messages of a session."""
    (tags,) = db.execute(
        "SELECT o.tags FROM session s JOIN owner o ON o.id = s.owner WHERE s.seq = ?", (session,)
    ).fetchone()
    return f"{tags} s{session}"


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
