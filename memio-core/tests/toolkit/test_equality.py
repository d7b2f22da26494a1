"""Which JSON values and records are the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memio import Document, Fact, Message, Triple
from memio.toolkit import same_json, same_record

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1, 1.0),
        (2**53, float(2**53)),
        (0.0, -0.0),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}),
        ([1, {"x": None}], [1.0, {"x": None}]),
        (10**40, 10**40),
    ],
)
def test_equal_values(first: Any, second: Any):
    assert same_json(first, second)
    assert same_json(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1, True),
        (0, False),
        (0.0, False),
        (None, False),
        ("1", 1),
        ("", None),
        ({}, None),
        ({}, []),
        ([], None),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ({"a": 1}, {"a": 1, "b": None}),
        ({"a": [True]}, {"a": [1]}),
        (2**53, float(2**53) + 2),
        (2**53 + 1, float(2**53)),
        (0.1, 0.1 + 2**-56),
        ("e\u0301", "\u00e9"),
    ],
)
def test_unequal_values(first: Any, second: Any):
    assert not same_json(first, second)
    assert not same_json(second, first)


@given(JSON)
def test_a_value_equals_what_its_json_text_holds(value: Any):
    assert same_json(value, json.loads(json.dumps(value)))


@given(JSON, JSON)
def test_equality_is_symmetric(first: Any, second: Any):
    assert same_json(first, second) == same_json(second, first)


@pytest.mark.parametrize(
    ("stored", "given", "same"),
    [
        (Fact(id="1", content="a", user_id="u"), Fact(id="2", content="a"), True),
        (Fact(id="1", content="a"), Fact(id="1", content="b"), False),
        (Document(id="1", content="a", metadata={"n": 1}), Document(id="1", content="a", metadata={"n": True}), False),
        (Message(role="user", content="a", name="x"), Message(role="user", content="a"), False),
        (Message(role="user", content="a", id="1"), Message(role="user", content="a", session_id="s"), True),
        (Triple(subject="a", predicate="b", object="c"), Triple(subject="a", predicate="b", object="c"), True),
        (Triple(subject="a b", predicate="c", object="d"), Triple(subject="a", predicate="b c", object="d"), False),
    ],
)
def test_the_same_record(stored: Any, given: Any, same: bool):
    assert same_record(stored, given) is same
