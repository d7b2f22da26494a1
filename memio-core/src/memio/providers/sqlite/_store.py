"""The base of the four adapters: their settings, their engine, and their guarantees."""

from __future__ import annotations

from os import PathLike
from sqlite3 import Connection
from typing import Any, Self

from memio.capabilities import Guarantee
from memio.owners import ANYWHERE, Scope
from memio.plugins import Resources
from memio.providers.sqlite._db.engine import Engine
from memio.providers.sqlite._db.location import Location
from memio.providers.sqlite._db.progress import Progress
from memio.providers.sqlite._rows.counts import kinds_of
from memio.providers.sqlite._usual import Durability, ReadSettings, usual


class SqliteStore:
    """A store in an SQLite file. It is opened by the first call.

    When the file, its `-wal` or its `-shm` is removed, moved or replaced while the store has it open, every call raises
    `ProviderError` and does nothing: close the store before files are moved. The bytes of deleted content may stay in
    the file until their place is used again, or `erase` is called, as `forget` does.

    Args:
        path: The file, or `:memory:`; else the environment's `MEMIO_SQLITE_PATH`, else `memio.db`.
        durability: `full` (default) or `normal`; see `SqliteSettings`.
        busy_timeout: Seconds to wait for another process that is writing, counted from when the writes that wait
            together begin, not from the call; default 30.
        read_only: Whether the database is neither made nor changed, so that calls that write raise `ProviderError`;
            default `False`.

    Raises:
        ConfigError: A setting is wrong.
    """

    provider = "sqlite"
    max_content_bytes = 16 * 1024 * 1024
    guarantees = frozenset[str](Guarantee)

    def __init__(
        self,
        *,
        path: str | PathLike[str] | None = None,
        durability: Durability | None = None,
        busy_timeout: float | None = None,
        read_only: bool | None = None,
    ) -> None:
        named = {"path": path, "durability": durability, "busy_timeout": busy_timeout, "read_only": read_only}
        given: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        self._engine = _engine(Location.of(usual(given) or _resolved(given)))
        self._owns_engine = True

    @classmethod
    def sharing(cls, settings: ReadSettings, resources: Resources) -> Self:
        """Return a store that shares the engine of its client, which closes it."""
        location = Location.of(settings)
        engine = resources.obtain(("engine", location.key()), lambda: _engine(location))
        store = cls.__new__(cls)
        vars(store).update(_engine=engine, _owns_engine=False)
        return store

    async def erase(self, *, scope: Scope = ANYWHERE) -> list[str]:
        """Rewrite the file without anything that was deleted from it, of every kind and owner.

        Afterwards nothing of it is in the file, in its write-ahead log, or in the full-text indexes. Writes wait
        meanwhile, reads do not.

        Args:
            scope: Whose records are being forgotten.

        Returns:
            A notice that names the kinds of which the file still has records in the scope; empty where there are none.

        Raises:
            UnavailableError: A connection that has been reading for longer than `busy_timeout` keeps the log from being
                emptied. The bytes are still there: call again when it has ended.
            ProviderError: The disk is full, or read_only is set. The bytes are still there.
        """
        await self._engine.erase()
        if scope == ANYWHERE:
            return []
        kinds = await self._engine.search(lambda db: kinds_of(db, scope))
        if not kinds:
            return []
        return [f"the file still has records of this owner ({', '.join(kinds)}), which were not to be deleted"]

    async def aclose(self) -> None:
        """Finish the calls that were made, and close the file; a file that a client shares is closed by the client.

        Closing again does nothing.
        """
        if self._owns_engine:
            await self._engine.aclose()


def _resolved(given: dict[str, Any]) -> ReadSettings:
    from memio.providers.sqlite.settings import SqliteSettings

    return SqliteSettings.resolve(**given)


def _engine(location: Location) -> Engine:
    return Engine(location, _reindex)


def _reindex(db: Connection, progress: Progress) -> None:
    # Imported when it is needed: a store of facts alone does not need the modules of the other kinds.
    from memio.providers.sqlite._rows.reindex import reindex_all

    reindex_all(db, progress)
