"""Agents that run with a session, by every method of the runner: what the SDK tests its own sessions for."""

from __future__ import annotations

import asyncio

import pytest
from agents import Agent, RunConfig, Runner, SessionSettings, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call


def user(text):
    return {"role": "user", "content": text}


def texts(items):
    return [item["content"] if isinstance(item["content"], str) else item["content"][0]["text"] for item in items]


def test_the_second_turn_sees_the_first(chat, session):
    first = chat.turn([assistant_message("San Francisco")], "Where is the Golden Gate Bridge?", session=session)
    assert first.final_output == "San Francisco"
    second = chat.turn([assistant_message("California")], "In which state?", session=session)
    assert second.final_output == "California"
    assert texts(chat.last_input) == ["Where is the Golden Gate Bridge?", "San Francisco", "In which state?"]


def test_a_session_goes_on_in_another_object(chat, session, open_session):
    chat.turn([assistant_message("Hello")], "Hi", session=session)
    chat.turn([assistant_message("Again")], "And now?", session=open_session())
    assert texts(chat.last_input) == ["Hi", "Hello", "And now?"]


def test_sessions_are_apart(chat, open_session):
    one, two = open_session("one"), open_session("two")
    chat.turn([assistant_message("cats")], "I like cats", session=one)
    chat.turn([assistant_message("dogs")], "I like dogs", session=two)
    assert len(chat.last_input) == 1
    chat.turn([assistant_message("cats")], "What do I like?", session=one)
    assert texts(chat.last_input) == ["I like cats", "cats", "What do I like?"]


def test_a_list_as_input_is_appended(chat, session):
    history = [user("Earlier message"), {"role": "assistant", "content": "Saved reply"}]
    asyncio.run(session.add_items(history))
    chat.turn([assistant_message("done")], [user("Test message")], session=session)
    assert chat.last_input == [*history, user("Test message")]


def test_a_callback_that_merges_the_history(chat, session):
    asyncio.run(session.add_items([user("Hello there."), {"role": "assistant", "content": "Hi."}]))

    def only_user(history, new):
        return [item for item in history if item["role"] == "user"] + new

    config = RunConfig(session_input_callback=only_user)
    chat.turn([assistant_message("gpt")], [user("Your name?")], session=session, run_config=config)
    assert chat.last_input == [user("Hello there."), user("Your name?")]


def test_a_callback_that_repeats_history_does_not_store_it_again(chat, session):
    config = RunConfig(session_input_callback=lambda history, new: history[:1] + history + new)
    for turn in range(3):
        chat.turn([assistant_message(f"assistant {turn}")], f"user {turn}", session=session, run_config=config)
    stored = asyncio.run(session.get_items())
    assert texts(stored) == [text for turn in range(3) for text in (f"user {turn}", f"assistant {turn}")]


@pytest.mark.parametrize(("limit", "seen"), [(0, 0), (2, 2), (3, 3), (100, 4), (None, 4)])
def test_a_limit_of_the_run(chat, session, limit, seen):
    for turn in range(2):
        chat.turn([assistant_message(f"Reply {turn}")], f"Message {turn}", session=session)
    config = RunConfig(session_settings=SessionSettings(limit=limit))
    chat.turn([assistant_message("Reply")], "Message", session=session, run_config=config)
    every = ["Message 0", "Reply 0", "Message 1", "Reply 1"]
    assert texts(chat.last_input) == [*every[4 - seen :], "Message"]


def test_a_limit_of_the_session(chat, open_session):
    session = open_session(session_settings={"limit": 1})
    chat.turn([assistant_message("Reply")], "Message", session=session)
    chat.turn([assistant_message("Again")], "Next", session=session)
    assert texts(chat.last_input) == ["Reply", "Next"]


def test_tool_calls_are_kept(chat, session):
    @function_tool
    def weather(city: str) -> str:
        """Return the weather of a city."""
        return f"25 degrees in {city}"

    chat.agent.tools = [weather]
    chat.model.enqueue([function_call("weather", {"city": "Faro"}, call_id="call_1")])
    chat.turn([assistant_message("It is 25 degrees")], "How is the weather in Faro?", session=session)
    stored = asyncio.run(session.get_items())
    assert [item.get("type", item.get("role")) for item in stored] == [
        "user",
        "function_call",
        "function_call_output",
        "message",
    ]
    assert stored[2]["output"] == "25 degrees in Faro"
    chat.turn([assistant_message("Bye")], "Thanks", session=session)
    assert [item["call_id"] for item in chat.last_input if "call_id" in item] == ["call_1", "call_1"]


def test_an_output_without_its_call_is_not_sent(chat, session):
    history = [
        user("What is the weather?"),
        {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "sunny"},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "It is sunny.", "annotations": []}],
        },
    ]
    asyncio.run(session.add_items(history))
    assert asyncio.run(session.get_items(limit=2)) == history[-2:]
    config = RunConfig(session_settings=SessionSettings(limit=2))
    chat.turn([assistant_message("Sunny too.")], "And tomorrow?", session=session, run_config=config)
    assert chat.last_input == [history[-1], user("And tomorrow?")]


def test_an_error_of_the_session_reaches_the_caller(chat, open_session):
    class Failing(type(open_session())):
        async def add_items(self, items):
            raise RuntimeError("the disk is full")

    session = open_session()
    session.__class__ = Failing
    with pytest.raises(RuntimeError, match="disk is full"):
        chat.turn([assistant_message("never")], "Hello", session=session)


def test_runs_at_the_same_time_on_one_client(open_session):
    async def main():
        model = ScriptedModel([[assistant_message("ok")] for _ in range(10)])
        agent = Agent(name="test", model=model)
        sessions = [open_session(f"s{number}") for number in range(10)]
        await asyncio.gather(
            *(Runner.run(agent, f"hello {number}", session=session) for number, session in enumerate(sessions))
        )
        return [texts(await session.get_items()) for session in sessions]

    assert asyncio.run(main()) == [[f"hello {number}", "ok"] for number in range(10)]
