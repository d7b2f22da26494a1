"""Labels of owners, interned as integers, and which kinds have records of an owner."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

from memio.providers.sqlite._db.schema import OWNED_TABLES

NO_OWNER = 0
"""The owner of records that were added without one."""

_UNUSED = " AND ".join(
    f"NOT EXISTS (SELECT 1 FROM {table.name} WHERE {column} = label.id AND {column} > 0)"  # noqa: S608  # names of the schema
    for table in OWNED_TABLES
    for column in table.owners
)


def find_label(db: Connection, text: str) -> int | None:
    """Return the integer of a label, or `None` when no record has it."""
    row = db.execute("SELECT id FROM label WHERE text = ?", (text,)).fetchone()
    return row[0] if row else None


def intern_label(db: Connection, text: str | None) -> int:
    """Return the integer of a label, and add the label where it is new.

    It is looked up in each transaction anew, because another process may have dropped the label since.
    """
    if text is None:
        return NO_OWNER
    found = find_label(db, text)
    if found is not None:
        return found
    return int(db.execute("INSERT INTO label (text) VALUES (?) RETURNING id", (text,)).fetchone()[0])


def drop_labels(db: Connection, labels: Iterable[int | None]) -> None:
    """Delete those of the labels that no record has any more, so that nothing of an owner stays in the file.

    Each costs a look-up in a few indexes. `NO_OWNER` and `None` are not labels.
    """
    for label in filter(None, labels):
        db.execute(f"DELETE FROM label WHERE id = ? AND {_UNUSED}", (label,))  # noqa: S608  # names of the schema


def drop_all_unused_labels(db: Connection) -> None:
    """Delete every label that no record has."""
    db.execute(f"DELETE FROM label WHERE {_UNUSED}")  # noqa: S608  # names of the schema


def kinds_of(db: Connection, user_id: str | None, agent_id: str | None) -> list[str]:
    """Return the kinds of which the file has records of this user, or of this agent; none for a pair of the two."""
    if user_id is not None and agent_id is not None:
        return []
    column, text = ("user", user_id) if agent_id is None else ("agent", agent_id)
    label = None if text is None else find_label(db, text)
    if label is None:
        return []
    return [
        table.kind
        for table in OWNED_TABLES
        if column in table.owners
        and db.execute(f"SELECT 1 FROM {table.name} WHERE {column} = ? LIMIT 1", (label,)).fetchone()  # noqa: S608  # names of the schema
    ]
