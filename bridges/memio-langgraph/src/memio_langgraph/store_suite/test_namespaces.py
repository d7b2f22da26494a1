"""Listings of namespaces."""

from __future__ import annotations

import pytest

from memio_langgraph.store_suite.face import Face

PLACES = [
    ("a", "b", "c"),
    ("a", "b", "d", "e"),
    ("a", "b", "d", "i"),
    ("a", "b", "f"),
    ("a", "c", "f"),
    ("admin", "users", "789"),
    ("b", "a", "f"),
    ("users", "123"),
    ("users", "456", "settings"),
]


@pytest.fixture
def filled(store: Face) -> Face:
    for place in reversed(PLACES):
        store.put(place, "k", {"v": 1})
        store.put(place, "k2", {"v": 1})
    return store


def test_each_namespace_is_listed_once_in_order(filled: Face) -> None:
    assert filled.namespaces() == PLACES


def test_a_prefix(filled: Face) -> None:
    assert filled.namespaces(prefix=("a", "b")) == PLACES[:4]
    assert filled.namespaces(prefix=("users", "123")) == [("users", "123")]
    assert filled.namespaces(prefix=("nonexistent",)) == []
    assert filled.namespaces(prefix=["users"]) == PLACES[-2:]


def test_a_suffix(filled: Face) -> None:
    assert filled.namespaces(suffix=("f",)) == [("a", "b", "f"), ("a", "c", "f"), ("b", "a", "f")]
    assert filled.namespaces(prefix=("a",), suffix=("f",)) == [("a", "b", "f"), ("a", "c", "f")]
    assert filled.namespaces(prefix=("a", "b", "c"), suffix=("b", "c")) == [("a", "b", "c")]


def test_a_wildcard_is_one_element(filled: Face) -> None:
    assert filled.namespaces(prefix=("a", "*", "f")) == [("a", "b", "f"), ("a", "c", "f")]
    assert filled.namespaces(suffix=("*", "f")) == [("a", "b", "f"), ("a", "c", "f"), ("b", "a", "f")]
    assert filled.namespaces(suffix=("users", "*")) == [("admin", "users", "789"), ("users", "123")]
    assert filled.namespaces(prefix=("users", "*")) == PLACES[-2:]
    assert filled.namespaces(prefix=("*", "users"), suffix=("*", "settings")) == []


def test_a_depth(filled: Face) -> None:
    assert filled.namespaces(prefix=("a", "b"), max_depth=3) == [("a", "b", "c"), ("a", "b", "d"), ("a", "b", "f")]
    assert filled.namespaces(max_depth=1) == [("a",), ("admin",), ("b",), ("users",)]


def test_pages(filled: Face) -> None:
    pages = [filled.namespaces(limit=4, offset=offset) for offset in (0, 4, 8, 12)]
    assert pages == [PLACES[:4], PLACES[4:8], PLACES[8:], []]
    assert filled.namespaces(max_depth=1, limit=2, offset=1) == [("admin",), ("b",)]
    assert filled.namespaces(prefix=("a", "b"), offset=2) == PLACES[2:4]


def test_more_namespaces_than_a_page_of_the_backend(store: Face) -> None:
    for number in range(150):
        store.put(("namespace", f"sub_{number:03d}"), "k", {"n": number})
    assert len(store.namespaces()) == 100
    assert store.namespaces(limit=200) == [("namespace", f"sub_{number:03d}") for number in range(150)]


def test_labels_are_compared_exactly(store: Face) -> None:
    for place in (("foo",), ("foobar",), ("users", "alice"), ("users", "alice\n"), ("users", "malice"), ("star*", "x")):
        store.put(place, "k", {"v": 1})
    store.put(("starX", "x"), "k", {"v": 1})
    assert store.namespaces(prefix=("foo",)) == [("foo",)]
    assert store.namespaces(suffix=("alice",)) == [("users", "alice")]
    assert store.namespaces(prefix=("users", "alice")) == [("users", "alice")]
    assert store.namespaces(prefix=("star*",)) == [("star*", "x")]


def test_an_emptied_namespace_is_not_listed(store: Face) -> None:
    store.put(("a",), "k", {"v": 1})
    store.put(("b",), "k", {"v": 1})
    store.delete(("a",), "k")
    assert store.namespaces() == [("b",)]


def test_an_empty_store_has_none(store: Face) -> None:
    assert store.namespaces() == []


def test_reading_makes_no_namespace(store: Face) -> None:
    store.get(("a",), "k")
    store.search(("b",))
    store.delete(("c",), "k")
    assert store.namespaces() == []
