"""Sessions and messages, and their index.

A message is ranked together with the two before it in its session, and with the words of its date: an answer
often makes sense only beside its question. Of a long one before it, the beginning is enough. It counts more when
the query names who said it. What the index holds for a message is fixed when it is added, because sessions only
grow, and end as a whole.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from heapq import nsmallest
from itertools import groupby
from operator import attrgetter
from sqlite3 import Connection
from sys import getsizeof
from typing import Any, NamedTuple

from memio.errors import ConflictError
from memio.models import Message, Page, Role
from memio.protocols import Start
from memio.providers.sqlite._rows.cursors import END, read_cursor, write_cursor
from memio.providers.sqlite._rows.labels import drop_all_unused_labels, drop_labels, find_label, intern_label
from memio.providers.sqlite._rows.parts import part_of, release_for, weight_of
from memio.providers.sqlite._rows.values import (
    from_microseconds,
    metadata_text,
    new_id,
    now,
    read_metadata,
    to_microseconds,
)
from memio.providers.sqlite._search.index import TERMS_AT_ONCE, TextIndex, Within, any_term
from memio.providers.sqlite._search.tags import any_of, tags
from memio.toolkit import Term, date_words, index_text, query_terms, same_json, trusted

Texts = deque[str]
"""The beginnings of the two messages before one, for the index, the older one first; empty where there is none."""

_BEGINNING = 2_000
"""How many characters of a message are indexed with the two after it, so that a long one does not slow them down."""
_SESSIONS_AS_TOKENS = 32
"""A session of more owners is looked for by its name: the cost of an expression grows faster than its length."""

_INDEX = TextIndex("message_text", body=1, name=0, prev=0.5, prev2=0.4, date=1)
_made = trusted(Message)
_SPOKEN_BY_NAMED = 1.5
"""How much more a message counts whose speaker is named in the query: "What did Ann say about …?"."""

_MESSAGES = (
    "SELECT m.seq, m.session, s.user, s.name, u.text, m.id, m.role, m.content, m.name, m.metadata, m.timestamp "
    "FROM message m JOIN session s ON s.seq = m.session LEFT JOIN label u ON u.id = s.user WHERE "
)


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

    def stored(self) -> tuple[int | str | None, ...]:
        """Return what the table itself has of it; session and owner are named elsewhere."""
        return (self.session, self.id, self.role, self.content, self.name, self.metadata, self.timestamp)


class Scope(NamedTuple):
    """What a search is restricted to, together: an expression for the index, and the name of a session."""

    expression: str = ""
    session_name: str | None = None

    def within(self) -> Within:
        """Return the condition for the rows of the index."""
        if self.session_name is None:
            return Within()
        return Within(
            "(SELECT s.name FROM message m JOIN session s ON s.seq = m.session WHERE m.seq = message_text.rowid) = ?",
            (self.session_name,),
        )

    def of_messages(self) -> Within:
        """Return the condition for the messages themselves."""
        if self.session_name is None:
            return Within(*_INDEX.condition("m.seq", self.expression))
        return Within("s.name = ?", (self.session_name,))


def add(db: Connection, session_id: str, messages: Sequence[Message], user_id: str | None) -> list[Message]:
    """Append messages to a session; those that are there already, by their id, are returned as they are."""
    user = intern_label(db, user_id)
    session = _intern_session(db, session_id, user)
    before = _latest(db, session)
    stored: list[Message] = []
    for message in messages:
        row = _stored(db, session, message) if message.id is not None else None
        if row is None:
            row = _insert(db, _new_row(message, session, session_id, user, user_id), before)
        stored.append(_message(row))
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
    found = _sessions(db, session_id, user_id)
    part = part_of(db, _in_order(db, found, place, limit + 1, back=back), limit, _weight)
    next_cursor = write_cursor(db, start, part)
    return Page([_message(row) for row in sorted(part.rows)], next_cursor)


def sessions(db: Connection, limit: int, cursor: str | None, user_id: str | None) -> Page[str]:
    """Return a page of the names of sessions, each once, by their first message."""
    after = read_cursor(db, "session", cursor)
    if user_id is None:
        # A name that several owners have counts where it was used first.
        condition = "seq = (SELECT min(seq) FROM session WHERE name = s.name)"
        values: tuple[Any, ...] = ()
    else:
        condition = "user = ?"
        values = (find_label(db, user_id),)
    rows = db.execute(
        f"SELECT seq, name FROM session s WHERE {condition} AND seq > ? ORDER BY seq LIMIT ?",  # noqa: S608  # the conditions from above
        (*values, after, limit + 1),
    )
    part = part_of(db, rows, limit, lambda row: getsizeof(row[1]))
    return Page([name for _, name in part.rows], write_cursor(db, "session", part))


def search(db: Connection, query: str, limit: int, session_id: str | None, user_id: str | None) -> list[Message]:
    """Return the best matches first."""
    scope = _scope(db, session_id, user_id)
    if scope is None:
        return []
    terms = query_terms(query)
    if not terms:
        return _scan(db, query, scope, limit)
    best = _best(db, terms, scope, limit)
    return [_message(row, score) for seq, score in best for row in _rows(db, "m.seq = ?", (seq,))]


def delete(db: Connection, session_id: str, user_id: str | None) -> None:
    """Delete a session, if there is one."""
    found = _sessions(db, session_id, user_id)
    if len(found) > 1:
        raise ConflictError("session", session_id, hint="several owners have a session of this name, pass user_id")
    for session in found:
        (owner,) = db.execute("SELECT user FROM session WHERE seq = ?", (session,)).fetchone()
        _delete_session(db, session)
        drop_labels(db, (owner,))


def delete_all(db: Connection, user_id: str | None) -> None:
    """Delete every session in scope."""
    if user_id is None:
        db.execute("DELETE FROM message")
        db.execute("DELETE FROM session")
        _INDEX.clear(db)
        drop_all_unused_labels(db)
    else:
        owner = find_label(db, user_id)
        for (session,) in db.execute("SELECT seq FROM session WHERE user = ?", (owner,)).fetchall():
            _delete_session(db, session)
        drop_labels(db, (owner,))


def reindex(db: Connection) -> None:
    """Build the index anew from the table, so that it holds nothing else."""
    _INDEX.clear(db)
    # In the order of the rows, which is how an index is built fast: sessions alternate, so each looks behind itself.
    rows = _rows(db, "TRUE ORDER BY m.seq", ())
    _INDEX.add(db, ((row.seq, *_indexed(row, _latest(db, row.session, row.seq))) for row in rows))


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
    )


def _stored(db: Connection, session: int, message: Message) -> Row | None:
    """Return the stored message of this id, if it is the same, and nothing if there is none."""
    for row in _rows(db, "m.session = ? AND m.id = ?", (session, message.id)):
        given = (message.role, message.content, message.name)
        if given != (row.role, row.content, row.name) or not same_json(read_metadata(row.metadata), message.metadata):
            raise ConflictError("message", row.id)
        return row
    return None


def _insert(db: Connection, row: Row, before: Texts) -> Row:
    """Store a message after the ones before it."""
    release_for(db, row.content)
    inserted = db.execute(
        "INSERT INTO message (session, id, role, content, name, metadata, timestamp) VALUES (?, ?, ?, ?, ?, ?, ?)",
        row.stored(),
    )
    row = row._replace(seq=inserted.lastrowid or 0)
    _INDEX.add(db, [(row.seq, *_indexed(row, before))])
    return row


def _indexed(row: Row, before: Texts) -> tuple[str, ...]:
    """Return what the index holds for a message, and make it one of those before the next."""
    body = _body(row.name, row.content)
    prev2, prev = before
    before.append(_beginning(row.name, row.content))
    date = date_words(from_microseconds(row.timestamp))
    return body, index_text(row.name or ""), prev, prev2, date, " ".join(tags(user=row.user, session=row.session))


def _body(name: str | None, content: str) -> str:
    return index_text(content if name is None else f"{name}: {content}")


def _beginning(name: str | None, content: str) -> str:
    return _body(name, content[:_BEGINNING])


def _nothing_before() -> Texts:
    return deque(["", ""], maxlen=2)


def _latest(db: Connection, session: int, before: int = END) -> Texts:
    """Return the beginnings of the last two messages of a session before a row of it."""
    texts = _nothing_before()
    latest = "SELECT name, substr(content, 1, ?) FROM message WHERE session = ? AND seq < ? ORDER BY seq DESC LIMIT 2"
    for name, content in reversed(db.execute(latest, (_BEGINNING, session, before)).fetchall()):
        texts.append(_beginning(name, content))
    return texts


def _intern_session(db: Connection, name: str, user: int) -> int:
    """Return the number of a session, a new one where needed."""
    row = db.execute("SELECT seq FROM session WHERE name = ? AND user = ?", (name, user)).fetchone()
    if row is None:
        row = db.execute("INSERT INTO session (name, user) VALUES (?, ?) RETURNING seq", (name, user)).fetchone()
    return int(row[0])


def _sessions(db: Connection, name: str, user_id: str | None) -> list[int]:
    """Return the sessions of a name, of one owner or of all."""
    if user_id is None:
        rows = db.execute("SELECT seq FROM session WHERE name = ? AND user >= 0", (name,))
    else:
        rows = db.execute("SELECT seq FROM session WHERE name = ? AND user = ?", (name, find_label(db, user_id)))
    return [seq for (seq,) in rows]


def _scope(db: Connection, session_id: str | None, user_id: str | None) -> Scope | None:
    """Return what a search is restricted to, or `None` when nothing can be found."""
    if session_id is not None:
        found = _sessions(db, session_id, user_id)
        if len(found) > _SESSIONS_AS_TOKENS:
            return Scope(session_name=session_id)
        return Scope(any_of(f"s{session}" for session in found)) if found else None
    if user_id is not None:
        user = find_label(db, user_id)
        return Scope(any_of(tags(user=user))) if user else None
    return Scope()


def _best(db: Connection, terms: Sequence[Term], scope: Scope, limit: int) -> list[tuple[int, float]]:
    within = scope.within()
    scores = dict(_INDEX.best(db, terms, scope.expression, limit, within))
    if len(terms) <= TERMS_AT_ONCE:  # a longer query is a text, which asks for nobody's words
        named = f"name : ({any_term(terms)})"
        restriction = f"{scope.expression} AND {named}" if scope.expression else named
        by_named = _INDEX.best(db, terms, restriction, limit, within)
        scores.update((seq, score * _SPOKEN_BY_NAMED) for seq, score in by_named)
    return nsmallest(limit, scores.items(), key=lambda item: (-item[1], -item[0]))


def _scan(db: Connection, query: str, scope: Scope, limit: int) -> list[Message]:
    """Look for a query without any word as a part of the content; the score is the share that it makes up."""
    condition, values = scope.of_messages()
    # Numbers only: what is sorted is in memory.
    found = db.execute(
        f"SELECT m.seq FROM message m JOIN session s ON s.seq = m.session WHERE {condition} "  # noqa: S608  # from above
        "AND instr(m.content, ?) ORDER BY length(m.content), m.seq DESC LIMIT ?",
        (*values, query, limit),
    ).fetchall()
    rows = (row for (seq,) in found for row in _rows(db, "m.seq = ?", (seq,)))
    return [_message(row, len(query) / len(row.content)) for row in rows]


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
        return _rows(db, condition, (*sessions, place, limit))
    # Numbers first: each session has its index, and no more is read of the messages than is needed.
    numbers = [
        seq
        for session in sessions
        for (seq,) in db.execute(f"SELECT m.seq FROM message m WHERE {condition}", (session, place, limit))  # noqa: S608  # as above
    ]
    numbers.sort(reverse=back)
    return (row for seq in numbers[:limit] for row in _rows(db, "m.seq = ?", (seq,)))


def _weight(row: Row) -> int:
    return weight_of(row.content, row.metadata)


def _rows(db: Connection, condition: str, values: Any) -> Iterator[Row]:
    return map(Row._make, db.execute(_MESSAGES + condition, values))


def _message(row: Row, score: float | None = None) -> Message:
    return _made(
        role=row.role,
        content=row.content,
        name=row.name,
        metadata=read_metadata(row.metadata),
        timestamp=from_microseconds(row.timestamp),
        id=row.id,
        session_id=row.session_id,
        user_id=row.user_id,
        score=score,
    )


def _delete_session(db: Connection, session: int) -> None:
    before = _nothing_before()
    for row in _rows(db, "m.session = ? ORDER BY m.seq", (session,)):
        _INDEX.remove(db, row.seq, *_indexed(row, before))
    db.execute("DELETE FROM message WHERE session = ?", (session,))
    (name,) = db.execute("SELECT name FROM session WHERE seq = ?", (session,)).fetchone()
    if db.execute("SELECT 1 FROM session WHERE name = ? AND user >= 0 AND seq <> ?", (name, session)).fetchone():
        # The name keeps its place for its other owners: a listing that has passed it must not list it again.
        db.execute("UPDATE session SET user = -seq WHERE seq = ?", (session,))
    else:
        db.execute("DELETE FROM session WHERE name = ?", (name,))
