"""What put, update, delete and delete_messages may be asked for, and what the advice of their errors does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from memio import ConflictError, InvalidInputError, Memio, NotFoundError, Owner
from memio.owners import ANYWHERE, NO_OWNER, Scope

LATER = datetime(2027, 1, 1, tzinfo=UTC)
IDS = {"facts": "fact_id", "documents": "doc_id"}


def run(store: Any, method: str, **given: Any) -> Any:
    async def main() -> Any:
        return await getattr(getattr(Memio(**{store.kind: store}), store.kind), method)(**given)

    return asyncio.run(main())


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ({"content": "x"}, {"content": "x"}),
        ({"metadata": {"k": 1}}, {"metadata": {"k": 1}}),
        ({"metadata": {}}, {"metadata": {}}),
        ({"expires_at": LATER}, {"expires_at": LATER}),
        ({"expires_at": None}, {"expires_at": None}),
        ({"content": "x", "metadata": None}, {"content": "x"}),
        ({"content": None, "metadata": {"k": 1}}, {"metadata": {"k": 1}}),
        ({"expires_at": None, "if_version": "v1"}, {"expires_at": None, "if_version": "v1"}),
    ],
)
def test_an_update_passes_on_what_was_given_and_nothing_else(kind, given, passed, recorder):
    store = recorder(kind)
    run(store, "update", **{IDS[kind]: "1"}, **given)
    assert store.calls == [("update", {IDS[kind]: "1", "scope": ANYWHERE, **passed})]


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ({"data": {"a": 1}}, {"data": {"a": 1}}),
        ({"data": None, "content": "x"}, {"data": None, "content": "x"}),
        ({"data": [], "content": ""}, {"data": [], "content": ""}),
        ({"data": False, "content": ""}, {"data": False, "content": ""}),
        ({"data": 0}, {"data": 0}),
    ],
)
def test_an_update_of_a_document_may_change_or_remove_its_data(given, passed, recorder):
    store = recorder("documents")
    run(store, "update", doc_id="1", **given)
    assert store.calls == [("update", {"doc_id": "1", "scope": ANYWHERE, **passed})]


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("facts", {}, "there is nothing to change: pass content or metadata or expires_at"),
        ("facts", {"content": None, "metadata": None}, "there is nothing to change"),
        ("facts", {"if_version": "v1"}, "there is nothing to change"),
        ("facts", {"content": ""}, r"content must not be empty \["),
        ("facts", {"content": "", "expires_at": LATER}, r"content must not be empty \["),
        ("documents", {}, "there is nothing to change: pass content or metadata or data or expires_at"),
        ("documents", {"content": ""}, "content must not be empty where the call gives no data"),
        ("documents", {"content": "", "data": None}, "content must not be empty where the call gives no data"),
        ("documents", {"data": None}, "data is None, which removes it: pass the content too"),
        ("documents", {"data": None, "metadata": {"k": 1}}, "data is None, which removes it: pass the content too"),
    ],
)
def test_an_update_that_changes_nothing_or_leaves_nothing_is_refused(kind, given, words, recorder):
    store = recorder(kind)
    with pytest.raises(InvalidInputError, match=words) as caught:
        run(store, "update", **{IDS[kind]: "1"}, **given)
    assert caught.value.operation == f"{kind}.update"
    assert store.calls == []


@pytest.mark.parametrize("method", ["add", "put"])
@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ({"content": "x"}, {"content": "x"}),
        ({"content": "", "data": {"a": 1}}, {"content": "", "data": {"a": 1}}),
        ({"content": "", "data": 0}, {"content": "", "data": 0}),
        ({"content": "x", "data": None, "metadata": None, "expires_at": None}, {"content": "x"}),
        ({"content": "x", "metadata": {}}, {"content": "x"}),
        ({"content": "x", "expires_at": LATER}, {"content": "x", "expires_at": LATER}),
    ],
)
def test_a_document_may_have_data_in_place_of_text(method, given, passed, recorder):
    store = recorder("documents")
    run(store, method, doc_id="d", owner=Owner("alice"), **given)
    assert store.calls == [(method, {"doc_id": "d", "owner": Owner("alice"), **passed})]


@pytest.mark.parametrize(
    ("kind", "method"), [("facts", "add"), ("facts", "put"), ("documents", "add"), ("documents", "put")]
)
def test_a_record_without_text_and_data_is_refused(kind, method, recorder):
    store = recorder(kind)
    with pytest.raises(InvalidInputError, match="content must not be empty"):
        run(store, method, **{IDS[kind]: "1"}, content="")
    assert store.calls == []


def test_what_is_put_replaces_what_is_there_by_position_like_an_assignment(recorder):
    async def main():
        store = recorder("facts")
        await Memio(facts=store).facts.put("colour", "blue", if_version="v1")
        assert store.calls == [("put", {"fact_id": "colour", "content": "blue", "if_version": "v1", "owner": NO_OWNER})]

    asyncio.run(main())


def test_data_is_copied_before_it_reaches_a_store(recorder):
    data = {"calls": [1]}
    store = recorder("documents")
    run(store, "add", content="x", data=data)
    [(_, keywords)] = store.calls
    data["calls"].append(2)
    assert keywords["data"] == {"calls": [1]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "pass last or message_ids: neither is given"),
        ({"last": None, "message_ids": None}, "neither is given"),
        ({"last": 1, "message_ids": ["m1"]}, "pass last or message_ids: both are given"),
        ({"last": 1001}, "last is 1001: it must be 1 to 1000; for more, call it again, or delete the session"),
        ({"message_ids": []}, "message_ids has 0 ids: pass 1 to 1000"),
        ({"message_ids": ["a", "b", "a"]}, r"message_ids\[2\] is 'a' for the second time"),
        ({"message_ids": "m1"}, "message_ids must be a list of ids, not str"),
    ],
)
def test_delete_messages_takes_a_number_or_ids_and_not_both(given, words, recorder):
    store = recorder("history")
    with pytest.raises(InvalidInputError, match=words):
        run(store, "delete_messages", session_id="s", **given)
    assert store.calls == []


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ({"last": 1}, {"last": 1, "message_ids": None}),
        ({"last": 1000}, {"last": 1000, "message_ids": None}),
        ({"message_ids": ["m1", "m2"]}, {"last": None, "message_ids": ["m1", "m2"]}),
        ({"message_ids": (name for name in ("m1", "m2"))}, {"last": None, "message_ids": ["m1", "m2"]}),
        ({"message_ids": {"m1": 1}.keys()}, {"last": None, "message_ids": ["m1"]}),
    ],
)
def test_delete_messages_passes_on_which(given, passed, recorder):
    store = recorder("history")
    run(store, "delete_messages", session_id="s", user_id="alice", **given)
    assert store.calls == [("delete_messages", {"session_id": "s", "scope": Scope("alice"), **passed})]


def test_the_advice_of_a_conflict_states_its_reason_and_never_to_delete():
    # defect: advice in an error message that destroys data when followed
    words = {
        "taken": "fact 'f1' is in conflict: the id is taken by another record",
        "owners": "fact 'f1' is in conflict: several owners have this id: pass the owner",
        "version": "fact 'f1' is in conflict: it was changed since: read it again, and decide on what is stored now",
    }
    for reason, message in words.items():
        error = ConflictError("fact", "f1", reason=reason)
        assert (error.reason, str(error)) == (reason, message)
        assert not {"delete", "put", "overwrite", "without if_version"} & {*message.split()}
    assert ConflictError("fact", "f1").reason == "taken"


def test_no_advice_for_a_missing_feature_loses_data():
    from memio._call.features import HINTS

    for feature, hint in HINTS.items():
        before, deletes, _ = hint.partition("delete ")
        # What is to stay is added first, unless its time has come anyway.
        assert not deletes or before.startswith("add ") or feature == "expiry", hint


@pytest.mark.parametrize("method", ["get", "delete"])
def test_what_is_not_there_is_named_and_nothing_else(method, recorder):
    store = recorder("facts")
    store.answers[method] = NotFoundError("fact", "f1")
    with pytest.raises(NotFoundError, match=r"^no fact 'f1' here \[facts\.") as caught:
        run(store, method, fact_id="f1")
    assert (caught.value.resource, caught.value.resource_id) == ("fact", "f1")


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize(("method", "given"), [("put", {"content": "x"}), ("update", {"content": "x"}), ("delete", {})])
@pytest.mark.parametrize("features", [None, ("client_ids", "put", "update")])
def test_a_version_that_is_none_is_refused_because_it_would_overwrite_any(kind, method, given, features, recorder):
    # The version of a record of a store without versions is None.
    store = recorder(kind) if features is None else recorder(kind, features)
    with pytest.raises(InvalidInputError, match="if_version is None, which would overwrite any version"):
        run(store, method, **{IDS[kind]: "1"}, **given, if_version=None)
    assert store.calls == []
