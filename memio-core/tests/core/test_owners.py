"""Owners and scopes: what they hold, what they match, and what each store is passed of them."""

from __future__ import annotations

import asyncio
import copy
import pickle
from itertools import product
from typing import Any

import pytest

from memio import Feature, InvalidInputError, Memio, Message, NotSupportedError, Owner, Triple
from memio._call.labels import narrowed
from memio.capabilities import KINDS
from memio.kinds import SPECS, TAKES
from memio.owners import ANY, ANYWHERE, NO_OWNER, Scope, is_none

from every_call import FACADES, answer, arguments_of, methods_of  # isort: skip  # beside this file

USERS = ("alice", "bob", None)
AGENTS = ("bot", None)
PATHS: tuple[tuple[str, ...], ...] = ((), ("app",), ("app", "notes"), ("apple",), ("app/notes",))
OWNERS = [Owner(*labels) for labels in product(USERS, AGENTS, PATHS)]


# Owner


def test_an_owner_has_three_labels_each_of_which_may_be_missing():
    assert Owner() == NO_OWNER == Owner(None, None, ())
    assert NO_OWNER.labels == {}
    owner = Owner("alice", "bot", ("app", "notes"))
    assert owner.labels == {"user_id": "alice", "agent_id": "bot", "namespace": ("app", "notes")}
    assert repr(owner) == "Owner(user_id='alice', agent_id='bot', namespace=('app', 'notes'))"
    assert repr(NO_OWNER) == "Owner()"


def test_owners_are_equal_when_all_labels_are_compared_as_a_whole():
    assert len(set(OWNERS)) == len(OWNERS)
    assert Owner("alice", namespace=["app", "notes"]) == Owner("alice", namespace=("app", "notes"))  # type: ignore[arg-type]
    assert Owner(namespace=("app", "notes")) != Owner(namespace=("app/notes",))
    assert Owner("Alice") != Owner("alice") != Owner(" alice")
    assert Owner("é") != Owner("e\u0301")


@pytest.mark.parametrize(
    "labels",
    [
        {"user_id": ""},
        {"user_id": 5},
        {"agent_id": "nul \0"},
        {"agent_id": "x" * 1001},
        {"namespace": "app"},
        {"namespace": None},
        {"namespace": ("",)},
        {"namespace": ("app", None)},
        {"namespace": ("\ud800",)},
        {"namespace": ("a",) * 17},
    ],
)
def test_an_owner_with_what_is_not_a_label_is_refused(labels):
    with pytest.raises(InvalidInputError, match=next(iter(labels))):
        Owner(**labels)


def test_a_namespace_has_up_to_16_elements_of_any_text():
    path = tuple(["a/b", "..", "*", "\u202e", "x" * 1000, " "] * 2 + list("abcd"))
    assert Owner(namespace=path).namespace == path


@pytest.mark.parametrize("value", [*OWNERS[:7], ANYWHERE, Scope("alice", prefix=("app",)), Scope.of(OWNERS[2])])
def test_owners_and_scopes_can_be_copied_and_pickled(value):
    for again in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert (again, hash(again), repr(again)) == (value, hash(value), repr(value))
    assert pickle.loads(pickle.dumps(ANY)) is copy.deepcopy(ANY) is ANY


def test_what_means_no_label():
    assert [is_none(label) for label in (None, (), "None", ("a",), ANY)] == [True, True, False, False, False]


# Scope


def expected(owner: Owner, user: Any, agent: Any, path: Any, prefix: tuple[str, ...]) -> bool:
    """The rules in the words of the description, without the code under test."""
    if user is not ANY and owner.user_id != user:
        return False
    if agent is not ANY and owner.agent_id != agent:
        return False
    if path is not ANY and owner.namespace != path:
        return False
    return not prefix or list(owner.namespace)[: len(prefix)] == list(prefix)


SCOPES = [
    *((*labels, ()) for labels in product((ANY, *USERS), (ANY, *AGENTS), (ANY, *PATHS))),
    *((user, ANY, ANY, path) for user in (ANY, *USERS) for path in PATHS if path),
]


def test_a_scope_matches_the_owners_that_its_labels_name():
    for labels in SCOPES:
        scope = Scope(*labels)
        assert [scope.matches(owner) for owner in OWNERS] == [expected(owner, *labels) for owner in OWNERS], scope


def test_a_scope_knows_its_labels_and_its_one_owner():
    scope = Scope("alice", None, prefix=("app",))
    assert scope.fixed == {"user_id": "alice", "agent_id": None}
    assert scope.labels == {"user_id": "alice", "agent_id": None, "namespace_prefix": ("app",)}
    assert scope.words == "user_id='alice', agent_id=None, namespace_prefix=('app',)"
    assert scope.owner is None
    assert scope.adds_for == Owner("alice")
    for owner in OWNERS:
        exact = Scope.of(owner)
        assert (exact.owner, exact.adds_for, exact.prefix) == (owner, owner, ())
        assert [other for other in OWNERS if exact.matches(other)] == [owner]
    assert (ANYWHERE.owner, ANYWHERE.adds_for, ANYWHERE.words) == (None, NO_OWNER, "")
    assert repr(ANYWHERE) == "<Scope of all>"


# The scope of a call


@pytest.mark.parametrize(
    ("confined", "given", "scope"),
    [
        (ANYWHERE, {}, ANYWHERE),
        (ANYWHERE, {"user_id": "alice"}, Scope("alice")),
        (ANYWHERE, {"namespace": ()}, Scope(namespace=())),
        (ANYWHERE, {"namespace_prefix": ("app",)}, Scope(prefix=("app",))),
        (ANYWHERE, {"owner": NO_OWNER}, Scope(None, None, ())),
        (ANYWHERE, {"owner": Owner("alice")}, Scope("alice", None, ())),
        (Scope("alice"), {}, Scope("alice")),
        (Scope("alice"), {"user_id": "alice"}, Scope("alice")),
        (Scope("alice"), {"agent_id": "bot", "namespace": ("app",)}, Scope("alice", "bot", ("app",))),
        (Scope("alice"), {"namespace_prefix": ("app",)}, Scope("alice", prefix=("app",))),
        (Scope("alice"), {"owner": Owner("alice", "bot")}, Scope("alice", "bot", ())),
        (Scope.of(Owner("alice")), {"user_id": "alice"}, Scope.of(Owner("alice"))),
        (Scope.of(Owner("alice")), {"namespace": ()}, Scope.of(Owner("alice"))),
        (Scope.of(Owner("alice")), {"owner": Owner("alice")}, Scope.of(Owner("alice"))),
    ],
)
def test_labels_of_a_call_narrow_what_the_client_is_confined_to(confined, given, scope):
    assert narrowed(confined, **given) == scope


@pytest.mark.parametrize(
    ("confined", "given", "words"),
    [
        (Scope("alice"), {"user_id": "bob"}, "user_id is 'bob', but the call is confined to 'alice': leave it out"),
        (Scope("alice"), {"owner": NO_OWNER}, r"owner is Owner\(\), but the call is confined to user_id='alice'"),
        (Scope("alice"), {"owner": Owner("bob")}, "confined to user_id='alice'"),
        (Scope.of(Owner("alice")), {"agent_id": "bot"}, "agent_id is 'bot', but the call is confined to none"),
        (Scope.of(Owner("alice")), {"namespace": ("app",)}, r"namespace is \('app',\), but .* confined to \(\)"),
        (Scope.of(Owner("alice")), {"namespace_prefix": ("app",)}, r"namespace_prefix cannot be given with namespace"),
        (Scope.of(Owner("alice")), {"owner": Owner("alice", "bot")}, "owner is .*, but the call is confined to"),
        (Scope(namespace=("app",)), {"namespace": ("app", "notes")}, "namespace is .* confined to"),
        (Scope(namespace=("app",)), {"namespace_prefix": ("app",)}, "namespace_prefix cannot be given with namespace"),
    ],
)
def test_a_call_cannot_leave_what_the_client_is_confined_to(confined, given, words):
    with pytest.raises(InvalidInputError, match=words):
        narrowed(confined, **given)


# What a store is passed

ADDED: dict[str, tuple[str, dict[str, Any]]] = {
    "facts": ("add", {"content": "x"}),
    "history": ("add", {"session_id": "s", "messages": [Message(role="user", content="x")]}),
    "documents": ("add", {"content": "x"}),
    "graph": ("add", {"triples": [Triple(subject="a", predicate="b", object="c")]}),
}
"""A call of each kind that adds a record."""

RECORDING = {"user_id": Feature.ATTRIBUTION, "agent_id": Feature.ATTRIBUTION, "namespace": Feature.NAMESPACES}
SCOPING = {"user_id": Feature.USER_SCOPE, "agent_id": Feature.AGENT_SCOPE, "namespace": Feature.NAMESPACES}
LABELS: dict[str, Any] = {"user_id": "alice", "agent_id": "bot", "namespace": ("app",)}
DECLARED = [
    frozenset(chosen)
    for chosen in (
        (),
        ("attribution",),
        ("namespaces",),
        ("attribution", "user_scope"),
        ("attribution", "agent_scope"),
        ("attribution", "user_scope", "namespaces"),
        ("attribution", "user_scope", "agent_scope", "namespaces"),
    )
]


async def outcome(call: Any) -> str | None:
    """Return the feature that a call lacked, or `None` when it was made."""
    try:
        await call
    except NotSupportedError as error:
        return next(feature for feature in Feature if f"'{feature}'" in error.message)
    return None


@pytest.mark.parametrize("declared", DECLARED, ids=lambda declared: "+".join(sorted(declared)) or "nothing")
@pytest.mark.parametrize("kind", KINDS)
def test_a_store_gets_the_owner_that_it_records_and_a_label_that_it_does_not_is_refused(kind, declared, recorder):
    async def main():
        method, given = ADDED[kind]
        for chosen in product(*([label, None] for label in LABELS)):
            labels = {name: LABELS[name] for name in chosen if name}
            for named in ({"owner": Owner(**labels)}, labels):
                store = recorder(kind, declared)
                add = getattr(getattr(Memio(**{kind: store}), kind), method)
                lacking = {RECORDING[name] for name in labels} - declared
                assert (
                    (await outcome(add(**given, **named)) in lacking)
                    if lacking
                    else not await outcome(add(**given, **named))
                )
                if lacking:
                    assert store.calls == []
                    continue
                takes = not TAKES["owner"].isdisjoint(declared)
                assert all(keywords.get("owner") == (Owner(**labels) if takes else None) for _, keywords in store.calls)
                assert not any("scope" in keywords for _, keywords in store.calls)

    asyncio.run(main())


READ: dict[str, tuple[str, dict[str, Any]]] = {
    "facts": ("get", {"fact_id": "1"}),
    "history": ("delete", {"session_id": "s"}),
    "documents": ("delete", {"doc_id": "1"}),
    "graph": ("delete_entity", {"entity": "a"}),
}


@pytest.mark.parametrize("declared", DECLARED, ids=lambda declared: "+".join(sorted(declared)) or "nothing")
@pytest.mark.parametrize("kind", KINDS)
def test_a_store_gets_the_scope_of_labels_that_it_keeps_apart(kind, declared, recorder):
    async def main():
        method, given = READ[kind]
        for chosen in product(*([label, None] for label in LABELS)):
            labels = {name: LABELS[name] for name in chosen if name}
            store = recorder(kind, declared)
            read = getattr(getattr(Memio(**{kind: store}), kind), method)
            if lacking := {SCOPING[name] for name in labels} - declared:
                assert await outcome(read(**given, **labels)) in lacking
                assert store.calls == []
                continue
            assert await outcome(read(**given, **labels)) is None
            [(_, keywords)] = store.calls
            takes = not TAKES["scope"].isdisjoint(declared)
            assert keywords.get("scope") == (Scope(**labels) if takes else None)
            assert "owner" not in keywords

    asyncio.run(main())


@pytest.mark.parametrize("declared", DECLARED, ids=lambda declared: "+".join(sorted(declared)) or "nothing")
def test_records_without_a_label_can_be_asked_for_where_the_label_is_kept_apart_or_not_recorded(declared, recorder):
    # A store that records agents and cannot keep them apart would return those of every agent as nobody's.
    async def main():
        store = recorder("facts", declared)
        call = Memio(facts=store).facts.get("1", owner=NO_OWNER)
        recorded = {name for name in LABELS if RECORDING[name] in declared}
        lacking = {SCOPING[name] for name in recorded} - declared
        if lacking:
            assert await outcome(call) in lacking
            assert store.calls == []
            return
        assert await outcome(call) is None
        [(_, keywords)] = store.calls
        fixed = {name: () if name == "namespace" else None for name in recorded}
        assert keywords.get("scope") == (Scope(**fixed) if fixed else None)

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_a_prefix_needs_namespaces(kind, recorder):
    async def main():
        everything = set(Feature)
        store = recorder(kind, everything - {Feature.NAMESPACES})
        facade = getattr(Memio(**{kind: store}), kind)
        assert await outcome(facade.delete_all(namespace_prefix=("app",))) == Feature.NAMESPACES
        assert store.calls == []
        store = recorder(kind, {Feature.NAMESPACES})
        await getattr(Memio(**{kind: store}), kind).delete_all(namespace_prefix=("app",))
        assert store.calls == [("delete_all", {"scope": Scope(prefix=("app",))})]

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_every_method_that_is_about_records_gets_a_scope_and_every_one_that_adds_an_owner(kind, recorder):
    async def main():
        client = Memio(**{kind: (store := recorder(kind))})
        checked = client._stores[kind]
        given: dict[str, Any] = {
            "limit": 5, "cursor": None, "query": "x", "content": "x", "fact_id": "i", "doc_id": "i", "triple_id": "i",
            "session_id": "s", "entity": "a", "start": "latest", "last": 1, "message_ids": None,
            "messages": ADDED["history"][1]["messages"], "triples": ADDED["graph"][1]["triples"],
        }  # fmt: skip
        for name, method in SPECS[kind].methods.items():
            if method.optional:
                continue
            arguments = {core: given[core] for core in method.core} | ({"content": "x"} if name == "update" else {})
            store.calls.clear()
            await checked.call(name, arguments, Scope("alice", prefix=("app",)))
            [(_, keywords)] = store.calls
            assert keywords.get("owner") == (Owner("alice") if method.whose == "owner" else None), name
            expected_scope = Scope("alice", prefix=("app",)) if method.whose in ("scope", "span") else None
            assert keywords.get("scope") == expected_scope, name

    asyncio.run(main())


# Scoped clients

CONFINED: list[tuple[dict[str, Any], Scope]] = [
    ({"user_id": "alice"}, Scope("alice")),
    ({"agent_id": "bot"}, Scope(agent_id="bot")),
    ({"namespace": ("app",)}, Scope(namespace=("app",))),
    ({"namespace": ()}, Scope(namespace=())),
    (LABELS, Scope("alice", "bot", ("app",))),
    ({"owner": Owner("alice")}, Scope("alice", None, ())),
    ({"owner": NO_OWNER}, Scope(None, None, ())),
]


@pytest.mark.parametrize(("labels", "scope"), CONFINED, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_scoped_client_confines_every_method_of_every_kind(kind, labels, scope, recorder):
    async def main():
        store = recorder(kind)
        confined = getattr(Memio(**{kind: store}).scoped(**labels), kind)
        for method in methods_of(FACADES[kind]):
            store.calls.clear()
            await answer(getattr(confined, method)(**arguments_of(kind, method)))
            assert store.calls, method
            for _, keywords in store.calls:
                assert keywords.get("scope", scope) == scope, method
                assert keywords.get("owner", scope.adds_for) == scope.adds_for, method
                assert ("scope" in keywords) is not ("owner" in keywords), method

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_a_scoped_client_may_be_narrowed_by_more_labels_and_a_prefix(kind, recorder):
    async def main():
        store = recorder(kind)
        alice = getattr(Memio(**{kind: store}).scoped(user_id="alice"), kind)
        await alice.delete_all(agent_id="bot", namespace_prefix=("app",))
        await alice.delete_all(owner=Owner("alice", "bot"))
        assert [keywords["scope"] for _, keywords in store.calls] == [
            Scope("alice", "bot", prefix=("app",)),
            Scope("alice", "bot", ()),
        ]

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "other", [{"user_id": "bob"}, {"owner": Owner("bob")}, {"owner": NO_OWNER}, {"user_id": None}, {"owner": None}]
)
def test_a_scoped_client_refuses_another_owner_in_every_method(kind, other, recorder):
    async def main():
        store = recorder(kind)
        alice = getattr(Memio(**{kind: store}).scoped(user_id="alice"), kind)
        for method in methods_of(FACADES[kind]):
            with pytest.raises(InvalidInputError):
                await answer(getattr(alice, method)(**arguments_of(kind, method), **other))
        assert store.calls == []

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_an_owner_that_confines_a_client_cannot_be_narrowed(kind, recorder):
    async def main():
        store = recorder(kind)
        nobody = getattr(Memio(**{kind: store}).scoped(owner=NO_OWNER), kind)
        for other in ({"user_id": "alice"}, {"namespace": ("app",)}, {"namespace_prefix": ("app",)}):
            with pytest.raises(InvalidInputError):
                await nobody.delete_all(**other)
        assert store.calls == []

    asyncio.run(main())


def test_there_is_no_client_that_is_confined_to_a_prefix_or_to_nothing(recorder):
    memio = Memio(facts=recorder("facts"))
    with pytest.raises(TypeError, match="namespace_prefix"):
        memio.scoped(namespace_prefix=("app",))  # type: ignore[call-arg]
    with pytest.raises(InvalidInputError, match=r"scoped\(\) needs an owner"):
        memio.scoped()


@pytest.mark.parametrize("name", ["purge", "scoped", "aclose", "from_config"])
def test_a_scoped_client_has_no_method_that_reaches_beyond_its_owner(name, recorder):
    memio = Memio(facts=recorder("facts"))
    assert hasattr(memio, name)
    assert not hasattr(memio.scoped(user_id="alice"), name)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("labels", "lacking"),
    [
        ({"user_id": "alice"}, Feature.USER_SCOPE),
        ({"agent_id": "bot"}, Feature.AGENT_SCOPE),
        ({"namespace": ()}, Feature.NAMESPACES),
        ({"owner": Owner("alice")}, Feature.AGENT_SCOPE),
    ],
)
def test_a_scoped_client_refuses_a_store_that_cannot_keep_its_owner_apart(kind, labels, lacking, recorder):
    # defect: an owner is accepted on add and ignored on read
    store = recorder(kind, set(Feature) - {lacking})
    confined = Memio(**{kind: store}).scoped(**labels)
    if labels.get("namespace") == ():  # such a store has records of the root only
        assert getattr(confined, kind).provider == "Recorder"
        return
    with pytest.raises(NotSupportedError, match=lacking):
        getattr(confined, kind)


def test_the_repr_of_a_scoped_client_names_its_labels(recorder):
    memio = Memio(facts=recorder("facts"))
    assert repr(memio.scoped(owner=Owner("alice"))) == (
        "<ScopedMemio facts='Recorder' user_id='alice', agent_id=None, namespace=()>"
    )
