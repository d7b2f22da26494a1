"""The table of messages, and what the full-text index holds for each.

When messages are added or deleted, their neighbours are indexed anew, so that the index holds nothing else than if the
messages that are there now had been added one after the other.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache, partial
from operator import attrgetter
from sqlite3 import Connection
from typing import Any, NamedTuple

from memio.models import Message, Role
from memio.providers.sqlite._columns.namespaces import from_path
from memio.providers.sqlite._db.progress import Progress, counted
from memio.providers.sqlite._meaning import queue
from memio.providers.sqlite._rows.parts import weight_by
from memio.providers.sqlite._rows.sessions import SessionRow
from memio.providers.sqlite._search.entry import Entry
from memio.providers.sqlite._search.index import TextIndex
from memio.providers.sqlite._search.tags import record_tags, tag
from memio.toolkit import date_words, trusted
from memio.toolkit.conversation import SHORT, Utterance, changes, entries
from memio.toolkit.values import EPOCH, from_microseconds, loads, read_data, read_metadata

INDEX = TextIndex("message_text", conversation=True)

_AROUND = 3
"""How many messages before a change, and after it, are needed to compute the entries that change with it."""

_TAGS_KEPT = 10_000
"""Of how many sessions the tags are kept in memory while the index is built."""

_SECONDS_OF_A_DAY = 86_400

_SELECT = (
    "SELECT m.seq, m.session, s.name, nullif(o.user, ''), nullif(o.agent, ''), o.path, m.id, m.role, m.name, "
    "m.timestamp, m.metadata, m.content, m.data, m.utc_offset "
    "FROM message m CROSS JOIN session s ON s.seq = m.session CROSS JOIN owner o ON o.id = s.owner WHERE "
)
_LISTED = "SELECT seq, id, role, name, timestamp, metadata, content, data FROM message WHERE session = ? AND "
"""Without the labels of the session, which are those of all its messages."""
weight_of_listed = weight_by(metadata=5, content=6, data=7)
"""Returns how much memory a message takes, in bytes."""
_ON, _BACK = "seq > ? ORDER BY seq", "seq < ? ORDER BY seq DESC"
_UTTERANCES = (
    f"SELECT seq, name, substr(content, 1, {SHORT + 1}), timestamp, utc_offset, metadata FROM message "  # noqa: S608  # a constant
    "WHERE session = ? AND "
)
_BEFORE, _AFTER = f"{_BACK} LIMIT ?", f"{_ON} LIMIT ?"
_make_message = trusted(Message)


Listed = tuple[Any, ...]
"""The columns of a message in a listing of its session."""


class Row(NamedTuple):
    """A message; its time is in microseconds, and the offset from UTC where it was sent in seconds."""

    seq: int
    session: int
    session_id: str
    user_id: str | None
    agent_id: str | None
    path: bytes
    id: str
    role: Role
    name: str | None
    timestamp: int
    metadata: str | None
    content: str
    data: str | None
    utc_offset: int

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
            namespace=from_path(self.path),
            score=score,
        )


def select(db: Connection, condition: str, values: tuple[Any, ...] = ()) -> Iterator[Row]:
    """Yield the messages `m` of sessions `s` of owners `o` for which a condition in SQL holds."""
    return map(Row._make, db.execute(_SELECT + condition, values))


def listed(db: Connection, session: int, place: int, *, back: bool) -> Iterator[Listed]:
    """Yield the messages of a session beyond a place, in the order of adding, or with `back` in the reverse."""
    return db.execute(_LISTED + (_BACK if back else _ON), (session, place))


def messages_of(rows: Iterable[Listed], session: SessionRow) -> list[Message]:
    """Return the messages of a session."""
    _, session_id, user_id, agent_id, namespace = session
    return [
        _make_message(
            role=role,
            content=content,
            name=name,
            metadata={} if metadata is None else loads(metadata),
            data=None if data is None else loads(data),
            timestamp=from_microseconds(timestamp),
            id=message_id,
            session_id=session_id,
            user_id=user_id,
            agent_id=agent_id,
            namespace=namespace,
        )
        for _, message_id, role, name, timestamp, metadata, content, data in rows
    ]


def append(db: Connection, session: int, rows: Sequence[Row], tags: str) -> None:
    """Store messages at the end of a session, and index them and anew the one before them.

    Args:
        db: The connection.
        session: The session.
        rows: The messages, with numbers after all others, in order.
        tags: The tags of the session, from `with_session`.
    """
    if not rows:
        return
    before = [*_utterances_at(db, session, tags, _BEFORE, rows[0].seq, _AROUND)][::-1]
    db.executemany(
        "INSERT INTO message (seq, session, id, role, name, timestamp, metadata, content, data, utc_offset) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((row.seq, row.session, *row[6:]) for row in rows),
    )
    for change in changes(before, [*before, *(_utterance(row, tags) for row in rows)]):
        INDEX.change(db, *change)


def delete_whole(db: Connection, session: int) -> None:
    """Delete all messages of a session from the table and the index."""
    tags = session_tags(db, session)
    rows = select(db, "m.session = ? ORDER BY m.seq", (session,))
    for seq, entry in entries(_utterance(row, tags) for row in rows):
        INDEX.change(db, seq, entry, None)
        queue.deleted(db, "message", (seq,))
    db.execute("DELETE FROM message WHERE session = ?", (session,))


def delete_some(db: Connection, session: int, rows: Sequence[Row]) -> None:
    """Delete some messages of a session from the table and the index.

    Args:
        db: The connection.
        session: The session.
        rows: The messages, in the order of adding.
    """
    tags = session_tags(db, session)
    gone = [_utterance(row, tags) for row in rows]
    db.executemany("DELETE FROM message WHERE seq = ?", ((row.seq,) for row in rows))
    queue.deleted(db, "message", (row.seq for row in rows))
    left = _left_around(db, session, tags, [row.seq for row in rows])
    for change in changes(sorted([*gone, *left], key=attrgetter("seq")), left):
        INDEX.change(db, *change)


def _left_around(db: Connection, session: int, tags: str, gone: Sequence[int]) -> list[Utterance]:
    """Return the messages that are left of a session, those around each place where some are gone."""
    left: dict[int, Utterance] = {}
    following: int | None = 0
    for seq in gone:
        if following is not None and following < seq:  # otherwise the one before this one is gone as well
            near = [*_utterances_at(db, session, tags, _BEFORE, seq, _AROUND)]
            after = [*_utterances_at(db, session, tags, _AFTER, seq, _AROUND)]
            left.update((utterance.seq, utterance) for utterance in (*near, *after))
            following = after[0].seq if after else None
    return sorted(left.values(), key=attrgetter("seq"))


def reindex(db: Connection, progress: Progress) -> None:
    """Build the index anew from the table, so that it holds nothing else."""
    # In the order of the rows, in which an index is built fast. Sessions alternate, so neighbours are read.
    rows = select(db, "TRUE ORDER BY m.seq")
    tags = lru_cache(maxsize=_TAGS_KEPT)(partial(session_tags, db))
    counted_rows = counted(db, "message", rows, progress)
    INDEX.rebuild(db, ((row.seq, _entry(db, row, tags(row.session))) for row in counted_rows))


def _entry(db: Connection, row: Row, tags: str) -> Entry:
    """Return what the index holds for a message, which is read with its neighbours."""
    utterance = _utterance(row, tags)
    if not utterance.short:
        return utterance.entry(())
    before = [*_utterances_at(db, row.session, tags, _BEFORE, row.seq, 2)]
    after = _utterances_at(db, row.session, tags, _AFTER, row.seq, 1)
    return utterance.entry([*before[::-1], *after])


def session_tags(db: Connection, session: int) -> str:
    """Return the tags of the messages of a session."""
    (tags,) = db.execute(
        "SELECT o.tags FROM session s JOIN owner o ON o.id = s.owner WHERE s.seq = ?", (session,)
    ).fetchone()
    return with_session(tags, session)


def with_session(tags: str, session: int) -> str:
    """Return the tags of the messages of a session, given those of its owner."""
    return f"{tags} {tag('s', session)}"


def _utterance(row: Row, tags: str) -> Utterance:
    return Utterance(
        row.seq, row.name, row.content, partial(_day_and_tags, row.timestamp, row.utc_offset, row.metadata, tags)
    )


def _utterances_at(db: Connection, session: int, tags: str, place: str, *values: int) -> Iterator[Utterance]:
    """Yield messages at a place of a session; of long ones the beginning."""
    for seq, name, content, timestamp, utc_offset, metadata in db.execute(_UTTERANCES + place, (session, *values)):
        yield Utterance(seq, name, content, partial(_day_and_tags, timestamp, utc_offset, metadata, tags))


def _day_and_tags(timestamp: int, utc_offset: int, metadata: str | None, tags: str) -> tuple[str, str]:
    """Return the words of the day of a message where it was sent, and its tags."""
    day = _words_of_day((timestamp // 1_000_000 + utc_offset) // _SECONDS_OF_A_DAY)
    return day, record_tags(tags, loads(metadata)) if metadata else tags


@lru_cache(maxsize=64)
def _words_of_day(day: int) -> str:
    """Return the words of a day, given as the number of days since 1970."""
    return date_words(EPOCH + timedelta(days=day))
