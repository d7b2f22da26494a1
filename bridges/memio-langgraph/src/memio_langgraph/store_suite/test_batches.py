"""Several operations in one call, and several calls at once."""

from __future__ import annotations

from typing import Any

from langgraph.store.base import GetOp, Item, ListNamespacesOp, MatchCondition, PutOp, SearchOp

from memio_langgraph.store_suite.face import Face


def value_of(result: Any) -> Any:
    assert isinstance(result, Item)
    return result.value


def keys_of(result: Any) -> list[str]:
    return [item.key for item in result]


def test_results_are_in_the_order_of_the_operations(store: Face) -> None:
    store.put(("test", "foo"), "key1", {"data": "value1"})
    store.put(("test", "bar"), "key2", {"data": "value2"})
    got, put, found, listed, missing = store.batch(
        [
            GetOp(("test", "foo"), "key1"),
            PutOp(("test", "bar"), "key2", {"data": "value2"}),
            SearchOp(("test",), filter={"data": "value1"}),
            ListNamespacesOp(),
            GetOp(("test",), "key3"),
        ]
    )
    assert value_of(got) == {"data": "value1"}
    assert put is None
    assert keys_of(found) == ["key1"]
    assert listed == [("test", "bar"), ("test", "foo")]
    assert missing is None


def test_reads_come_before_the_writes_of_a_batch(store: Face) -> None:
    store.put(("a",), "k", {"v": 1})
    put, got, found = store.batch([PutOp(("a",), "k", {"v": 2}), GetOp(("a",), "k"), SearchOp(("a",))])
    assert put is None
    assert value_of(got) == {"v": 1}
    assert keys_of(found) == ["k"]
    assert store.value(("a",), "k") == {"v": 2}


def test_the_last_write_of_a_key_wins(store: Face) -> None:
    ops = [PutOp(("a",), "k", {"v": 1}), PutOp(("a",), "gone", {"v": 1}), PutOp(("a",), "k", {"v": 2})]
    assert store.batch([*ops, PutOp(("a",), "gone", None)]) == [None] * 4
    assert store.value(("a",), "k") == {"v": 2}
    assert store.get(("a",), "gone") is None
    store.batch([PutOp(("a",), "k", None), PutOp(("a",), "k", {"v": 3})])
    assert store.value(("a",), "k") == {"v": 3}


def test_a_batch_may_delete(store: Face) -> None:
    store.put(("a",), "k1", {"v": 1})
    store.put(("a",), "k2", {"v": 2})
    assert store.batch([PutOp(("a",), "k1", None), PutOp(("a",), "missing", None)]) == [None, None]
    assert store.keys(("a",)) == ["k2"]


def test_searches_of_a_batch_are_independent(store: Face) -> None:
    for place, key, tag in ((("t", "foo"), "k1", "a"), (("t", "bar"), "k2", "a"), (("t", "baz"), "k3", "b")):
        store.put(place, key, {"tag": tag})
    tagged, two, foo = store.batch(
        [SearchOp(("t",), filter={"tag": "a"}), SearchOp(("t",), limit=2), SearchOp(("t", "foo"))]
    )
    assert sorted(keys_of(tagged)) == ["k1", "k2"]
    assert len(keys_of(two)) == 2
    assert keys_of(foo) == ["k1"]


def test_listings_of_namespaces_in_a_batch(store: Face) -> None:
    places = [("t", "docs", "public"), ("t", "docs", "private"), ("t", "images", "public"), ("p", "docs", "public")]
    for place in places:
        store.put(place, "k", {"v": 1})
    every, short, public = store.batch(
        [
            ListNamespacesOp(limit=10),
            ListNamespacesOp(max_depth=2, limit=10),
            ListNamespacesOp(match_conditions=(MatchCondition("suffix", ("public",)),), limit=10),
        ]
    )
    assert every == sorted(places)
    assert short == [("p", "docs"), ("t", "docs"), ("t", "images")]
    assert public == [("p", "docs", "public"), ("t", "docs", "public"), ("t", "images", "public")]


def test_an_empty_batch(store: Face) -> None:
    assert store.batch([]) == []


def test_a_batch_may_be_an_iterator(store: Face) -> None:
    assert store.batch(PutOp(("a",), str(number), {"n": number}) for number in range(3)) == [None] * 3
    assert sorted(store.keys(("a",))) == ["0", "1", "2"]


def test_a_large_batch(store: Face) -> None:
    store.batch([PutOp(("n", str(number % 7)), str(number), {"n": number}) for number in range(300)])
    results = store.batch([GetOp(("n", str(number % 7)), str(number)) for number in range(300)])
    assert [value_of(result) for result in results] == [{"n": number} for number in range(300)]
    assert len(store.search(("n",), limit=1000)) == 300


def test_calls_at_the_same_time(store: Face) -> None:
    store.at_once([("put", (("c",), str(number), {"n": number})) for number in range(40)])
    items = store.at_once([("get", (("c",), str(number))) for number in range(40)])
    assert [item.value["n"] for item in items] == list(range(40))
    assert len(store.search(("c",), limit=100)) == 40


def test_the_same_key_at_the_same_time(store: Face) -> None:
    store.at_once([("put", (("c",), "k", {"n": number})) for number in range(20)])
    assert store.keys(("c",)) == ["k"]
    assert store.value(("c",), "k")["n"] in range(20)
