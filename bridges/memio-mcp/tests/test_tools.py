"""The tools, on a server in this process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mcp_clients import MEMORY, call, refused, served

from memio import InvalidInputError, Memio, Message, NotSupportedError, Owner
from memio.client import ScopedMemio
from memio_mcp import create_server

ALICE = Owner(user_id="alice")
READING = {
    "search_memories",
    "list_memories",
    "search_conversations",
    "list_sessions",
    "read_session",
    "look_up_entity",
    "search_relations",
}
DELETING = {"delete_memory", "delete_relation"}
WRITING = {"add_memory", "update_memory", "relate_entities"}


def test_memories_are_added_found_listed_updated_and_deleted() -> None:
    async def main() -> None:
        async with served(ALICE) as client:
            one = await call(client, "add_memory", content="likes coffee", metadata={"source": "chat"})
            two = await call(client, "add_memory", content="lives in Lisbon")
            found = await call(client, "search_memories", query="coffee")
            assert found["memories"] == [one]
            assert one["metadata"] == {"source": "chat"}
            listed = await call(client, "list_memories", limit=1)
            assert listed["memories"] == [two]  # the newest first
            rest = await call(client, "list_memories", limit=1, cursor=listed["next_cursor"])
            assert rest["memories"] == [one]
            updated = await call(client, "update_memory", memory_id=one["id"], content="likes tea")
            assert (updated["content"], updated["metadata"]) == ("likes tea", {"source": "chat"})
            await call(client, "delete_memory", memory_id=two["id"])
            assert [each["content"] for each in (await call(client, "list_memories"))["memories"]] == ["likes tea"]
            assert await client.memio.facts.count(owner=ALICE) == 1

    asyncio.run(main())


def test_an_id_that_does_not_exist_comes_back_with_the_tools_that_list_them() -> None:
    async def main() -> None:
        async with served() as client:
            for name, argument in (("delete_memory", "memory_id"), ("update_memory", "memory_id")):
                more = {"content": "x"} if name == "update_memory" else {}
                answer = await refused(client, name, **{argument: "nope"}, **more)
                assert "no fact 'nope' here. Nothing was changed. Use search_memories or list_memories" in answer
            assert "Use look_up_entity" in await refused(client, "delete_relation", relation_id="nope")
            nothing = await refused(client, "update_memory", memory_id="nope")
            assert "pass content or metadata" in nothing

    asyncio.run(main())


def test_an_argument_that_a_tool_does_not_have_is_refused_and_not_ignored() -> None:
    async def main() -> None:
        async with served(ALICE) as client:
            for tool in (await client.list_tools()).tools:
                assert tool.input_schema["additionalProperties"] is False, tool.name
                required = dict.fromkeys(tool.input_schema.get("required", ()), "x")
                answer = await refused(client, tool.name, **required, user_id="bob")
                assert "user_id" in answer

    asyncio.run(main())


def test_the_tools_that_destroy_are_annotated_and_those_that_read_are_too() -> None:
    async def main() -> None:
        async with served() as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            destroying = {name for name, tool in tools.items() if tool.annotations.destructive_hint}
            reading = {name for name, tool in tools.items() if tool.annotations.read_only_hint}
            assert destroying == {"update_memory", "delete_memory", "delete_relation"}
            assert not reading & (destroying | {"add_memory", "relate_entities"})
            assert all(tool.title and tool.description and tool.output_schema for tool in tools.values())
            for tool in tools.values():
                for name, schema in tool.input_schema["properties"].items():
                    assert schema.get("description"), (tool.name, name)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("options", "tools"),
    [
        ({}, READING | WRITING | DELETING),
        ({"no_delete": True}, READING | WRITING),
        ({"read_only": True}, READING),
        ({"read_only": True, "no_delete": False}, READING),
    ],
)
def test_the_tools_that_change_something_can_be_switched_off(options: dict[str, bool], tools: set[str]) -> None:
    async def main() -> None:
        async with served(ALICE, **options) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == tools
            if "delete_memory" not in tools:
                assert "Unknown tool" in await refused(client, "delete_memory", memory_id="x")

    asyncio.run(main())


def test_relations_are_stored_once_and_an_entity_shows_the_memories_about_it() -> None:
    async def main() -> None:
        async with served(ALICE) as client:
            relations = [
                {"subject": "Anna", "predicate": "works for", "object": "Acme"},
                {"subject": "Bob", "predicate": "knows", "object": "Anna"},
            ]
            first = await call(client, "relate_entities", relations=relations)
            assert first == await call(client, "relate_entities", relations=relations)
            memory = await call(client, "add_memory", content="Anna prefers tea", entity="Anna")
            await call(client, "add_memory", content="Acme is in Lisbon", entity="Acme")
            known = await call(client, "look_up_entity", entity="Anna")
            assert known == {"entity": "Anna", **first, "memories": [memory]}
            found = await call(client, "search_relations", query="acme")
            assert [each["object"] for each in found["relations"]] == ["Acme"]
            await call(client, "delete_relation", relation_id=first["relations"][0]["id"])
            assert len((await call(client, "look_up_entity", entity="Anna"))["relations"]) == 1
            unknown = await call(client, "look_up_entity", entity="nobody")
            assert (unknown["relations"], unknown["memories"]) == ([], [])

    asyncio.run(main())


def test_conversations_are_searched_listed_and_read_from_the_end() -> None:
    async def main() -> None:
        async with served(ALICE) as client:
            history = client.memio.history
            for session in ("monday", "tuesday"):
                messages = [Message(role="user", content=f"{session} message {n}") for n in range(5)]
                await history.add(session_id=session, messages=messages, owner=ALICE)
            await history.add(session_id="bob's", messages=[Message(role="user", content="message")], user_id="bob")
            data = {"tool_calls": [{"name": "weather", "arguments": "\ud800\0"}]}
            await history.add(session_id="tuesday", messages=[Message(role="assistant", data=data)], owner=ALICE)
            listed = await call(client, "list_sessions")
            assert [each["session_id"] for each in listed["sessions"]] == ["tuesday", "monday"]
            assert listed["sessions"][0]["message_count"] == 6
            page = await call(client, "read_session", session_id="tuesday", limit=2)
            assert [each["content"] for each in page["messages"]] == ["tuesday message 4", ""]
            assert "weather" in page["messages"][1]["data"]
            before = await call(client, "read_session", session_id="tuesday", limit=10, cursor=page["next_cursor"])
            assert len(before["messages"]) == 4
            found = await call(client, "search_conversations", query="monday message", limit=100)
            assert {each["session_id"] for each in found["messages"]} == {"monday", "tuesday"}
            within = await call(client, "search_conversations", query="message", session_id="monday")
            assert {each["session_id"] for each in within["messages"]} == {"monday"}
            assert (await call(client, "read_session", session_id="bob's"))["messages"] == []

    asyncio.run(main())


def test_times_without_a_zone_are_in_utc() -> None:
    async def main() -> None:
        async with served() as client:
            await call(client, "add_memory", content="today")
            today = datetime.now(UTC)
            for since, count in ((today - timedelta(days=1), 1), (today + timedelta(days=2), 0)):
                found = await call(client, "list_memories", since=since.date().isoformat())
                assert len(found["memories"]) == count
                found = await call(client, "search_memories", query="today", since=since.isoformat())
                assert len(found["memories"]) == count
            assert "since" in await refused(client, "list_memories", since="yesterday")

    asyncio.run(main())


def test_a_long_text_is_cut_with_its_length_and_where_all_of_it_is() -> None:
    async def main() -> None:
        async with served() as client:
            content = "coffee " * 10_000
            added = await call(client, "add_memory", content=content)
            assert (len(added["content"]), added["full_length"]) == (20_001, 70_000)
            whole = await client.read_resource(added["resource"])
            assert content in whole.contents[0].text

    asyncio.run(main())


def test_a_server_without_a_kind_has_no_tools_for_it() -> None:
    async def main() -> None:
        async with served(kinds=["graph"]) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert names == {"look_up_entity", "search_relations", "relate_entities", "delete_relation"}
            await call(client, "look_up_entity", entity="Anna")

    asyncio.run(main())


def test_a_client_that_cannot_be_served_is_refused_when_the_server_is_made() -> None:
    async def main() -> None:
        async with Memio.from_config({"documents": MEMORY}) as memio:  # type: ignore[typeddict-item]
            with pytest.raises(InvalidInputError, match="need one of facts, history, graph"):
                create_server(memio)

    asyncio.run(main())


class _Unscoped:
    """A store of facts that keeps no owners."""

    features = guarantees = frozenset()

    async def add(self, *, content): ...
    async def get(self, *, fact_id): ...
    async def get_all(self, *, limit, cursor): ...
    async def search(self, *, query, limit): ...
    async def delete(self, *, fact_id): ...
    async def delete_all(self): ...
    async def aclose(self): ...


def test_a_store_that_cannot_keep_owners_apart_is_refused_for_an_owner_and_served_without() -> None:
    async def main() -> None:
        async with Memio(facts=_Unscoped()) as memio:  # type: ignore[arg-type]
            with pytest.raises(NotSupportedError, match="user_id"):
                create_server(memio, owner=ALICE)
            tools = {tool.name for tool in await create_server(memio).list_tools()}
            assert tools == {"search_memories", "list_memories", "add_memory", "delete_memory"}

    asyncio.run(main())


def test_a_search_waits_within_a_bound_for_what_was_added_and_states_what_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    left = 0

    async def wait_embedded(self: Any, *, timeout: float) -> tuple[int, int]:  # noqa: ASYNC109  # the method's signature
        waited.append(timeout)
        return left, 0

    monkeypatch.setattr(ScopedMemio, "wait_embedded", wait_embedded, raising=False)

    async def main() -> None:
        nonlocal left
        async with served(ALICE, embedding_seconds=2.0) as client:
            await call(client, "search_memories", query="tea")
            assert waited == []  # nothing was added
            await call(client, "add_memory", content="likes tea")
            left = 1
            assert "may not be found" in (await call(client, "search_memories", query="tea"))["note"]
            left = 0
            assert "note" not in await call(client, "search_memories", query="tea")
            await call(client, "search_memories", query="tea")
            assert waited == [2.0, 2.0]

    asyncio.run(main())
