"""Records that are made without checks, pages of rows, and the one record that an id means."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from memio import ConflictError, Document, Fact, Message, NotFoundError, Session, Triple
from memio.toolkit import only, page_of, trusted

NOW = datetime(2026, 5, 1, tzinfo=UTC)
RECORDS: list[Any] = [
    Fact(id="1", content="a", user_id="u", metadata={"n": [1]}, score=0.5, created_at=NOW, updated_at=NOW),
    Fact(id="1", content="a"),
    Document(id="1", content="a"),
    Message(role="user", content="a", name="n", timestamp=NOW),
    Message(role="assistant", data={"a": [1]}, namespace=("app",)),
    Triple(subject="a", predicate="b", object="c"),
    Session(id="s", user_id="u", created_at=NOW, updated_at=NOW, message_count=3),
]


@pytest.mark.parametrize("record", RECORDS, ids=repr)
def test_a_trusted_record_is_like_one_that_was_checked(record: Any):
    values = {field.name: getattr(record, field.name) for field in fields(record) if getattr(record, field.name)}
    made = trusted(type(record))(**values)
    assert type(made) is type(record)
    assert (made, repr(made), hash(made)) == (record, repr(record), hash(record))
    assert pickle.loads(pickle.dumps(made)) == copy.copy(made) == copy.deepcopy(made) == replace(made) == record
    with pytest.raises(FrozenInstanceError):
        made.user_id = "x"


def test_a_trusted_record_needs_what_the_class_needs():
    with pytest.raises(TypeError, match="content"):
        trusted(Fact)(id="1")
    with pytest.raises(TypeError, match="colour"):
        trusted(Fact)(id="1", content="a", colour="red")


def test_trusted_records_do_not_share_their_default_metadata():
    make = trusted(Fact)
    assert make(id="1", content="a").metadata is not make(id="2", content="b").metadata


@pytest.mark.parametrize(
    ("rows", "records", "cursor"),
    [([], [], None), ([1], ["1"], None), ([1, 2], ["1", "2"], None), ([1, 2, 3], ["1", "2"], "after 2")],
)
def test_a_page_ends_where_its_limit_is(rows: list[int], records: list[str], cursor: str | None):
    page = page_of(rows, limit=2, record=str, cursor="after {}".format)
    assert (list(page), page.next_cursor) == (records, cursor)


def test_an_id_means_one_record_or_an_error():
    assert only(["row"], "fact", "f1") == "row"
    with pytest.raises(NotFoundError, match="fact 'f1'"):
        only([], "fact", "f1")
    with pytest.raises(ConflictError, match="pass the owner"):
        only(["row", "row"], "fact", "f1")
