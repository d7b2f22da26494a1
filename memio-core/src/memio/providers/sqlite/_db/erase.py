"""Making unrecoverable what was deleted.

A deleted row stays in the file until its place is used again: in free pages, in gaps within pages, and in copies that
were left when a page was divided, which `PRAGMA secure_delete` does not reach. Its words stay in the full-text index,
which notes deletions and drops words only when it happens to merge the right parts. And its old pages stay in the
write-ahead log. So the indexes are built anew, the file is written anew from its live rows (`VACUUM`), and the log is
emptied.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from sqlite3 import SQLITE_FULL, Connection
from sqlite3 import Error as SqliteError
from threading import Lock

from memio.errors import ProviderError, UnavailableError
from memio.providers.sqlite._db.progress import Reindex, ignore_progress
from memio.providers.sqlite._db.schema import check_unchanged


class Eraser:
    """Rewrites a file, once for all calls that were made before the rewrite began.

    Args:
        path: The file, for errors.
        busy_timeout: Seconds to wait for others who read, write or empty the log.
        reindex: Builds all full-text indexes anew, inside a transaction.
    """

    def __init__(self, path: str, busy_timeout: float, reindex: Reindex) -> None:
        self._path = path
        self._busy_timeout = busy_timeout
        self._reindex = reindex
        self._lock = Lock()
        self._requested = 0
        self._done = 0

    def job(self) -> Callable[[Connection], None]:
        """Return the work of one call that is made now. It needs a connection without a transaction."""
        with self._lock:  # calls come from several threads
            self._requested += 1
            number = self._requested

        def work(db: Connection) -> None:
            if number <= self._done:
                return  # a rewrite that began after this call has done it
            requested = self._requested
            self._rewrite(db)
            self._done = requested

        return work

    def _rewrite(self, db: Connection) -> None:
        try:
            # The log first: a long read would prevent emptying it at the end, and the rewrite would be in vain.
            self._empty_log(db)
            self._rebuild_indexes(db)
            _vacuum(db)
            self._empty_log(db)
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

    def _empty_log(self, db: Connection) -> None:
        """Move everything from the write-ahead log into the file, and cut the log to nothing."""
        deadline = time.monotonic() + self._busy_timeout
        while _log_is_busy(db):
            if time.monotonic() > deadline:
                raise UnavailableError(
                    f"what was deleted can no longer be read through memio, but its bytes are still in {self._path} or "
                    f"{self._path}-wal: another connection has been reading or writing there for longer than "
                    "busy_timeout. End that read or its process, then do the same again",
                    retryable=True,
                    outcome="partial",
                )
            # SQLite waits for readers and writers, but not for another connection that empties the log.
            time.sleep(0.005)

    def _rebuild_indexes(self, db: Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        try:
            check_unchanged(db, self._path)
            self._reindex(db, ignore_progress)
            db.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back already after some failures.
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def _log_is_busy(db: Connection) -> bool:
    (busy, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return bool(busy)


def _vacuum(db: Connection) -> None:
    # The copy that it makes first may be as big as the file. In a temporary file, which SQLite unlinks as soon as
    # it is open, and which holds live rows only.
    db.execute("PRAGMA temp_store = FILE")
    try:
        db.execute("VACUUM")
    finally:
        db.execute("PRAGMA temp_store = MEMORY")
