"""A real client over streamable HTTP, and what the server refuses."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_clients import MEMORY, call, environment, run

from memio import InvalidInputError, Memio, MemioError
from memio_mcp import create_server
from memio_mcp.http import app_of, check_address, is_loopback

TOKEN = "a-token-of-more-than-16-characters"  # noqa: S105  # of this test
ALL = "0.0.0.0"  # noqa: S104  # never listened at
HELLO = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


@contextmanager
def listening(folder: Path, *arguments: str, token: str = "") -> Iterator[str]:
    """Start a server over HTTP, and return its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    variables = environment(
        MEMIO_SQLITE_PATH=str(folder / "memory.db"), **({"MEMIO_MCP_TOKEN": token} if token else {})
    )
    server = subprocess.Popen(
        [sys.executable, "-m", "memio_mcp", "--http", "--port", str(port), *arguments],
        env=variables,
        cwd=folder,
        stderr=subprocess.PIPE,
    )
    try:
        for _ in range(600):
            assert server.poll() is None, server.stderr and server.stderr.read().decode()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        else:
            raise AssertionError("the server does not listen")
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.terminate()
        server.wait(30)
        if server.stderr:
            server.stderr.close()


def test_a_client_with_the_token_adds_and_finds(tmp_path: Path) -> None:
    async def main(url: str) -> None:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            added = await call(client, "add_memory", content="likes coffee")
            found = await call(client, "search_memories", query="coffee")
            assert found["memories"] == [added]

    with listening(tmp_path, token=TOKEN) as url:
        asyncio.run(main(url))


def test_every_other_request_is_refused(tmp_path: Path) -> None:
    wrong = ["", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer ü"]
    with listening(tmp_path, token=TOKEN) as url, httpx2.Client() as http:
        for value in wrong:
            headers = {**HEADERS, **({"Authorization": value.encode()} if value else {})}
            answer = http.post(url, json=HELLO, headers=headers)
            assert answer.status_code == 401, value
            assert "www-authenticate" in answer.headers
        twice = [*HEADERS.items(), ("authorization", f"Bearer {TOKEN}"), ("authorization", "Bearer other")]
        assert http.post(url, json=HELLO, headers=twice).status_code == 401
        assert http.get(url.removesuffix("mcp")).status_code == 401
        right = {**HEADERS, "Authorization": f"Bearer {TOKEN}"}
        for other in ({"origin": "https://attacker.example"}, {"host": "attacker.example"}):
            assert http.post(url, json=HELLO, headers={**right, **other}).status_code in (403, 421)


def test_without_a_token_this_machine_may_call_and_a_web_page_may_not(tmp_path: Path) -> None:
    async def main(url: str) -> None:
        async with Client(streamable_http_client(url)) as client:
            await call(client, "add_memory", content="likes coffee")

    with listening(tmp_path) as url:
        asyncio.run(main(url))
        for headers in ({"origin": "https://attacker.example"}, {"host": "attacker.example"}):
            assert httpx2.post(url, json=HELLO, headers={**HEADERS, **headers}).status_code in (403, 421)


@pytest.mark.parametrize("host", [ALL, "::", "192.168.1.2", "example.com", "localhost.example.com", "[::1]"])
def test_an_address_that_others_reach_needs_a_token(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(InvalidInputError, match="there is no token"):
        check_address(host, None)
    check_address(host, TOKEN)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_a_web_page_cannot_call_a_server_of_this_machine_whatever_its_address(host: str) -> None:
    async def main() -> None:
        config: Any = {"facts": MEMORY}
        async with Memio.from_config(config) as memio:
            app: Any = app_of(create_server(memio), host, None)
            address = f"http://{f'[{host}]' if ':' in host else host}:8765/mcp"
            async with app.router.lifespan_context(app):
                http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app))
                async with http:
                    for headers in ({"origin": "https://attacker.example"}, {"host": "attacker.example:8765"}):
                        answer = await http.post(address, json=HELLO, headers={**HEADERS, **headers})
                        assert answer.status_code in (403, 421)
                    answer = await http.post(address, json=HELLO, headers=HEADERS)
                    assert answer.status_code not in (401, 403, 421)

    asyncio.run(main())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_an_address_of_this_machine_needs_none(host: str) -> None:
    check_address(host, None)


@pytest.mark.parametrize(
    "token", ["short", "a token with spaces in it", "ein-Schlüssel-mit-Umlaut", "x" * 15, "a\tb" * 9]
)
def test_a_token_that_is_weak_or_no_header_value_is_refused(token: str) -> None:
    with pytest.raises(InvalidInputError, match="at least 16 characters"):
        check_address("127.0.0.1", token)


def test_the_command_refuses_to_listen_for_others_without_a_token() -> None:
    for arguments, message in (
        (["--http", "--host", ALL], "there is no token"),
        (["--http", "--host", ""], "--host is empty"),
        (["--host", "127.0.0.1"], "are for --http"),
    ):
        done = run(*arguments)
        assert isinstance(done.exception, MemioError)
        assert message in str(done.exception)
