"""The connections to a database, and how statements run on them."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from time import monotonic
from typing import Any, TypeVar

import asyncpg

from memio.errors import MemioError, Outcome, ProviderError
from memio.providers.postgres._db import errors
from memio.providers.postgres._db.connection import Connection, Pool, Row
from memio.providers.postgres._db.migrations import NoVectorsError, prepare_schema, prepare_vectors
from memio.providers.postgres._db.tls import tls_of
from memio.providers.postgres.settings import PostgresSettings

T = TypeVar("T")

ATTEMPTS = 12
"""How often a transaction is tried that others prevent, by a serialisation failure or a deadlock."""
_READ_AT_ONCE = 1_000
_LONGEST_PAUSE = 0.25
_RECONNECTS = 3
"""How often a call that a lost connection left undone is tried on another one."""

_NO_VECTORS = 30.0
"""For how many seconds the tables of vectors are not looked for, after they could not be made."""

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
"""Whatever the default of the role is: statements lock the rows that they decide on."""


class Database:
    """The connections of a client to one database. They are opened when they are needed.

    Args:
        settings: Where it is.

    Attributes:
        schema: The name of the schema with the tables, which every statement writes before names.
    """

    def __init__(self, settings: PostgresSettings) -> None:
        self.schema = settings.schema_name
        self.place = f"{settings.place}, schema {settings.schema_name}"
        self._has_vectors = False
        self._vector: str | None = None
        self._no_vectors: tuple[float, NoVectorsError] | None = None
        self._settings = settings
        self._pool: Pool | None = None
        self._ready = False
        self._opening: asyncio.Lock | None = None
        self._process: int | None = None
        self._closed = False

    async def read(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return the rows of a statement that only reads. It is repeated where the connection was lost."""

        async def work(connection: Connection) -> list[Row]:
            return await connection.fetch(sql, *values)

        return await self._repeat(work, lost=_not_applied)

    async def change(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return the rows of a statement that writes, which is a transaction.

        Raises:
            ProviderError: With the outcome `unknown` where the connection was lost before the answer came.
        """

        async def work(connection: Connection) -> list[Row]:
            return await connection.fetch(sql, *values)

        return await self._repeat(work, lost=_unknown)

    async def transact(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Return the result of work that reads and writes in one transaction, after the commit.

        It may be called again: when other transactions prevent this one, also by taking a key that it found free, and
        when the connection is lost before the commit.
        """
        committing = False

        async def transaction(connection: Connection) -> T:
            nonlocal committing
            committing = False
            await connection.execute(_BEGIN)
            try:
                result = await work(connection)
            except BaseException:
                await _roll_back(connection)
                raise
            committing = True
            await connection.execute("COMMIT")
            return result

        return await self._repeat(
            transaction,
            lost=lambda: "unknown" if committing else "not_applied",
            prevented=(*errors.PREVENTED, errors.Taken),
        )

    async def count(self, sql: str, values: Sequence[Any], accept: Callable[[Row], bool]) -> int:
        """Return how many rows of a statement are accepted. They are read a thousand at a time."""

        async def work(connection: Connection) -> int:
            number = 0
            async for row in connection.raw.cursor(sql, *values, prefetch=_READ_AT_ONCE):
                number += accept(row)
            return number

        return await self.transact(work)

    async def maintain(self, sql: str) -> None:
        """Run a statement that cannot be in a transaction, such as VACUUM, for as long as it takes."""

        async def work(connection: Connection) -> None:
            await connection.execute(sql, timeout=24 * 3600)

        await self._repeat(work, lost=_not_applied)

    async def has_vectors(self) -> bool:
        """Return whether there were tables of vectors when a client of this process looked for them last."""
        await self._opened()
        return self._has_vectors

    async def vector(self) -> str:
        """Return the type of vectors in SQL, after the tables of vectors were made where they are missing.

        Raises:
            NoVectorsError: They cannot be made; for a while after that it is not tried again.
        """
        if self._vector is not None and self._ready:
            return self._vector
        if self._no_vectors is not None and monotonic() < self._no_vectors[0]:
            raise self._no_vectors[1].with_traceback(None)

        async def work(connection: Connection) -> str:
            return await prepare_vectors(connection.raw, self.schema, self.place)

        try:
            self._vector = await self._repeat(work, lost=_not_applied)
        except NoVectorsError as error:
            self._no_vectors = monotonic() + _NO_VECTORS, error
            raise
        self._has_vectors = True
        return self._vector

    async def aclose(self) -> None:
        """Close the connections, after the calls that are under way. Closing again does nothing."""
        self._closed = True
        pool, self._pool = self._pool, None
        if pool is not None and self._process == os.getpid():
            await pool.aclose()

    async def _repeat(
        self,
        work: Callable[[Connection], Awaitable[T]],
        *,
        lost: Callable[[], Outcome],
        prevented: tuple[type[Exception], ...] = errors.PREVENTED,
    ) -> T:
        """Run work on a connection, and again where a failure left nothing done and may not happen again.

        Args:
            work: The work.
            lost: What was done where the connection was lost.
            prevented: What is raised where others prevented the work.
        """
        attempt = reconnects = 0
        while True:
            attempt += 1
            try:
                async with self._connected() as connection:
                    return await work(connection)
            except prevented as error:
                if attempt >= ATTEMPTS:
                    raise errors.prevented(error, ATTEMPTS) from error
                await asyncio.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.002 * 2**attempt)))  # noqa: S311  # no secret
            except errors.MEANT:
                raise
            except errors.LOST as error:
                if self._pool is not None:
                    self._pool.expire()
                if lost() == "unknown" or reconnects >= _RECONNECTS:
                    raise errors.lost(error, self.place, lost()) from error
                reconnects += 1
            except errors.FAILED as error:
                if isinstance(error, errors.GONE):
                    self._ready, self._vector = False, None
                raise errors.failed(error, self.place, self._settings, lost()) from error

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[Connection]:
        pool = await self._opened()
        try:
            connection = await pool.acquire()
        except errors.UNREACHABLE as error:
            raise self._unreachable(error) from error
        with _released(pool, connection):
            yield connection

    def _unreachable(self, error: BaseException) -> BaseException:
        if self._closed:
            return errors.closed()
        return errors.unreachable(error, self.place, self._settings)

    async def _opened(self) -> Pool:
        """Return the pool, made and with its schema in place by the first call."""
        if self._closed:
            raise errors.closed()
        if self._process is None:
            self._process = os.getpid()
        elif self._process != os.getpid():
            raise ProviderError(
                "this postgres store was in use already when this process was forked, and connections cannot be "
                "shared; nothing was done: make a new client in the new process"
            )
        if self._pool is not None and self._ready:
            return self._pool
        if self._opening is None:
            self._opening = asyncio.Lock()
        async with self._opening:
            if self._closed:
                raise errors.closed()
            if self._pool is None:
                self._pool = Pool(self._connect, self._settings.pool_size)
            if not self._ready:
                await self._prepare(self._pool)
                self._ready = True
            return self._pool

    async def _connect(self) -> Connection:
        settings = self._settings
        driver: Any = asyncpg
        raw = await driver.connect(
            settings.dsn.get_secret_value(),
            timeout=settings.connect_timeout,
            command_timeout=settings.statement_timeout,
            statement_cache_size=100 if settings.prepared_statements else 0,
            **tls_of(settings),
        )
        return Connection(raw, prepared=settings.prepared_statements)

    async def _prepare(self, pool: Pool) -> None:
        """Check the schema, and make or migrate it where that is needed."""
        try:
            connection = await pool.acquire()
        except errors.UNREACHABLE as error:
            raise self._unreachable(error) from error
        try:
            with _released(pool, connection):
                self._has_vectors = await prepare_schema(connection.raw, self.schema, self.place)
        except TimeoutError as error:
            raise errors.failed(error, self.place, self._settings, "not_applied") from error
        except errors.UNREACHABLE as error:
            raise self._unreachable(error) from error


@contextmanager
def _released(pool: Pool, connection: Connection) -> Generator[None]:
    """Give a connection back to its pool after its use."""
    answered = False
    try:
        yield
        answered = True
    except (asyncpg.PostgresError, MemioError):  # what a server answers, and what memio makes of its answers
        answered = True
        raise
    finally:
        pool.release(connection, answered=answered)


def _not_applied() -> Outcome:
    return "not_applied"


def _unknown() -> Outcome:
    return "unknown"


async def _roll_back(connection: Connection) -> None:
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        await connection.execute("ROLLBACK", timeout=5)
