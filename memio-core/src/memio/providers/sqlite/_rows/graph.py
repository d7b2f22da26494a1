"""The table of triples, and its full-text index.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from sqlite3 import Connection
from typing import Any, NamedTuple

from memio.errors import ConflictError
from memio.models import Page, Triple
from memio.providers.sqlite._rows.cursors import read_cursor, write_cursor
from memio.providers.sqlite._rows.labels import drop_all_unused_labels, drop_labels, find_label, intern_label
from memio.providers.sqlite._rows.parts import Part, part_of, weight_of
from memio.providers.sqlite._rows.values import metadata_text, new_id, read_metadata
from memio.providers.sqlite._search.entry import Entry, entry_of
from memio.providers.sqlite._search.index import Span, TextIndex
from memio.providers.sqlite._search.tags import all_of, tags
from memio.toolkit import only, query_terms, same_json, trusted

_INDEX = TextIndex("triple_text")
_make_triple = trusted(Triple)
_TRIPLES = (
    "SELECT t.seq, t.id, t.user, u.text, t.subject, t.predicate, t.object, t.metadata "
    "FROM triple t LEFT JOIN label u ON u.id = t.user WHERE "
)
_OF_ENTITY = (
    "t.seq IN (SELECT seq FROM triple WHERE {0} subject = :entity AND seq > :after "
    "UNION SELECT seq FROM triple WHERE {0} object = :entity AND seq > :after ORDER BY seq LIMIT :limit)"
)
_DELETED_AT_ONCE = 500


class Row(NamedTuple):
    """A triple."""

    seq: int
    id: str
    user: int
    user_id: str | None
    subject: str
    predicate: str
    object: str
    metadata: str | None


def add(db: Connection, triples: Sequence[Triple], user_id: str | None) -> list[Triple]:
    """Store triples; those that the owner has already are returned as they are."""
    user = intern_label(db, user_id)
    return [_triple(_stored(db, triple, user) or _insert(db, triple, user, user_id)) for triple in triples]


def restore(db: Connection, triples: Sequence[Triple]) -> int:
    """Store triples of the users that they name, and return how many were not there yet."""
    (before,) = db.execute("SELECT total(seq) FROM sqlite_sequence WHERE name = 'triple'").fetchone()
    for user_id, some in groupby(triples, attrgetter("user_id")):
        add(db, list(some), user_id)
    return int(db.execute("SELECT count(*) FROM triple WHERE seq > ?", (before,)).fetchone()[0])


def page(
    db: Connection, limit: int, cursor: str | None, user_id: str | None, entity: str | None = None
) -> Page[Triple]:
    """Return a page in insertion order, of all triples or of those that have the entity at either end."""
    after = read_cursor(db, "triple", cursor)
    part = _listed(db, user_id, entity, after, limit)
    return Page([_triple(row) for row in part.rows], write_cursor(db, "triple", part))


def search(db: Connection, query: str, limit: int, user_id: str | None) -> list[Triple]:
    """Return the best matches first."""
    user = 0 if user_id is None else find_label(db, user_id)
    if user is None:
        return []
    restriction = all_of(tags(user=user))
    terms = query_terms(query)
    if not terms:
        return _scan(db, query, restriction, limit)
    best = _INDEX.best(db, terms, Span([restriction], _count(db, user)), limit)
    return [_triple(row, score) for seq, score in best for row in _rows(db, "t.seq = ?", (seq,))]


def delete(db: Connection, triple_id: str, user_id: str | None) -> None:
    """Delete one triple."""
    rows = _rows(db, "t.id = :id AND (:user IS NULL OR u.text = :user) LIMIT 2", {"id": triple_id, "user": user_id})
    row = only(rows, "triple", triple_id)
    _remove(db, row)
    drop_labels(db, (row.user,))


def delete_entity(db: Connection, entity: str, user_id: str | None) -> None:
    """Delete every triple that has the entity at either end."""
    _remove_all(db, user_id, entity)


def delete_all(db: Connection, user_id: str | None) -> None:
    """Delete every triple in scope."""
    if user_id is None:
        db.execute("DELETE FROM triple")
        _INDEX.clear(db)
        drop_all_unused_labels(db)
    else:
        _remove_all(db, user_id, None)


def reindex(db: Connection) -> None:
    """Build the index anew from the table, so that it holds nothing else."""
    rows = map(Row._make, db.execute(f"{_TRIPLES} TRUE ORDER BY t.seq"))
    _INDEX.rebuild(db, ((row.seq, _entry(row)) for row in rows))


def _count(db: Connection, user: int) -> int:
    """Return how many triples an owner has, or all."""
    if user:
        return int(db.execute("SELECT count(*) FROM triple WHERE user = ?", (user,)).fetchone()[0])
    return int(db.execute("SELECT count(*) FROM triple").fetchone()[0])


def _stored(db: Connection, triple: Triple, user: int) -> Row | None:
    """Return the same triple of the same owner, if it is there; refuse one that differs only in metadata or id."""
    ends = (triple.subject, triple.predicate, triple.object)
    for row in _rows(db, "t.user = ? AND t.subject = ? AND t.predicate = ? AND t.object = ?", (user, *ends)):
        if triple.id not in (None, row.id) or not same_json(read_metadata(row.metadata), triple.metadata):
            raise ConflictError(
                "triple",
                triple.id or " ".join(ends),
                hint="the owner has this triple with another id or other metadata; delete that one first",
            )
        return row
    if triple.id is not None and _rows(db, "t.id = ? AND t.user = ?", (triple.id, user)):
        raise ConflictError("triple", triple.id)
    return None


def _insert(db: Connection, triple: Triple, user: int, user_id: str | None) -> Row:
    row = Row(
        seq=0,
        id=triple.id or new_id(),
        user=user,
        user_id=user_id,
        subject=triple.subject,
        predicate=triple.predicate,
        object=triple.object,
        metadata=metadata_text(triple.metadata),
    )
    inserted = db.execute(
        "INSERT INTO triple (id, user, subject, predicate, object, metadata) VALUES (?, ?, ?, ?, ?, ?)",
        (row.id, row.user, row.subject, row.predicate, row.object, row.metadata),
    )
    row = row._replace(seq=inserted.lastrowid or 0)
    _INDEX.change(db, row.seq, None, _entry(row))
    return row


def _remove_all(db: Connection, user_id: str | None, entity: str | None) -> None:
    last = 0
    owners = {None if user_id is None else find_label(db, user_id)}
    more = True
    while more:
        rows, more = _listed(db, user_id, entity, last, _DELETED_AT_ONCE)
        for row in rows:
            _remove(db, row)
            owners.add(row.user)
            last = row.seq
    drop_labels(db, owners)


def _remove(db: Connection, row: Row) -> None:
    db.execute("DELETE FROM triple WHERE seq = ?", (row.seq,))
    _INDEX.change(db, row.seq, _entry(row), None)


def _entry(row: Row) -> Entry:
    """Return what the index holds for a triple."""
    return entry_of(_text(row), tags(user=row.user))


def _text(row: Row) -> str:
    return f"{row.subject} {row.predicate} {row.object}"


def _weight(row: Row) -> int:
    return weight_of(_text(row), row.metadata)


def _listed(db: Connection, user_id: str | None, entity: str | None, after: int, limit: int) -> Part[Row]:
    """Return triples of an owner or of all, and with an entity at either end or with any, in insertion order."""
    owner = "" if user_id is None else "user = :user AND"
    found = f"{owner} TRUE" if entity is None else _OF_ENTITY.format(owner)
    user = None if user_id is None else find_label(db, user_id)
    values = {"user": user, "entity": entity, "after": after, "limit": limit + 1}
    rows = db.execute(f"{_TRIPLES} {found} AND t.seq > :after ORDER BY t.seq LIMIT :limit", values)
    return part_of(db, map(Row._make, rows), limit, _weight)


def _scan(db: Connection, query: str, restriction: str, limit: int) -> list[Triple]:
    """Find a query without any word as a part of the texts; the score is its share of them."""
    condition, values = _INDEX.condition(db, "t.seq", restriction)
    text = "t.subject || ' ' || t.predicate || ' ' || t.object"
    # Numbers only, because what is sorted is in memory.
    found = db.execute(
        f"SELECT t.seq FROM triple t WHERE {condition} AND instr({text}, ?) "  # noqa: S608  # constants
        f"ORDER BY length({text}), t.seq DESC LIMIT ?",
        (*values, query, limit),
    ).fetchall()
    rows = (row for (seq,) in found for row in _rows(db, "t.seq = ?", (seq,)))
    return [_triple(row, len(query) / len(_text(row))) for row in rows]


def _rows(db: Connection, condition: str, values: Any) -> list[Row]:
    return [Row._make(row) for row in db.execute(_TRIPLES + condition, values)]


def _triple(row: Row, score: float | None = None) -> Triple:
    return _make_triple(
        subject=row.subject,
        predicate=row.predicate,
        object=row.object,
        metadata=read_metadata(row.metadata),
        id=row.id,
        user_id=row.user_id,
        score=score,
    )
