"""Records are snapshots; errors survive pickling and state where they happened."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from memio import errors
from memio.errors import InvalidInputError
from memio.models import Document, Fact, Message, Page, Triple, Turn

RECORDS = [
    Fact(id="1", content="x", metadata={"k": [1, {"n": None}]}),
    Document(id="1", content="x", metadata={"k": 1}),
    Message(role="user", content="x", metadata={"k": 1}),
    Triple(subject="a", predicate="b", object="c", metadata={"k": 1}),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_records_are_frozen_hashable_and_copyable(record):
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.metadata = {}
    assert pickle.loads(pickle.dumps(record)) == copy.deepcopy(record) == record
    assert hash(dataclasses.replace(record, metadata={})) == hash(record)
    assert dataclasses.replace(record, score=1.0) == record
    assert not hasattr(record, "__dict__")


def test_metadata_is_copied_when_a_record_is_made():
    metadata = {"k": [1]}
    fact = Fact(id="1", content="x", metadata=metadata)
    metadata["k"].append(2)
    assert fact.metadata == {"k": [1]}
    assert dataclasses.replace(fact).metadata["k"] is not fact.metadata["k"]


def test_metadata_is_made_of_plain_values():
    class Colour(StrEnum):
        RED = "red"

    class Size(IntEnum):
        BIG = 9

    fact = Fact(id="1", content="x", metadata={Colour.RED: [Colour.RED, Size.BIG, True, None, 1.5]})
    [(key, value)] = fact.metadata.items()
    assert (type(key), [type(item) for item in value]) == (str, [str, int, bool, type(None), float])


def test_a_message_to_add_keeps_its_offset_from_utc_and_nothing_else_of_its_time_zone():
    given = datetime(2026, 5, 2, 0, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
    message = Message(role="user", content="x", timestamp=given)
    assert message.timestamp == given
    assert message.timestamp.isoformat() == "2026-05-02T00:30:00+09:00"
    assert message.timestamp.tzinfo == timezone(timedelta(hours=9))
    in_utc = Message(role="user", content="x", timestamp=datetime(2026, 5, 2, tzinfo=ZoneInfo("UTC")))
    assert in_utc.timestamp.tzinfo is UTC
    with pytest.raises(errors.InvalidInputError, match="timestamp"):
        Message(role="user", content="x", timestamp=datetime.min.replace(tzinfo=timezone(timedelta(hours=1))))


def test_times_are_in_utc():
    east = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    fact = Fact(id="1", content="x", created_at=east)
    assert fact.created_at == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert fact.created_at.tzinfo is UTC


def test_a_page_is_a_list_with_a_cursor():
    page = Page([1, 2], "next")
    assert page == [1, 2]
    assert pickle.loads(pickle.dumps(page)).next_cursor == copy.copy(page).next_cursor == "next"
    assert repr(page) == "Page([1, 2], next_cursor='next')"
    assert type(page[:1]) is list


def test_a_turn_without_an_answer_has_no_replies():
    assert Turn(stored=[]).replies == []


@pytest.mark.parametrize(
    "error",
    [
        errors.ConfigError([errors.Fault("a", "b")], "memio.toml"),
        errors.PluginError("m", plugin="p", distribution="d 1"),
        errors.NotFoundError("fact", "1"),
        errors.ConflictError("fact", "1"),
        errors.CursorExpiredError(),
        errors.PartialWriteError([1], not_added=[{"content": "a"}], unknown=[{"content": "b"}], cause=ValueError("x")),
        errors.NotSupportedError("no such filter", hint="leave it out"),
        errors.RateLimitError(retry_after=2.0),
        errors.ProviderTimeoutError(outcome="unknown"),
        errors.InvalidInputError("m", argument="content"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_survive_pickling(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert {k: str(v) for k, v in vars(again).items()} == {k: str(v) for k, v in vars(error).items()}


def test_errors_are_also_the_builtin_exceptions_of_their_meaning():
    assert issubclass(errors.InvalidInputError, ValueError)
    assert issubclass(errors.ProviderTimeoutError, TimeoutError)
    assert issubclass(errors.StoreNotConfiguredError, AttributeError)
    assert issubclass(errors.UnknownProviderError, errors.ConfigError)
    assert all(
        issubclass(error, errors.MemioError)
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, Exception)
    )


def test_the_message_of_an_error_states_an_unknown_outcome():
    assert "whether it was carried out is unknown" in str(errors.ProviderError("lost", outcome="unknown"))


def test_a_conflict_shows_nothing_of_the_stored_record():
    assert str(errors.ConflictError("fact", "f1")) == "fact 'f1' is in conflict: the id is taken by another record"


def test_a_page_is_a_type_of_pydantic_with_its_cursor():
    # defect: a page that is the answer of a web endpoint is not a type of pydantic, or loses its cursor
    adapter = TypeAdapter(Page[Fact])
    page = Page([Fact(id="1", content="x", metadata={"a": [1]})], "next")
    written = adapter.dump_json(page)
    assert json.loads(written)["next_cursor"] == "next"
    for again in (adapter.validate_python(page), adapter.validate_json(written)):
        assert (type(again), again, again.next_cursor) == (Page, page, "next")
    assert set(adapter.json_schema(mode="serialization")["properties"]) == {"items", "next_cursor"}


@pytest.mark.parametrize(
    "value", [[], [Fact(id="1", content="x")], {"items": [5]}, {"items": [], "more": 1}, "x", None]
)
def test_pydantic_refuses_a_value_that_is_not_a_page(value):
    with pytest.raises(ValidationError):
        TypeAdapter(Page[Fact]).validate_python(value)


def test_a_page_without_the_type_of_its_items_is_a_type():
    class Answer(BaseModel):
        page: Page  # type: ignore[type-arg]

    assert Answer(page=Page([1, "x"], None)).model_dump() == {"page": {"items": [1, "x"], "next_cursor": None}}


@pytest.mark.parametrize("role", [[], {}, 5, None, 10**5000], ids=lambda role: type(role).__name__)
def test_a_role_of_any_other_type_is_refused(role):
    with pytest.raises(InvalidInputError, match="role is"):
        Message(role=role, content="x")


def test_a_record_is_shown_without_its_empty_fields_and_with_long_texts_cut():
    when = datetime(2026, 1, 2, tzinfo=UTC)
    fact = Fact(id="f1", content="x" * 200, metadata={"n": 1}, created_at=when)
    assert repr(fact) == (
        f"Fact(id='f1', content='{'x' * 80}'…, metadata={{'n': 1}}, created_at='2026-01-02T00:00:00+00:00')"
    )
    assert repr(Triple(subject="Ann", predicate="knows", object="Bob")) == (
        "Triple(subject='Ann', predicate='knows', object='Bob')"
    )
    assert len(repr(Message(role="user", content="hi", metadata={"long": "y" * 10_000}))) < 200


def test_a_page_is_a_table_in_a_notebook_and_its_texts_are_no_markup():
    page = Page([Fact(id="f1", content="<b>bold</b>", user_id="alice"), Fact(id="f2", content="plain")], "next")
    html = page._repr_html_()
    assert html.startswith("<table><tr><th>id</th><th>content</th><th>user_id</th></tr>")
    assert "&lt;b&gt;bold&lt;/b&gt;" in html
    assert "<b>" not in html
    assert html.count("<tr>") == 3
    assert "next_cursor" in html
    assert (
        Page(["session-1"])._repr_html_() == "<table><tr><th></th></tr><tr><td>&#x27;session-1&#x27;</td></tr></table>"
    )
    assert Page()._repr_html_() == "<p>An empty page.</p>"


def test_a_message_may_be_a_developers():
    assert Message(role="developer", content="be brief").role == "developer"
