"""Which texts are still to be embedded.

What was added after the last row that a model has ever claimed is pending: writers of new records do nothing. Whoever
claims rows puts them into the queue until some moment; whoever changes a text deletes its vectors and puts it there
anew, under another number, so that a vector of the former text finds no place. What was embedded leaves the queue.

Every function runs inside a transaction of the engine. `table` is the name of a table of texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from sqlite3 import Connection
from typing import NamedTuple

from memio.owners import Scope
from memio.protocols import Embedded
from memio.providers.sqlite._columns.scopes import Condition, all_of, condition_of
from memio.providers.sqlite._columns.values import last_number
from memio.providers.sqlite._meaning.models import COLUMNS, KEY_BITS, LAST, NEVER, Model, has_models
from memio.toolkit import WINDOWS, windows

CLAIMED_FOR = 60_000_000
"""For how long what one process embeds is left to it, in microseconds."""
REFUSALS = 3
"""How often an embedder is asked for a text alone."""

_RECORDS_AT_ONCE = 64
_WINDOWS_AT_ONCE = 64
"""How many texts and how many windows an embedder gets in one call. The last text may have more windows."""

_OWNED = {
    "fact": "fact r CROSS JOIN owner o ON o.id = r.owner",
    "document": "document r CROSS JOIN owner o ON o.id = r.owner",
    "message": "message r CROSS JOIN session s ON s.seq = r.session CROSS JOIN owner o ON o.id = s.owner",
}


class Claimed(NamedTuple):
    """A text that is being embedded.

    Attributes:
        seq: Its number in the queue.
        record: The number of its record.
        windows: What is embedded.
    """

    seq: int
    record: int
    windows: list[str]


# What writers do


def changed(db: Connection, table: str, record: int) -> None:
    """Delete the vectors of a record whose text changes, and let it be embedded again."""
    if not has_models(db, table):
        return
    _delete_vectors(db, table, record)
    db.execute(
        f"INSERT OR REPLACE INTO {table}_queue (model, record, due) "  # noqa: S608  # a name of the schema
        "SELECT number, ?, 0 FROM model WHERE source = ? AND upto >= ?",
        (record, table, record),
    )


def deleted(db: Connection, table: str, records: Iterable[int]) -> None:
    """Delete the vectors of records that are deleted."""
    if not has_models(db, table):
        return
    for record in records:
        _delete_vectors(db, table, record)
        db.execute(f"DELETE FROM {table}_queue WHERE record = ?", (record,))  # noqa: S608  # as above


def all_deleted(db: Connection, table: str) -> None:
    """Delete the vectors of all records of a table."""
    db.execute(f"DELETE FROM {table}_vector")  # noqa: S608  # as above
    db.execute(f"DELETE FROM {table}_queue")  # noqa: S608  # as above


def _delete_vectors(db: Connection, table: str, record: int) -> None:
    least = record << KEY_BITS
    db.execute(f"DELETE FROM {table}_vector WHERE key BETWEEN ? AND ?", (least, least | LAST))  # noqa: S608  # as above


# What embeds


def claim(db: Connection, table: str, model: Model, limit: int, max_chars: int, now: int) -> list[Claimed]:
    """Claim texts that are pending, as many as an embedder gets in one call."""
    limit = min(limit, _RECORDS_AT_ONCE)
    longest = WINDOWS * (max_chars + 1)  # and white space between the windows
    due = db.execute(
        f"SELECT q.seq, q.record, substr(r.content, 1, {longest}) "  # noqa: S608  # as above, and an integer
        f"FROM {table}_queue q CROSS JOIN {table} r ON r.seq = q.record "
        "WHERE q.model = ? AND q.due <= ? ORDER BY q.due, q.seq LIMIT ?",
        (model.number, now, limit),
    )
    new = db.execute(
        f"SELECT NULL, seq, substr(content, 1, {longest}) FROM {table} WHERE seq > ? ORDER BY seq LIMIT ?",  # noqa: S608  # as above
        (model.upto, limit),
    )
    found: list[tuple[int | None, int, list[str]]] = []
    number = 0
    for seq, record, content in chain(due, new):
        found.append((seq, record, windows(content, max_chars)))
        number += len(found[-1][2])
        if len(found) == limit or number >= _WINDOWS_AT_ONCE:
            break
    return [_claimed(db, table, model, each, now + CLAIMED_FOR) for each in found]


def _claimed(db: Connection, table: str, model: Model, found: tuple[int | None, int, list[str]], until: int) -> Claimed:
    seq, record, parts = found
    if seq is not None:
        db.execute(f"UPDATE {table}_queue SET due = ? WHERE seq = ?", (until, seq))  # noqa: S608  # as above
        return Claimed(seq, record, parts)
    db.execute("UPDATE model SET upto = ? WHERE number = ?", (record, model.number))
    # It is there already where the text was changed after another model had claimed it, and never where this one has.
    added = db.execute(
        f"INSERT INTO {table}_queue (model, record, due) VALUES (?, ?, ?) RETURNING seq",  # noqa: S608  # as above
        (model.number, record, until),
    )
    return Claimed(added.fetchone()[0], record, parts)


def store(
    db: Connection, table: str, number: int, dimensions: int, vectors: Sequence[tuple[Claimed, Sequence[bytes]]]
) -> int:
    """Store the vectors of texts that are still the same, and return of how many.

    Args:
        db: The connection.
        table: The table.
        number: The number of the model. When it has been given up meanwhile, nothing is stored.
        dimensions: The length of the vectors; 0 where there are none.
        vectors: Each text with the vectors of its windows.
    """
    row = db.execute(
        "UPDATE model SET stamp = stamp + 1, dimensions = max(dimensions, ?) "  # noqa: S608  # as above
        f"WHERE number = ? RETURNING {COLUMNS}",
        (dimensions, number),
    ).fetchone()
    if row is None:
        return 0
    model = Model._make(row)
    stored = 0
    for text, packed in vectors:
        if db.execute(f"DELETE FROM {table}_queue WHERE seq = ?", (text.seq,)).rowcount:  # noqa: S608  # as above
            stored += 1
            db.executemany(
                f"INSERT INTO {table}_vector (key, stamp, vector) VALUES (?, ?, ?)",  # noqa: S608  # as above
                ((model.key(text.record, at), model.stamp, vector) for at, vector in enumerate(packed)),
            )
    return stored


def release(db: Connection, table: str, texts: Iterable[Claimed]) -> None:
    """Let texts be claimed again at once."""
    db.executemany(f"UPDATE {table}_queue SET due = 0 WHERE seq = ?", ((text.seq,) for text in texts))  # noqa: S608  # as above


def refuse(db: Connection, table: str, text: Claimed) -> None:
    """Note that a text was refused alone: a few times it is tried again, and then it has failed."""
    db.execute(
        f"UPDATE {table}_queue SET refused = refused + 1, "  # noqa: S608  # as above
        f"due = CASE WHEN refused + 1 >= {REFUSALS} THEN {NEVER} ELSE 0 END WHERE seq = ?",
        (text.seq,),
    )


def retry_failed(db: Connection, table: str, model: Model) -> None:
    """Let the texts that have failed be embedded again."""
    db.execute(
        f"UPDATE {table}_queue SET refused = 0, due = 0 WHERE model = ? AND due = ?",  # noqa: S608  # as above
        (model.number, NEVER),
    )


# What counts


def count(
    db: Connection, table: str, model: Model | None, scope: Scope | None = None, before: int | None = None
) -> Embedded:
    """Return how many texts are pending for a model, and how many have failed.

    Args:
        db: The connection.
        table: The table.
        model: The model; `None` where there is none yet, so that all texts are pending.
        scope: Whose texts; default all.
        before: The last row that counts; default all.
    """
    mark = last_number(db, table)
    owners = Condition() if scope is None else condition_of(scope)
    upto, number = (0, 0) if model is None else (model.upto, model.number)
    last = mark if before is None else min(mark, before)
    tables = _OWNED[table] if owners.values else f"{table} r"
    where = all_of(Condition("r.seq > ? AND r.seq <= ?", (upto, last)), owners)
    (new,) = db.execute(f"SELECT count(*) FROM {tables} WHERE {where.sql}", where.values).fetchone()  # noqa: S608  # as above
    if owners.values:
        queued = f"{table}_queue q CROSS JOIN {tables.replace(' r ', ' r ON r.seq = q.record ', 1)}"
    else:
        queued = f"{table}_queue q"
    where = all_of(Condition("q.model = ? AND q.record <= ?", (number, last)), owners)
    waiting, failed = db.execute(
        f"SELECT count(*), count(nullif(q.due < {NEVER}, TRUE)) FROM {queued} WHERE {where.sql}",  # noqa: S608  # as above
        where.values,
    ).fetchone()
    return Embedded(new + waiting - failed, failed, mark)
