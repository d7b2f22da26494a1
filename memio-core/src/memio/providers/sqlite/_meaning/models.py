"""The models whose vectors a table has, and the keys of vectors.

A model is current, and serves searches, or is being made beside it by `reindex`. The key of a vector is the number of
its record, the slot of its model and the number of its window, so that all vectors of a record lie together, and those
of each model in order. A slot is used again; the number of a model is not.

Every function runs inside a transaction of the engine. `table` is the name of a table of texts.
"""

from __future__ import annotations

from sqlite3 import Connection
from typing import NamedTuple

from memio.errors import OtherModelError
from memio.toolkit import meaning

_WINDOW_BITS, _SLOT_BITS = 6, 2
KEY_BITS = _WINDOW_BITS + _SLOT_BITS
"""How far the number of a record is shifted to the left in keys."""
_SLOTS = range(1 << _SLOT_BITS)
LAST = (1 << KEY_BITS) - 1
"""How much greater the greatest key of a record may be than its least."""
NEVER = 2**63 - 1
"""When a text is due in a queue that the embedder has refused for good."""


class Model(NamedTuple):
    """A model of a table.

    Attributes:
        number: Its number.
        name: What the embedder calls it.
        slot: Which part of the keys it has.
        current: Whether searches use it.
        dimensions: The length of its vectors; 0 while there was none.
        upto: The last row that was claimed for it: all later ones are pending.
        stamp: The number of the last transaction that stored vectors.
        centre: The mean of the vectors of some typical texts, which no record has; empty while it is not known.
    """

    number: int
    name: str
    slot: int
    current: bool
    dimensions: int
    upto: int
    stamp: int
    centre: bytes

    def keys(self) -> tuple[int, int]:
        """Return what is added to the shifted number of a record for its least and greatest key of this model."""
        least = self.slot << _WINDOW_BITS
        return least, least | ((1 << _WINDOW_BITS) - 1)

    def key(self, record: int, window: int) -> int:
        """Return the key of a vector."""
        return record << KEY_BITS | self.slot << _WINDOW_BITS | window


def other_model(table: str, model: Model, name: str, length: int = 0) -> OtherModelError:
    """Return the error for vectors of another model than that of the embedder, or of another length.

    Args:
        table: The table.
        model: The model of the vectors.
        name: That of the embedder.
        length: The length of its vectors; default unknown.
    """
    return meaning.other_model(f"{table}s of this file", model.name, model.dimensions, name, length)


COLUMNS = "number, name, slot, current, dimensions, upto, stamp, centre"
"""The columns of a model, in order."""
_SELECT = f"SELECT {COLUMNS} FROM model WHERE source = ?"  # noqa: S608  # a constant


def current_model(db: Connection, table: str) -> Model | None:
    """Return the model whose vectors searches use, or `None` where there is none."""
    row = db.execute(f"{_SELECT} AND current", (table,)).fetchone()
    return Model._make(row) if row else None


def find_model(db: Connection, table: str, name: str) -> Model | None:
    """Return the model of a name, or `None`."""
    row = db.execute(f"{_SELECT} AND name = ?", (table, name)).fetchone()
    return Model._make(row) if row else None


def intern_model(db: Connection, table: str, name: str) -> Model:
    """Return the model of a name, and add it beside the current one where it is new.

    Where no slot is left, the oldest of those that were begun and never became current is given up.
    """
    found = find_model(db, table, name)
    if found is not None:
        return found
    taken = {slot: number for number, slot in db.execute("SELECT number, slot FROM model WHERE source = ?", (table,))}
    if len(taken) == len(_SLOTS):
        (oldest,) = db.execute("SELECT min(number) FROM model WHERE source = ? AND NOT current", (table,)).fetchone()
        delete_models(db, table, [oldest])
        taken = {slot: number for slot, number in taken.items() if number != oldest}
    slot = next(slot for slot in _SLOTS if slot not in taken)
    db.execute("INSERT INTO model (source, name, slot, current) VALUES (?, ?, ?, FALSE)", (table, name, slot))
    return _found(find_model(db, table, name))


def adopt_model(db: Connection, table: str, name: str, now: int) -> Model:
    """Return the model of a name, which is the current one, or becomes it because nothing is embedded yet.

    Args:
        db: The connection.
        table: The table.
        name: The model.
        now: The time: as long as another process is embedding with another model, that one stays the current one.

    Raises:
        OtherModelError: Another one is current.
    """
    current = check_model(db, table, name, now)
    if current is None:
        made = intern_model(db, table, name)
        make_current(db, table, made.number)
        return made._replace(current=True)
    if current.name == name:
        return current
    delete_models(db, table, [current.number])
    return adopt_model(db, table, name, now)


def check_model(db: Connection, table: str, name: str, now: int) -> Model | None:
    """Return the current model, which has this name or no vectors, or `None` where there is none.

    Raises:
        OtherModelError: Another one is current.
    """
    current = current_model(db, table)
    if current is not None and current.name != name and not _is_unused(db, table, current, now):
        raise other_model(table, current, name)
    return current


def make_current(db: Connection, table: str, number: int) -> None:
    """Make a model the current one, and delete the others with their vectors."""
    others = db.execute("SELECT number FROM model WHERE source = ? AND number <> ?", (table, number)).fetchall()
    delete_models(db, table, [other for (other,) in others])
    db.execute("UPDATE model SET current = TRUE WHERE number = ?", (number,))


def set_centre(db: Connection, number: int, centre: bytes) -> None:
    """Note the mean of the vectors of typical texts."""
    db.execute("UPDATE model SET centre = ? WHERE number = ?", (centre, number))


def delete_models(db: Connection, table: str, numbers: list[int]) -> None:
    """Delete models, their vectors, and what is still to be embedded for them."""
    for number in numbers:
        db.execute(
            f"DELETE FROM {table}_vector WHERE key >> {_WINDOW_BITS} & {len(_SLOTS) - 1} = "  # noqa: S608  # a name of the schema
            "(SELECT slot FROM model WHERE number = ?)",
            (number,),
        )
        db.execute(f"DELETE FROM {table}_queue WHERE model = ?", (number,))  # noqa: S608  # as above
        db.execute("DELETE FROM model WHERE number = ?", (number,))


def has_models(db: Connection, table: str) -> bool:
    """Return whether texts of a table have ever been embedded."""
    return db.execute("SELECT 1 FROM model WHERE source = ?", (table,)).fetchone() is not None


def _is_unused(db: Connection, table: str, model: Model, now: int) -> bool:
    """Return whether a model has no vector, and no process is making one."""
    vector = db.execute(
        f"SELECT 1 FROM {table}_vector WHERE key & {LAST} BETWEEN ? AND ? LIMIT 1",  # noqa: S608  # as above
        model.keys(),
    ).fetchone()
    claimed = db.execute(
        f"SELECT 1 FROM {table}_queue WHERE model = ? AND due > ? AND due < {NEVER} LIMIT 1",  # noqa: S608  # as above
        (model.number, now),
    ).fetchone()
    return vector is None and claimed is None


def _found(model: Model | None) -> Model:
    if model is None:
        raise LookupError("a model that was just added is not there")
    return model
