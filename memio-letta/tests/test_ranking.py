"""Which messages a search in a session returns, and in which order."""

from __future__ import annotations

import pytest

from memio import Message
from memio.providers.letta._rows.ranking import rank


def ranked(query: str, *texts: str, limit: int = 10) -> list[str]:
    return [message.content for message in rank([Message(role="user", content=text) for text in texts], query, limit)]


def test_the_message_with_more_of_the_words_comes_first() -> None:
    assert ranked("red boat", "a red house", "the red boat", "a boat") == ["the red boat", "a boat", "a red house"]


def test_rare_words_count_more_than_common_ones() -> None:
    assert ranked("the anchor", "the a", "the b", "an anchor", "the c")[0] == "an anchor"


def test_the_newest_of_equal_messages_comes_first() -> None:
    assert ranked("tea", "tea one", "tea two") == ["tea two", "tea one"]


def test_messages_without_a_word_of_the_query_are_left_out() -> None:
    assert ranked("coffee", "tea", "water") == []


def test_the_limit_keeps_the_best() -> None:
    assert ranked("red boat", "a red house", "the red boat", limit=1) == ["the red boat"]


@pytest.mark.parametrize("text", ["!!!", " ", "日本語のメモ", "🎉", "%_\\", "MiXeD"])
def test_a_message_is_found_by_its_own_text(text: str) -> None:
    assert ranked(text, "something else", text)[0] == text


def test_case_does_not_matter_and_a_word_is_found_inside_a_text_without_spaces() -> None:
    assert ranked("COFFEE", "likes coffee") == ["likes coffee"]
    assert ranked("日本", "これは日本語です", "なにか") == ["これは日本語です"]
