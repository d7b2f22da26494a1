"""The migration to the index of membership: every full-text index is made anew from its table.

The index before it kept where in a text a word stands, and neighbours of messages in columns. Its words were folded in
another way, so nothing could be removed from it by what is computed now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from json import loads
from sqlite3 import Connection
from typing import TypeVar

from memio.providers.sqlite._search.conversation import SHORT, Utterance
from memio.providers.sqlite._search.entry import Entry, entry_of
from memio.providers.sqlite._search.index import TextIndex
from memio.providers.sqlite._search.tags import tags
from memio.toolkit import date_words

_T = TypeVar("_T")
_INDEX = (
    "CREATE VIRTUAL TABLE {0}_text USING fts5 (words, content='', detail=none, columnsize=0, "
    "tokenize=\"porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\")"
)
_RECORDS = "SELECT seq, content, metadata, user, agent FROM {0} ORDER BY seq"
_TRIPLES = "SELECT seq, subject || ' ' || predicate || ' ' || object, user FROM triple ORDER BY seq"
_MESSAGES = (
    "SELECT m.seq, m.name, m.content, m.timestamp, s.user, m.session "
    "FROM message m JOIN session s ON s.seq = m.session ORDER BY m.seq"
)
_AROUND = (
    f"SELECT m.seq, m.name, substr(m.content, 1, {SHORT + 1}), m.timestamp, s.user, m.session "  # noqa: S608  # a constant
    "FROM message m JOIN session s ON s.seq = m.session WHERE m.session = ? AND "
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def index_membership(db: Connection, progress: Callable[[str, int, int], None]) -> None:
    """Keep the offset from UTC of messages, and make every full-text index anew."""
    db.execute("ALTER TABLE message ADD COLUMN utc_offset INTEGER NOT NULL DEFAULT 0")
    sources: tuple[tuple[str, Iterator[tuple[int, Entry]]], ...] = (
        ("fact", _records(db, "fact")),
        ("document", _records(db, "document")),
        ("message", _messages(db)),
        ("triple", _triples(db)),
    )
    for table, entries in sources:  # none has read anything yet: an open read would keep tables from being dropped
        db.execute(f"DROP TABLE {table}_text")
        db.execute(_INDEX.format(table))
        (total,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  # the names from above
        TextIndex(f"{table}_text").rebuild(db, _counted(entries, f"{table} indexed", total, progress))


def _records(db: Connection, table: str) -> Iterator[tuple[int, Entry]]:
    for seq, content, metadata, user, agent in db.execute(_RECORDS.format(table)):
        yield seq, entry_of(content, tags(metadata and loads(metadata), user=user, agent=agent))


def _triples(db: Connection) -> Iterator[tuple[int, Entry]]:
    for seq, text, user in db.execute(_TRIPLES):
        yield seq, entry_of(text, tags(user=user))


def _messages(db: Connection) -> Iterator[tuple[int, Entry]]:
    for row in db.execute(_MESSAGES):
        seq, *_, session = row
        before = db.execute(_AROUND + "m.seq < ? ORDER BY m.seq DESC LIMIT 2", (session, seq)).fetchall()
        after = db.execute(_AROUND + "m.seq > ? ORDER BY m.seq LIMIT 1", (session, seq)).fetchall()
        yield seq, _utterance(*row).entry(_utterance(*other) for other in (*before[::-1], *after))


def _utterance(seq: int, name: str | None, content: str, timestamp: int, user: int, session: int) -> Utterance:
    day = date_words(_EPOCH + timedelta(microseconds=timestamp))
    return Utterance(seq, name, content, day, tags(user=user, session=session))


def _counted(items: Iterable[_T], what: str, total: int, progress: Callable[[str, int, int], None]) -> Iterator[_T]:
    for done, item in enumerate(items, 1):
        yield item
        progress(what, done, total)
