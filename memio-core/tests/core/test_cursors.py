"""A cursor is valid for the listing that it came from, and for no other."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from memio import InvalidInputError, Memio, Owner, Page
from memio._values.omitted import OMITTED
from memio.owners import NO_OWNER, Scope

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def paging(recorder: Any, kind: str, identity: str = "") -> Any:
    store = recorder(kind)
    store.identity = identity

    async def page(*, limit: int, **_: Any) -> Page[str]:
        return Page(["x"] * limit, "raw")

    store.answers |= {"get_all": page, "get": page, "get_owners": page}
    return store


def cursor_of(store: Any, method: str, **keywords: Any) -> str:
    return asyncio.run(getattr(getattr(Memio(**{store.kind: store}), store.kind), method)(**keywords)).next_cursor


LISTING = {"user_id": "alice", "agent_id": "bot", "filters": {"k": 1}}


def test_a_store_receives_the_cursor_that_it_returned(recorder):
    store = paging(recorder, "facts")
    cursor = cursor_of(store, "get_all", **LISTING)
    assert cursor != "raw"
    cursor_of(store, "get_all", **LISTING, cursor=cursor, limit=7)
    scope = Scope("alice", "bot")
    assert store.calls[-1] == ("get_all", {"scope": scope, "filters": {"k": 1}, "limit": 7, "cursor": "raw"})


@pytest.mark.parametrize(
    "other",
    [
        {"user_id": "bob"},
        {"user_id": OMITTED},
        {"agent_id": OMITTED},
        {"filters": {"k": "1"}},
        {"filters": {"k": True}},
        {"filters": None},
        {"filters": {"k": {"$eq": 1}}},
        {"namespace": ()},
        {"namespace_prefix": ("app",)},
        {"user_id": OMITTED, "agent_id": OMITTED, "owner": Owner("alice", "bot")},
        {"since": NOON},
        {"until": NOON},
        {"order": "newest"},
    ],
)
def test_a_cursor_of_another_listing_is_refused(other, recorder):
    store = paging(recorder, "facts")
    cursor = cursor_of(store, "get_all", **LISTING)
    with pytest.raises(InvalidInputError, match="cursor does not belong to this listing"):
        cursor_of(store, "get_all", **LISTING | other, cursor=cursor)
    assert len(store.calls) == 1


@pytest.mark.parametrize(
    ("listing", "same"),
    [
        ({"since": NOON, "order": "newest"}, {"since": NOON.astimezone(timezone(timedelta(hours=5)))}),
        ({"order": "newest"}, {"limit": 3}),
        ({}, {"order": "oldest"}),
        ({}, {"filters": {}}),
        ({"filters": {"a": 1, "b": 2}}, {"filters": {"b": 2, "a": 1}}),
        ({"owner": NO_OWNER}, {"limit": 1}),
        ({"namespace_prefix": ("app",)}, {"namespace_prefix": ["app"]}),
    ],
)
def test_a_cursor_is_valid_for_the_same_listing_in_other_words(listing, same, recorder):
    store = paging(recorder, "facts")
    cursor = cursor_of(store, "get_all", **listing)
    cursor_of(store, "get_all", **listing | same, cursor=cursor)
    assert store.calls[-1][1]["cursor"] == "raw"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"owner": NO_OWNER}, {}),
        ({"owner": NO_OWNER}, {"namespace": ()}),
        ({"user_id": "None"}, {"owner": Owner("None")}),
        ({"namespace": ("a", "b")}, {"namespace": ("a/b",)}),
        ({"namespace": ("a",)}, {"namespace_prefix": ("a",)}),
        ({"user_id": "a", "agent_id": "b"}, {"user_id": "b", "agent_id": "a"}),
        ({"user_id": "a', agent_id='b"}, {"user_id": "a", "agent_id": "b"}),
        ({"since": NOON}, {"until": NOON}),
        ({"since": NOON}, {"since": NOON + timedelta(microseconds=1)}),
    ],
)
def test_listings_that_look_alike_have_different_cursors(one, other, recorder):
    store = paging(recorder, "facts")
    assert cursor_of(store, "get_all", **one) != cursor_of(store, "get_all", **other)


@pytest.mark.parametrize("method", ["get_all", "get_owners"])
def test_a_cursor_of_one_method_is_refused_by_another(method, recorder):
    store = paging(recorder, "facts")
    other = {"get_all": "get_owners", "get_owners": "get_all"}[method]
    with pytest.raises(InvalidInputError, match="cursor does not belong"):
        cursor_of(store, other, cursor=cursor_of(store, method))


@pytest.mark.parametrize("other", [{"session_id": "s2"}, {"start": "oldest"}])
def test_a_cursor_is_bound_to_session_and_start(other, recorder):
    store = paging(recorder, "history")
    cursor = cursor_of(store, "get", session_id="s1")
    with pytest.raises(InvalidInputError):
        cursor_of(store, "get", **{"session_id": "s1", "cursor": cursor} | other)


def test_a_cursor_of_another_kind_or_store_is_refused(recorder):
    cursor = cursor_of(paging(recorder, "facts", "a.db"), "get_all")
    for store in (paging(recorder, "documents", "a.db"), paging(recorder, "facts", "b.db")):
        with pytest.raises(InvalidInputError):
            cursor_of(store, "get_all", cursor=cursor)


def test_an_altered_cursor_is_refused(recorder):
    store = paging(recorder, "facts")
    cursor = cursor_of(store, "get_all")
    for position in range(len(cursor)):
        altered = cursor[:position] + ("0" if cursor[position] != "0" else "1") + cursor[position + 1 :]
        with pytest.raises(InvalidInputError):
            cursor_of(store, "get_all", cursor=altered)
    assert len(store.calls) == 1


def test_the_last_page_has_no_cursor(recorder):
    store = recorder("facts")
    assert cursor_of(store, "get_all") is None
