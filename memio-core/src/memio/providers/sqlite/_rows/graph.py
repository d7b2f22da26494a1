"""The table of triples, and its full-text index.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache, partial
from itertools import groupby
from operator import attrgetter
from sqlite3 import Connection
from typing import Any, NamedTuple

from memio.errors import ConflictError
from memio.models import Page, Triple
from memio.owners import ANYWHERE, Owner, Scope
from memio.providers.sqlite._columns.namespaces import from_path, to_path
from memio.providers.sqlite._columns.owners import add_to_count, clear_count, intern_owner, subtract_from_count, tags_of
from memio.providers.sqlite._columns.scopes import Condition, Reach, all_of, condition_of, reach_of, total, within
from memio.providers.sqlite._columns.values import now
from memio.providers.sqlite._db.progress import Progress, counted
from memio.providers.sqlite._rows.cursors import END, read_cursor, write_cursor
from memio.providers.sqlite._rows.parts import Part, part_of, weight_of
from memio.providers.sqlite._rows.selection import judge
from memio.providers.sqlite._search.entry import Entry, entry_of
from memio.providers.sqlite._search.index import Span, TextIndex, place_of
from memio.toolkit import only, query_terms, same_json, trusted
from memio.toolkit.values import from_microseconds, metadata_text, new_id, read_metadata, to_microseconds

_INDEX = TextIndex("triple_text")
_make_triple = trusted(Triple)
_TRIPLES = (
    "SELECT t.seq, t.id, t.owner, o.user, o.agent, o.path, t.subject, t.predicate, t.object, t.created_at, t.metadata "
    "FROM"
)
_TABLES = "triple t CROSS JOIN owner o ON o.id = t.owner"
_ANY = Condition()
_DELETED_AT_ONCE = 500
_TAGS_KEPT = 10_000


class Row(NamedTuple):
    """A triple."""

    seq: int
    id: str
    owner: int
    user: str
    agent: str
    path: bytes
    subject: str
    predicate: str
    object: str
    created_at: int | None
    metadata: str | None


def add(db: Connection, triples: Sequence[Triple], owner: Owner) -> list[Triple]:
    """Store triples; those that the owner has already are returned as they are."""
    return [_triple(row) for row in _store(db, triples, owner)[0]]


def restore(db: Connection, triples: Sequence[Triple]) -> int:
    """Store triples of the owners that they name, and return how many were not there yet."""
    return sum(_store(db, list(some), owner)[1] for owner, some in groupby(triples, attrgetter("owner")))


def _store(db: Connection, triples: Sequence[Triple], owner: Owner) -> tuple[list[Row], int]:
    """Return the rows of triples in order, and how many of them are new."""
    number, tags = intern_owner(db, owner)
    rows: list[Row] = []
    added = 0
    for triple in triples:
        row = _stored(db, triple, number)
        if row is None:
            row = _insert(db, triple, number, owner, tags)
            added += 1
        rows.append(row)
    if added:
        add_to_count(db, "triples", number, added)
    return rows, added


def page(
    db: Connection,
    limit: int,
    cursor: str | None,
    scope: Scope,
    condition: Condition = _ANY,
    *,
    newest: bool = False,
) -> Page[Triple]:
    """Return a page in the order of adding, or of the newest first.

    Args:
        db: The connection.
        limit: How many at most.
        cursor: The cursor of the page before.
        scope: Whose triples.
        condition: What holds of the triples `t`, from `has_entity` and `added_within`.
        newest: Whether the newest come first.
    """
    listing = "triplenewest" if newest else "triple"
    place = read_cursor(db, listing, cursor, END if newest else 0)
    part = _listed(db, scope, condition, place, limit, newest=newest)
    return Page([_triple(row) for row in part.rows], write_cursor(db, listing, part))


def has_entity(entity: str) -> Condition:
    """Return the condition for triples `t` that have an entity at either end."""
    return Condition("(t.subject = ? OR t.object = ?)", (entity, entity))


def added_within(since: int | None, until: int | None) -> Condition:
    """Return the condition for triples `t` that were added at a time, in microseconds.

    Of a triple that was stored by schema 1 it is not known when: it is in no range of time.
    """
    return within("t.created_at", since, until)


def search(db: Connection, query: str, limit: int, scope: Scope, condition: Condition) -> list[Triple]:
    """Return the best matches first, of the triples `t` for which a condition holds."""
    reach = reach_of(db, scope)
    if reach is None:
        return []
    terms = query_terms(query)
    if not terms:
        return _scan(db, query, reach, condition, limit)
    span = Span(reach.tags, total(db, "triples", scope))
    best = _INDEX.best(db, terms, span, limit, accept=judge(db, "triple t", condition, None))
    return [_triple(row, score) for seq, score in best for row in _rows(db, "t.seq = ?", (seq,))]


def count(db: Connection, scope: Scope, condition: Condition) -> int:
    """Return how many triples `t` there are for which a condition holds."""
    if not condition.values:
        return total(db, "triples", scope)
    where = all_of(condition_of(scope), condition)
    return int(db.execute(f"SELECT count(*) FROM {_TABLES} WHERE {where.sql}", where.values).fetchone()[0])  # noqa: S608  # as above


def delete(db: Connection, triple_id: str, scope: Scope) -> None:
    """Delete one triple."""
    owners = condition_of(scope)
    rows = _rows(db, f"t.id = ? AND {owners.sql} LIMIT 2", (triple_id, *owners.values))
    _remove(db, [only(rows, "triple", triple_id)])


def delete_entity(db: Connection, entity: str, scope: Scope) -> None:
    """Delete every triple that has the entity at either end."""
    _remove_all(db, scope, has_entity(entity))


def delete_all(db: Connection, scope: Scope) -> None:
    """Delete every triple in scope."""
    if scope == ANYWHERE:
        db.execute("DELETE FROM triple")
        _INDEX.clear(db)
        clear_count(db, "triples")
    else:
        _remove_all(db, scope, _ANY)


def reindex(db: Connection, progress: Progress) -> None:
    """Build the index anew from the table, so that it holds nothing else."""
    rows = map(Row._make, db.execute(f"{_TRIPLES} {_TABLES} ORDER BY t.seq"))
    tags = lru_cache(maxsize=_TAGS_KEPT)(partial(tags_of, db))
    _INDEX.rebuild(db, ((row.seq, _entry(row, tags(row.owner))) for row in counted(db, "triple", rows, progress)))


def _stored(db: Connection, triple: Triple, owner: int) -> Row | None:
    """Return the same triple of the same owner, if it is there; refuse one that differs only in metadata or id."""
    ends = (triple.subject, triple.predicate, triple.object)
    for row in _rows(db, "t.owner = ? AND t.subject = ? AND t.predicate = ? AND t.object = ?", (owner, *ends)):
        if triple.id not in (None, row.id) or not same_json(read_metadata(row.metadata), triple.metadata):
            raise ConflictError(
                "triple",
                triple.id or " ".join(ends),
                hint="the owner has this triple with another id or other metadata; delete that one first",
            )
        return row
    if triple.id is not None and _rows(db, "t.id = ? AND t.owner = ?", (triple.id, owner)):
        raise ConflictError("triple", triple.id)
    return None


def _insert(db: Connection, triple: Triple, number: int, owner: Owner, tags: str) -> Row:
    row = Row(
        seq=0,
        id=triple.id or new_id(),
        owner=number,
        user=owner.user_id or "",
        agent=owner.agent_id or "",
        path=to_path(owner.namespace),
        subject=triple.subject,
        predicate=triple.predicate,
        object=triple.object,
        created_at=now() if triple.created_at is None else to_microseconds(triple.created_at),
        metadata=metadata_text(triple.metadata),
    )
    inserted = db.execute(
        "INSERT INTO triple (id, owner, subject, predicate, object, created_at, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.owner, row.subject, row.predicate, row.object, row.created_at, row.metadata),
    )
    row = row._replace(seq=inserted.lastrowid or 0)
    _INDEX.change(db, row.seq, None, _entry(row, tags))
    return row


def _remove_all(db: Connection, scope: Scope, condition: Condition) -> None:
    last = 0
    more = True
    while more:
        rows, more = _listed(db, scope, condition, last, _DELETED_AT_ONCE)
        _remove(db, rows)
        last = rows[-1].seq if rows else last


def _remove(db: Connection, rows: Sequence[Row]) -> None:
    tags = cache(partial(tags_of, db))
    for row in rows:
        _INDEX.change(db, row.seq, _entry(row, tags(row.owner)), None)
    db.executemany("DELETE FROM triple WHERE seq = ?", ((row.seq,) for row in rows))
    for owner, number in Counter(row.owner for row in rows).items():
        subtract_from_count(db, "triples", owner, number)


def _entry(row: Row, tags: str) -> Entry:
    """Return what the index holds for a triple."""
    return entry_of(_text(row), tags)


def _text(row: Row) -> str:
    return f"{row.subject} {row.predicate} {row.object}"


def _weight(row: Row) -> int:
    return weight_of(_text(row), row.metadata)


def _listed(
    db: Connection, scope: Scope, condition: Condition, place: int, limit: int, *, newest: bool = False
) -> Part[Row]:
    """Return triples in scope beyond a place, in the order of adding or in the reverse."""
    reach = reach_of(db, scope)
    if reach is None:
        return Part([], more=False)
    key, tables, owned = _source(db, reach)
    if key == _INDEX.key:
        place = place_of(place, back=newest)
    beyond, order = ("<", "DESC") if newest else (">", "ASC")
    where = all_of(owned, condition, Condition(f"{key} {beyond} ?", (place,)))
    rows = db.execute(f"{_TRIPLES} {tables} WHERE {where.sql} ORDER BY {key} {order}", where.values)
    return part_of(db, map(Row._make, rows), limit, _weight)


def _source(db: Connection, reach: Reach) -> tuple[str, str, Condition]:
    """Return the order of the triples `t` of some owners, the tables in which they are read, and their condition."""
    if reach.owner is not None:
        return "t.seq", _TABLES, Condition("t.owner = ?", (reach.owner,))
    if not reach.tags:
        return "t.seq", _TABLES, _ANY
    tables = f"{_INDEX.joined(db, 'triple', 't')} CROSS JOIN owner o ON o.id = t.owner"
    return _INDEX.key, tables, Condition(f"{_INDEX.table} MATCH ?", (reach.tags,))


def _scan(db: Connection, query: str, reach: Reach, condition: Condition, limit: int) -> list[Triple]:
    """Find a query without any word as a part of the texts; the score is its share of them."""
    _, tables, owned = _source(db, reach)
    where = all_of(owned, condition)
    text = "t.subject || ' ' || t.predicate || ' ' || t.object"
    # Numbers only, because what is sorted is in memory.
    found = db.execute(
        f"SELECT t.seq FROM {tables} WHERE {where.sql} AND instr({text}, ?) "  # noqa: S608  # texts from here
        f"ORDER BY length({text}), t.seq DESC LIMIT ?",
        (*where.values, query, limit),
    ).fetchall()
    rows = (row for (seq,) in found for row in _rows(db, "t.seq = ?", (seq,)))
    return [_triple(row, len(query) / len(_text(row))) for row in rows]


def _rows(db: Connection, condition: str, values: Any) -> list[Row]:
    return [Row._make(row) for row in db.execute(f"{_TRIPLES} {_TABLES} WHERE {condition}", values)]


def _triple(row: Row, score: float | None = None) -> Triple:
    return _make_triple(
        subject=row.subject,
        predicate=row.predicate,
        object=row.object,
        metadata=read_metadata(row.metadata),
        id=row.id,
        user_id=row.user or None,
        agent_id=row.agent or None,
        namespace=from_path(row.path),
        created_at=None if row.created_at is None else from_microseconds(row.created_at),
        score=score,
    )
