"""Records are snapshots; errors survive pickling and state where they happened."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections import UserDict
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from memio import errors
from memio.errors import InvalidInputError
from memio.models import Document, Fact, Message, Page, Session, Triple, Turn, utc
from memio.owners import Owner

RECORDS = [
    Fact(id="1", content="x", metadata={"k": [1, {"n": None}]}),
    Document(id="1", content="x", metadata={"k": 1}),
    Document(id="1", content="", metadata={"k": 1}, data={"value": [1, None]}, namespace=("app", "notes"), version="v"),
    Message(role="user", content="x", metadata={"k": 1}),
    Message(role="assistant", metadata={"k": 1}, data=[{"tool_calls": []}], user_id="alice", agent_id="bot"),
    Triple(subject="a", predicate="b", object="c", metadata={"k": 1}, created_at=datetime(2026, 5, 1, tzinfo=UTC)),
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


@pytest.mark.parametrize("made", [partial(Message, role="user"), partial(Document, id="1", content="x")])
class TestData:
    """What a message or a document keeps besides its text."""

    def test_data_is_copied_when_a_record_is_made(self, made):
        data = {"calls": [{"arguments": {"n": 1}}]}
        record = made(data=data)
        data["calls"][0]["arguments"]["n"] = 2
        assert record.data == {"calls": [{"arguments": {"n": 1}}]}
        assert dataclasses.replace(record).data["calls"] is not record.data["calls"]
        assert hash(record) == hash(made())

    @pytest.mark.parametrize(
        "data", [{}, [], "", 0, False, 1.5, "text", [None], {"": None}, {"deep": [[{"a": [True]}]]}]
    )
    def test_data_is_any_json_value(self, made, data):
        assert made(data=data).data == data
        assert type(made(data=data).data) is type(data)

    def test_null_is_no_data(self, made):
        assert made(data=None) == made()
        assert made(data=None).data is None

    @pytest.mark.parametrize("text", ["nul \0", "\ud800", "\udfff\ud800", "\ud800\0", "a\udc00b", "\uffff", "\x7f"])
    def test_every_character_of_data_is_kept(self, made, text):
        record = made(data={text: [text]})
        assert record.data == {text: [text]}
        assert pickle.loads(pickle.dumps(record)) == record

    def test_a_pair_of_surrogates_is_the_character_that_it_means(self, made):
        assert made(data=["\ud83d\ude00", {"\ud83d\ude00": "\ude00\ud83d"}]).data == ["😀", {"😀": "\ude00\ud83d"}]
        with pytest.raises(InvalidInputError, match="data has the key '😀' twice, in two forms"):
            made(data={"\ud83d\ude00": 1, "😀": 2})

    def test_data_is_made_of_plain_values(self, made):
        class Colour(StrEnum):
            RED = "red"

        class Size(IntEnum):
            BIG = 9

        values = made(data=[Colour.RED, Size.BIG, True, {Colour.RED: UserDict({"a": 1})}]).data
        assert [type(value) for value in values] == [str, int, bool, dict]
        assert (type(next(iter(values[3]))), type(values[3]["red"])) == (str, dict)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ((1, 2), "data has the type tuple, which JSON cannot hold: pass a list"),
            ({"k": [{1, 2}]}, r"data\.k\[0\] has the type set"),
            ({1: "v"}, "data has the key 1: JSON keys are strings, not int"),
            ([float("nan")], r"data\[0\] is nan: JSON has no such number"),
            ({"k": b"x"}, r"data\.k has the type bytes"),
            pytest.param(10**5000, "data has more than 4000 digits", id="huge"),
        ],
    )
    def test_what_json_cannot_hold_is_refused_with_its_place(self, made, data, words):
        with pytest.raises(InvalidInputError, match=words) as caught:
            made(data=data)
        assert caught.value.argument == "data"


def test_metadata_keeps_to_text_that_can_be_searched_and_filtered():
    for text in ("nul \0", "\ud800"):
        with pytest.raises(InvalidInputError, match="metadata"):
            Message(role="user", content="x", metadata={"k": text})


OWNED = [
    partial(Fact, id="1", content="x"),
    partial(Document, id="1", content="x"),
    partial(Message, role="user", content="x"),
    partial(Triple, subject="a", predicate="b", object="c"),
    partial(Session, id="s"),
]


@pytest.mark.parametrize("made", OWNED, ids=lambda made: made.func.__name__)
def test_every_record_has_an_owner_of_three_labels(made):
    record = made(user_id="alice", agent_id="bot", namespace=["app", "notes"])
    assert record.owner == Owner("alice", "bot", ("app", "notes"))
    assert (record.namespace, hash(record)) == (("app", "notes"), hash(dataclasses.replace(record)))
    assert made().owner == Owner()
    for wrong in ("app", None, ("",), ("a",) * 17, (1,)):
        with pytest.raises(InvalidInputError, match="namespace"):
            made(namespace=wrong)
    assert made(namespace=("app",)) != made(namespace=("app", "notes")) != made()


@pytest.mark.parametrize(
    ("made", "names"),
    [
        (OWNED[0], ("created_at", "updated_at", "expires_at")),
        (OWNED[1], ("created_at", "updated_at", "expires_at")),
        (OWNED[2], ("timestamp",)),
        (OWNED[3], ("created_at",)),
        (OWNED[4], ("created_at", "updated_at")),
    ],
    ids=lambda value: getattr(getattr(value, "func", None), "__name__", ""),
)
def test_every_time_of_a_record_is_aware_and_of_all_but_a_message_in_utc(made, names):
    east = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    for name in names:
        value = getattr(made(**{name: east}), name)
        # A message to add keeps its offset, because its day is the day where it was sent.
        assert (value, value.tzinfo) == (east, east.tzinfo if made.func is Message else UTC)
        for wrong in (east.replace(tzinfo=None), "2026-05-01", 5):
            with pytest.raises(InvalidInputError, match=name):
                made(**{name: wrong})


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
    assert len(repr(Message(role="user", data={"long": "y" * 10_000}))) < 200
    assert repr(Session(id="s", namespace=("app",), updated_at=when, message_count=0)) == (
        "Session(id='s', namespace=('app',), updated_at='2026-01-02T00:00:00+00:00', message_count=0)"
    )


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


def test_a_page_of_sessions_or_owners_is_a_table_too():
    when = datetime(2026, 1, 2, tzinfo=UTC)
    sessions = Page([Session(id="s1", user_id="<alice>", updated_at=when, message_count=2), Session(id="s2")])
    assert sessions._repr_html_() == (
        "<table><tr><th>id</th><th>user_id</th><th>updated_at</th><th>message_count</th></tr>"
        "<tr><td>&#x27;s1&#x27;</td><td>&#x27;&lt;alice&gt;&#x27;</td>"
        "<td>&#x27;2026-01-02T00:00:00+00:00&#x27;</td><td>2</td></tr>"
        "<tr><td>&#x27;s2&#x27;</td><td></td><td></td><td></td></tr></table>"
    )
    owners = Page([Owner("alice"), Owner(namespace=("app",)), Owner()], "next")
    html = owners._repr_html_()
    assert html.startswith("<table><tr><th>user_id</th><th>namespace</th><th></th></tr>")
    assert "<td>Owner()</td>" in html
    assert "next_cursor" in html


@pytest.mark.parametrize(
    "page",
    [
        Page([Session(id="s", user_id="alice", namespace=("a", "b"), message_count=3, updated_at=datetime.now(UTC))]),
        Page([Owner("alice", None, ("a", "b")), Owner()], "next"),
        Page([Message(role="assistant", data={"tool_calls": [{"id": "c1"}]}, namespace=("a",))], "next"),
        Page([Document(id="1", content="", data=[1, {"a": None}], expires_at=datetime.now(UTC), version="v")]),
    ],
    ids=lambda page: type(page[0]).__name__,
)
def test_a_page_of_sessions_owners_and_data_is_a_type_of_pydantic(page):
    # defect: a page that is the answer of a web endpoint is not a type of pydantic, or loses its cursor
    adapter = TypeAdapter(Page[type(page[0])])
    for again in (adapter.validate_json(adapter.dump_json(page)), adapter.validate_python(page)):
        assert (type(again), again, again.next_cursor) == (Page, page, page.next_cursor)
        assert [*map(hash, again)] == [*map(hash, page)]


def test_a_message_may_be_a_developers():
    assert Message(role="developer", content="be brief").role == "developer"


@pytest.mark.parametrize(
    ("where", "example"),
    [
        ("expires_at", "datetime.now(timezone.utc) + timedelta(days=1)"),
        ("since", "datetime.now(timezone.utc) - timedelta(days=7)"),
        ("timestamp", "datetime.now(timezone.utc)"),
    ],
)
def test_what_is_no_time_is_refused_with_an_example_that_works(where, example):
    with pytest.raises(InvalidInputError) as caught:
        utc(timedelta(days=1), where)
    assert str(caught.value) == f"{where} must be a datetime, such as {example}, not timedelta"
