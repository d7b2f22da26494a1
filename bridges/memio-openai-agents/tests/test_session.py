"""A session by itself: what is kept, pops, owners, loops, and what cannot be honoured."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from agents import SessionSettings
from agents.memory import Session

from memio import ClosedError, InvalidInputError, Memio, NotSupportedError, Owner, StoreNotConfiguredError
from memio.providers.sqlite import SqliteHistoryAdapter
from memio_openai_agents import MemioSession

ITEMS = {
    "text": {"role": "user", "content": "Hello"},
    "developer": {"role": "developer", "content": "Be brief."},
    "system": {"role": "system", "content": "Be brief."},
    "scripts": {"role": "user", "content": "こんにちは 😊👍 Привет"},
    "quotes": {"role": "user", "content": "Robert'); DROP TABLE students;--"},
    "empty text": {"role": "assistant", "content": ""},
    "space": {"role": "assistant", "content": " \n"},
    "NUL": {"role": "user", "content": "a\0b"},
    "lone surrogate": {"role": "user", "content": "a\ud800b"},
    "parts": {
        "role": "user",
        "content": [
            {"type": "input_text", "text": "What is this?"},
            {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "auto"},
        ],
    },
    "no parts": {"role": "assistant", "content": []},
    "null": {"role": "assistant", "content": None},
    "message": {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "Hi", "annotations": [], "logprobs": []}],
    },
    "call": {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": '{"city": "Faro"}'},
    "output": {"type": "function_call_output", "call_id": "c1", "output": "25 degrees"},
    "empty output": {"type": "function_call_output", "call_id": "c1", "output": ""},
    "binary output": {"type": "function_call_output", "call_id": "c1", "output": "\0\x01\x7f\udcff\ufffd"},
    "output of parts": {
        "type": "function_call_output",
        "call_id": "c1",
        "output": [{"type": "input_image", "image_url": "data:,"}, {"type": "input_text", "text": "a\0b"}],
    },
    "reasoning": {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "So."}]},
    "computer": {"type": "computer_call_output", "call_id": "c2", "output": {"type": "computer_screenshot"}},
    "reference": {"type": "item_reference", "id": "msg_1"},
    "numbers": {"type": "x", "i": 2**70, "x": 0.1, "whole": 1.0, "deep": {"a": [{"b": [None, True]}]}},
    "unknown role": {"role": "narrator", "content": "Once"},
    "function role": {"role": "function", "content": "x", "name": "f"},
    "nothing": {},
}


def run(call):
    return asyncio.run(call)


def message(number):
    return {"role": "user", "content": f"Message {number}"}


def test_it_is_a_session(session):
    assert isinstance(session, Session)
    assert session.session_settings == SessionSettings()


@pytest.mark.parametrize("item", ITEMS.values(), ids=list(ITEMS))
def test_an_item_comes_back_equal(session, item):
    run(session.add_items([item]))
    assert run(session.get_items()) == [item]
    assert run(session.pop_item()) == item
    assert run(session.get_items()) == []


def test_all_items_in_their_order(session):
    run(session.add_items(list(ITEMS.values())))
    run(session.add_items(list(ITEMS.values())[::-1]))
    assert run(session.get_items()) == [*ITEMS.values(), *list(ITEMS.values())[::-1]]


def test_changing_an_item_afterwards_changes_nothing_stored(session):
    item = {"role": "user", "content": [{"type": "input_text", "text": "one"}]}
    run(session.add_items([item]))
    item["content"].append({"type": "input_text", "text": "two"})
    [stored] = run(session.get_items())
    assert len(stored["content"]) == 1
    stored["content"].clear()
    assert len(run(session.get_items())[0]["content"]) == 1


def test_the_latest_items(session):
    run(session.add_items([message(number) for number in range(6)]))
    for limit, count in ((1, 1), (2, 2), (6, 6), (10, 6), (0, 0), (None, 6)):
        assert run(session.get_items(limit)) == [message(number) for number in range(6 - count, 6)]
        assert run(session.get_items(limit=limit)) == run(session.get_items(limit))


def test_more_items_than_memio_returns_at_once(session):
    items = [message(number) for number in range(2500)]
    run(session.add_items(items))
    assert run(session.get_items()) == items
    assert run(session.get_items(1200)) == items[-1200:]
    assert run(session.get_items(5000)) == items


def test_the_limit_of_the_settings(open_session):
    session = open_session(session_settings=SessionSettings(limit=3))
    run(session.add_items([message(number) for number in range(5)]))
    assert run(session.get_items()) == [message(number) for number in (2, 3, 4)]
    assert run(session.get_items(limit=4)) == [message(number) for number in (1, 2, 3, 4)]
    session.session_settings = None
    assert len(run(session.get_items())) == 5


@pytest.mark.parametrize("limit", [-1, True, 1.5, "2"])
def test_a_limit_that_is_no_number_of_items(session, limit):
    with pytest.raises(InvalidInputError, match="limit"):
        run(session.get_items(limit))


def test_settings_with_an_unknown_key(open_session):
    with pytest.raises(TypeError, match="limitt"):
        open_session(session_settings={"limitt": 1})


def test_popping(session):
    assert run(session.pop_item()) is None
    run(session.add_items([message(0), message(1)]))
    assert run(session.pop_item()) == message(1)
    assert run(session.pop_item()) == message(0)
    assert run(session.pop_item()) is None
    run(session.add_items([message(2)]))
    assert run(session.get_items()) == [message(2)]


def test_clearing(session, open_session):
    other = open_session("other")
    run(other.add_items([message(9)]))
    run(session.add_items([message(0), message(1)]))
    run(session.clear_session())
    run(session.clear_session())
    assert run(session.get_items()) == []
    assert run(other.get_items()) == [message(9)]


def test_adding_nothing(session):
    run(session.add_items([]))
    assert run(session.get_items()) == []


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ({"role": "user", "content": object()}, "data.content"),
        ({"type": "x", "output": b"bytes"}, "data.output"),
        ({"role": "user", "content": [{"x": {1}}]}, r"data.content\[0\].x"),
        ({"x": float("nan")}, "data.x"),
        ({1: "x"}, "key 1"),
        ("Hello", "must be a dict"),
        (None, "must be a dict"),
    ],
)
def test_an_item_that_is_not_json_is_refused_with_all_others(session, item, place):
    with pytest.raises(InvalidInputError, match=rf"items\[1\].*{place}"):
        run(session.add_items([message(0), item]))
    assert run(session.get_items()) == []
    run(session.add_items([message(1)]))
    assert run(session.get_items()) == [message(1)]


# Other programs


def test_messages_are_readable_and_searchable(session, config):
    run(session.add_items([ITEMS["text"], ITEMS["parts"], ITEMS["output"], ITEMS["reasoning"], ITEMS["call"]]))

    async def main():
        async with Memio.from_config(config) as memio:
            messages = await memio.history.get("session")
            [found] = await memio.history.search("degrees", limit=1)
            return [(each.role, each.content, each.data is None) for each in messages], found.data

    messages, found = run(main())
    assert messages == [
        ("user", "Hello", True),
        ("user", "What is this?", False),
        ("tool", "25 degrees", False),
        ("assistant", "So.", False),
        ("assistant", "", False),
    ]
    assert found == ITEMS["output"]


def test_messages_of_another_program(session, config):
    async def main():
        async with Memio.from_config(config) as memio:
            messages = [{"role": "user", "content": "Hi"}, {"role": "user", "content": "Ho", "name": "ann"}]
            await memio.history.add(session_id="session", messages=messages)

    run(main())
    assert run(session.get_items()) == [
        {"role": "user", "content": "Hi"},
        {"role": "user", "content": "Ho", "name": "ann"},
    ]


# Owners


def test_sessions_of_other_owners_are_apart(config):
    memio = Memio.from_config(config)
    labels = [{}, {"user_id": "ann"}, {"user_id": "bob"}, {"agent_id": "x"}, {"namespace": ("a", "b")}]
    sessions = [MemioSession("s", memio, **each) for each in labels]
    sessions.append(MemioSession("s", memio.scoped(user_id="cy")))

    async def main():
        for number, session in enumerate(sessions):
            await session.add_items([message(number)])
        found = [await session.get_items() for session in sessions]
        await sessions[1].clear_session()
        receipt = await memio.forget(user_id="bob")
        left = [len(await session.get_items()) for session in sessions]
        owners = {owner async for owner in memio.history.iter_owners()}
        await memio.aclose()
        return found, left, receipt.complete, owners

    found, left, complete, owners = run(main())
    assert found == [[message(number)] for number in range(6)]
    assert left == [1, 0, 0, 1, 1, 1]
    assert complete
    assert owners == {Owner(), Owner(agent_id="x"), Owner(namespace=("a", "b")), Owner(user_id="cy")}


@pytest.mark.parametrize("label", ["user_id", "agent_id", "namespace"])
def test_a_lost_login_is_refused(config, label):
    with pytest.raises(InvalidInputError, match=f"{label} is None"):
        MemioSession("s", config, **{label: None})


@pytest.mark.parametrize("session_id", ["", None, 7, "a\0b", "x" * 1001])
def test_a_session_id_that_cannot_be_stored(config, session_id):
    with pytest.raises(InvalidInputError, match="session_id"):
        MemioSession(session_id, config)


# How it is made


def test_a_path_of_a_configuration(tmp_path, config):
    path = tmp_path / "memio.json"
    path.write_text(json.dumps(config))

    async def main():
        async with MemioSession("s", path) as session:
            await session.add_items([message(0)])
        async with MemioSession("s", str(path)) as session:
            return await session.get_items()

    assert run(main()) == [message(0)]


def test_a_closed_session(session):
    run(session.add_items([message(0)]))
    session.close()
    session.close()
    for call in (session.get_items, session.pop_item, session.clear_session):
        with pytest.raises(ClosedError):
            run(call())
    for items in ([message(1)], []):
        with pytest.raises(ClosedError):
            run(session.add_items(items))


def test_closing_inside_an_event_loop(open_session):
    async def main():
        session = open_session()
        await session.add_items([message(0)])
        session.close()

    run(main())


def test_a_client_stays_open(config):
    async def main():
        async with Memio.from_config(config) as memio:
            async with MemioSession("s", memio) as session:
                await session.add_items([message(0)])
            session.close()
            return await memio.history.count_messages()

    assert run(main()) == 1


def test_a_client_without_history():
    with pytest.raises(StoreNotConfiguredError, match="history"):
        MemioSession("s", {"facts": "sqlite"})


class Lacking:
    """History of sqlite without some features and guarantees."""

    def __init__(self, *lacking):
        self._history = SqliteHistoryAdapter(path=":memory:")
        self.features = self._history.features - set(lacking)
        self.guarantees = self._history.guarantees - set(lacking)

    def __getattr__(self, name):
        return getattr(self._history, name)


@pytest.mark.parametrize("missing", ["data", "all_roles", "delete_messages"])
def test_what_the_history_lacks_is_stated_at_construction(missing):
    memio = Memio(history=Lacking(missing))
    with pytest.raises(NotSupportedError, match=f"MemioSession needs {missing}, which the history of"):
        MemioSession("s", memio)
    run(memio.aclose())


def test_a_label_that_the_history_does_not_keep_is_refused_at_construction():
    memio = Memio(history=Lacking("attribution", "user_scope", "agent_scope", "namespaces", "owners"))
    with pytest.raises(NotSupportedError, match="user_id"):
        MemioSession("s", memio, user_id="ann")
    MemioSession("s", memio)
    run(memio.aclose())


def test_a_repr(open_session):
    text = repr(open_session(user_id="ann"))
    assert text == "<MemioSession 'session' in <History of sqlite, user_id='ann', agent_id=None, namespace=()>>"


# Threads and event loops


def test_pops_at_the_same_time_return_different_items(session):
    items = [message(number) for number in range(40)]

    async def main():
        await session.add_items(items)
        return await asyncio.gather(*(session.pop_item() for _ in range(45)))

    popped = run(main())
    assert sorted(item["content"] for item in popped if item) == sorted(item["content"] for item in items)
    assert popped.count(None) == 5


def test_pops_of_several_objects_and_threads(open_session):
    sessions = [open_session() for _ in range(4)]
    run(sessions[0].add_items([message(number) for number in range(40)]))
    with ThreadPoolExecutor(8) as threads:
        popped = list(threads.map(lambda number: run(sessions[number % 4].pop_item()), range(40)))
    assert len({item["content"] for item in popped}) == 40
    assert run(sessions[1].get_items()) == []


def test_one_session_in_many_threads_and_loops(session):
    with ThreadPoolExecutor(5) as threads:
        list(threads.map(lambda number: run(session.add_items([message(number)])), range(20)))
    assert {item["content"] for item in run(session.get_items())} == {f"Message {number}" for number in range(20)}


def test_adds_at_the_same_time_are_whole(session):
    turns = [[message(f"{turn} {place}") for place in range(5)] for turn in range(20)]

    async def main():
        await asyncio.gather(*map(session.add_items, turns))
        return await session.get_items()

    items = run(main())
    assert sorted((items[place : place + 5] for place in range(0, 100, 5)), key=str) == sorted(turns, key=str)


def test_a_client_that_belongs_to_one_loop():
    memio = Memio(history=Lacking("any_loop"), own_loop=True)
    session = MemioSession("s", memio)
    for number in range(3):
        run(session.add_items([message(number)]))
    assert len(run(session.get_items())) == 3
    run(memio.aclose())


def test_a_cancelled_call_leaves_the_session_usable(session):
    async def main():
        task = asyncio.create_task(session.add_items([message(0), message(1)]))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await session.add_items([message(2)])
        return await session.get_items()

    assert run(main()) in ([message(2)], [message(0), message(1), message(2)])
