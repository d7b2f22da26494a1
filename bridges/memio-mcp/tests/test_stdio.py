"""A real client and servers in processes of their own, over stdio."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from mcp_clients import Connect, call, environment, refused


def test_what_is_added_is_found_also_by_the_next_server(stdio: Connect) -> None:
    async def main() -> None:
        async with stdio() as session:
            added = await call(session, "add_memory", content="Anna prefers green tea")
            found = await call(session, "search_memories", query="what tea does Anna like?")
            assert [memory["id"] for memory in found["memories"]] == [added["id"]]
        async with stdio() as session:
            assert await call(session, "list_memories") == found

    asyncio.run(main())


def test_two_servers_keep_40_adds_at_the_same_time(stdio: Connect) -> None:
    async def main() -> None:
        async with stdio() as one, stdio() as two:
            calls = [call((one, two)[n % 2], "add_memory", content=f"memory {n}") for n in range(40)]
            added = await asyncio.gather(*calls)
            for session in (one, two):
                listed = await call(session, "list_memories", limit=100)
                assert {memory["content"] for memory in listed["memories"]} == {f"memory {n}" for n in range(40)}
            assert len({memory["id"] for memory in added}) == 40

    asyncio.run(main())


def test_a_server_sees_the_records_of_its_owner_only(stdio: Connect) -> None:
    async def main() -> None:
        async with (
            stdio("--user", "alice") as alice,
            stdio(env={"MEMIO_MCP_USER": "bob"}) as bob,
            stdio() as nobody,
        ):
            secret = await call(alice, "add_memory", content="the PIN is 4711")
            for other in (bob, nobody):
                assert (await call(other, "search_memories", query="PIN"))["memories"] == []
                assert "no fact" in await refused(other, "delete_memory", memory_id=secret["id"])
                assert "no fact" in await refused(other, "update_memory", memory_id=secret["id"], content="x")
            assert len((await call(alice, "list_memories"))["memories"]) == 1

    asyncio.run(main())


def test_the_command_of_memio_serves_too(stdio: Connect) -> None:
    async def main() -> None:
        async with stdio("--read-only", command=(sys.executable, "-m", "memio", "mcp")) as session:
            assert (await call(session, "list_memories"))["memories"] == []
            assert "Unknown tool" in await refused(session, "add_memory", content="over memio mcp")

    asyncio.run(main())


def test_the_entry_that_is_printed_for_a_client_starts_the_server(stdio: Connect, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('facts = { provider = "sqlite", path = "own.db" }')
    options = ["--config", "own.toml", "--user", "alice", "--namespace", "a/b", "--no-delete"]
    done = subprocess.run(
        [sys.executable, "-m", "memio_mcp", *options, "--print-config", "--client", "cursor"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
    )
    entry = json.loads(done.stdout)["mcpServers"]["memory"]

    async def main() -> None:
        async with stdio(command=(entry["command"], *entry["args"])) as session:
            names = {tool.name for tool in (await session.list_tools()).tools}
            assert names == {"search_memories", "list_memories", "add_memory", "update_memory"}
            await call(session, "add_memory", content="kept in own.db")

    asyncio.run(main())
    assert (tmp_path / "own.db").exists()


def test_without_a_configuration_the_memory_is_in_the_home_folder(tmp_path: Path, stdio: Connect) -> None:
    async def main() -> None:
        async with stdio(env={"MEMIO_SQLITE_PATH": "", "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}) as session:
            await call(session, "add_memory", content="at home")

    asyncio.run(main())
    assert (tmp_path / ".memio" / "memory.db").exists()
