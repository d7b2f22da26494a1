"""Filters on values."""

from __future__ import annotations

from typing import Any

import pytest

from memio_langgraph.store_suite.face import Face

PLACE = ("items",)

VALUES: dict[str, dict[str, Any]] = {
    "a": {"n": 10, "s": "apple", "flag": True, "tags": ["x"], "deep": {"k": 1, "l": 2}},
    "b": {"n": 20.5, "s": "banana", "flag": False, "tags": ["x", "y"], "deep": {"k": 2}},
    "c": {"n": -30, "s": "O'Brien's", "flag": True, "tags": [], "none": None},
}

FILTERS: list[tuple[dict[str, Any], str]] = [
    ({}, "abc"),
    ({"s": "apple"}, "a"),
    ({"s": "O'Brien's"}, "c"),
    ({"n": 10}, "a"),
    ({"n": 10.0}, "a"),
    ({"n": 20.5}, "b"),
    ({"flag": True}, "ac"),
    ({"flag": False}, "b"),
    ({"s": "apple", "flag": False}, ""),
    ({"missing": "x"}, ""),
    ({"s": {"$eq": "apple"}}, "a"),
    ({"s": {"$ne": "apple"}}, "bc"),
    ({"n": {"$gt": 10}}, "b"),
    ({"n": {"$gte": 10}}, "ab"),
    ({"n": {"$lt": 10}}, "c"),
    ({"n": {"$lte": 10.0}}, "ac"),
    ({"n": {"$gt": -100, "$lt": 15}}, "ac"),
    ({"n": {"$gt": 0}, "flag": True}, "a"),
    ({"n": {"$lt": 10**100}}, "abc"),
    ({"n": {"$lt": float("inf")}}, "abc"),
    ({"n": {"$gt": float("-inf")}}, "abc"),
    ({"n": {"$eq": float("nan")}}, ""),
    ({"s": {"$gte": "b"}}, "b"),
    ({"s": {"$lt": "b"}}, "ac"),
    ({"tags": ["x"]}, "a"),
    ({"tags": ["x", "y"]}, "b"),
    ({"tags": []}, "c"),
    ({"s": "public' OR '1'='1"}, ""),
    ({"s": "x\0' OR '1'='1"}, ""),
    ({"n": {"$gt": "10"}}, ""),
    ({"n": "10"}, ""),
    ({"s": {"$gt": 5}}, ""),
]


@pytest.mark.parametrize(("wanted", "keys"), FILTERS, ids=[repr(wanted) for wanted, _ in FILTERS])
def test_a_filter(store: Face, wanted: dict[str, Any], keys: str) -> None:
    for key, value in VALUES.items():
        store.put(PLACE, key, value)
    assert sorted(store.keys(PLACE, filter=wanted)) == list(keys)


def test_a_boolean_is_no_number(store: Face) -> None:
    store.put(PLACE, "true", {"v": True})
    store.put(PLACE, "one", {"v": 1})
    assert store.keys(PLACE, filter={"v": True}) == ["true"]
    assert store.keys(PLACE, filter={"v": 1}) == ["one"]


def test_null_is_found_by_null(store: Face) -> None:
    store.put(PLACE, "null", {"v": None})
    store.put(PLACE, "zero", {"v": 0})
    assert store.keys(PLACE, filter={"v": None}) == ["null"]


def test_a_missing_key_is_not_equal(store: Face) -> None:
    store.put(PLACE, "there", {"v": "x"})
    store.put(PLACE, "missing", {"w": "x"})
    assert store.keys(PLACE, filter={"v": {"$ne": "x"}}) == ["missing"]


def test_a_large_integer_is_exact(store: Face) -> None:
    store.put(PLACE, "one", {"v": 2**53})
    store.put(PLACE, "two", {"v": 2**53 + 1})
    assert store.keys(PLACE, filter={"v": 2**53 + 1}) == ["two"]
    assert store.keys(PLACE, filter={"v": {"$gt": 2**53}}) == ["two"]


def test_an_object_is_compared_with_what_it_names(store: Face) -> None:
    for key, value in VALUES.items():
        store.put(PLACE, key, value)
    assert store.keys(PLACE, filter={"deep": {"k": 1, "l": 2}}) == ["a"]
    assert store.keys(PLACE, filter={"deep": {"k": 2}}) == ["b"]


@pytest.mark.parametrize("key", ["access-level", "123abc", "a b", 'q"uote', "it's", "a.b", "back\\slash", "é"])
def test_a_filter_on_any_key(store: Face, key: str) -> None:
    store.put(PLACE, "yes", {key: "public"})
    store.put(PLACE, "no", {key: "private", "other": "public"})
    assert store.keys(PLACE, filter={key: "public"}) == ["yes"]


def test_an_unknown_operator_is_refused(store: Face) -> None:
    store.put(PLACE, "a", {"v": 1})
    with pytest.raises(ValueError, match=r"\$near"):
        store.search(PLACE, filter={"v": {"$near": 1}})


def test_long_texts_can_be_filtered(store: Face) -> None:
    store.put(PLACE, "long", {"s": "x" * 5000})
    store.put(PLACE, "short", {"s": "x"})
    assert store.keys(PLACE, filter={"s": "x" * 5000}) == ["long"]
    assert store.keys(PLACE, filter={"s": {"$ne": "x"}}) == ["long"]
    assert sorted(store.keys(PLACE, filter={"s": {"$gte": "x"}})) == ["long", "short"]


@pytest.mark.parametrize("wanted", [{"tag": "b"}, {"tags": ["b"]}, {"n": {"$lt": 0}}, {"s": {"$gte": "y"}}])
def test_a_filter_comes_before_limit_and_offset(store: Face, wanted: dict[str, Any]) -> None:
    match = {"tag": "b", "tags": ["b"], "n": -1, "s": "z"}
    for number in range(5):
        store.put(PLACE, f"first{number}", match)
    for number in range(60):
        store.put(PLACE, f"k{number}", {"tag": "a", "tags": ["a"], "n": 1, "s": "a"})
    for number in range(5):
        store.put(PLACE, f"last{number}", match)
    keys = [key for offset in (0, 4, 8, 12) for key in store.keys(PLACE, filter=wanted, limit=4, offset=offset)]
    assert len(keys) == len(set(keys)) == 10
    assert all(key.startswith(("first", "last")) for key in keys)


def test_a_replaced_value_is_filtered_by_the_new_one(store: Face) -> None:
    store.put(PLACE, "k", {"v": 1, "old": True})
    store.put(PLACE, "k", {"v": 2})
    assert store.keys(PLACE, filter={"v": 1}) == store.keys(PLACE, filter={"old": True}) == []
    assert store.keys(PLACE, filter={"v": 2}) == ["k"]
