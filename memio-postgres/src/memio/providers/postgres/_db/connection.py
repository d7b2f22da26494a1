"""A connection to the database, and the pool that keeps it for the next call.

A statement takes one round trip. The driver asks the server for the types of a statement before it sends the values,
which is another round trip, so a connection remembers them: statements stay described on this side, and are parsed anew
by the server each time, in one message with their values. So nothing of them stays on the server, where behind a pooler
such as pgbouncer another client may have the connection.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from memio.providers.postgres._db import errors

Row = Any
"""A row as asyncpg returns it: `row["name"]`, or taken apart like a tuple."""

_DESCRIBED = 256
"""How many statements a connection remembers the types of."""

_SETTLING = 5.0
"""For how many seconds a connection may take to become free after a call that ended before the server's answer."""


class Connection:
    """A connection of asyncpg.

    Args:
        raw: The connection of asyncpg.
        prepared: Whether the server keeps statements prepared.

    Attributes:
        generation: How often the pool was told that its connections may be broken, when this one was opened.
    """

    def __init__(self, raw: Any, *, prepared: bool) -> None:
        self.raw = raw
        self.generation = 0
        self._prepared = prepared
        self._described: OrderedDict[str, Any] = OrderedDict()

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        """Return the rows of a statement."""
        if self._prepared:
            return list(await self.raw.fetch(sql, *values))
        statement = self._described.get(sql)
        if statement is None:
            statement = self._described[sql] = await self.raw.prepare(sql, name="")
            if len(self._described) > _DESCRIBED:
                self._described.popitem(last=False)
        else:
            self._described.move_to_end(sql)
        return list(await statement.fetch(*values))

    async def fetchval(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row of a statement, or `None` where there is no row."""
        rows = await self.fetch(sql, *values)
        return rows[0][0] if rows else None

    async def execute(self, sql: str, *values: Any, timeout: float | None = None) -> None:  # noqa: ASYNC109  # the driver's own
        """Run a statement whose rows nobody needs; without values, it may be several ones."""
        if values:
            await self.fetch(sql, *values)
        else:
            await self.raw.execute(sql, timeout=timeout)

    @property
    def is_reusable(self) -> bool:
        """Whether it is open, and was in no transaction when the server answered last."""
        return not self.raw.is_closed() and not self.raw.is_in_transaction()


class Pool:
    """Connections that are opened when they are needed, and kept for the next call.

    Args:
        connect: Opens one.
        size: How many there are at most.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int) -> None:
        self._connect = connect
        self._size = size
        self._free = asyncio.Semaphore(size)
        self._idle: list[Connection] = []
        self._generation = 0
        self._closed = False
        self._settling: set[asyncio.Task[None]] = set()

    async def acquire(self) -> Connection:
        """Return a connection that nobody else uses; wait for one where all are in use."""
        await self._free.acquire()
        try:
            if self._closed:
                raise errors.closed()
            while self._idle:
                connection = self._idle.pop()  # the last one, so that those that are not needed stay idle
                if connection.generation == self._generation and connection.is_reusable:
                    return connection
                connection.raw.terminate()
            connection = await self._connect()
        except BaseException:
            self._free.release()
            raise
        connection.generation = self._generation
        return connection

    def release(self, connection: Connection, *, answered: bool) -> None:
        """Take a connection back.

        Args:
            connection: The connection.
            answered: Whether the server has answered all that was sent. Otherwise, such as after a call that was
                cancelled, its answer may be that a transaction has begun. The next call would then write into that
                transaction, and lose what it wrote. So the connection is free only after a ROLLBACK.
        """
        if answered or connection.raw.is_closed():
            self._take(connection)
            return
        task = asyncio.get_running_loop().create_task(_settle(connection))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        task.add_done_callback(lambda _: self._take(connection))  # also of a task that was cancelled before it began

    def _take(self, connection: Connection) -> None:
        if connection.generation == self._generation and connection.is_reusable:
            self._idle.append(connection)
        else:
            connection.raw.terminate()
        self._free.release()

    def expire(self) -> None:
        """Open new connections from now on: what ended one has often ended the others too."""
        self._generation += 1

    async def aclose(self) -> None:
        """Close the connections, after the calls that use them."""
        for _ in range(self._size):
            await self._free.acquire()
        self._closed = True
        for _ in range(self._size):  # calls that waited since are refused
            self._free.release()
        idle, self._idle = self._idle, []
        await asyncio.gather(*(connection.raw.close() for connection in idle), return_exceptions=True)


async def _settle(connection: Connection) -> None:
    """Wait for what the server answers, and end the transaction; terminate the connection where that fails."""
    settled = False
    try:
        await connection.execute("ROLLBACK", timeout=_SETTLING)
        settled = True
    except errors.UNREACHABLE:
        pass
    finally:
        if not settled:
            connection.raw.terminate()
