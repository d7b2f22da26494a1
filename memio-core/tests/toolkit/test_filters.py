"""Metadata filters, judged in Python."""

from __future__ import annotations

from typing import Any

import pytest

from memio.toolkit import matches

METADATA = {
    "age": 40,
    "half": 0.5,
    "big": 2**70,
    "name": "Zoë",
    "none": None,
    "yes": True,
    "list": [1, 2],
    "object": {"a": 1},
    'od"d.$key': "x",
}


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"age": 40},
        {"age": 40.0},
        {"age": {"$eq": 40}},
        {"age": {"$gte": 40, "$lte": 40}},
        {"age": {"$gt": 39.5, "$lt": 41}},
        {"big": 2**70},
        {"big": {"$gt": 2**70 - 1, "$lt": 2**70 + 1}},
        {"half": {"$lt": 1}},
        {"name": {"$gt": "Zo", "$lt": "Zp"}},
        {"none": None},
        {"none": {"$exists": True}},
        {"yes": True},
        {"yes": {"$ne": 1}},
        {"missing": {"$ne": None}},
        {"missing": {"$nin": [1, None]}},
        {"missing": {"$exists": False}},
        {"list": {"$exists": True, "$ne": 1, "$nin": [1, 2]}},
        {"object": {"$nin": []}},
        {'od"d.$key': "x"},
        {"age": {"$in": [1, 40.0]}},
        {"$and": [{"age": 40}, {"yes": True}]},
        {"$or": [{"age": 1}, {"yes": True}]},
        {"$not": {"age": 41}},
        {"$or": [{"$and": [{"age": 40}, {"$not": {"yes": False}}]}, {"age": 0}], "name": "Zoë"},
    ],
)
def test_what_passes(filters: dict[str, Any]):
    assert matches(METADATA, filters)
    assert not matches(METADATA, {"$not": filters}) or not filters


@pytest.mark.parametrize(
    "filters",
    [
        {"age": 41},
        {"age": "40"},
        {"big": 2**70 + 1},
        {"big": float(2**70) * 2},
        {"yes": 1},
        {"yes": {"$gte": 0}},
        {"yes": {"$gte": True}},
        {"none": {"$lte": None}},
        {"none": False},
        {"missing": None},
        {"missing": {"$eq": None}},
        {"missing": {"$in": [None]}},
        {"missing": {"$lt": 5}},
        {"missing": {"$exists": True}},
        {"name": {"$gt": 1}},
        {"age": {"$lt": "z"}},
        {"list": {"$in": [1, 2]}},
        {"list": {"$gt": 0}},
        {"object": {"$eq": None}},
        {"age": {"$in": []}},
        {"$and": [{"age": 40}, {"yes": False}]},
        {"$or": [{"age": 1}, {"yes": False}]},
        {"$not": {"age": 40}},
    ],
)
def test_what_does_not_pass(filters: dict[str, Any]):
    assert not matches(METADATA, filters)
    assert matches(METADATA, {"$not": filters})
