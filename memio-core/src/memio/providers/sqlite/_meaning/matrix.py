"""The bits of the vectors of a table, kept in memory as long as the store is open."""

from __future__ import annotations

from sqlite3 import Connection
from threading import Lock

from memio.providers.sqlite._connection.interrupts import end_if_cancelled
from memio.providers.sqlite._meaning.models import KEY_BITS, LAST, Model
from memio.toolkit.vectors import BitMatrix

_READ_AT_ONCE = 8_192
_LEAST_CHECKED = 20_000


class TableMatrix:
    """The bits of the vectors that searches of a table use. Several threads may use it.

    It is read anew where it is of another model, and completed by what was stored since, by this process or another
    one. What was deleted stays in it until it is read anew; whoever finds too much of that drops it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._start(0, b"")

    def completed(self, db: Connection, table: str, model: Model) -> BitMatrix:
        """Return the bits of all vectors of a model that the transaction sees, and maybe of others."""
        with self._lock:
            if (self._number, self._centre) != (model.number, model.centre) or self._is_outdated(db, table):
                self._start(model.number, model.centre)
            if self._stamp < model.stamp:
                self._read(db, table, model)
            return self._bits

    def drop(self) -> None:
        """Release the memory. The next search reads the table again."""
        with self._lock:
            self._start(0, b"")

    def _start(self, number: int, centre: bytes) -> None:
        self._number, self._centre, self._stamp, self._check_at = number, centre, 0, _LEAST_CHECKED
        self._bits = BitMatrix(centre)

    def _is_outdated(self, db: Connection, table: str) -> bool:
        """Return whether a third of the bits are of vectors that were replaced or deleted; looked up now and then."""
        size = len(self._bits)
        if size < self._check_at:
            return False
        self._check_at = size + size // 4
        (there,) = db.execute(f"SELECT count(*) FROM {table}_vector").fetchone()  # noqa: S608  # a name of the schema
        return size > int(there) * 3 // 2

    def _read(self, db: Connection, table: str, model: Model) -> None:
        found = db.execute(
            f"SELECT key, vector FROM {table}_vector WHERE stamp > ? AND key & {LAST} BETWEEN ? AND ?",  # noqa: S608  # as above
            (self._stamp, *model.keys()),
        )
        bits = self._bits if self._stamp else BitMatrix(self._centre)  # a cancelled read leaves half of them
        while rows := found.fetchmany(_READ_AT_ONCE):
            end_if_cancelled()
            bits.extend([key >> KEY_BITS for key, _ in rows], [vector for _, vector in rows])
        self._bits, self._stamp = bits, model.stamp
