"""A real HTTP proxy that counts requests, and does to chosen ones what networks do: delay, cut, lose, repeat."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

ID = re.compile(r"\b(agent|archive|passage|conv)-[^/]+")


@dataclass
class Request:
    """A request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    raw: bytes

    @property
    def name(self) -> str:
        """Method and path, with `{agent}` for the id of an agent and so on."""
        path = ID.sub(r"{\1}", self.target.partition("?")[0])
        return f"{self.method} {path}"


Act = Callable[["Proxy", Request, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Rule:
    """What to do to the requests whose name matches."""

    pattern: re.Pattern[str]
    act: Act
    after: int
    times: int


@dataclass
class Proxy:
    """Forwards requests to a server, except those that a rule is for.

    Attributes:
        target: The server; without one every request needs a rule.
        requests: The requests that arrived.
    """

    target: str = "http://127.0.0.1:9"
    requests: list[Request] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    down: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once `go_down` was called."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The address on which it listens."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def names(self) -> list[str]:
        """The names of the requests that arrived."""
        return [request.name for request in self.requests]

    def on(self, pattern: str, act: Act, *, after: int = 0, times: int = 1) -> None:
        """Apply `act` to requests whose name matches a pattern: to `times` of them, after the first `after`."""
        self.rules.append(Rule(re.compile(pattern), act, after, times))

    def forget(self) -> None:
        """Forget what came in, and the rules."""
        self.requests.clear()
        self.rules.clear()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.break_network()
        await self._server.wait_closed()

    def go_down(self) -> None:
        """Refuse connections, as a server that is being restarted does."""
        self._port = urlsplit(self.url).port
        self._server.close()
        self.down.set()

    async def come_back(self) -> None:
        """Listen again where it did."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=1 << 20)

    async def break_network(self) -> None:
        """Cut every connection, and take no more."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            kept = [line for line in lines[1:] if line and not line.lower().startswith("connection:")]
            raw = "\r\n".join([lines[0], *kept, "Connection: close", "", ""]).encode("latin-1") + body
            request = Request(method, target, headers, raw)
            self.requests.append(request)
            await self._rule_for(request)(self, request, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away, which is its right
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    def _rule_for(self, request: Request) -> Act:
        for rule in self.rules:
            if rule.pattern.search(request.name):
                if rule.after:
                    rule.after -= 1
                elif rule.times:
                    rule.times -= 1
                    return rule.act
        return forward

    async def exchange(self, request: Request) -> bytes:
        """Send a request to the server and return the whole answer."""
        upstream, sender = await self._connect()
        try:
            sender.write(request.raw)
            return await upstream.read()
        finally:
            sender.close()

    async def relay(self, request: Request, writer: asyncio.StreamWriter) -> None:
        """Send a request to the server, and its answer to the client as it comes."""
        upstream, sender = await self._connect()
        try:
            sender.write(request.raw)
            while data := await upstream.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            sender.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self.target)
        return await asyncio.open_connection(parts.hostname, parts.port)


async def forward(proxy: Proxy, request: Request, writer: asyncio.StreamWriter) -> None:
    """Forward the request and its answer."""
    await proxy.relay(request, writer)


def answer(status: int, body: str = '{"detail": "sent by the proxy"}', **headers: str) -> Act:
    """Answer without forwarding the request."""

    async def act(_: Proxy, __: Request, writer: asyncio.StreamWriter) -> None:
        data = body.encode()
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        kind = "" if "content_type" in headers else "Content-Type: application/json\r\n"
        head = f"HTTP/1.1 {status} Status\r\n{kind}{more}Content-Length: {len(data)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + data)
        await writer.drain()

    return act


async def missing(proxy: Proxy, request: Request, writer: asyncio.StreamWriter) -> None:
    """Answer that what the path names is not there, as Letta does."""
    *_, last = ID.finditer(request.target.partition("?")[0])
    await answer(404, f'{{"detail": "Record with id {last[0]} not found"}}')(proxy, request, writer)


def gateway(status: int, body: str, kind: str) -> Act:
    """Answer as a gateway does; `{path}` in the body is the path that was asked for."""

    async def act(proxy: Proxy, request: Request, writer: asyncio.StreamWriter) -> None:
        text = body.replace("{path}", request.target.partition("?")[0])
        await answer(status, text, content_type=kind)(proxy, request, writer)

    return act


NO_ROUTE = [
    gateway(404, "404 page not found", "text/plain"),
    gateway(404, "<html>not found</html>", "text/html"),
    gateway(404, "", "application/json"),
    gateway(404, '{"detail": "Not Found"}', "application/json"),
    gateway(404, '{"detail": "No static resource {path}.", "status": 404}', "application/problem+json"),
    gateway(404, '{"message": "no Route matched with those values"}', "application/json"),
    gateway(404, '["{path}"]', "application/json"),
]
"""What gateways answer that have no route to the server."""


async def lose_request(_: Proxy, __: Request, writer: asyncio.StreamWriter) -> None:
    """Hang up without forwarding."""
    writer.transport.abort()


async def lose_answer(proxy: Proxy, request: Request, writer: asyncio.StreamWriter) -> None:
    """Forward, wait until the server is done, and hang up."""
    await proxy.exchange(request)
    writer.transport.abort()


async def repeat(proxy: Proxy, request: Request, writer: asyncio.StreamWriter) -> None:
    """Forward twice, and relay the second answer."""
    await proxy.exchange(request)
    await proxy.relay(request, writer)


async def lose_answer_and_go_down(proxy: Proxy, request: Request, writer: asyncio.StreamWriter) -> None:
    """Forward, and hang up; then refuse connections until `come_back`."""
    await proxy.exchange(request)
    proxy.go_down()
    writer.transport.abort()


def cut(marker: bytes) -> Act:
    """Forward, and hang up in the answer, after a marker."""

    async def act(proxy: Proxy, request: Request, writer: asyncio.StreamWriter) -> None:
        whole = await proxy.exchange(request)
        writer.write(whole[: whole.index(marker) + len(marker)])
        await writer.drain()
        writer.transport.abort()

    return act


def distort(change: Callable[[bytes], bytes]) -> Act:
    """Forward, and change the answer."""

    async def act(proxy: Proxy, request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(change(await proxy.exchange(request)))
        await writer.drain()

    return act


def hold_request(release: asyncio.Event, arrived: asyncio.Event | None = None) -> Act:
    """Set `arrived`, and forward the request when `release` is set."""

    async def act(proxy: Proxy, request: Request, writer: asyncio.StreamWriter) -> None:
        if arrived:
            arrived.set()
        await release.wait()
        await proxy.relay(request, writer)

    return act


def hold_answer(arrived: asyncio.Event, release: asyncio.Event) -> Act:
    """Forward the request, set `arrived` when the server has answered, and answer when `release` is set."""

    async def act(proxy: Proxy, request: Request, writer: asyncio.StreamWriter) -> None:
        whole = await proxy.exchange(request)
        arrived.set()
        await release.wait()
        writer.write(whole)
        await writer.drain()

    return act


def meanwhile(happening: Callable[[], Awaitable[object]]) -> Act:
    """Await `happening`, and then forward the request."""

    async def act(proxy: Proxy, request: Request, writer: asyncio.StreamWriter) -> None:
        await happening()
        await proxy.relay(request, writer)

    return act
