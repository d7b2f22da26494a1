"""The client: its stores, its event loop, closing, errors, scopes, and batches."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

import memio.blocking
from memio import (
    ConflictError,
    Feature,
    InvalidInputError,
    Memio,
    MemioError,
    Message,
    NotFoundError,
    NotSupportedError,
    Owner,
    Page,
    PartialWriteError,
    ProviderError,
    ProviderTimeoutError,
    StoreNotConfiguredError,
    Triple,
    UnavailableError,
)
from memio.owners import NO_OWNER, Scope

NOTHING = object()


def test_the_error_for_a_store_that_was_not_configured_states_how_to_configure_it(recorder):
    memio = Memio(facts=recorder("facts"))
    with pytest.raises(
        StoreNotConfiguredError, match=r"has no graph store, it was given facts: add one, as in Memio\.from_config"
    ):
        _ = memio.graph
    assert not hasattr(memio, "history")
    assert memio.kinds == ("facts",)


def test_a_client_makes_each_facade_once(recorder):
    memio = Memio(facts=recorder("facts"))
    assert memio.facts is memio.facts
    scoped = memio.scoped(user_id="alice")
    assert scoped.facts is scoped.facts
    assert scoped.facts is not memio.facts


def test_a_blocking_client_makes_each_facade_once(recorder):
    with memio.blocking.Memio(facts=recorder("facts")) as client:
        assert client.facts is client.facts
        scoped = client.scoped(user_id="alice")
        assert scoped.facts is scoped.facts


def test_a_subclass_of_the_client_keeps_its_constructor_when_made_from_a_configuration():
    class Named(Memio):
        def __init__(self, **stores: Any) -> None:
            super().__init__(**stores)
            self.name = "mine"

    client = Named.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}})
    assert (client.name, client.facts.provider) == ("mine", "sqlite")


def test_a_message_may_be_of_a_subclass(recorder, call):
    class Spoken(Message):
        pass

    store = recorder("history")
    message = Spoken(role="user", content="hello", metadata={"mood": "calm"})
    call(store, "add", session_id="s", messages=[message])
    [(_, keywords)] = store.calls
    assert keywords["messages"] == [message]
    assert keywords["messages"][0].metadata is not message.metadata


def test_a_store_that_is_empty_and_so_false_is_a_store(recorder):
    assert Memio(facts=recorder("facts")).facts.provider == "Recorder"


def test_a_closed_client_refuses_calls(recorder):
    async def main() -> None:
        async with Memio(facts=recorder("facts")) as memio:
            await memio.facts.delete_all()
        with pytest.raises(RuntimeError, match="closed"):
            await memio.facts.delete_all()

    asyncio.run(main())


def test_every_store_is_closed_once_also_when_one_fails(recorder):
    class Failing(recorder):
        async def aclose(self) -> None:
            await super().aclose()
            raise OSError("cannot close")

    async def main() -> None:
        first, second = Failing("facts"), recorder("graph")
        memio = Memio(facts=first, documents=recorder("documents"), graph=second)
        for _ in range(2):
            with pytest.raises(ExceptionGroup) as caught:
                await memio.aclose()
            assert [str(error) for error in caught.value.exceptions] == ["cannot close"]
        assert (first.closed, second.closed) == (1, 1)

    asyncio.run(main())


def test_a_store_of_two_kinds_is_closed_once(recorder):
    store = recorder("facts")

    async def main() -> None:
        async with Memio(facts=store, documents=store):
            pass

    # One object serves both kinds: it takes any keyword.
    store.delete_entity = None
    asyncio.run(main())
    assert store.closed == 1


def test_closing_again_waits_for_the_close_that_was_cancelled(recorder):
    async def main() -> None:
        release = asyncio.Event()

        class Slow(recorder):
            async def aclose(self) -> None:
                await release.wait()
                await super().aclose()

        first, second = Slow("facts"), recorder("graph")
        memio = Memio(facts=first, graph=second)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await memio.aclose()
        again = asyncio.create_task(memio.aclose())
        await asyncio.sleep(0)
        assert not again.done()
        release.set()
        await again
        assert (first.closed, second.closed) == (1, 1)

    asyncio.run(main())


def test_a_call_that_middleware_delays_until_after_the_close_is_not_sent(recorder):
    async def main() -> None:
        release = asyncio.Event()

        async def late(operation: Any, call_next: Any) -> Any:
            await release.wait()
            return await call_next(operation)

        store = recorder("facts")
        memio = Memio(facts=store, middleware=[late])
        call = asyncio.create_task(memio.facts.delete_all())
        await asyncio.sleep(0)
        await memio.aclose()
        release.set()
        with pytest.raises(RuntimeError, match="closed"):
            await call
        assert store.calls == []

    asyncio.run(main())


# Errors


@pytest.mark.parametrize(
    ("raised", "kind", "retryable"),
    [
        (KeyError("x"), ProviderError, False),
        (TimeoutError("slow"), ProviderTimeoutError, True),
        (ConnectionResetError("gone"), UnavailableError, True),
    ],
)
@pytest.mark.parametrize(("method", "outcome"), [("delete", "unknown"), ("get", "not_applied")])
def test_an_exception_of_a_store_becomes_one_of_memios_errors(raised, kind, retryable, method, outcome, recorder, call):
    # defect: SDK exceptions in the caller's face; one class for everything
    store = recorder("facts")
    store.answers[method] = raised
    with pytest.raises(kind) as caught:
        call(store, method, fact_id="1")
    error = caught.value
    assert type(error) is kind
    assert error.cause is raised
    assert error.__cause__ is raised
    assert (error.retryable, error.outcome) == (retryable, outcome)
    assert (error.provider, error.operation) == ("Recorder", f"facts.{method}")
    assert type(raised).__name__ in str(error)


def test_an_error_that_a_store_raises_is_passed_on_with_provider_and_operation(recorder, call):
    store = recorder("facts")
    store.answers["get"] = NotFoundError("fact", "f1")
    with pytest.raises(NotFoundError, match=r"no fact 'f1' here \[facts.get, provider Recorder\]"):
        call(store, "get", fact_id="f1")


def test_cancellation_is_passed_on_unchanged(recorder, call):
    store = recorder("facts")
    store.answers["get"] = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        call(store, "get", fact_id="f1")


# Scope


def test_a_scoped_client_confines_every_call(recorder):
    store = recorder("facts")

    async def main() -> None:
        alice = Memio(facts=store).scoped(user_id="alice").facts
        await alice.add(content="x")
        await alice.add_many(["y"])
        await alice.get(fact_id="1")
        await alice.get_all()
        [_ async for _ in alice.iter_all()]
        await alice.search(query="x")
        await alice.update(fact_id="1", content="y")
        await alice.delete(fact_id="1")
        await alice.delete_all()
        await alice.get(fact_id="1", user_id="alice")

    asyncio.run(main())
    assert len(store.calls) == 10
    assert {(keywords.get("owner"), keywords.get("scope")) for _, keywords in store.calls} == {
        (Owner("alice"), None),
        (None, Scope("alice")),
    }


@pytest.mark.parametrize("kind", ["facts", "history", "documents", "graph"])
def test_a_scoped_client_refuses_another_owner(kind, recorder):
    store = recorder(kind)

    async def main() -> None:
        alice = Memio(**{kind: store}).scoped(user_id="alice")
        with pytest.raises(InvalidInputError, match="the call is confined to 'alice'"):
            await getattr(alice, kind).delete_all(user_id="bob")

    asyncio.run(main())
    assert store.calls == []


def test_an_item_cannot_leave_the_scope(recorder):
    store = recorder("facts")

    async def main() -> None:
        alice = Memio(facts=store).scoped(user_id="alice")
        with pytest.raises(InvalidInputError, match=r"items\[1\]: user_id is 'bob', but the call"):
            await alice.facts.add_many(["x", {"content": "y", "user_id": "bob"}])

    asyncio.run(main())
    assert store.calls == []


@pytest.mark.parametrize("kind", ["facts", "history", "documents", "graph"])
def test_a_store_without_user_scope_raises_when_a_scoped_client_uses_it(kind, recorder):
    # defect: an owner is accepted on add and ignored on read
    store = recorder(kind, set(Feature) - {Feature.USER_SCOPE})
    alice = Memio(**{kind: store}).scoped(user_id="alice")
    with pytest.raises(NotSupportedError, match="user_scope"):
        getattr(alice, kind)


@pytest.mark.parametrize("owner", [{}, {"user_id": ""}, {"agent_id": ""}, {"user_id": 5}, {"user_id": None}])
def test_a_scope_needs_an_owner(owner, recorder):
    # defect: an empty owner id means all owners
    with pytest.raises(InvalidInputError):
        Memio(facts=recorder("facts")).scoped(**owner)


def test_a_scoped_client_is_closed_with_the_client(recorder):
    async def main() -> None:
        async with Memio(facts=recorder("facts")) as memio:
            alice = memio.scoped(user_id="alice")
        with pytest.raises(RuntimeError, match="closed"):
            await alice.facts.delete_all()
        assert not hasattr(alice, "aclose")

    asyncio.run(main())


def test_the_repr_of_clients_and_facades_names_providers_and_owner(recorder):
    memio = Memio(facts=recorder("facts"))
    assert repr(memio) == "<Memio facts='Recorder'>"
    assert repr(memio.scoped(user_id="a").facts) == "<Facts of Recorder, user_id='a'>"


@pytest.mark.parametrize(
    ("kind", "method", "keywords", "answer"),
    [
        ("facts", "get_all", {}, ["x"]),
        ("facts", "search", {"query": "x"}, ("x",)),
        ("graph", "get", {"entity": "x"}, []),
        ("history", "add", {"session_id": "s", "messages": [Message(role="user", content="x")]}, ["x"]),
        ("facts", "get", {"fact_id": "x"}, NOTHING),
    ],
)
def test_an_answer_of_the_wrong_type_is_reported_as_a_fault_of_the_store(
    kind, method, keywords, answer, recorder, call
):
    store = recorder(kind)

    async def respond(**_: Any) -> Any:
        return None if answer is NOTHING else answer

    store.answers[method] = respond
    with pytest.raises(ProviderError, match=f"the store's {method} returned"):
        call(store, method, **keywords)


def test_a_cursor_that_repeats_ends_the_iteration(recorder):
    # defect: cursors that repeat
    store = recorder("facts")
    store.answers["get_all"] = Page(["x"], "again")

    async def main() -> None:
        with pytest.raises(MemioError, match="repeats its cursor"):
            [_ async for _ in Memio(facts=store).facts.iter_all()]

    asyncio.run(main())


# Many records


def test_a_store_without_a_batch_call_gets_the_records_one_by_one(recorder, call):
    store = recorder("facts")
    added = call(store, "add_many", items=["a", {"content": "b", "metadata": {"k": 1}, "fact_id": None}], user_id="u")
    assert [fact.content for fact in added] == ["a", "b"]
    assert store.calls == [
        ("add", {"content": "a", "owner": Owner("u")}),
        ("add", {"content": "b", "metadata": {"k": 1}, "owner": Owner("u")}),
    ]


def test_at_most_eight_adds_run_at_once(recorder, call):
    store = recorder("facts")
    now = most = 0

    async def add(**keywords: Any) -> Any:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return keywords["content"]

    store.answers["add"] = add
    texts = [str(number) for number in range(100)]
    assert call(store, "add_many", items=texts) == texts
    assert most == 8


def test_the_error_of_a_batch_that_fails_half_way_states_what_was_added(recorder, call):

    store = recorder("facts")

    async def add(**keywords: Any) -> Any:
        if keywords["content"] == "3":
            raise ConflictError("fact", "3")
        return keywords["content"]

    store.answers["add"] = add
    with pytest.raises(PartialWriteError, match=r"3 of 10 records were added, then: fact '3' is in conflict") as caught:
        call(store, "add_many", items=[str(number) for number in range(10)])
    error = caught.value
    assert error.added == ["0", "1", "2"]
    assert [item["content"] for item in error.not_added] == [str(number) for number in range(3, 10)]
    assert (error.unknown, error.total, error.outcome, error.retryable) == ([], 10, "partial", False)


@pytest.mark.parametrize(("refused", "retryable"), [(True, True), (False, False)])
def test_a_batch_separates_what_was_not_added_from_what_may_have_been(recorder, call, refused, retryable):
    # defect: the advice to add "the others" again doubles the one whose answer was lost

    store = recorder("facts")
    together = asyncio.Barrier(3)
    failures = {
        "refused": UnavailableError("busy", retryable=refused),
        "lost": ProviderError("the answer was lost", outcome="unknown"),
    }

    async def add(**keywords: Any) -> Any:
        await together.wait()
        content = keywords["content"]
        if content in failures:
            raise failures[content]
        return content

    store.answers["add"] = add
    items = [{"content": "lost", "metadata": {"n": 1}, "user_id": "alice"}, "kept", "refused"]
    with pytest.raises(PartialWriteError) as caught:
        call(store, "add_many", items=items)
    error = caught.value
    assert error.added == ["kept"]
    assert error.not_added == [{"content": "refused", "owner": NO_OWNER}]
    assert error.unknown == [{"content": "lost", "metadata": {"n": 1}, "owner": Owner("alice")}]
    assert (error.total, error.outcome, error.retryable) == (3, "unknown", retryable)
    assert "`unknown`" in str(error)
    assert "`not_added`" in str(error)
    store.answers.clear()
    again = [*error.not_added, *error.unknown]
    call(store, "add_many", items=again)
    assert {keywords["content"]: keywords["owner"] for _, keywords in store.calls[-2:]} == {
        "lost": Owner("alice"),
        "refused": NO_OWNER,
    }


def test_a_batch_that_added_nothing_for_certain_does_not_claim_that_nothing_was_added(recorder, call):
    # defect: the first failure, `not_applied`, is reported for the item whose answer was lost
    from memio import RateLimitError

    store = recorder("facts")
    together = asyncio.Barrier(2)

    async def add(**keywords: Any) -> Any:
        await together.wait()
        if keywords["content"] == "refused":
            raise RateLimitError
        raise ProviderError("the answer was lost", outcome="unknown")

    store.answers["add"] = add
    with pytest.raises(PartialWriteError) as caught:
        call(store, "add_many", items=["refused", "lost"])
    error = caught.value
    assert error.added == []
    assert error.not_added == [{"content": "refused", "owner": NO_OWNER}]
    assert error.unknown == [{"content": "lost", "owner": NO_OWNER}]
    assert (error.outcome, error.retryable) == ("unknown", True)


@pytest.mark.parametrize("failure", [ValueError("a defect of the store"), TimeoutError(), ConnectionError()])
def test_an_item_on_which_the_store_failed_unexpectedly_may_have_been_added(recorder, call, failure):

    store = recorder("facts")
    store.answers["add"] = failure
    with pytest.raises(ProviderError) as plain:
        call(store, "add_many", items=["a"])
    assert plain.value.outcome == "unknown"

    async def add(**keywords: Any) -> Any:
        if keywords["content"] == "b":
            raise failure
        return keywords["content"]

    store.answers["add"] = add
    with pytest.raises(PartialWriteError) as caught:
        call(store, "add_many", items=["a", "b"])
    assert (caught.value.added, caught.value.unknown) == (["a"], [{"content": "b", "owner": NO_OWNER}])


@pytest.mark.parametrize(
    ("called", "kept"),
    [({}, NO_OWNER), ({"user_id": "alice"}, Owner("alice")), ({"owner": Owner("alice", "bot")}, Owner("alice", "bot"))],
)
@pytest.mark.parametrize("again", ["the same client", "a confined client"])
def test_the_items_of_a_batch_that_stopped_keep_their_owner(called, kept, again, recorder):
    # defect: the items that were not added are added again without their owner
    store = recorder("facts")

    async def add(**keywords: Any) -> Any:
        if keywords["content"] == "lost":
            raise UnavailableError(outcome="not_applied")
        return keywords["content"]

    async def main() -> None:
        store.answers["add"] = add
        memio = Memio(facts=store)
        items = ["first", {"content": "lost", "fact_id": "f1", "expires_at": datetime(2027, 1, 1, tzinfo=UTC)}]
        with pytest.raises(PartialWriteError) as caught:
            await memio.facts.add_many(items, **called)
        [item] = caught.value.not_added
        assert item["owner"] == kept
        store.answers.clear()
        facts = memio.scoped(owner=kept).facts if again == "a confined client" else memio.facts
        await facts.add_many(caught.value.not_added, **called)
        assert store.calls[-1] == ("add", {**items[1], "owner": kept})

    asyncio.run(main())


def test_a_batch_that_adds_nothing_raises_the_plain_error(recorder, call):
    store = recorder("facts")
    store.answers["add"] = ConflictError("fact", "3")
    with pytest.raises(ConflictError):
        call(store, "add_many", items=["a", "b"])


def test_an_empty_batch_calls_no_store(recorder, call):
    store = recorder("facts")
    assert call(store, "add_many", items=[]) == []
    assert store.calls == []


def test_the_batch_call_of_a_store_is_used(recorder, call):
    class Batching(recorder):
        async def add_many(self, *, items: Any) -> Any:
            return await self.answer("add_many", {"items": items})

    store = Batching("facts")
    store.answers["add_many"] = ["one", "two"]
    assert call(store, "add_many", items=iter(["a", {"content": "b", "user_id": "u"}])) == ["one", "two"]
    assert store.calls == [
        ("add_many", {"items": [{"content": "a", "owner": NO_OWNER}, {"content": "b", "owner": Owner("u")}]})
    ]


def test_the_error_of_with_names_async_with_and_the_blocking_client(recorder):
    with pytest.raises(TypeError, match=r"`async with`, or use memio\.blocking\.Memio"), Memio(facts=recorder("facts")):
        pass


def test_the_error_of_async_with_on_the_blocking_client_names_with(recorder):
    async def main():
        async with memio.blocking.Memio(facts=recorder("facts")):
            pass

    with pytest.raises(TypeError, match=r"open it with `with`, or use memio\.Memio"):
        asyncio.run(main())


@pytest.mark.parametrize("do", ["call", "enter", "close"])
def test_the_error_without_an_event_loop_of_asyncio_names_asyncio(do, recorder):
    # As with trio, which runs coroutines without a loop of asyncio.
    store = recorder("facts")
    client = Memio(facts=store)
    made = {"call": client.facts.get_all, "enter": client.__aenter__, "close": client.aclose}[do]()
    with pytest.raises(RuntimeError, match="memio runs on asyncio"):
        made.send(None)
    assert store.calls == []


@pytest.mark.parametrize("bad", [["1"], {"a": 1}, {1}, bytearray(b"x"), float("nan"), [True]])
def test_an_id_that_has_no_hash_is_refused(bad, recorder):
    # defect: a list as an id is added to a set, and raises TypeError instead of InvalidInputError
    async def main():
        store = recorder("facts")
        history, graph, facts = recorder("history"), recorder("graph"), Memio(facts=store).facts
        messages = [Message(role="user", content="x", id=bad)]
        edges = [Triple(subject="a", predicate="b", object="c", id=bad)]
        for call in (
            lambda: Memio(history=history).history.add(session_id="s", messages=messages),
            lambda: Memio(graph=graph).graph.add(triples=edges),
            lambda: facts.add(content="x", fact_id=bad),
            lambda: facts.add_many([{"content": "x", "fact_id": bad}]),
            lambda: facts.get_all(limit=bad),
            lambda: Memio(history=history).history.get(session_id="s", start=bad),
        ):
            with pytest.raises(InvalidInputError):
                await call()
        assert store.calls == history.calls == graph.calls == []

    asyncio.run(main())


def test_a_number_that_python_cannot_write_is_refused_as_any_other(recorder):
    async def main():
        facts = Memio(facts=recorder("facts")).facts
        for call in (lambda: facts.get_all(limit=10**5000), lambda: facts.add(content="x", metadata={10**5000: 1})):
            with pytest.raises(InvalidInputError):
                await call()

    asyncio.run(main())
