"""The table of messages, and what the full-text index holds for each.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta, timezone
from sqlite3 import Connection
from typing import Any, NamedTuple

from memio.models import Message, Role
from memio.providers.sqlite._rows.parts import release_for, weight_of
from memio.providers.sqlite._rows.values import from_microseconds, read_metadata
from memio.providers.sqlite._search.conversation import SHORT, Utterance, changes, entries
from memio.providers.sqlite._search.entry import Entry
from memio.providers.sqlite._search.index import TextIndex
from memio.providers.sqlite._search.tags import tags
from memio.toolkit import date_words, trusted

INDEX = TextIndex("message_text", conversation=True)

_AROUND = 3
"""How many messages before a change are needed to compute the index entry of the last of them."""

_SELECT = (
    "SELECT m.seq, m.session, s.user, s.name, u.text, m.id, m.role, m.content, m.name, m.metadata, m.timestamp, "
    "m.utc_offset FROM message m JOIN session s ON s.seq = m.session LEFT JOIN label u ON u.id = s.user WHERE "
)
_UTTERANCES = (
    f"SELECT m.seq, m.name, substr(m.content, 1, {SHORT + 1}), m.timestamp, m.utc_offset, s.user "  # noqa: S608  # a constant
    "FROM message m JOIN session s ON s.seq = m.session WHERE m.session = ? AND "
)
_make_message = trusted(Message)


class Row(NamedTuple):
    """A message; its time is in microseconds, and the offset from UTC where it was sent in seconds."""

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
    utc_offset: int

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


def insert(db: Connection, row: Row) -> Row:
    """Store a message, and return it with its number. The index gets it from `index_appended`."""
    release_for(db, row.content)
    inserted = db.execute(
        "INSERT INTO message (session, id, role, content, name, metadata, timestamp, utc_offset) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (row.session, row.id, row.role, row.content, row.name, row.metadata, row.timestamp, row.utc_offset),
    )
    return row._replace(seq=inserted.lastrowid or 0)


def index_appended(db: Connection, session: int, rows: Sequence[Row]) -> None:
    """Index messages that were just stored at the end of a session, and the one before them anew."""
    if not rows:
        return
    before = [*_utterances_at(db, session, "m.seq < ? ORDER BY m.seq DESC LIMIT ?", rows[0].seq, _AROUND)][::-1]
    for change in changes(before, [*before, *map(_utterance, rows)]):
        INDEX.change(db, *change)


def delete_messages(db: Connection, session: int) -> None:
    """Delete all messages of a session from the table and the index."""
    for seq, entry in entries(map(_utterance, select(db, "m.session = ? ORDER BY m.seq", (session,)))):
        INDEX.change(db, seq, entry, None)
    db.execute("DELETE FROM message WHERE session = ?", (session,))


def reindex(db: Connection) -> None:
    """Build the index anew from the table, so that it holds nothing else."""
    # In the order of the rows, in which an index is built fast. Sessions alternate, so neighbours are read.
    rows = select(db, "TRUE ORDER BY m.seq")
    INDEX.rebuild(db, ((row.seq, _entry(db, row)) for row in rows))


def _entry(db: Connection, row: Row) -> Entry:
    """Return what the index holds for a message, which is read with its neighbours."""
    utterance = _utterance(row)
    if not utterance.short:
        return utterance.entry(())
    before = _utterances_at(db, row.session, "m.seq < ? ORDER BY m.seq DESC LIMIT ?", row.seq, 2)
    after = _utterances_at(db, row.session, "m.seq > ? ORDER BY m.seq LIMIT ?", row.seq, 1)
    return utterance.entry([*[*before][::-1], *after])


def _utterance(row: Row) -> Utterance:
    return Utterance(
        row.seq, row.name, row.content, _day(row.timestamp, row.utc_offset), tags(user=row.user, session=row.session)
    )


def _utterances_at(db: Connection, session: int, place: str, *values: int) -> Iterator[Utterance]:
    """Yield messages at a place of a session; of long ones the beginning."""
    for seq, name, content, timestamp, utc_offset, user in db.execute(_UTTERANCES + place, (session, *values)):
        yield Utterance(seq, name, content, _day(timestamp, utc_offset), tags(user=user, session=session))


def _day(timestamp: int, utc_offset: int) -> str:
    """Return the words of the day of a message where it was sent."""
    moment = from_microseconds(timestamp)
    return date_words(moment.astimezone(timezone(timedelta(seconds=utc_offset))) if utc_offset else moment)
