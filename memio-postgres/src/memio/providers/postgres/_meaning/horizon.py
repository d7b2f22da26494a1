"""Up to which number all texts of a table are seen.

Texts get their numbers from a sequence, and a transaction may commit long after others that got later ones. So a number
is settled only when no transaction is open that may have got it or an earlier one. A statement that numbers a text has
locked its table before, until the end of its transaction, and `pg_locks` shows who has.
"""

from __future__ import annotations

from memio.providers.postgres._db.connection import Connection

_REMEMBERED = 64


class Horizon:
    """What one client knows of a table.

    Args:
        table: The qualified table.
    """

    def __init__(self, table: str) -> None:
        self._table = table
        self._settled = 0
        self._seen: list[tuple[int, frozenset[str]]] = []
        """Numbers, ascending, with the transactions that may have got them or earlier ones and were open then."""

    async def settled(self, connection: Connection) -> int:
        """Return a number: later statements of this connection see every text that has it or an earlier one."""
        # The number first: who gets a later one does not matter.
        number = await connection.fetchval(
            f"SELECT coalesce(pg_sequence_last_value('{self._table}_numbers'::regclass), 0)"
        )
        rows = await connection.fetch(
            "SELECT l.virtualtransaction FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' "
            "AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database()) "
            f"AND l.relation = '{self._table}'::regclass AND l.mode = 'RowExclusiveLock' "
            "AND l.pid IS DISTINCT FROM pg_backend_pid()"
        )
        writing = frozenset(row[0] for row in rows)
        if not self._seen or self._seen[-1][0] < number:
            self._seen = [*self._seen[-_REMEMBERED:], (number, writing)]
        while self._seen and not self._seen[0][1] & writing:
            self._settled = max(self._settled, self._seen.pop(0)[0])
        return self._settled
