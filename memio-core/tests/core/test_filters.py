"""The check of filters, and that it accepts what the evaluator evaluates."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memio import InvalidInputError
from memio._call.filters import check_filters, has_operators
from memio._values.operators import EXISTENCE, IN_PLACE_OF_KEYS, MEMBERSHIP, ORDER, UNDER_KEYS
from memio.toolkit import matches
from memio.toolkit.filters import OPERATORS

ACCEPTED: list[dict[str, Any]] = [
    {},
    {"a": 1, "b": "x", "c": None, "d": True, "e": 0.5, "": ""},
    {"a": 10**3000},
    {"age": {"$gte": 18, "$lt": 65}, "tag": {"$in": ["a", 1, None, True]}},
    {"a": {"$in": []}, "b": {"$nin": []}},
    {"a": {"$eq": None, "$ne": False}},
    {"a": {"$exists": True}},
    {"$or": [{"a": 1}, {"$and": [{"b": 2}]}], "$not": {"c": {"$gt": ""}}},
    {"a.b": 1, 'a"b': {"$gt": 1}, "a$": 1},
    {"$or": [{"a": 1}, {}], "$not": {}},
    {"a": {"$gt": True}, "b": {"$lte": None}},
]


@pytest.mark.parametrize("filters", ACCEPTED, ids=lambda filters: str(filters)[:50])
def test_what_is_accepted_comes_back_as_a_copy(filters: dict[str, Any]) -> None:
    checked = check_filters(filters)
    assert checked == filters
    assert checked is not filters
    assert matches({}, checked) in (True, False)


REFUSED: list[tuple[Any, str]] = [
    ({"$nor": [{"a": 1}]}, r"filters.\$nor: \$nor is not an operator, did you mean '\$or'\?; known are \$and, \$or"),
    ({"$anything": 1}, r"metadata under a key that begins with \$ cannot be filtered"),
    ({"$": 1}, r"filters.\$: \$ is not an operator"),
    ({"$gte": 5}, r'filters.\$gte: \$gte goes under the key that it compares, as in {"key": {"\$gte": …}}'),
    ({"a": {"$gtee": 1}}, r"filters.a.\$gtee: \$gtee is not an operator, did you mean '\$gte'\?; known are \$eq"),
    ({"a": {"$GTE": 1}}, r"did you mean '\$gte'"),
    ({"a": {"$or": [{"b": 1}]}}, r'filters.a.\$or: \$or is in place of a key, as in {"\$or": …}, not under one'),
    ({"a": {"$not": {"$gt": 1}}}, r"filters.a.\$not: \$not is in place of a key"),
    ({"a": {}}, r'filters.a is an empty object: filters compare top-level keys with .*, as in {"\$gte": 18}'),
    ({"a": {"b": 1}}, "filters.a is a dict: filters compare top-level keys with"),
    ({"a": [1]}, "filters.a is a list: filters compare top-level keys with"),
    ({"a": {"$gt": 1, "b": 1}}, r"filters.a.b: b is not an operator"),
    ({"$and": []}, r"filters.\$and is empty: pass at least one filter, or leave \$and out"),
    ({"$or": []}, r"filters.\$or is empty"),
    ({"$or": {"a": 1}}, r"filters.\$or must be a list of filters, not dict"),
    ({"$and": [5]}, r'filters.\$and\[0\] must be a filter, as in {"key": "value"}, not int'),
    ({"$not": [{"a": 1}]}, r"filters.\$not must be a filter, as in .* not list"),
    ({"$or": [{"$not": {"age": {"$gte": {}}}}]}, r"filters.\$or\[0\].\$not.age.\$gte is a dict: filters compare"),
    ({"a": {"$lte": [1]}}, r"filters.a.\$lte is a list: filters compare with a string, a number"),
    ({"a": {"$eq": {"b": 1}}}, r"filters.a.\$eq is a dict: filters compare with a string, a number"),
    ({"a": {"$ne": []}}, r"filters.a.\$ne is a list"),
    ({"a": {"$in": "abc"}}, r"filters.a.\$in must be a list of strings, numbers, booleans and nulls, not str"),
    ({"a": {"$nin": [1, [2]]}}, r"filters.a.\$nin\[1\] is a list"),
    ({"a": {"$exists": 1}}, r"filters.a.\$exists is 1: it must be true or false"),
    ({"a": {"$gt": float("nan")}}, r"filters.a.\$gt is nan: JSON has no such number"),
    ({"a": {"$in": ("a", "b")}}, r"filters.a.\$in has the type tuple.*pass a list"),
    ({"a\0": 1}, "NUL"),
    ([("a", 1)], "filters must be a JSON object"),
]


@pytest.mark.parametrize(("filters", "words"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_is_refused(filters: Any, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as caught:
        check_filters(filters)
    assert caught.value.argument == "filters"


def test_filters_that_nest_too_deep_are_refused() -> None:
    filters: dict[str, Any] = {"a": 1}
    for _ in range(2000):
        filters = {"$not": filters}
    with pytest.raises(InvalidInputError, match="filters nests deeper than 100 levels"):
        check_filters(filters)


@pytest.mark.parametrize(
    ("filters", "some"),
    [
        ({}, False),
        ({"a": 1, "b": None}, False),
        ({"a": [1]}, False),
        ({"a": {"$gt": 1}}, True),
        ({"a": {}}, True),
        ({"$or": [{"a": 1}]}, True),
    ],
)
def test_whether_filters_have_operators(filters: dict[str, Any], some: bool) -> None:
    assert has_operators(filters) is some


def test_the_check_and_the_evaluator_have_the_same_operators() -> None:
    assert set(UNDER_KEYS) == set(OPERATORS)
    documented = {word.strip("`") for word in (matches.__doc__ or "").replace(",", " ").split() if "`$" in word}
    assert {word.rstrip("`.") for word in documented} == {*UNDER_KEYS, *IN_PLACE_OF_KEYS}


NUMBERS = st.integers(-3, 3) | st.integers() | st.floats(-3, 3)
TEXTS = st.text("ab$", max_size=2)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(TEXTS, SCALARS, max_size=2)
KEYS = ["a", "b", "c"]
METADATA = st.dictionaries(st.sampled_from(KEYS), VALUES)
OPERANDS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(UNDER_KEYS, SCALARS),
    **dict.fromkeys(ORDER, NUMBERS | TEXTS),
    **dict.fromkeys(MEMBERSHIP, st.lists(SCALARS, max_size=3)),
    **dict.fromkeys(EXISTENCE, st.booleans()),
}


@st.composite
def well_formed(draw: st.DrawFn, depth: int = 3) -> dict[str, Any]:
    """Return filters that are accepted, with at least one key."""
    filters: dict[str, Any] = {}
    for key in draw(st.lists(st.sampled_from([*KEYS, *(IN_PLACE_OF_KEYS if depth else ())]), min_size=1, max_size=2)):
        if key == "$not":
            filters[key] = draw(well_formed(depth - 1))
        elif key in IN_PLACE_OF_KEYS:
            filters[key] = draw(st.lists(well_formed(depth - 1), min_size=1, max_size=2))
        elif draw(st.booleans()):
            filters[key] = draw(SCALARS)
        else:
            names = draw(st.lists(st.sampled_from(UNDER_KEYS), min_size=1, max_size=3))
            filters[key] = {name: draw(OPERANDS[name]) for name in names}
    return filters


NAMES = st.sampled_from(["a", "b", "$x", *UNDER_KEYS, *IN_PLACE_OF_KEYS])
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=6,
)


@given(METADATA, well_formed())
def test_well_formed_filters_are_accepted_and_evaluated(metadata: dict[str, Any], filters: dict[str, Any]) -> None:
    passed = matches(metadata, check_filters(filters))
    assert matches(metadata, check_filters({"$not": filters})) is not passed
    assert matches(metadata, check_filters({"$and": [filters], "$or": [filters]})) is passed


@given(METADATA, st.dictionaries(NAMES, ANYTHING, max_size=2))
def test_whatever_is_accepted_is_evaluated(metadata: dict[str, Any], filters: dict[str, Any]) -> None:
    try:
        checked = check_filters(filters)
    except InvalidInputError:
        return
    assert matches(metadata, checked) in (True, False)
