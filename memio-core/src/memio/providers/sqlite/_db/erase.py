"""Making unrecoverable what was deleted.

A deleted row stays in the file until its place is used again: in free pages, in gaps within pages, also as
copies that were left when a page was divided, which `PRAGMA secure_delete` does not reach. Its words stay in the
full-text index as well, which notes deletions and drops words only when it happens to merge the right parts. And its
old pages stay in the write-ahead log. So the indexes are built anew, the file is written anew from its live
rows (`VACUUM`), and the log is emptied.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from sqlite3 import SQLITE_FULL, Connection
from sqlite3 import Error as SqliteError

from memio.errors import ProviderError, UnavailableError

_KINDS = {
    "facts": "SELECT 1 FROM fact WHERE user = :user OR agent = :agent",
    "history": "SELECT 1 FROM session WHERE user = :user",
    "documents": "SELECT 1 FROM document WHERE user = :user",
    "graph": "SELECT 1 FROM triple WHERE user = :user",
}


class Eraser:
    """Rewrites a file, once for all who ask for it before it begins.

    Args:
        path: The file, for errors.
        patience: Seconds to wait for others who read, write or empty the log.
    """

    def __init__(self, path: str, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._asked = 0
        self._covered = 0

    def job(self) -> Callable[[Connection], None]:
        """Return the work for one who asks now. It needs a connection without a transaction."""
        self._asked += 1
        turn = self._asked

        def work(db: Connection) -> None:
            if turn <= self._covered:
                return  # a rewrite that began after this was asked for has done it
            asked = self._asked
            self._rewrite(db)
            self._covered = asked

        return work

    def _rewrite(self, db: Connection) -> None:
        try:
            self._rewrite_all(db)
        except SqliteError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != SQLITE_FULL:
                raise
            raise ProviderError(
                f"what was deleted can no longer be read through memio, but its bytes are still in {self._path} or "
                f"{self._path}-wal: the disk is full, and writing the file anew takes up to twice its size for a "
                "moment. Make room, then do the same again",
                cause=error,
                outcome="partial",
            ) from error

    def _rewrite_all(self, db: Connection) -> None:
        # First, because whoever reads for long is in the way at the end as well, and the rewrite would be in vain.
        self._empty_log(db)
        _reindex(db)
        _vacuum(db)
        self._empty_log(db)

    def _empty_log(self, db: Connection) -> None:
        """Move everything from the write-ahead log into the file, and cut the log to nothing."""
        deadline = time.monotonic() + self._patience
        while self._log_is_busy(db):
            if time.monotonic() > deadline:
                raise UnavailableError(
                    f"what was deleted can no longer be read through memio, but its bytes are still in {self._path} or "
                    f"{self._path}-wal: another connection has been reading or writing there for longer than "
                    "busy_timeout. End that read or its process, then do the same again",
                    retryable=True,
                    outcome="partial",
                )
            # For readers and writers SQLite waits by itself; while another connection empties the log, it does not.
            time.sleep(0.005)

    def _log_is_busy(self, db: Connection) -> bool:
        (busy, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return bool(busy)


def _reindex(db: Connection) -> None:
    # Only here: a store of facts alone does not need the modules of the other kinds.
    from memio.providers.sqlite._rows import conversations, records, triples

    db.execute("BEGIN IMMEDIATE")
    try:
        records.reindex(db, "fact")
        records.reindex(db, "document")
        conversations.reindex(db)
        triples.reindex(db)
        db.execute("COMMIT")
    except BaseException:
        # SQLite rolls back some failures by itself.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _vacuum(db: Connection) -> None:
    # The copy that it makes first may be as big as the file. In a temporary file, which SQLite unlinks as soon as
    # it is open, and which holds live rows only.
    db.execute("PRAGMA temp_store = FILE")
    try:
        db.execute("VACUUM")
    finally:
        db.execute("PRAGMA temp_store = MEMORY")


def kinds_of(db: Connection, user_id: str | None, agent_id: str | None) -> list[str]:
    """Return the kinds of which the file has records of this owner; a pair of owners has those of neither."""
    labels = {
        name: label and db.execute("SELECT id FROM label WHERE text = ?", (label,)).fetchone()
        for name, label in (("user", user_id), ("agent", agent_id))
    }
    values = {name: found[0] if found else None for name, found in labels.items()}
    if None not in (user_id, agent_id):
        return []
    return [kind for kind, sql in _KINDS.items() if db.execute(f"{sql} LIMIT 1", values).fetchone()]
