"""Records and sessions as resources."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from mcp import MCPError
from mcp_clients import call, served

from memio import Message, Owner
from memio_mcp.records import uri

ALICE = Owner(user_id="alice")
ODD = ["a/b", "..", "/etc/passwd", "ü ☕", "50%", "{x}", "?cursor=1", "a+b", "#", "%2F"]


async def read(client: Any, address: str) -> Any:
    return json.loads((await client.read_resource(address)).contents[0].text)


def test_records_and_sessions_are_read_complete() -> None:
    async def main() -> None:
        async with served(ALICE) as client:
            added = await call(client, "add_memory", content="likes coffee")
            memory = await read(client, uri("memories", added["id"]))
            assert (memory["id"], memory["content"]) == (added["id"], "likes coffee")
            assert (await read(client, "memio://memories"))["memories"] == [added]
            data = {"parts": ["\ud800\0", {"n": 10**30}]}
            messages = [Message(role="user", content=str(n), data=data) for n in range(150)]
            await client.memio.history.add(session_id="s 1/2", messages=messages, owner=ALICE)
            (session,) = (await read(client, "memio://sessions"))["sessions"]
            page = await read(client, session["resource"])
            assert [each["content"] for each in page["messages"]] == [str(n) for n in range(50, 150)]
            assert page["messages"][0]["data"] == data
            rest = await read(client, f"{session['resource']}?cursor={page['next_cursor']}")
            assert [each["content"] for each in rest["messages"]] == [str(n) for n in range(50)]
            await call(client, "relate_entities", relations=[{"subject": "A", "predicate": "p", "object": "B"}])
            assert len((await read(client, uri("entities", "B")))["relations"]) == 1

    asyncio.run(main())


def test_listings_go_on_where_the_page_before_ended() -> None:
    async def main() -> None:
        async with served(ALICE) as client:
            await client.memio.facts.add_many([f"memory {n}" for n in range(150)], owner=ALICE)
            for n in range(120):
                message = Message(role="user", content="hello")
                await client.memio.history.add(session_id=f"s{n}", messages=[message], owner=ALICE)
            for name, count in (("memories", 50), ("sessions", 20)):
                page = await read(client, f"memio://{name}")
                rest = await read(client, f"memio://{name}?cursor={page['next_cursor']}")
                assert (len(page[name]), len(rest[name])) == (100, count)
                assert "next_cursor" not in rest

    asyncio.run(main())


@pytest.mark.parametrize("name", ODD)
def test_any_id_can_be_an_address(name: str) -> None:
    async def main() -> None:
        async with served(ALICE) as client:
            await client.memio.facts.add("odd", fact_id=name, owner=ALICE)
            await client.memio.history.add(session_id=name, messages=[Message(role="user", content="odd")], owner=ALICE)
            assert (await read(client, uri("memories", name)))["id"] == name
            assert len((await read(client, uri("sessions", name)))["messages"]) == 1

    asyncio.run(main())


def test_a_record_of_another_owner_is_not_found() -> None:
    async def main() -> None:
        async with served(ALICE) as client:
            await client.memio.facts.add("secret", fact_id="f", user_id="bob")
            for address in (uri("memories", "f"), uri("memories", "nope"), "memio://nope", "file:///etc/passwd"):
                with pytest.raises(MCPError) as caught:
                    await client.read_resource(address)
                assert "secret" not in str(caught.value)

    asyncio.run(main())
