"""The targets of the contract suite for `postgres`: schemas of their own in the configured database.

Each run makes a schema of plain tables, and one of partitioned tables, and drops them at its end. Between examples they
are emptied, which takes a hundredth of the time that making them takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import asyncpg

from memio.capabilities import KINDS
from memio.providers.postgres._db.schema import TABLES, statements
from memio.providers.postgres._db.tls import tls_of
from memio.providers.postgres.settings import PostgresSettings

if TYPE_CHECKING:
    from memio_contract import ContractTarget

T = TypeVar("T")

_PARTITIONS = 3
_TRUNCATED_AFTER = 100
"""After how many examples deleted rows are removed from the files as well."""


def targets(config: str | None) -> list[ContractTarget]:
    """Return a target with plain tables, and one with partitioned tables."""
    from memio_contract import ContractTarget, MeaningEmbedder

    settings = _settings(config)
    embedder = MeaningEmbedder if _in_a_thread(_has_vectors(settings)) else None
    found: list[ContractTarget] = []
    for name, partitions in (("postgres", 0), ("postgres partitioned", _PARTITIONS)):
        place = _Place(settings, partitions)
        found.append(ContractTarget(fresh=place.fresh, once=place.once, provider=name, kinds=KINDS, embedder=embedder))
    return found


class _Place:
    """A schema for the examples of a target.

    Args:
        settings: The database.
        partitions: How many partitions its tables have.
    """

    def __init__(self, settings: PostgresSettings, partitions: int) -> None:
        self._settings = settings
        self._partitions = partitions
        self._schema = f"memio_contract_{uuid4().hex[:12]}"
        self._examples = 0

    @contextmanager
    def once(self) -> Generator[None]:
        """Make the schema, and drop it at the end."""
        _in_a_thread(self._run(f"CREATE SCHEMA {self._schema}", *statements(self._schema, self._partitions)))
        try:
            yield
        finally:
            _in_a_thread(self._run(f"DROP SCHEMA {self._schema} CASCADE"))

    @asynccontextmanager
    async def fresh(self) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield a configuration of the schema, and empty it afterwards."""
        given: dict[str, Any] = {
            name: value for name, value in self._settings.model_dump().items() if value is not None
        }
        given |= {"dsn": self._settings.dsn.get_secret_value(), "schema_name": self._schema}
        try:
            yield {**dict.fromkeys(KINDS, "postgres"), "providers": {"postgres": given}}
        finally:
            self._examples += 1
            tables = [f"{self._schema}.{table}" for table in TABLES]
            if self._examples % _TRUNCATED_AFTER == 0:
                await self._run(f"TRUNCATE {', '.join(tables)} CASCADE")
            else:
                await self._run(*(f"DELETE FROM {table}" for table in tables))

    async def _run(self, *commands: str) -> None:
        """Run statements in one transaction."""
        async with _connected(self._settings) as connection:
            await connection.execute(";\n".join(commands))


@asynccontextmanager
async def _connected(settings: PostgresSettings) -> AsyncGenerator[Any]:
    driver: Any = asyncpg
    connection = await driver.connect(settings.dsn.get_secret_value(), statement_cache_size=0, **tls_of(settings))
    try:
        yield connection
    finally:
        await connection.close()


async def _has_vectors(settings: PostgresSettings) -> bool:
    """Return whether the server can search by meaning; where it does not answer, the examples will show it."""
    try:
        async with _connected(settings) as connection:
            return bool(await connection.fetch("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'"))
    except (OSError, asyncpg.PostgresError):
        return True


def _in_a_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run work to its end, also where an event loop is running."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()


def _settings(config: str | None) -> PostgresSettings:
    if config is None:
        return PostgresSettings.resolve()
    from memio.config import load

    for store in load(config).stores:
        if isinstance(store.settings, PostgresSettings):
            return store.settings
    return PostgresSettings.resolve()
