"""Searches with a query, of stores that rank.

The texts differ in words and in letters, so that stores that compare either, or the meaning, rank them alike.
"""

from __future__ import annotations

import pytest

from memio_langgraph.store_suite.face import Face

PLACE = ("test",)


def test_the_best_match_is_first(ranked: Face) -> None:
    for key, text in (("doc1", "zany zebra Xerxes"), ("doc2", "something about dogs"), ("doc3", "text on birds")):
        ranked.put(PLACE, key, {"text": text})
    hits = ranked.search(PLACE, query="Zany Xerxes")
    assert hits[0].key == "doc1"
    assert hits[0].value == {"text": "zany zebra Xerxes"}
    scores = [hit.score for hit in hits if hit.score is not None]
    assert scores == sorted(scores, reverse=True)


def test_all_items_are_returned_up_to_the_limit(ranked: Face) -> None:
    for number in range(5):
        ranked.put(PLACE, f"doc{number}", {"text": f"test document number {number}"})
    assert len(ranked.search(PLACE, query="test", limit=10)) == 5
    assert len(ranked.search(PLACE, query="qqq", limit=10)) == 5
    assert len(ranked.search(PLACE, query="test", limit=2)) == 2


def test_pages_of_a_ranking(ranked: Face) -> None:
    for number in range(5):
        ranked.put(PLACE, f"doc{number}", {"text": f"test document number {number}"})
    pages = [ranked.keys(PLACE, query="test", limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert list(map(len, pages)) == [2, 2, 1, 0]
    assert len({key for page in pages for key in page}) == 5


def test_a_replaced_text_is_found_by_the_new_one(ranked: Face) -> None:
    ranked.put(PLACE, "doc1", {"text": "zany zebra Xerxes"})
    ranked.put(PLACE, "doc2", {"text": "something about birds"})
    ranked.put(PLACE, "doc1", {"text": "dogs dogs dogs"})
    ranked.put(PLACE, "doc3", {"text": "zany zebra"})
    assert ranked.keys(PLACE, query="zany zebra Xerxes")[0] == "doc3"
    assert ranked.keys(PLACE, query="dogs dogs dogs")[0] == "doc1"


def test_a_deleted_item_is_not_found(ranked: Face) -> None:
    ranked.put(PLACE, "doc1", {"text": "zany zebra Xerxes"})
    ranked.put(PLACE, "doc2", {"text": "something else"})
    ranked.delete(PLACE, "doc1")
    assert ranked.keys(PLACE, query="zany zebra Xerxes") == ["doc2"]


def test_what_is_not_indexed_is_not_ranked(ranked: Face) -> None:
    ranked.put(PLACE, "doc1", {"text": "about dogs"})
    ranked.put(PLACE, "doc2", {"text": "new text on dogs"}, index=False)
    ranked.put(PLACE, "doc3", {"text": "about birds"})
    assert sorted(ranked.keys(PLACE, query="new text on dogs", limit=2)) == ["doc1", "doc3"]
    assert ranked.value(PLACE, "doc2") == {"text": "new text on dogs"}
    assert len(ranked.search(PLACE)) == 3


def test_indexed_fields_of_an_item(ranked: Face) -> None:
    value = {"key0": "aaa", "key1": "bbb", "deep": {"list": [{"text": "ccc"}, {"text": "ddd"}]}}
    other = {"key0": "eee", "key1": "fff", "deep": {"list": [{"text": "ggg"}, {"text": "hhh"}]}}
    ranked.put(PLACE, "doc1", value, index=["key0", "deep.list[*].text"])
    ranked.put(PLACE, "doc2", other, index=["key1", "deep.list[-1].text"])
    for query, best in (("aaa", "doc1"), ("ddd", "doc1"), ("fff", "doc2"), ("hhh", "doc2")):
        hits = ranked.search(PLACE, query=query)
        assert hits[0].key == best, query
        assert len(hits) == 2


@pytest.mark.parametrize("text", ["这是中文", "これは日本語です", "이건 한국어야", "Это русский", "यह रूसी है"])
def test_texts_of_every_script(ranked: Face, text: str) -> None:
    texts = ["这是中文", "これは日本語です", "이건 한국어야", "Это русский", "यह रूसी है"]
    for each in texts:
        ranked.put(("user_123", "memories"), str(texts.index(each)), {"text": each})
    assert ranked.keys(("user_123", "memories"), query=text)[0] == str(texts.index(text))


@pytest.mark.parametrize("query", ["test " * 100, "test!@#$%^&*()", "'; DROP TABLE store; --", "*", '"', "a\0b"])
def test_a_query_is_data(ranked: Face, query: str) -> None:
    ranked.put(PLACE, "doc1", {"text": "test document"})
    assert ranked.keys(PLACE, query=query) == ["doc1"]


def test_the_scope_of_a_query(ranked: Face) -> None:
    ranked.put(("foo",), "k1", {"text": "zebra"})
    ranked.put(("foobar",), "k2", {"text": "zebra"})
    ranked.put(("foo", "child"), "k3", {"text": "zebra"})
    assert sorted(ranked.keys(("foo",), query="zebra")) == ["k1", "k3"]


def test_filters_and_a_query(ranked: Face) -> None:
    docs = [
        ("red apple", "red", 4.5),
        ("red car", "red", 3.0),
        ("green apple", "green", 4.0),
        ("blue car", "blue", 3.5),
    ]
    for number, (text, color, score) in enumerate(docs, 1):
        ranked.put(PLACE, f"doc{number}", {"text": text, "color": color, "score": score}, index=["text"])
    assert ranked.keys(PLACE, query="apple", filter={"color": "red"}) == ["doc1", "doc2"]
    assert ranked.keys(PLACE, query="car", filter={"color": "red"}) == ["doc2", "doc1"]
    assert ranked.keys(PLACE, query="blue", filter={"score": {"$gt": 3.2}})[0] == "doc4"
    assert ranked.keys(PLACE, query="apple", filter={"score": {"$gte": 4.0}, "color": "green"}) == ["doc3"]


@pytest.mark.parametrize("wanted", [{"tag": "b"}, {"tags": ["b"]}])
def test_a_filter_comes_before_the_limit(ranked: Face, wanted: dict[str, object]) -> None:
    ranked.put(PLACE, "wanted", {"text": "zebra", "tag": "b", "tags": ["b"]}, index=["text"])
    for number in range(30):
        ranked.put(PLACE, f"k{number}", {"text": "zebra zebra", "tag": "a", "tags": ["a"]}, index=["text"])
    assert ranked.keys(PLACE, query="zebra", filter=wanted, limit=3) == ["wanted"]
