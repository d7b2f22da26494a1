"""Servers in processes of their own, and clients of the official SDK."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from mcp import Client, ClientSession, StdioServerParameters, stdio_client
from typer.testing import CliRunner

from memio import Memio, Owner
from memio_mcp import create_server
from memio_mcp.cli import app

MEMORY = {"provider": "sqlite", "path": ":memory:"}
KINDS = ("facts", "history", "graph")

Connect = Callable[..., AbstractAsyncContextManager[ClientSession]]


def text_of(result: Any) -> str:
    """What the model reads."""
    return "\n".join(part.text for part in result.content)


async def call(client: Any, name: str, **arguments: Any) -> Any:
    """Call a tool that must succeed, and return its structured result."""
    result = await client.call_tool(name, arguments)
    assert not result.is_error, text_of(result)
    return result.structured_content


async def refused(client: Any, name: str, **arguments: Any) -> str:
    """Call a tool that must fail, and return what the model reads."""
    result = await client.call_tool(name, arguments)
    assert result.is_error, text_of(result)
    return text_of(result)


@asynccontextmanager
async def served(owner: Owner | None = None, kinds: Sequence[str] = KINDS, **options: Any) -> AsyncIterator[Any]:
    """A client of a server in this process, with its memory under `memio`."""
    configuration: Any = dict.fromkeys(kinds, MEMORY)
    async with (
        Memio.from_config(configuration) as memio,
        Client(create_server(memio, owner=owner, **options)) as client,
    ):
        vars(client)["memio"] = memio
        yield client


def environment(**more: str) -> dict[str, str]:
    """The variables of this process without those of memio."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MEMIO_")} | more


def run(*arguments: str, **variables: str) -> Result:
    """Run the command line in this process, with arguments that do not make it serve."""
    kept: dict[str, str | None] = {name: None for name in os.environ if name.startswith("MEMIO_")}
    return CliRunner().invoke(app, list(arguments), env={**kept, **variables})


@pytest.fixture
def stdio(tmp_path: Path) -> Connect:
    """Start `python -m memio_mcp` on one database, and connect to it."""

    @asynccontextmanager
    async def connect(
        *arguments: str, command: Sequence[str] = (sys.executable, "-m", "memio_mcp"), env: Mapping[str, str] = {}
    ) -> AsyncIterator[ClientSession]:
        variables = environment(**{"MEMIO_SQLITE_PATH": str(tmp_path / "memory.db"), **env})
        server = StdioServerParameters(command=command[0], args=[*command[1:], *arguments], env=variables, cwd=tmp_path)
        async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            yield session

    return connect
