"""Labels come back from the tags of a passage, whatever they hold."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memio import Owner
from memio.errors import InvalidInputError
from memio.providers.letta._rows.labels import (
    MAX_LABEL_BYTES,
    MAX_METADATA_BYTES,
    MAX_TAG_BYTES,
    Label,
    read_tags,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NAMES = st.none() | TEXT.filter(bool)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


LABELS = TEXT.filter(bool)
OWNERS = st.builds(Owner, NAMES, NAMES, st.lists(LABELS, max_size=4).map(tuple))


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first value takes seconds on a busy machine
@given(
    owner=OWNERS,
    metadata=st.dictionaries(TEXT, JSON),
    other=st.lists(TEXT, unique=True),
    seed=st.randoms(),
)
def test_a_label_comes_back_from_tags_in_any_order(
    owner: Owner, metadata: dict[str, Any], other: list[str], seed: random.Random
) -> None:
    others = [tag for tag in other if not tag.startswith("memio:")]
    label = Label(owner=owner, metadata=metadata)
    tags = [*others, *label.to_tags()]
    seed.shuffle(tags)  # the server keeps no order
    found, left = read_tags(tags)
    assert found == label
    assert sorted(left) == sorted(others)


def test_nothing_to_keep_makes_no_tag() -> None:
    assert Label().to_tags() == []


def test_a_short_label_is_one_readable_tag() -> None:
    assert Label(owner=Owner("alice"), metadata={"lang": "dé"}).to_tags() == [
        'memio:1:{"user_id":"alice","metadata":{"lang":"dé"}}'
    ]
    assert Label(owner=Owner(namespace=("a/b", 'c","d'))).to_tags() == ['memio:1:{"namespace":["a/b","c\\",\\"d"]}']


@pytest.mark.parametrize("character", ["a", "é", "日", "🎉"])
@pytest.mark.parametrize("length", [600, 1990, 2000, 2001, 9000])
def test_no_tag_is_longer_than_the_index_of_the_server_takes(character: str, length: int) -> None:
    label = Label(metadata={"k": character * length})
    tags = label.to_tags()
    assert max(len(tag.encode()) for tag in tags) <= MAX_TAG_BYTES + len("memio:1.000:")
    assert read_tags(tags) == (label, [])


def test_metadata_of_the_greatest_size_fits_beside_the_longest_labels() -> None:
    longest = "\x01" * 1000  # six bytes each in JSON
    owner = Owner(longest, longest, (longest,) * 16)
    label = Label(
        owner=owner, metadata={"k": "x" * (MAX_METADATA_BYTES - 8)}, collection="\x01" * 200, kind="documents"
    )
    assert len(label.to_tags()) < 200
    assert read_tags(label.to_tags()) == (label, [])


def test_metadata_beyond_the_limit_is_refused_with_the_figure() -> None:
    with pytest.raises(InvalidInputError, match="360,448"):
        Label(metadata={"k": "x" * MAX_LABEL_BYTES}).to_tags()


@pytest.mark.parametrize(
    "tag",
    ["memio:1:", "memio:1:{", "memio:1:[]", 'memio:1:{"user_id":1}', 'memio:1:{"x":1}', "memio:2:{}", "memio:1.001:x"],
)
def test_a_tag_of_another_program_is_left_alone(tag: str) -> None:
    assert read_tags(["z", tag]) in ((Label(), ["z", tag]), (Label(), ["z"]))
    assert read_tags(None) == (Label(), [])


@pytest.mark.parametrize(
    "kept",
    [
        '{"metadata":' + "[" * 50_000,
        '{"metadata":{"a":' + "[" * 500 + "]" * 500 + "}}",
        '{"metadata":{"a":NaN}}',
        '{"metadata":{"a":1e999}}',
        '{"metadata":{"a":"\\ud800"}}',
        '{"user_id":""}',
        '{"user_id":"\\ud800"}',
        '{"user_id":"a\\u0000"}',
        '{"namespace":"app"}',
        '{"namespace":[""]}',
        '{"namespace":["a",1]}',
        '{"namespace":["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p","q"]}',
        '{"collection":""}',
        '{"collection":{}}',
    ],
)
def test_a_tag_that_holds_what_no_record_takes_is_left_alone(kept: str) -> None:
    # defect: one tag that the agent wrote makes every listing of its archive fail
    tag = f"memio:1:{kept}"
    assert read_tags([tag]) == (Label(), [tag])
