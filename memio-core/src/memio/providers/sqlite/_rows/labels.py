"""Owners: labels of the application, interned as integers."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

NOBODY = 0
"""The owner of records that were added without one."""

_UNUSED = " AND ".join(
    f"NOT EXISTS (SELECT 1 FROM {table} WHERE {column} = label.id AND {column} > 0)"  # noqa: S608  # names from below
    for table, column in (
        ("fact", "user"),
        ("fact", "agent"),
        ("document", "user"),
        ("session", "user"),
        ("triple", "user"),
    )
)


def find_label(db: Connection, text: str) -> int | None:
    """Return the integer of a label, or `None` when no record has it."""
    row = db.execute("SELECT id FROM label WHERE text = ?", (text,)).fetchone()
    return row[0] if row else None


def intern_label(db: Connection, text: str | None) -> int:
    """Return the integer of a label, a new one where needed.

    It is asked for in each transaction anew: another process may have dropped the label since.
    """
    if text is None:
        return NOBODY
    found = find_label(db, text)
    if found is not None:
        return found
    return int(db.execute("INSERT INTO label (text) VALUES (?) RETURNING id", (text,)).fetchone()[0])


def drop_labels(db: Connection, labels: Iterable[int | None]) -> None:
    """Forget these labels where no record has them any more: nothing of an owner stays behind.

    Each costs a look into a few indexes. `NOBODY` and `None` are no labels.
    """
    for label in filter(None, labels):
        db.execute(f"DELETE FROM label WHERE id = ? AND {_UNUSED}", (label,))  # noqa: S608  # constants


def drop_all_unused_labels(db: Connection) -> None:
    """Forget every label that no record has."""
    db.execute(f"DELETE FROM label WHERE {_UNUSED}")  # noqa: S608  # constants
