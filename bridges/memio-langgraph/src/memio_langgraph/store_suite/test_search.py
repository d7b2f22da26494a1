"""What a search without a query lists, and its scope."""

from __future__ import annotations

import pytest

from memio_langgraph.store_suite.face import Face

Namespace = tuple[str, ...]


def found(store: Face, prefix: Namespace) -> set[Namespace]:
    return {item.namespace for item in store.search(prefix, limit=100)}


def fill(store: Face, *namespaces: Namespace) -> None:
    for namespace in namespaces:
        store.put(namespace, "k", {"v": 1})


def test_a_prefix_is_whole_elements(store: Face) -> None:
    fill(store, ("foo",), ("foo", "child"), ("foo", "child", "deep"), ("foobar",), ("foobar", "baz"), ("foo2",))
    assert found(store, ("foo",)) == {("foo",), ("foo", "child"), ("foo", "child", "deep")}
    assert found(store, ("foobar",)) == {("foobar",), ("foobar", "baz")}
    assert found(store, ("foo", "child")) == {("foo", "child"), ("foo", "child", "deep")}
    assert found(store, ("fo",)) == set()
    assert found(store, ("child",)) == set()


def test_the_empty_prefix_is_everything(store: Face) -> None:
    fill(store, ("a",), ("b", "c"), ("d", "e", "f"))
    assert found(store, ()) == {("a",), ("b", "c"), ("d", "e", "f")}


def test_characters_of_patterns_are_literal(store: Face) -> None:
    pairs = [("star*", "starX"), ("q?m", "qXm"), ("br[ack]et", "brXet"), ("user_1", "userX1"), ("a%b", "axxb")]
    for label, decoy in pairs:
        fill(store, (label,), (label, "child"), (decoy,))
    for label, decoy in pairs:
        assert found(store, (label,)) == {(label,), (label, "child")}
        assert found(store, (decoy,)) == {(decoy,)}


def test_labels_are_compared_exactly(store: Face) -> None:
    fill(store, ("Foo",), ("foo",), ("foo ",), ("foo\n",), ("users", "alice"), ("users", "alice\n"))
    for label in ("Foo", "foo", "foo ", "foo\n"):
        assert found(store, (label,)) == {(label,)}
    assert found(store, ("users", "alice")) == {("users", "alice")}


def test_a_slash_in_a_label_is_no_separator(store: Face) -> None:
    fill(store, ("a/b",), ("a", "b"), ("a,b",), ("a:b",))
    assert found(store, ("a",)) == {("a", "b")}
    assert found(store, ("a/b",)) == {("a/b",)}


def test_keys_of_several_namespaces_are_apart(store: Face) -> None:
    store.put(("a",), "k", {"v": 1})
    store.put(("a", "b"), "k", {"v": 2})
    assert sorted(item.value["v"] for item in store.search(("a",))) == [1, 2]
    store.delete(("a",), "k")
    assert [item.value["v"] for item in store.search(("a",))] == [2]


def test_pages_are_disjoint_and_complete(store: Face) -> None:
    for number in range(7):
        store.put(("p", str(number % 2)), f"k{number}", {"n": number})
    pages = [store.keys(("p",), limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert list(map(len, pages)) == [3, 3, 1, 0]
    assert sorted(key for page in pages for key in page) == [f"k{number}" for number in range(7)]


def test_ten_are_returned_when_no_limit_is_given(store: Face) -> None:
    for number in range(12):
        store.put(("p",), f"k{number}", {"n": number})
    assert len(store.search(("p",))) == 10
    assert store.search(("p",), limit=0) == []


@pytest.mark.parametrize("query", [None, ""])
def test_no_query_lists(store: Face, query: str | None) -> None:
    store.put(("a",), "k1", {"text": "one"})
    store.put(("a",), "k2", {"text": "two"}, index=False)
    items = store.search(("a",), query=query)
    assert sorted(item.key for item in items) == ["k1", "k2"]
    assert [item.score for item in items] == [None, None]


def test_a_prefix_may_be_a_list(store: Face) -> None:
    fill(store, ("a", "b"))
    assert len(store.search(["a"])) == 1


def test_an_empty_store(store: Face) -> None:
    assert store.search(()) == []
    assert store.search(("a",), query="words", filter={"v": 1}) == []
