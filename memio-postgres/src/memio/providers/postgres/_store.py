"""The base of the four adapters: their settings, their connections, and their guarantees."""

from __future__ import annotations

from typing import Never, Self, Unpack, cast

from memio.capabilities import Guarantee
from memio.errors import ConfigError
from memio.owners import ANYWHERE, Scope
from memio.plugins import Resources
from memio.providers.postgres._db.database import Database
from memio.providers.postgres._rows.erase import erase
from memio.providers.postgres.settings import PostgresOptions, PostgresSettings
from memio.settings import forget_locals


class PostgresStore:
    """A store in a PostgreSQL database. It connects, and makes its tables where they are missing, with the first call.

    Args:
        misplaced: Refused: settings are passed by name.
        settings: The keys of `PostgresSettings`.

    Raises:
        ConfigError: With everything that is wrong with the settings.
        TypeError: A setting was passed by position.
    """

    provider = "postgres"
    max_content_bytes = 16 * 1024 * 1024
    guarantees = frozenset[str](set(Guarantee) - {Guarantee.ANY_LOOP})

    _tables: tuple[str, ...] = ()
    """The tables of its kind."""

    def __init__(self, *misplaced: Never, **settings: Unpack[PostgresOptions]) -> None:
        name = type(self).__name__
        if misplaced:
            kind = type(cast("object", misplaced[0])).__name__
            # The value is not shown: it may hold a password.
            raise TypeError(f"{name} takes its settings by name, not a {kind} by position: {name}(dsn=…)")
        try:
            database = Database(PostgresSettings.resolve(**settings))
        except ConfigError as error:
            # A traceback with local variables would show the password.
            cast("dict[str, object]", settings).clear()
            forget_locals(error)
            raise
        self._owns_database = True
        self._use(database)

    @classmethod
    def sharing(cls, settings: PostgresSettings, resources: Resources) -> Self:
        """Return a store that shares the connections of its client, which closes them."""
        database = resources.obtain(("database", settings), lambda: Database(settings))
        store = cls.__new__(cls)
        store._owns_database = False  # noqa: SLF001  # an instance of this class
        store._use(database)  # noqa: SLF001  # as above
        return store

    def __repr__(self) -> str:
        database = getattr(self, "_database", None)
        place = "incomplete" if database is None else database.place
        return f"<{type(self).__name__}: {place}>"

    async def erase(self, *, scope: Scope = ANYWHERE) -> list[str]:
        """Have the server clean the tables of what was deleted, and remove owners without records.

        Args:
            scope: Whose records are being forgotten.

        Returns:
            Where bytes of deleted records may stay, because memio cannot reach it.
        """
        return await erase(self._database, self._tables, scope)

    async def aclose(self) -> None:
        """Close the connections; those that a client shares are closed by the client. Closing again does nothing."""
        if self._owns_database:
            await self._database.aclose()

    def _use(self, database: Database) -> None:
        """Set the attributes that follow from the database."""
        self._database = database
        self.identity = database.place
