"""Storing, reading, replacing and deleting one item."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.store.base import InvalidNamespaceError

from memio_langgraph.store_suite.face import Face

PLACE = ("test", "documents")

VALUES: dict[str, dict[str, Any]] = {
    "empty": {},
    "nested": {"a": {"b": [1, {"c": None}]}, "d": []},
    "scalars": {"t": True, "f": False, "n": None, "i": -3, "x": 0.1, "s": ""},
    "a large integer": {"i": 2**70},
    "a float that is whole": {"x": 1.0},
    "text": {"s": "naïve 这是中文 😀 \n\t\"'\\"},
    "NUL": {"s": "a\0b"},
    "keys": {"": 1, "a.b": 2, "$eq": 3, "na me": 4, 'q"': 5},
    "long": {"s": "word " * 20_000},
}


def test_what_was_put_is_there(store: Face) -> None:
    store.put(PLACE, "doc1", {"title": "Test", "content": "Hello"})
    item = store.get(PLACE, "doc1")
    assert item is not None
    assert (item.namespace, item.key, item.value) == (PLACE, "doc1", {"title": "Test", "content": "Hello"})
    assert item.created_at <= item.updated_at


@pytest.mark.parametrize("value", VALUES.values(), ids=list(VALUES))
def test_a_value_comes_back_equal(store: Face, value: dict[str, Any]) -> None:
    store.put(PLACE, "key", value)
    assert store.value(PLACE, "key") == value
    assert [item.value for item in store.search(PLACE)] == [value]


def test_a_number_stays_of_its_type(store: Face) -> None:
    store.put(PLACE, "key", {"i": 1, "x": 1.0, "b": True})
    assert {name: type(item) for name, item in store.value(PLACE, "key").items()} == {"i": int, "x": float, "b": bool}


@pytest.mark.parametrize("key", ["a", "a b", "a/b", "a.b", "%", "_", "*", "é", "'; --", " ", "0", "x" * 200])
def test_a_key_is_any_text(store: Face, key: str) -> None:
    store.put(PLACE, key, {"v": key})
    store.put(PLACE, "other", {"v": "other"})
    assert store.value(PLACE, key) == {"v": key}
    store.delete(PLACE, key)
    assert store.keys(PLACE) == ["other"]


def test_a_key_that_is_not_text_becomes_text(store: Face) -> None:
    store.put(PLACE, 7, {"v": 1})
    assert store.value(PLACE, "7") == store.value(PLACE, 7) == {"v": 1}


def test_what_is_not_there_is_none(store: Face) -> None:
    store.put(PLACE, "doc1", {"v": 1})
    assert store.get(PLACE, "doc2") is None
    assert store.get(("test", "other"), "doc1") is None
    assert store.get(("test",), "doc1") is None


def test_a_second_put_replaces_the_value(store: Face) -> None:
    store.put(PLACE, "doc1", {"title": "one", "old": True})
    first = store.get(PLACE, "doc1")
    store.put(PLACE, "doc1", {"title": "two"})
    second = store.get(PLACE, "doc1")
    assert first is not None
    assert second is not None
    assert second.value == {"title": "two"}
    assert second.updated_at >= first.updated_at
    assert store.keys(PLACE) == ["doc1"]


def test_a_second_put_keeps_the_time_of_creation(store: Face) -> None:
    store.put(PLACE, "doc1", {"v": 1})
    first = store.get(PLACE, "doc1")
    store.put(PLACE, "doc1", {"v": 2})
    second = store.get(PLACE, "doc1")
    assert first is not None
    assert second is not None
    assert second.created_at == first.created_at


def test_what_was_deleted_is_gone(store: Face) -> None:
    store.put(PLACE, "doc1", {"v": 1})
    store.put(PLACE, "doc2", {"v": 2})
    store.delete(PLACE, "doc1")
    assert store.get(PLACE, "doc1") is None
    assert store.keys(PLACE) == ["doc2"]


def test_deleting_what_is_not_there_does_nothing(store: Face) -> None:
    store.delete(PLACE, "doc1")
    store.put(PLACE, "doc1", {"v": 1})
    store.delete(("test",), "doc1")
    assert store.value(PLACE, "doc1") == {"v": 1}


def test_changing_a_value_afterwards_changes_nothing_stored(store: Face) -> None:
    value: dict[str, Any] = {"list": [1]}
    store.put(PLACE, "doc1", value)
    value["list"].append(2)
    assert store.value(PLACE, "doc1") == {"list": [1]}
    store.value(PLACE, "doc1")["list"].append(3)
    assert store.value(PLACE, "doc1") == {"list": [1]}


@pytest.mark.parametrize("namespace", [(), ("the", "thing.about"), ("some", ""), ("langgraph", "x"), ("a", 1)])
def test_an_invalid_namespace_is_refused(store: Face, namespace: Any) -> None:
    with pytest.raises(InvalidNamespaceError):
        store.put(namespace, "key", {"v": 1})
    assert store.search(()) == []


def test_langgraph_is_a_label_below_the_root(store: Face) -> None:
    store.put(("foo", "langgraph", "foo"), "key", {"v": 1})
    assert store.value(("foo", "langgraph", "foo"), "key") == {"v": 1}


def test_namespaces_may_be_lists(store: Face) -> None:
    store.put(["test", "documents"], "doc1", {"v": 1})
    item = store.get(["test", "documents"], "doc1")
    assert item is not None
    assert item.namespace == PLACE


@pytest.mark.parametrize("value", [{"v": object()}, {"v": {1, 2}}, {"v": b"bytes"}], ids=["object", "set", "bytes"])
def test_a_value_that_is_not_json_is_refused_whole(store: Face, value: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        store.put(PLACE, "key", value)
    assert store.get(PLACE, "key") is None
