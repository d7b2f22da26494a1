"""Stores are checked when the client is made: the calling conventions of their methods, not only the names."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from memio import ConfigError, Fact, Memio, Page
from memio._call.conformance import faults_of
from memio.owners import Owner, Scope
from memio.protocols import FactStore


class Minimal:
    """The smallest store of facts: it declares nothing, and takes none of the keywords of features."""

    features: frozenset[str] = frozenset()
    guarantees: frozenset[str] = frozenset()

    async def add(self, *, content: str) -> Fact:
        return Fact(id="1", content=content)

    async def get(self, *, fact_id: str) -> Fact:
        return Fact(id=fact_id, content="x")

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[Fact]:
        return Page()

    async def search(self, *, query: str, limit: int) -> list[Fact]:
        return []

    async def delete(self, *, fact_id: str) -> None: ...

    async def delete_all(self) -> None: ...

    async def aclose(self) -> None: ...


def test_a_minimal_store_is_accepted():
    store: FactStore = Minimal()
    assert Memio(facts=store).facts.features == frozenset()


def test_every_fault_is_listed_at_once():
    class Broken:
        features = "update"
        search = 5

        def add(self, content: str, extra: int) -> None: ...

        async def get(self, fact_id: str, /) -> None: ...

    with pytest.raises(ConfigError) as caught:
        Memio(facts=Broken(), graph=Broken())  # type: ignore[arg-type]
    text = str(caught.value)
    for fault in (
        "facts: its `features` is a str: make it a frozenset of strings",
        "facts: it has no attribute `guarantees`",
        "facts: its `add` is not async",
        "facts: its `add` requires `extra`, which memio does not pass",
        "facts: its `get` takes no keyword `fact_id`",
        "facts: its `search` is not a method but a int",
        "facts: it has no method `delete_all`",
        "facts: it has no method `aclose`",
        "graph: it has no method `delete_entity`",
        "graph: its `add` takes no keyword `triples`",
    ):
        assert fault in text


@pytest.mark.parametrize("store", ["sqlite", {"provider": "sqlite", "key": "secret"}], ids=["name", "dict"])
def test_a_name_or_a_dict_in_place_of_a_store_is_one_fault(store):
    with pytest.raises(ConfigError) as caught:
        Memio(facts=store)
    assert str(caught.value) == (
        f"facts: a {type(store).__name__} is not a store: Memio.from_config({{'facts': …}}) opens one by its name "
        "(in the stores of this client)"
    )


def test_a_store_of_another_kind_is_one_fault():
    with pytest.raises(ConfigError, match=r"^history: Minimal is a store of facts, not of history \(in"):
        Memio(history=Minimal())  # type: ignore[arg-type]


def declaring(*features: str, **methods: Any) -> Any:
    return type("Store", (Minimal,), {"features": frozenset(features), **methods})()


def test_a_declared_feature_needs_its_keywords():
    # defect: isinstance of a protocol taken as proof
    assert faults_of(declaring("metadata"), "facts") == [
        "its `add` takes no keyword `metadata`, which the feature 'metadata' promises"
    ]
    assert faults_of(declaring("update"), "facts") == ["it has no method `update`, which the feature 'update' promises"]


OWNERLESS = {"attribution": "owner", "user_scope": "scope", "agent_scope": "scope", "namespaces": "owner"}


@pytest.mark.parametrize("feature", OWNERLESS)
def test_a_store_that_declares_a_feature_of_owners_takes_owner_or_scope(feature):
    # defect: labels in four keywords, which a store takes and drops
    faults = faults_of(declaring(feature, "attribution"), "facts")
    promised = "attribution" if OWNERLESS[feature] == "owner" and feature != "namespaces" else feature
    assert any(
        "its `add` takes no keyword `owner`, which the feature 'attribution' promises" in fault for fault in faults
    )
    scoped = [fault for fault in faults if "`scope`" in fault]
    if feature == "attribution":
        assert scoped == []
    else:
        assert scoped == [
            f"its `{name}` takes no keyword `scope`, which the feature '{promised}' promises"
            for name in ("get", "get_all", "search", "delete", "delete_all")
        ]


def test_owner_and_scope_need_a_default():
    async def add(self: Any, *, content: str, owner: Owner) -> None: ...

    async def get(self: Any, *, fact_id: str, scope: Scope) -> None: ...

    faults = faults_of(declaring("namespaces", add=add, get=get), "facts")
    assert "its `add` takes `owner` without a default: it is passed only when the caller gave it" in faults
    assert "its `get` takes `scope` without a default: it is passed only when the caller gave it" in faults


NEEDED = {
    "put": ("client_ids", "put"),
    "count": ("count",),
    "get_owners": ("attribution", "owners"),
    "purge": ("expiry",),
    "update": ("update",),
}


@pytest.mark.parametrize("method", NEEDED)
def test_a_feature_with_a_method_needs_the_method(method):
    faults = faults_of(declaring(*NEEDED[method]), "facts")
    assert f"it has no method `{method}`, which the feature '{NEEDED[method][-1]}' promises" in faults


def test_an_update_takes_content_with_a_default():
    async def update(self: Any, *, fact_id: str, content: str) -> None: ...

    assert faults_of(declaring("update", update=update), "facts") == [
        "its `update` takes `content` without a default: it is passed only when the caller gave it"
    ]

    async def without(self: Any, *, fact_id: str) -> None: ...

    assert faults_of(declaring("update", update=without), "facts") == [
        "its `update` takes no keyword `content`, which memio passes when the caller gave it"
    ]


def test_a_features_keyword_needs_a_default():
    async def add(self: Any, *, content: str, metadata: dict[str, Any]) -> None: ...

    assert faults_of(declaring("metadata", add=add), "facts") == [
        "its `add` takes `metadata` without a default: it is passed only when the caller gave it"
    ]


@pytest.mark.parametrize(
    ("feature", "other"),
    [
        ("user_scope", "attribution"),
        ("agent_scope", "attribution"),
        ("filters", "metadata"),
        ("client_ids", "stable_ids"),
        ("owners", "attribution"),
        ("filter_operators", "filters"),
        ("put", "client_ids"),
        ("versions", "stable_ids"),
    ],
)
def test_a_feature_that_needs_another_is_refused_alone(feature, other):
    assert any(f"only together with {other!r}" in fault for fault in faults_of(declaring(feature), "facts"))


def test_an_undeclared_update_is_not_checked():
    assert faults_of(declaring(update=5), "facts") == []


def test_a_batch_call_is_checked_if_the_store_has_one():
    def add_many(self: Any, items: Any) -> None: ...

    assert faults_of(declaring(add_many=add_many), "facts") == [
        "its `add_many` is not async: declare it with `async def`"
    ]


def test_a_decorated_coroutine_function_is_async():
    def decorated(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*args: Any, **keywords: Any) -> Any:
            return function(*args, **keywords)

        return wrapper

    assert faults_of(declaring(add=decorated(Minimal.add)), "facts") == []


def test_a_class_is_refused_as_a_store():
    assert faults_of(Minimal, "facts") == ["Minimal is a class: pass an instance, Minimal(…)"]


def test_a_client_needs_a_store():
    with pytest.raises(ConfigError, match="pass at least one of facts, history, documents, graph"):
        Memio()


def test_middleware_must_be_in_a_list():
    async def measured(operation: Any, call_next: Any) -> Any:
        return await call_next(operation)

    for make in (
        lambda: Memio(facts=Minimal(), middleware=measured),  # type: ignore[arg-type]
        lambda: Memio.from_config({"facts": "sqlite"}, middleware=measured),  # type: ignore[arg-type]
    ):
        with pytest.raises(ConfigError, match=r"^middleware: must be a list of async functions, got <function "):
            make()


def test_middleware_must_be_callable():
    with pytest.raises(ConfigError, match="cannot be called"):
        Memio(facts=Minimal(), middleware=["otel"])  # type: ignore[list-item]


def test_the_attributes_of_a_store_are_checked():
    assert faults_of(declaring(max_content_bytes="8", hints=["x"], identity=b"x", provider=5), "facts") == [
        "its `provider` is a int: make it a str, or leave it out",
        "its `identity` is a bytes: make it a str, or leave it out",
        "its `max_content_bytes` is a str: make it a int, or leave it out",
        "its `hints` is a list: make it a Mapping, or leave it out",
    ]


class HandsOn:
    """A wrapper, such as one that traces or retries: it has the methods of what it wraps."""

    def __init__(self, store: object) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


@pytest.mark.parametrize("method", ["add_many", "erase", "restore_records"])
def test_an_optional_method_that_a_wrapper_forwards_counts_as_present(method):
    from memio.kinds import supports
    from memio.providers.sqlite import SqliteFactAdapter

    store = SqliteFactAdapter(path=":memory:")
    assert supports(HandsOn(store), method)
    assert not supports(HandsOn(object()), method)


def test_an_optional_method_that_is_none_counts_as_absent():
    from memio.kinds import supports
    from memio.providers.sqlite import SqliteFactAdapter

    class WithoutErase(SqliteFactAdapter):
        erase = None

    store = WithoutErase(path=":memory:")
    assert not supports(store, "erase")
    assert faults_of(store, "facts") == []
