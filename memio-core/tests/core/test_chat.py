"""Dicts as chat APIs have them become messages."""

from __future__ import annotations

import re
from collections import UserDict
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memio import InvalidInputError, Message
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
