"""Dicts as chat APIs have them become messages."""

from __future__ import annotations

import asyncio
import re
from collections import UserDict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from memio import Feature, InvalidInputError, Memio, Message, NotSupportedError
from memio._call.chat import fields_of, hint_for

CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
PICTURE = {"type": "image_url", "image_url": {"url": "data:"}}


@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant", "tool"])
@pytest.mark.parametrize("name", [{}, {"name": "Zoë"}])
def test_text_with_a_role_and_a_name_is_a_plain_message(role: str, name: dict[str, str]) -> None:
    message = {"role": role, "content": "hello", **name}
    assert fields_of(message, "messages[0]") == message
    assert Message(**fields_of(message, "messages[0]")).content == "hello"


def test_a_plain_message_may_have_a_null_name() -> None:
    assert fields_of({"role": "user", "content": "a", "name": None}, "m") == {"role": "user", "content": "a"}


@pytest.mark.parametrize("field", [{"content": "a\0b"}, {"content": ""}, {"content": "\ud800"}, {"name": ""}])
def test_what_is_not_legal_in_a_plain_message_is_left_to_the_check_of_messages(field: dict[str, str]) -> None:
    message = {"role": "user", "content": "a", **field}
    assert fields_of(message, "m") == message


DATA: dict[str, tuple[dict[str, Any], str]] = {
    "a tool call": ({"role": "assistant", "content": None, "tool_calls": [CALL]}, ""),
    "a tool call without content": ({"role": "assistant", "tool_calls": [CALL]}, ""),
    "a tool call with text": ({"role": "assistant", "content": "wait", "tool_calls": [CALL]}, "wait"),
    "a tool call with empty text": ({"role": "assistant", "content": "", "tool_calls": [CALL]}, ""),
    "the result of a tool": ({"role": "tool", "content": "42", "tool_call_id": "c1"}, "42"),
    "a null key and text": ({"role": "assistant", "content": "a", "refusal": None}, "a"),
    "null": ({"role": "user", "content": None}, ""),
    "no content": ({"role": "user"}, ""),
    "no parts": ({"role": "user", "content": []}, ""),
    "text parts": ({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "a\nb"),
    "parts that are texts": ({"role": "user", "content": ["a", "b"]}, "a\nb"),
    "a picture": ({"role": "user", "content": [PICTURE, {"type": "text", "text": "what?"}, PICTURE]}, "what?"),
    "parts of the Responses API": (
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "a", "annotations": []}, {"type": "input_text", "text": "b"}],
        },
        "a\nb",
    ),
    "a refusal": ({"role": "assistant", "content": [{"type": "refusal", "refusal": "I cannot"}]}, "I cannot"),
    "thinking and a call of Anthropic's API": (
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hidden", "signature": "s"},
                {"type": "text", "text": "I look it up."},
                {"type": "tool_use", "id": "t", "name": "f", "input": {"text": "hidden"}},
            ],
        },
        "I look it up.",
    ),
    "a result of Anthropic's API": (
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "15 degrees"}]},
        "15 degrees",
    ),
    "a result in parts": (
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "content": [{"type": "text", "text": "a"}, {"type": "image"}, "b"]},
                {"type": "tool_result"},
                {"type": "text", "text": "c"},
            ],
        },
        "a\nb\nc",
    ),
    "parts without a usable text": (
        {"role": "user", "content": [{"type": "text"}, {"type": "text", "text": 5}, {"type": ["text"]}, {}, None, 7]},
        "",
    ),
}


@pytest.mark.parametrize(("message", "content"), DATA.values(), ids=DATA.keys())
def test_any_other_message_is_kept_as_data_and_its_text_as_content(message: dict[str, Any], content: str) -> None:
    fields = fields_of(message, "messages[0]")
    assert fields == {"role": message["role"], "content": content, "data": message}


def test_the_role_of_functions_becomes_tool_and_the_dict_is_kept() -> None:
    message = {"role": "function", "name": "f", "content": "42"}
    assert fields_of(message, "m") == {"role": "tool", "content": "42", "name": "f", "data": message}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Zoë", True),
        ("x" * 1000, True),
        ("x" * 1001, False),
        ("", False),
        ("a\0", False),
        ("\ud800", False),
        (None, False),
        (5, False),
    ],
)
def test_a_name_that_no_message_can_have_stays_in_the_data_only(name: object, kept: bool) -> None:
    message = {"role": "user", "content": None, "name": name}
    fields = fields_of(message, "m")
    assert fields.get("name") == (name if kept else None)
    assert fields["data"] == message


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("a\0b", "a�b"),
        ("\ud800", "�"),
        ("a\udc00b", "a�b"),
        ("\ud83d\ude00", "😀"),
        ("\ude00\ud83d", "��"),
        ("\ud83d\ud83d\ude00", "�😀"),
        ("\ud83d😀", "�😀"),
        ("Zoë 😀", "Zoë 😀"),
    ],
)
def test_the_text_beside_data_is_made_legal(text: str, replaced: str) -> None:
    assert fields_of({"role": "user", "content": [text]}, "m")["content"] == replaced
    assert fields_of({"role": "user", "content": text, "id": 1}, "m")["content"] == replaced


def joined(pair: re.Match[str]) -> str:
    high, low = (ord(half) for half in pair[0])
    return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)


@given(st.text(st.characters(exclude_categories=()) | st.sampled_from("\0\ud800\udbff\udc00\udfff😀")))
def test_only_illegal_characters_change(text: str) -> None:
    expected = re.sub("[\0\ud800-\udfff]", "�", re.sub("[\ud800-\udbff][\udc00-\udfff]", joined, text))
    assert fields_of({"role": "user", "content": [text]}, "m")["content"] == expected


def test_any_mapping_and_any_text_will_do() -> None:
    class Role(StrEnum):
        USER = "user"

    message = UserDict({"role": Role.USER, "content": [UserDict({"type": "text", "text": "a"})], "id": 1})
    fields = fields_of(message, "m")
    assert (fields["role"], fields["content"], fields["data"]) == ("user", "a", message)


def test_content_that_contains_itself_ends() -> None:
    # Refused later, as data that nests too deep.
    result: dict[str, Any] = {"type": "tool_result"}
    result["content"] = [result, "a"]
    assert fields_of({"role": "user", "content": [result]}, "m")["content"] == "a"


REFUSED: dict[str, tuple[dict[Any, Any], str]] = {
    "no role": ({"type": "function_call", "name": "f"}, r"messages\[2\] has no role: .*Message\(role=…, data=…\)"),
    "nothing": ({}, "has no role"),
    "another role": ({"role": "model", "content": "a"}, r"messages\[2\].role is 'model'.* must be one of .*, function"),
    "nearly a role": ({"role": "asistant", "content": "a"}, "did you mean 'assistant'"),
    "null as role": ({"role": None, "content": "a"}, "role is None: it must be one of"),
    "a list as role": ({"role": ["user"], "content": "a"}, "it must be one of"),
    "a number": ({"role": "user", "content": 5}, r"messages\[2\].content must be text, null or a list of parts, not"),
    "one part": ({"role": "user", "content": {"type": "text", "text": "a"}}, "a list of parts, not dict"),
    "bytes": ({"role": "user", "content": b"a"}, "a list of parts, not bytes"),
    "a tuple": ({"role": "user", "content": ("a",)}, "a list of parts, not tuple"),
}


@pytest.mark.parametrize(("message", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(message: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as caught:
        fields_of(message, "messages[2]")
    assert caught.value.argument == "messages"
    assert str(caught.value).startswith("messages[2]")


def test_the_hint_for_an_object_of_a_chat_package() -> None:
    class Answer:
        def model_dump(self) -> dict[str, Any]:
            return {}

    class Anything:
        def __getattr__(self, name: str) -> None:
            raise RuntimeError(name)

    assert hint_for(Answer()) == ": pass message.model_dump(exclude_none=True)"
    assert (hint_for("hello"), hint_for(None), hint_for(Anything())) == ("", "", "")


# Through `history.add`


def conversation(kind: str) -> list[dict[str, Any]]:
    """Return a conversation with a tool call, as one of the chat APIs has it."""
    if kind == "OpenAI chat completions":
        return [
            {"role": "developer", "content": "be brief"},
            {"role": "user", "content": [{"type": "text", "text": "weather in Zürich?"}, PICTURE]},
            {"role": "assistant", "content": None, "tool_calls": [CALL], "refusal": None},
            {"role": "tool", "tool_call_id": "c1", "content": "15 degrees \0 \ud800"},
            {"role": "tool", "tool_call_id": "c2", "content": ""},
            {"role": "function", "name": "f", "content": "{}"},
            {"role": "assistant", "content": "15 degrees", "name": "bot"},
        ]
    if kind == "Anthropic messages":
        return [
            {"role": "user", "content": "weather in Zürich?"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "s"},
                    {"type": "text", "text": "I look it up."},
                    {"type": "tool_use", "id": "t", "name": "f", "input": {"city": "Zürich", "n": 1.0}},
                ],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "15 degrees"}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "is_error": True}]},
            {"role": "assistant", "content": [{"type": "text", "text": "15 degrees"}]},
        ]
    return [  # LangChain's convert_to_openai_messages
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "weather in Zürich?"},
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "15 degrees"},
        {"role": "assistant", "content": [{"type": "text", "text": "15 degrees"}]},
    ]


def as_given(message: Message) -> dict[str, Any]:
    """Return a message as it was before it was stored."""
    plain = {"role": message.role, "content": message.content, **({"name": message.name} if message.name else {})}
    return message.data or plain


SHAPES = ["OpenAI chat completions", "Anthropic messages", "LangChain"]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_messages_of_a_chat_api_come_back_equal(shape: str) -> None:
    async def main() -> None:
        async with Memio.from_config({"history": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            given = conversation(shape)
            turn = await memio.history.add(session_id="s", messages=given, user_id="alice")
            assert given == conversation(shape)
            stored = await memio.history.get("s")
            assert [as_given(message) for message in stored] == given
            assert [as_given(message) for message in turn.stored] == given
            assert {message.role for message in stored} <= {"system", "developer", "user", "assistant", "tool"}
            assert [message.content for message in await memio.history.search("degrees")]

    asyncio.run(main())


def test_a_dict_is_stored_as_the_message_that_it_means(recorder: Any) -> None:
    async def main() -> None:
        store = recorder("history")
        named = {"role": "user", "content": "hello", "name": "Zoë"}
        call = {"role": "assistant", "content": None, "tool_calls": [CALL]}
        listed = [named, Message(role="user", content="x", id="m1"), call]
        await Memio(history=store).history.add(session_id="s", messages=iter(listed))
        [(_, keywords)] = store.calls
        assert keywords["messages"] == [
            Message(role="user", content="hello", name="Zoë"),
            Message(role="user", content="x", id="m1"),
            Message(role="assistant", data=call),
        ]
        assert keywords["messages"][2].data is not call

    asyncio.run(main())


def test_a_dict_that_needs_a_feature_is_refused_where_it_is_missing(recorder: Any) -> None:
    async def main() -> None:
        for message, feature in (
            ({"role": "assistant", "tool_calls": [CALL]}, Feature.DATA),
            ({"role": "user", "content": "x", "name": "Zoë"}, Feature.MESSAGE_NAMES),
            ({"role": "tool", "content": "x"}, Feature.ALL_ROLES),
        ):
            store = recorder("history", set(Feature) - {feature})
            with pytest.raises(NotSupportedError, match=rf"messages\[1\].*{feature}"):
                await Memio(history=store).history.add(
                    session_id="s", messages=[{"role": "user", "content": "a"}, message]
                )
            assert store.calls == []

    asyncio.run(main())


NOT_MESSAGES: dict[str, tuple[Any, str]] = {
    "no role": ([{"rolle": "user", "content": "x"}], r"^messages\[0\] has no role: add one of system, developer"),
    "an item of the Responses API": (
        [{"type": "function_call", "name": "f", "call_id": "c"}],
        r"messages\[0\] has no role: .* kept by Message\(role=…, data=…\)",
    ),
    "LangChain's message_to_dict": ([{"type": "ai", "data": {"content": "x"}}], r"messages\[0\] has no role"),
    "a misspelt role": ([{"role": "assistent", "content": "x"}], "did you mean 'assistant'"),
    "one dict": ({"role": "user", "content": "x"}, r"messages must be a list, such as \[Message\(.*not dict"),
    "a text": (["hello"], r"messages\[0\] must be a Message, such as .*, not str"),
    "no text at all": ([{"role": "user", "content": ""}], r"messages\[0\].content must not be empty"),
    "NUL in a plain message": ([{"role": "user", "content": "a\0"}], r"messages\[0\].content holds a NUL character"),
    "what is no JSON": (
        [{"role": "user", "content": "x", "at": datetime.now(UTC)}],
        r"messages\[0\].data.at has the type",
    ),
    "a name that is empty": ([{"role": "user", "content": "x", "name": ""}], r"messages\[0\].name must not be empty"),
}


@pytest.mark.parametrize(("messages", "words"), NOT_MESSAGES.values(), ids=NOT_MESSAGES.keys())
def test_what_is_no_message_is_refused_with_its_place(messages: Any, words: str, recorder: Any) -> None:
    async def main() -> None:
        store = recorder("history")
        with pytest.raises(InvalidInputError, match=words) as caught:
            await Memio(history=store).history.add(session_id="s", messages=messages)
        assert (caught.value.argument, store.calls) == ("messages", [])

    asyncio.run(main())


def test_an_object_of_a_chat_package_is_refused_with_the_call_that_makes_a_dict_of_it(recorder: Any) -> None:
    class ChatCompletionMessage(BaseModel):
        role: str = "assistant"
        content: str | None = None
        refusal: str | None = None

    async def main() -> None:
        answer, store = ChatCompletionMessage(content="hello"), recorder("history")
        history = Memio(history=store).history
        with pytest.raises(
            InvalidInputError, match=r"not ChatCompletionMessage: pass message.model_dump\(exclude_none=True\)"
        ):
            await history.add(session_id="s", messages=[answer])  # type: ignore[list-item]
        await history.add(session_id="s", messages=[answer.model_dump(exclude_none=True)])
        assert [keywords["messages"] for _, keywords in store.calls] == [[Message(role="assistant", content="hello")]]

    asyncio.run(main())
