"""Filters of the command line: keys and values with an operator, and JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memio import InvalidInputError
from memio._call.filters import check_filters
from memio.cli.io.filters import filters
from memio.toolkit import matches

READ: list[tuple[list[str], Any]] = [
    ([], None),
    (["topic=tea"], {"topic": "tea"}),
    (["n=5"], {"n": 5}),
    (['n="5"'], {"n": "5"}),
    (["a=true", "b=null", "c=0.5", "d="], {"a": True, "b": None, "c": 0.5, "d": ""}),
    (["a!=5"], {"a": {"$ne": 5}}),
    (["a>5"], {"a": {"$gt": 5}}),
    (["a>=b c"], {"a": {"$gte": "b c"}}),
    (["a<5"], {"a": {"$lt": 5}}),
    (["a<=5"], {"a": {"$lte": 5}}),
    (["a>=-1e3"], {"a": {"$gte": -1000.0}}),
    # The first operator ends the key; what follows is the value.
    (["sum=1+1=2"], {"sum": "1+1=2"}),
    (["code=a>b"], {"code": "a>b"}),
    (["html=<b>"], {"html": "<b>"}),
    (["token=abc=="], {"token": "abc=="}),
    (["wow!=yes"], {"wow": {"$ne": "yes"}}),
    (["wow!x=yes"], {"wow!x": "yes"}),
    (['a="=5"'], {"a": "=5"}),
    (["a=two\nlines"], {"a": "two\nlines"}),
    (["Größe>=5"], {"Größe": {"$gte": 5}}),
    (["a.b=1", "c d=1"], {"a.b": 1, "c d": 1}),
    # Several on one key.
    (["age>=18", "age<65"], {"age": {"$gte": 18, "$lt": 65}}),
    (["age>=18", "age<65", "tag=a"], {"age": {"$gte": 18, "$lt": 65}, "tag": "a"}),
    (["a!=1", "a!=2"], {"$and": [{"a": {"$ne": 1}}, {"a": {"$ne": 2}}]}),
    (["a>=1", "a<=9", "a>=3"], {"$and": [{"a": {"$gte": 1, "$lte": 9}}, {"a": {"$gte": 3}}]}),
    (["a=5", "a>=3"], {"$and": [{"a": 5}, {"a": {"$gte": 3}}]}),
    # JSON.
    (['{"age": {"$gte": 18}}'], {"age": {"$gte": 18}}),
    ([' {"a<b": 1, "c": "x=y"}'], {"a<b": 1, "c": "x=y"}),
    (["{}"], None),
    (['{"age": {"$gte": 18}}', "age<65"], {"age": {"$gte": 18, "$lt": 65}}),
    (['tag={"$in": ["a", "b"]}'], {"tag": {"$in": ["a", "b"]}}),
    (['$or=[{"a": 1}, {"b": 1}]'], {"$or": [{"a": 1}, {"b": 1}]}),
    (['{"$not": {"a": 1}}', '{"$not": {"b": 1}}'], {"$and": [{"$not": {"a": 1}}, {"$not": {"b": 1}}]}),
    (
        ['{"$or": [{"a": 1}, {"a": 2}]}', '{"$or": [{"b": 1}, {"b": 2}]}'],
        {"$and": [{"$or": [{"a": 1}, {"a": 2}]}, {"$or": [{"b": 1}, {"b": 2}]}]},
    ),
]


@pytest.mark.parametrize(("texts", "read"), READ, ids=str)
def test_how_filters_are_read(texts: list[str], read: Any) -> None:
    assert json.dumps(filters(texts)) == json.dumps(read)
    check_filters(read or {})


def test_no_option_is_no_filter() -> None:
    assert filters(None) is None


REFUSED = [
    (["tea"], r"'tea' is not KEY=VALUE: write it as in --filter topic=tea. Operators are =, !=, >, >=, <, <=; .*JSON"),
    ([""], "is not KEY=VALUE"),
    (["=5"], "is not KEY=VALUE"),
    (["!=5"], "is not KEY=VALUE"),
    ([">5"], "is not KEY=VALUE"),
    (["==5"], "is not KEY=VALUE"),
    (["age >= 18"], "has a space before or after the key: leave it out"),
    ([" =1"], "has a space before or after the key"),
    (["a==5"], r"""has ==, which is not an operator: they are =, .*, as in 'a="=…"'"""),
    (["a=>5"], r"""has =>, which is not an operator: .* as in 'a=">…"'"""),
    (["a<>5"], r"""has <>, which is not an operator: .* as in 'a<">…"'"""),
    (["a>>5"], r"""has >>, which is not an operator: .* as in 'a>">…"'"""),
    (["a<<5"], r"""has <<, which is not an operator: .* as in 'a<"<…"'"""),
    (["a={1"], "the value is not valid JSON"),
    (['a>="x'], "the value is not valid JSON"),
    (["{age: 5}"], "'{age: 5}' is not valid JSON"),
    (['{"a": 1, "a": 2}'], "duplicate key 'a'"),
    (["a=1", "a=2"], r"""has the key 'a' twice: .* pass --filter 'a={"\$in": \[…, …\]}'"""),
    (["a=1", '{"a": 2}'], "has the key 'a' twice"),
]


@pytest.mark.parametrize(("texts", "words"), REFUSED, ids=str)
def test_what_is_refused(texts: list[str], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as caught:
        filters(texts)
    assert str(caught.value).startswith("--filter ")


@pytest.mark.parametrize("texts", [["a={}", "a>1"], ["a>1", "a={}"], ['a={"b": 1}', "a>1"], ["a=[1]", "a>1"], ["$x=1"]])
def test_what_no_filter_may_hold_is_left_to_the_check_of_filters(texts: list[str]) -> None:
    with pytest.raises(InvalidInputError, match=r"^filters"):
        check_filters(filters(texts) or {})


VALUES = st.integers(-2, 2) | st.sampled_from(["x", "y", None, True])
TEXTS = st.builds(
    lambda key, operator, value: f"{key}{operator}{json.dumps(value)}",
    st.sampled_from("ab"),
    st.sampled_from(["=", "!=", ">", ">=", "<", "<="]),
    VALUES,
)


@given(st.dictionaries(st.sampled_from("ab"), VALUES), st.lists(TEXTS, max_size=4))
def test_all_filters_must_match(metadata: dict[str, Any], texts: list[str]) -> None:
    try:
        together = check_filters(filters(texts) or {})
    except InvalidInputError:  # two values for a key, or the order of what has none
        return
    assert matches(metadata, together) == all(matches(metadata, filters([text]) or {}) for text in texts)
