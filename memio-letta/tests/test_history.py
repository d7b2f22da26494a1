"""Sessions on a real server, whose agent answers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from letta_proxy import Proxy, distort, meanwhile

from memio import Memio, Message, Owner, Session
from memio.errors import (
    ConflictError,
    CursorExpiredError,
    NotFoundError,
    NotSupportedError,
    UnavailableError,
)
from memio.owners import NO_OWNER
from memio.providers.letta import LettaHistoryAdapter

Run = Callable[[Coroutine[Any, Any, Any]], Any]
REPLY = "ok from stub"


@asynccontextmanager
async def opened(url: str, agent: str, **settings: Any) -> Any:
    async with Memio(history=LettaHistoryAdapter(base_url=url, agent_id=agent, **settings)) as memio:
        yield memio.history


def messages_of(*texts: str, role: Any = "user") -> list[Message]:
    return [Message(role=role, content=text) for text in texts]


def contents(messages: list[Message]) -> list[str]:
    return [message.content for message in messages]


def ids(sessions: list[Session]) -> list[str]:
    return [session.id for session in sessions]


async def whole(history: Any, session_id: str, limit: int = 3, start: str = "latest", **owner: Any) -> list[Message]:
    """Return a session page by page, oldest first, and check that no page but the last is short."""
    pages: list[list[Message]] = []
    cursor = None
    while True:
        page = await history.get(session_id=session_id, limit=limit, cursor=cursor, start=start, **owner)
        pages.append(list(page))
        cursor = page.next_cursor
        if cursor is None:
            break
        assert len(page) == limit
    ordered = pages if start == "oldest" else reversed(pages)
    return [message for page in ordered for message in page]


def test_a_turn_has_the_stored_messages_and_the_answer_of_the_agent(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with opened(server.url, agent) as history:
            turn = await history.add(session_id="s", user_id="alice", messages=messages_of("hello", "there"))
            assert contents(turn.stored) == ["hello", "there"]
            assert contents(turn.replies) == [REPLY]
            assert {(message.session_id, message.user_id) for message in [*turn.stored, *turn.replies]} == {
                ("s", "alice")
            }
            read = await history.get(session_id="s")
            assert contents(read) == ["hello", "there", REPLY]
            assert [message.role for message in read] == ["user", "user", "assistant"]
            assert read[-1] == turn.replies[0]
            assert all(message.timestamp and message.id for message in read)

    run(main())


def test_names_and_assistant_messages_come_back(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with opened(server.url, agent) as history:
            messages = [
                Message(role="user", content="hi", name="Ann Lee 日本"),
                Message(role="assistant", content="hello", name="bot"),
            ]
            await history.add(session_id="s", messages=messages)
            read = await history.get(session_id="s")
            assert [(m.role, m.content, m.name) for m in read[:2]] == [(m.role, m.content, m.name) for m in messages]

    run(main())


@pytest.mark.parametrize("role", ["user", "assistant"])
@pytest.mark.parametrize(
    "content",
    [
        " \t\r\n lines \n",
        "🎉\u200d\ufeff\uffff\x01",
        "x" * 40_000,
        "[1, 2]",
        '"text"',
        "{",
        "{}",
        json.dumps({"type": "user_message", "message": "inner"}),
        json.dumps({"type": "user_message", "message": {"a": 1}}),
        " \n" + json.dumps({"type": "user_message", "message": None}),
        json.dumps({"type": "system_alert", "message": "x"}),
        json.dumps({"type": "heartbeat"}),
    ],
)
def test_any_message_comes_back_verbatim(run: Run, server: Any, agent: str, content: str, role: str) -> None:
    # Letta unpacks JSON that looks like its own format, and some of it makes a conversation unreadable.
    async def main() -> None:
        async with opened(server.url, agent) as history:
            await history.add(session_id="s", messages=messages_of(content, role=role))
            assert contents(await history.get(session_id="s")) == [content, REPLY]
            assert contents(await history.search(session_id="s", query=content, limit=1)) == [content]

    run(main())


def test_what_letta_writes_as_the_user_is_hidden(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with opened(server.url, agent) as history:
            await history.add(session_id="s", messages=messages_of("hello"))
            (conversation,) = server.conversations(agent)
            alert = json.dumps({"type": "system_alert", "message": "prior messages were summarised", "time": "now"})
            body = {"messages": [{"role": "user", "content": alert}, {"role": "system", "content": "be kind"}]}
            with server.http.stream("POST", f"/v1/conversations/{conversation['id']}/messages", json=body) as answer:
                answer.read()
            assert contents(await history.get(session_id="s")) == ["hello", REPLY, REPLY]

    run(main())


def test_a_page_has_the_latest_messages_oldest_first(run: Run, server: Any, agent: str) -> None:
    # defect: the limit counts records that are hidden afterwards
    async def main() -> None:
        async with opened(server.url, agent) as history:
            await history.add(session_id="s", messages=messages_of(*(f"m{number}" for number in range(4))))
            await history.add(session_id="s", messages=messages_of("last"))
            expected = ["m0", "m1", "m2", "m3", REPLY, "last", REPLY]
            for limit in (1, 2, 3, 6, 7, 8, 1000):
                assert contents(await history.get(session_id="s", limit=limit)) == expected[-limit:]
                for start in ("latest", "oldest"):
                    assert contents(await whole(history, "s", limit, start)) == expected

    run(main())


def test_a_long_session_is_read_completely_from_either_end(run: Run, server: Any, agent: str) -> None:
    # letta-client's own paging of messages, newest first, repeats itself without end
    async def main() -> None:
        async with opened(server.url, agent) as history:
            expected = []
            for turn in range(3):
                texts = [f"t{turn} m{number}" for number in range(80)]
                await history.add(session_id="s", messages=messages_of(*texts))
                expected += [*texts, REPLY]
            for limit, start in ((100, "latest"), (100, "oldest"), (243, "latest"), (242, "oldest")):
                assert contents(await whole(history, "s", limit, start)) == expected
            assert contents([message async for message in history.iter_messages(session_id="s")]) == expected
            assert contents(await history.search(session_id="s", query="t0 m0", limit=1)) == ["t0 m0"]

    run(main())


def test_messages_added_meanwhile_do_not_disturb_a_reader(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with opened(server.url, agent) as history:
            await history.add(session_id="s", messages=messages_of("a", "b"))
            back = await history.get(session_id="s", limit=2)
            forth = await history.get(session_id="s", limit=2, start="oldest")
            await history.add(session_id="s", messages=messages_of("c"))
            assert contents(await history.get(session_id="s", limit=9, cursor=back.next_cursor)) == ["a"]
            rest = await history.get(session_id="s", limit=9, start="oldest", cursor=forth.next_cursor)
            assert contents(rest) == [REPLY, "c", REPLY]

    run(main())


def test_an_unknown_session_is_empty_and_deleting_it_does_nothing(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with opened(server.url, agent) as history:
            assert await history.get(session_id="unknown") == []
            assert await history.search(session_id="unknown", query="x") == []
            assert await history.get_all() == []
            await history.delete(session_id="unknown")
            await history.delete_all()

    run(main())


def test_another_process_finds_the_session(run: Run, server: Any, agent: str) -> None:
    # defect: the session map lives in the process
    async def main() -> None:
        for text in ("first", "second"):
            async with opened(server.url, agent) as history:
                await history.add(session_id="s", messages=messages_of(text))
        async with opened(server.url, agent) as history:
            assert contents(await history.get(session_id="s")) == ["first", REPLY, "second", REPLY]
            await history.delete(session_id="s")
        assert server.conversations(agent) == []

    run(main())


@pytest.mark.parametrize("session_id", ["s%", "s_", "S", 's"\\', "ü/日本?#", "memio:1:s", "x" * 1000, " ", "s\n"])
def test_any_session_id_is_one_session(run: Run, server: Any, agent: str, session_id: str) -> None:
    # The server's search in summaries takes %, _ and backslashes as wildcards.
    async def main() -> None:
        async with opened(server.url, agent) as history:
            await history.add(session_id="s", messages=messages_of("other"))
            await history.add(session_id="s1", messages=messages_of("other"))
            await history.add(session_id=session_id, messages=messages_of("mine"), user_id=session_id)
            assert contents(await history.get(session_id=session_id)) == ["mine", REPLY]
            assert contents(await history.get(session_id=session_id, user_id=session_id)) == ["mine", REPLY]
            assert await history.get(session_id=session_id, user_id="s") == []
            assert ids(await history.get_all()) == ["s", "s1", session_id]
            assert ids(await history.get_all(user_id=session_id)) == [session_id]
            await history.delete(session_id=session_id)
            assert ids(await history.get_all()) == ["s", "s1"]

    run(main())


def test_a_session_id_that_several_owners_have_is_a_conflict_unless_the_owner_is_given(
    run: Run, server: Any, agent: str
) -> None:
    owners = [Owner(user_id="alice"), Owner(user_id="bob"), NO_OWNER, Owner(user_id="alice", agent_id="bot")]

    async def main() -> None:
        async with opened(server.url, agent) as history:
            for number, owner in enumerate(owners):
                await history.add(session_id="default", owner=owner, messages=messages_of(f"m{number}"))
            calls: list[tuple[str, dict[str, Any]]] = [("get", {}), ("search", {"query": "m"}), ("delete", {})]
            for method, arguments in calls:
                for scope in ({}, {"user_id": "alice"}, {"namespace": ()}):
                    with pytest.raises(ConflictError, match="several owners") as caught:
                        await getattr(history, method)(session_id="default", **arguments, **scope)
                    assert (caught.value.resource, caught.value.reason) == ("session", "owners")
            assert [session.owner for session in await history.get_all()] == owners
            for number, owner in enumerate(owners):
                read = await history.get(session_id="default", owner=owner)
                assert contents(read) == [f"m{number}", REPLY]
                assert {message.owner for message in read} == {owner}
                found = await history.search(session_id="default", query=f"m{number}", owner=owner)
                assert contents(found) == [f"m{number}"]
            assert contents(await history.get(session_id="default", agent_id="bot")) == ["m3", REPLY]
            await history.delete(session_id="default", owner=owners[0])
            await history.delete(session_id="default", user_id="alice")  # which is the one with an agent by now
            assert [session.owner for session in await history.get_all()] == owners[1:3]
            await history.delete_all(user_id="bob")
            assert contents(await history.get(session_id="default")) == ["m2", REPLY]

    run(main())


def test_an_empty_conversation_of_another_owner_is_no_conflict(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with opened(server.url, agent) as history:
            with pytest.raises(UnavailableError):
                await history.add(session_id="s", user_id="bob", messages=messages_of("[[stub:status=500]]"))
            await history.add(session_id="s", user_id="alice", messages=messages_of("hello"))
            assert contents(await history.get(session_id="s")) == ["hello", REPLY]
            assert contents(await history.search(session_id="s", query="hello")) == ["hello"]
            await history.delete(session_id="s")
            assert await history.get_all() == []
            await history.delete(session_id="s", user_id="bob")

    run(main())
    assert server.conversations(agent) == []


def test_sessions_are_listed_completely_and_once(run: Run, server: Any, agent: str) -> None:
    # defect: only the first page
    async def main() -> None:
        async with opened(server.url, agent) as history:
            expected = []
            for number in range(7):
                user = {"user_id": "alice"} if number % 2 else {}
                await history.add(session_id=f"s{number}", messages=messages_of("x"), **user)
                expected.append(f"s{number}")
            for limit in (1, 3, 7, 100):
                found: list[str] = []
                cursor = None
                while True:
                    page = await history.get_all(limit=limit, cursor=cursor)
                    found += ids(page)
                    cursor = page.next_cursor
                    if cursor is None:
                        break
                    assert len(page) == limit
                assert found == expected
            assert ids(await history.get_all(user_id="alice")) == expected[1::2]
            page = await history.get_all(limit=3)
            for session in page:
                await history.delete(session_id=session.id)
            assert ids(await history.get_all(limit=9, cursor=page.next_cursor)) == expected[3:]

    run(main())


def test_delete_all_touches_only_what_memio_made(run: Run, server: Any, agent: str) -> None:
    foreign = [{"summary": "a talk"}, {"summary": "memio:1:s"}, {"summary": 'memio:1:{"session":"s"}'}, {}]
    for body in foreign:
        server.ask("POST", "/v1/conversations/", params={"agent_id": agent}, json=body)

    async def main() -> None:
        async with opened(server.url, agent) as history:
            for number in range(3):
                await history.add(session_id=f"s{number}", messages=messages_of("x"))
            assert ids(await history.get_all()) == ["s0", "s1", "s2"]
            await history.delete_all()
            assert await history.get_all() == []

    run(main())
    assert [conversation["summary"] for conversation in server.conversations(agent)] == [
        body.get("summary") for body in foreign
    ]


def test_a_cursor_into_a_session_that_was_begun_anew_has_expired(run: Run, server: Any, agent: str) -> None:
    # The server ignores a cursor that it does not know, and answers with the first page again.
    async def main() -> None:
        async with opened(server.url, agent) as history:
            for start in ("latest", "oldest"):
                await history.add(session_id="s", messages=messages_of("a", "b", "c"))
                page = await history.get(session_id="s", limit=2, start=start)
                await history.delete(session_id="s")
                assert await history.get(session_id="s", limit=2, start=start, cursor=page.next_cursor) == []
                await history.add(session_id="s", messages=messages_of("d"))
                with pytest.raises(CursorExpiredError):
                    await history.get(session_id="s", limit=2, start=start, cursor=page.next_cursor)
                await history.delete(session_id="s")

    run(main())


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ({"messages": [Message(role="tool", content="x")]}, "user and assistant"),
        ({"messages": [Message(role="system", content="x")]}, "user and assistant"),
        ({"messages": [Message(role="user", content="x", metadata={"a": 1})]}, "leave metadata out"),
        ({"messages": [Message(role="user", content="x", id="m1")]}, "Letta chooses the ids"),
        ({"messages": [Message(role="user", data={"a": 1})]}, "leave data out"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]}, "leave data out"),
        ({"messages": [Message(role="developer", content="x")]}, "user and assistant"),
    ],
)
def test_what_letta_cannot_keep_is_refused_before_sending(
    run: Run, server: Any, agent: str, arguments: Any, hint: str
) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, opened(proxy.url, agent) as history:
            with pytest.raises(NotSupportedError) as caught:
                await history.add(session_id="s", **arguments)
            assert hint in caught.value.hint
            with pytest.raises(NotSupportedError, match="pass session_id"):
                await history.search(query="x")
            assert proxy.requests == []

    run(main())


def test_a_wrong_agent_is_an_error_and_not_an_empty_result(run: Run, server: Any) -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("add", {"session_id": "s", "messages": messages_of("x")}),
        ("get", {"session_id": "s"}),
        ("get_all", {}),
        ("search", {"query": "x", "session_id": "s"}),
        ("delete", {"session_id": "s"}),
        ("delete_all", {}),
    ]

    async def main() -> None:
        for wrong in ("agent-00000000-0000-4000-8000-000000000000", "agent-123"):
            async with opened(server.url, wrong) as history:
                for method, arguments in calls:
                    with pytest.raises(NotFoundError) as caught:
                        await getattr(history, method)(**arguments)
                    assert (caught.value.resource, caught.value.resource_id) == ("agent", wrong)

    run(main())


def test_clients_that_begin_a_session_at_once_end_with_one_history(run: Run, server: Any, agent: str) -> None:
    # defect: two processes make two sessions of one name
    async def main() -> None:
        adapters = [
            LettaHistoryAdapter(base_url=server.url, agent_id=agent, timeout=60 + number) for number in range(4)
        ]
        clients = [Memio(history=adapter) for adapter in adapters]  # unlike timeouts: no connection is shared
        await asyncio.gather(
            *(client.history.add(session_id="s", messages=messages_of(f"m{n}")) for n, client in enumerate(clients))
        )
        for client in clients:
            read = await client.history.get(session_id="s")
            assert sorted(contents(read)) == ["m0", "m1", "m2", "m3", *[REPLY] * 4]
            assert ids(await client.history.get_all()) == ["s"]
        await clients[0].history.delete(session_id="s")
        assert await clients[1].history.get(session_id="s") == []
        for client in clients:
            await client.aclose()

    run(main())
    assert server.conversations(agent) == []


def test_a_session_in_two_conversations_is_read_as_one(run: Run, server: Any, agent: str) -> None:
    # What two clients leave that could not see each other's conversation in time.
    async def main() -> None:
        async with opened(server.url, agent) as history:
            await history.add(session_id="s", messages=messages_of("one"))
            summary = server.conversations(agent)[0]["summary"]
            late = server.ask("POST", "/v1/conversations/", params={"agent_id": agent}, json={"summary": summary})
            body = {"messages": [{"role": "user", "content": "two"}]}
            with server.http.stream("POST", f"/v1/conversations/{late['id']}/messages", json=body) as answer:
                answer.read()
            await history.add(session_id="s", messages=messages_of("three"))
            read = await whole(history, "s", 2)
            assert sorted(contents(read)) == sorted(["one", "two", "three", *[REPLY] * 3])
            assert await whole(history, "s", 3, "oldest") == read
            assert contents(await history.search(session_id="s", query="two", limit=1)) == ["two"]
            assert ids(await history.get_all()) == ["s"]
            await history.delete(session_id="s")

    run(main())
    assert server.conversations(agent) == []


def in_one_second(answer: bytes) -> bytes:
    return re.sub(rb'"date":"[^"]{25}"', b'"date":"2026-11-23T12:00:00+00:00"', answer)


async def in_two_conversations(server: Any, agent: str, history: Any, count: int) -> None:
    """Make a session of two conversations, as clients do that cannot see each other's, and add to them by turns."""
    await history.add(session_id="s", messages=messages_of("words 0"))
    (first,) = server.conversations(agent)
    body = {"summary": first["summary"]}
    second = server.ask("POST", "/v1/conversations/", params={"agent_id": agent}, json=body)
    for number in range(1, count):
        place = (first, second)[number % 2]["id"]
        message = {"messages": [{"role": "user", "content": f"words {number}"}]}
        with server.http.stream("POST", f"/v1/conversations/{place}/messages", json=message) as answer:
            answer.read()


def test_a_session_in_two_conversations_is_read_in_the_order_of_adding_also_within_one_second(
    run: Run, server: Any, agent: str
) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, opened(proxy.url, agent) as history:
            await in_two_conversations(server, agent, history, 5)
            expected = [text for number in range(5) for text in (f"words {number}", REPLY)]
            proxy.on(r"GET /v1/conversations/\{conv\}/messages", distort(in_one_second), times=1000)
            for limit in (2, 100):
                for start in ("oldest", "latest"):
                    read = await whole(history, "s", limit, start)
                    assert contents(read) == expected
                    assert len({message.timestamp for message in read}) == 1

    run(main())


def test_messages_of_one_second_of_a_session_that_is_deleted_meanwhile_do_not_disturb_a_reader(
    run: Run, server: Any, agent: str
) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, opened(proxy.url, agent) as history:
            await in_two_conversations(server, agent, history, 6)
            doomed = server.conversations(agent)[0]["id"]

            async def delete() -> None:
                await asyncio.to_thread(server.ask, "DELETE", f"/v1/conversations/{doomed}")

            proxy.on(r"GET /v1/conversations/\{conv\}/messages", distort(in_one_second), times=1000)
            proxy.on(r"GET /v1/agents/\{agent\}/messages", meanwhile(delete))
            read = contents(await whole(history, "s", 100, "oldest"))
            assert [text for text in read if text in ("words 1", "words 3", "words 5")] == [
                "words 1",
                "words 3",
                "words 5",
            ]

    run(main())
