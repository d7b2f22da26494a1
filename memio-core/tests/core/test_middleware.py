"""Middleware wraps every call, sees memio's errors, and cannot change whose records a call is confined to."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from memio import (
    Feature,
    Guarantee,
    InvalidInputError,
    Memio,
    MemioError,
    Message,
    NotSupportedError,
    Operation,
    Owner,
    Page,
    ProviderError,
    Triple,
)
from memio.kinds import SPECS
from memio.owners import ANYWHERE, NO_OWNER, Scope


def run(store: Any, middleware: list[Any], method: str, **keywords: Any) -> Any:
    async def main() -> Any:
        async with Memio(**{store.kind: store}, middleware=middleware) as memio:
            return await getattr(getattr(memio, store.kind), method)(**keywords)

    return asyncio.run(main())


def test_the_first_middleware_is_the_outermost(recorder):
    order: list[str] = []

    def named(name: str) -> Any:
        async def middleware(operation: Operation, call_next: Any) -> Any:
            order.append(f"{name} in")
            result = await call_next(operation)
            order.append(f"{name} out")
            return result

        return middleware

    run(recorder("facts"), [named("first"), named("second")], "delete_all")
    assert order == ["first in", "second in", "second out", "first out"]


def test_middleware_sees_the_operation(recorder):
    seen: list[Operation] = []

    async def middleware(operation: Operation, call_next: Any) -> Any:
        seen.append(operation)
        return await call_next(operation)

    run(recorder("facts"), [middleware], "add", content="x", user_id="alice", agent_id="bot")
    [operation] = seen
    assert operation.name == "facts.add"
    assert operation.arguments == {"content": "x"}
    assert (operation.features, operation.guarantees) == (frozenset(Feature), frozenset(Guarantee))
    assert (operation.provider, operation.scope, operation.writes) == ("Recorder", Scope("alice", "bot"), True)


@pytest.mark.parametrize(("kind", "method"), [(kind, name) for kind, spec in SPECS.items() for name in spec.methods])
def test_middleware_sees_which_calls_write(kind, method):
    reads = {"get", "get_all", "get_owners", "search", "count", "count_messages"}
    assert SPECS[kind].methods[method].writes == (method not in reads)


def test_middleware_can_change_arguments_and_answers(recorder):
    async def shout(operation: Operation, call_next: Any) -> Any:
        fact = await call_next(operation.with_arguments(content=operation.arguments["content"].upper()))
        return replace(fact, content=fact.content + "!")

    store = recorder("facts")
    assert run(store, [shout], "add", content="hello").content == "HELLO!"
    assert store.calls == [("add", {"content": "HELLO", "owner": NO_OWNER})]


def test_arguments_that_middleware_changed_are_checked(recorder):
    async def empty(operation: Operation, call_next: Any) -> Any:
        return await call_next(operation.with_arguments(content=""))

    store = recorder("facts")
    with pytest.raises(InvalidInputError, match="content must not be empty"):
        run(store, [empty], "add", content="hello")
    assert store.calls == []


@pytest.mark.parametrize(
    "change",
    [
        {"scope": ANYWHERE},
        {"scope": Scope("bob")},
        {"scope": Scope("alice", "bot")},
        {"method": "delete_all"},
        {"kind": "graph"},
        {"writes": True},
        {"features": frozenset[str]()},
        {"guarantees": frozenset[str]()},
    ],
)
def test_middleware_cannot_change_the_scope_or_the_description_of_the_store(change, recorder):
    async def widen(operation: Operation, call_next: Any) -> Any:
        return await call_next(replace(operation, **change))

    store = recorder("facts")
    with pytest.raises(MemioError, match=f"middleware changed the {next(iter(change))}"):
        run(store, [widen], "search", query="x", user_id="alice")
    assert store.calls == []


@pytest.mark.parametrize("given", [{"user_id": "alice"}, {}])
@pytest.mark.parametrize(
    "more",
    [
        {"user_id": "bob"},
        {"agent_id": "bot"},
        {"namespace": ()},
        {"namespace_prefix": ("app",)},
        {"owner": Owner("bob")},
        {"scope": ANYWHERE},
    ],
)
@pytest.mark.parametrize("method", ["add", "search"])
def test_middleware_cannot_add_an_owner_to_the_arguments(method, given, more, recorder):
    async def smuggle(operation: Operation, call_next: Any) -> Any:
        return await call_next(operation.with_arguments(**more))

    store = recorder("facts")
    with pytest.raises(MemioError, match=f"middleware put {next(iter(more))} among the arguments"):
        run(store, [smuggle], method, **{"add": {"content": "x"}, "search": {"query": "x"}}[method], **given)
    assert store.calls == []


def test_middleware_can_change_the_arguments_of_features(recorder):
    tomorrow = datetime(2027, 1, 2, tzinfo=UTC)

    async def expire(operation: Operation, call_next: Any) -> Any:
        return await call_next(operation.with_arguments(expires_at=tomorrow))

    store = recorder("facts")
    run(store, [expire], "add", content="x", user_id="alice")
    run(store, [expire], "put", fact_id="f", content="x")
    assert [keywords["expires_at"] for _, keywords in store.calls] == [tomorrow] * 2
    undeclared = recorder("facts", ())
    with pytest.raises(NotSupportedError, match="expires_at needs the feature 'expiry'"):
        run(undeclared, [expire], "add", content="x")
    assert undeclared.calls == []


CALLS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("facts", "put", {"fact_id": "f", "content": "x", "if_version": "v"}, {}),
    ("facts", "update", {"fact_id": "f", "expires_at": None}, {}),
    ("facts", "delete", {"fact_id": "f", "if_version": "v"}, {}),
    ("facts", "count", {"filters": {"k": 1}}, {}),
    ("facts", "get_owners", {"limit": 5}, {"cursor": None}),
    ("documents", "update", {"doc_id": "d", "content": "x", "data": None}, {}),
    ("history", "delete_messages", {"session_id": "s", "last": 1}, {"message_ids": None}),
    ("history", "count_messages", {"session_id": "s"}, {}),
    ("history", "get_all", {"order": "newest", "limit": 20}, {"cursor": None}),
]


@pytest.mark.parametrize(("kind", "method", "given", "more"), CALLS, ids=lambda value: str(value)[:40])
def test_every_method_passes_through_middleware_with_what_the_caller_gave(kind, method, given, more, recorder):
    seen: list[Operation] = []

    async def watch(operation: Operation, call_next: Any) -> Any:
        seen.append(operation)
        return await call_next(operation)

    run(recorder(kind), [watch], method, **given)
    [operation] = seen
    assert (operation.name, operation.arguments, operation.scope) == (f"{kind}.{method}", {**given, **more}, ANYWHERE)


def test_purge_passes_through_middleware_for_each_store_whose_records_can_expire(recorder):
    seen: list[str] = []

    async def watch(operation: Operation, call_next: Any) -> Any:
        seen.append(operation.name)
        assert operation.writes
        return await call_next(operation)

    async def main() -> None:
        stores = {"facts": recorder("facts"), "documents": recorder("documents", ()), "graph": recorder("graph")}
        stores["facts"].answers["purge"] = 7
        async with Memio(**stores, middleware=[watch]) as memio:
            assert await memio.purge() == {"facts": 7}
        assert stores["facts"].calls == [("purge", {})]

    asyncio.run(main())
    assert seen == ["facts.purge"]


def test_middleware_sees_memios_errors(recorder):
    seen: list[str] = []

    async def watch(operation: Operation, call_next: Any) -> Any:
        try:
            return await call_next(operation)
        except MemioError as error:
            seen.append(type(error).__name__)
            raise

    store = recorder("facts")
    store.answers["get"] = KeyError("x")
    with pytest.raises(ProviderError):
        run(store, [watch], "get", fact_id="1")
    assert seen == ["ProviderError"]


def test_middleware_may_call_again(recorder):
    async def twice(operation: Operation, call_next: Any) -> Any:
        await call_next(operation)
        return await call_next(operation)

    store = recorder("facts")
    run(store, [twice], "get", fact_id="1")
    assert [method for method, _ in store.calls] == ["get", "get"]


def test_each_page_and_each_batch_is_one_operation(recorder):
    seen: list[str] = []

    async def watch(operation: Operation, call_next: Any) -> Any:
        seen.append(operation.name)
        return await call_next(operation)

    store = recorder("facts")
    pages = [Page(["a"], "next"), Page(["b"])]

    async def get_all(**_: Any) -> Any:
        return pages.pop(0)

    store.answers["get_all"] = get_all

    async def main() -> None:
        async with Memio(facts=store, middleware=[watch]) as memio:
            assert [fact async for fact in memio.facts.iter_all()] == ["a", "b"]
            await memio.facts.add_many(["a", "b", "c"])

    asyncio.run(main())
    assert seen == ["facts.get_all", "facts.get_all", "facts.add_many"]


@pytest.mark.parametrize(
    ("kind", "method", "name"),
    [
        ("facts", "add_many", "items"),
        ("history", "add", "messages"),
        ("history", "delete_messages", "message_ids"),
        ("graph", "add", "triples"),
    ],
)
def test_middleware_may_read_an_iterator_and_call_twice(kind, method, name, recorder):
    async def look(operation: Operation, call_next: Any) -> Any:
        assert len(list(operation.arguments[name])) == 2
        await call_next(operation)
        return await call_next(operation)

    store = recorder(kind)
    given = {
        "items": ["a", "b"],
        "message_ids": ["a", "b"],
        "messages": [Message(role="user", content="a"), Message(role="user", content="b")],
        "triples": [Triple(subject="a", predicate="b", object=text) for text in "cd"],
    }[name]
    session = {"session_id": "s"} if kind == "history" else {}
    run(store, [look], method, **{name: iter(given)}, **session)
    assert sum(len(keywords.get(name, [0])) for _, keywords in store.calls) == 4


def test_an_error_names_what_middleware_must_not_do(recorder):
    def sync(operation: Operation, call_next: Any) -> Any:
        return 5

    async def unknown(operation: Operation, call_next: Any) -> Any:
        return await call_next(operation.with_arguments(colour="red"))

    async def without(operation: Operation, call_next: Any) -> Any:
        return await call_next(replace(operation, arguments={}))

    async def nothing(operation: Operation, call_next: Any) -> Any:
        return await call_next(None)

    for middleware, message in (
        (sync, "the middleware .*sync is not async: declare it with `async def`"),
        (unknown, "put colour among the arguments of facts.add, which has no such argument"),
        (without, "took content away from the arguments of facts.add"),
        (nothing, "called call_next with a NoneType"),
    ):
        store = recorder("facts")
        with pytest.raises(MemioError, match=message):
            run(store, [middleware], "add", content="x")
        assert store.calls == []
