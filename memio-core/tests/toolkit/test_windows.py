"""Long texts are cut for embedders at white space, and rankings are joined."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memio.toolkit import WINDOWS, fused, windows


@pytest.mark.parametrize("text", ["", " ", "\n\t \u3000"])
def test_a_text_without_anything_has_no_window(text):
    assert windows(text, 10) == []


def test_a_short_text_is_one_window():
    assert windows(" likes coffee\n", 100) == ["likes coffee"]
    assert windows("x" * 10, 10) == ["x" * 10]


def test_texts_are_cut_at_white_space_where_that_is_not_far_back():
    assert windows("one two three four", 9) == ["one two", "three", "four"]
    assert windows("a bcdefghijklmnop", 8) == ["a bcdefg", "hijklmno", "p"]
    assert windows("寿司が好きです", 3) == ["寿司が", "好きで", "す"]


def test_a_text_has_a_bounded_number_of_windows():
    assert len(windows("word " * 10_000, 10)) == WINDOWS


@given(st.text(st.sampled_from("ab \n"), max_size=200), st.integers(1, 30))
def test_windows_hold_the_words_of_the_text_in_order(text, size):
    found = windows(text, size)
    assert all(0 < len(window) <= size and window == window.strip() for window in found)
    if len(found) < WINDOWS:
        assert "".join("".join(found).split()) == "".join(text.split())


def test_words_and_meaning_count_by_their_weight():
    by_words, by_meaning = [(1, 4.0), (2, 2.0)], [(2, 0.9), (3, 0.85), (4, 0.8)]
    assert fused(by_words, by_meaning, 0.5, 9) == [(2, 0.75), (1, 0.5), (3, pytest.approx(0.25)), (4, 0.0)]
    assert fused(by_words, by_meaning, 0.0, 2) == [(1, 1.0), (2, 0.5)]
    assert fused([], by_meaning, 0.3, 1) == [(2, 0.3)]
    assert fused(by_words, [], 0.3, 1) == [(1, 0.7)]
    assert fused([], [], 0.3, 1) == []


def test_equal_scores_come_newest_first():
    assert fused([(1, 1.0), (5, 1.0)], [(3, 0.7), (4, 0.7)], 0.5, 9) == [(5, 0.5), (4, 0.5), (3, 0.5), (1, 0.5)]
