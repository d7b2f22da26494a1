"""A TCP proxy that reads what a client of PostgreSQL sends, and cuts its connections where a test wants it to."""

import asyncio
import contextlib
from collections import Counter
from urllib.parse import urlsplit, urlunsplit

BEFORE, AFTER = "before", "after"


class Proxy:
    """A proxy before the server of a DSN.

    Attributes:
        cut: Decides, given a statement, whether the connection is cut before the statement is passed on, `AFTER` the
            server has answered it (the answer is kept back), or not at all (`None`).
        hold: Decides, given a statement, whether its answer waits until `release` is set.
        held: Set when there is such an answer.
        release: Lets answers pass.
        cuts: How many connections were cut, by place.
        names: The names of prepared statements that were sent.
        statements: What was sent.
        open: How many connections there are.
    """

    def __init__(self, dsn):
        self._dsn = urlsplit(dsn)
        self.cut = lambda statement: None
        self.hold = lambda statement: False
        self.held = asyncio.Event()
        self.release = asyncio.Event()
        self.cuts = Counter()
        self.names = Counter()
        self.statements = []
        self.open = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()

    @property
    def dsn(self):
        user = f"{self._dsn.username}@" if self._dsn.username else ""
        return urlunsplit(self._dsn._replace(netloc=f"{user}127.0.0.1:{self._port}", query="sslmode=disable"))

    async def _serve(self, reader, writer):
        self.open += 1
        upstream = await asyncio.open_connection(self._dsn.hostname, self._dsn.port or 5432)
        connection = _Connection(self, reader, writer, *upstream)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await connection.run()
        finally:
            self.open -= 1
            for each in (writer, upstream[1]):
                each.transport.abort()


class _Connection:
    def __init__(self, proxy, reader, writer, server_reader, server_writer):
        self._proxy = proxy
        self._client = reader, writer
        self._server = server_reader, server_writer
        self._answered = None
        self._held = False

    async def run(self):
        reader, _ = self._client
        _, server = self._server
        size = await reader.readexactly(4)
        server.write(size + await reader.readexactly(int.from_bytes(size) - 4))
        sides = [asyncio.create_task(self._answers()), asyncio.create_task(self._requests())]
        await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        for side in sides:
            side.cancel()
        await asyncio.gather(*sides, return_exceptions=True)

    async def _requests(self):
        reader, _ = self._client
        _, server = self._server
        while True:
            kind, size, body = await _message(reader)
            statement = None
            if kind == b"P":
                name, statement, _ = body.split(b"\0", 2)
                self._proxy.names[name.decode()] += 1
            elif kind == b"Q":
                statement = body[:-1]
            if statement is not None:
                text = statement.decode()
                self._proxy.statements.append(text)
                place = self._proxy.cut(text)
                if place == BEFORE:
                    self._proxy.cuts[BEFORE] += 1
                    return
                if place == AFTER:
                    self._answered = kind
                self._held = self._proxy.hold(text)
            server.write(kind + size + body)

    async def _answers(self):
        reader, _ = self._server
        _, client = self._client
        while True:
            kind, size, body = await _message(reader)
            # 'C' is the end of a command: with a COMMIT, and with a statement on its own, it is done.
            if self._answered is not None and kind == b"C":
                # The statement is committed at the latest when the server is ready again.
                while kind != b"Z":
                    kind, size, body = await _message(reader)
                self._proxy.cuts[AFTER] += 1
                return
            if self._held:
                self._held = False
                self._proxy.held.set()
                await self._proxy.release.wait()
            client.write(kind + size + body)


async def _message(reader):
    kind = await reader.readexactly(1)
    size = await reader.readexactly(4)
    return kind, size, await reader.readexactly(int.from_bytes(size) - 4)
