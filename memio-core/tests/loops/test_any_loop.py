"""A client whose stores have the guarantee `any_loop` is called from any event loop and thread."""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from threads_and_loops import LoopBound, LoopThread, as_coroutine, in_threads

from memio import ClosedError, Memio, Message, Triple, UnavailableError
from memio import blocking as memio_blocking
from memio.middleware.log import LogSettings, open_log
from memio.middleware.otel import OtelSettings, open_otel
from memio.middleware.resilience import ResilienceSettings, open_resilience
from memio.providers.sqlite import SqliteFactAdapter, SqliteHistoryAdapter


async def add_all_kinds(memio: Any, name: str) -> None:
    await asyncio.gather(
        memio.facts.add(f"fact {name}"),
        memio.documents.add(f"document {name}"),
        memio.history.add(session_id="shared", messages=[Message(role="user", content=f"message {name}")]),
        memio.graph.add(triples=[Triple(subject=name, predicate="is", object="a name")]),
    )


async def contents(memio: Any) -> list[list[str]]:
    return [
        sorted([fact.content async for fact in memio.facts.iter_all()]),
        sorted([document.content async for document in memio.documents.iter_all()]),
        sorted([message.content async for message in memio.history.iter_messages(session_id="shared")]),
        sorted([triple.subject async for triple in memio.graph.iter_all()]),
    ]


@pytest.mark.parametrize("scoped", [False, True], ids=["whole", "scoped"])
@pytest.mark.parametrize("where", ["file", ":memory:"])
def test_eight_threads_with_a_loop_each_lose_nothing(where, scoped, config):
    if where == ":memory:":
        config = {kind: {"provider": "sqlite", "path": where} for kind in config}
    client = Memio.from_config(config)
    memio = client.scoped(user_id="alice") if scoped else client

    async def work(number: int) -> None:
        for n in range(10):
            await add_all_kinds(memio, f"{number}/{n}")
            assert await memio.facts.search(f"{number}/{n}")

    in_threads(8, work)
    names = sorted(f"{number}/{n}" for number in range(8) for n in range(10))
    expected = [[f"{kind}{name}" for name in names] for kind in ("fact ", "document ", "message ", "")]
    assert asyncio.run(contents(memio)) == expected
    asyncio.run(client.aclose())


def test_a_client_of_the_module_serves_one_asyncio_run_per_request(config):
    memio = Memio.from_config(config)

    async def request(number: int) -> list[str]:
        await memio.facts.add(f"request {number}", user_id="alice")
        return [fact.content for fact in await memio.facts.get_all(user_id="alice")]

    answers = [asyncio.run(request(number)) for number in range(20)]
    assert answers[-1] == [f"request {number}" for number in range(20)]
    asyncio.run(memio.aclose())


def test_a_loop_that_was_closed_in_the_middle_of_a_call_breaks_no_other(config):
    memio = Memio.from_config(config)

    def abandon(number: int) -> None:
        loop = asyncio.new_event_loop()
        calls = [loop.create_task(memio.facts.add(f"{number}/{n}", fact_id=f"{number}/{n}")) for n in range(3)] + [
            loop.create_task(memio.facts.search("x"))
        ]
        loop.run_until_complete(asyncio.sleep(0))
        for call in calls:
            call.cancel()  # so that nothing warns of a task that was destroyed; the jobs are queued already
        loop.close()

    async def work(number: int) -> None:
        for n in range(10):
            await asyncio.to_thread(abandon, number * 10 + n)
            await memio.facts.add(f"kept {number}/{n}")

    in_threads(4, work)

    async def kept() -> list[str]:
        return [fact.content async for fact in memio.facts.iter_all() if fact.content.startswith("kept")]

    assert len(asyncio.run(kept())) == 40
    asyncio.run(memio.aclose())


def test_cancelled_calls_of_one_loop_leave_those_of_others_alone(config):
    memio = Memio.from_config(config)

    async def work(number: int) -> int:
        added = 0
        for n in range(20):
            call = asyncio.ensure_future(memio.facts.add(f"{number}/{n}"))
            if number % 2:
                await asyncio.sleep(0)
                call.cancel()
            try:
                await call
            except asyncio.CancelledError:
                continue
            added += 1
        return added

    assert in_threads(6, work)[::2] == [20, 20, 20]
    asyncio.run(memio.aclose())


# Closing


def test_two_loops_close_at_the_same_time(config):
    for _ in range(20):
        memio = Memio.from_config(config)
        asyncio.run(memio.facts.add("x"))
        in_threads(3, lambda _, memio=memio: memio.aclose())
        with pytest.raises(RuntimeError, match="this client is closed"):
            asyncio.run(memio.facts.add("x"))


@pytest.mark.parametrize("where", ["file", ":memory:"])
def test_calls_under_way_when_another_loop_closes_are_finished_or_refused(where, config):
    if where == ":memory:":
        config = {kind: {"provider": "sqlite", "path": where} for kind in config}
    for _ in range(10):
        memio = Memio.from_config(config)

        async def work(number: int, memio: Memio = memio) -> int:
            if not number:
                await asyncio.sleep(0.005)
                await memio.aclose()
                return 0
            added = 0
            with suppress(ClosedError):
                while True:
                    await memio.facts.add("x")
                    added += 1
            return added

        before = 0 if where == ":memory:" else asyncio.run(count(config))
        added = sum(in_threads(4, work))
        if where == "file":
            assert asyncio.run(count(config)) == before + added


async def count(config: dict[str, Any]) -> int:
    async with Memio.from_config(config) as memio:
        return len([fact async for fact in memio.facts.iter_all()])


def test_the_store_itself_is_closed_from_several_loops(tmp_path):
    store = SqliteFactAdapter(path=tmp_path / "memory.db")
    asyncio.run(store.add(content="x"))
    in_threads(4, lambda _: store.aclose())
    assert [path.name for path in tmp_path.iterdir()] == ["memory.db"]


def test_a_call_right_before_the_close_of_another_thread_never_waits_for_ever(tmp_path):
    # defect: a call that had passed the check, and was queued behind the end of the threads
    for number in range(100):
        store = SqliteFactAdapter(path=":memory:" if number % 2 else tmp_path / f"{number}.db")

        async def work(number: int, store: Any = store) -> None:
            if not number:
                await store.aclose()
                return
            with suppress(ClosedError):
                await asyncio.wait_for(store.add(content="x"), 30)

        in_threads(3, work)
        asyncio.run(store.aclose())


# Stores of both sorts in one client


def test_a_store_with_the_guarantee_is_called_anywhere_beside_one_without(tmp_path):
    bound = LoopBound()
    memio = Memio(facts=bound, history=SqliteHistoryAdapter(path=tmp_path / "memory.db"))
    asyncio.run(memio.facts.add("x"))
    for _ in range(2):
        asyncio.run(memio.history.add(session_id="s", messages=[Message(role="user", content="y")]))
    with pytest.raises(RuntimeError, match="bound belongs to the event loop of its first call") as caught:
        asyncio.run(memio.facts.add("x"))
    for way_out in ("one client per loop", "own_loop=True"):
        assert way_out in str(caught.value)
    assert len(bound.facts) == 1
    asyncio.run(memio.aclose())


def test_a_refused_call_reaches_neither_middleware_nor_the_store():
    seen = []

    async def note(operation: Any, call_next: Any) -> Any:
        seen.append(operation.name)
        return await call_next(operation)

    bound = LoopBound()
    memio = Memio(facts=bound, middleware=[note])
    asyncio.run(memio.facts.add("x"))
    for call in (memio.facts.get_all, lambda: memio.facts.add_many(["y"]), lambda: memio.forget(user_id="alice")):
        with pytest.raises(RuntimeError, match="bound belongs to the event loop"):
            asyncio.run(as_coroutine(call()))
    assert seen == ["facts.add"]
    asyncio.run(memio.aclose())


def test_two_first_calls_at_the_same_time_bind_a_store_to_one_loop():
    for _ in range(50):
        bound = LoopBound()
        memio = Memio(facts=bound)

        async def first(_: int, memio: Memio = memio) -> bool:
            try:
                await memio.facts.add("x")
            except RuntimeError:
                return False
            return True

        assert sorted(in_threads(2, first)) == [False, True]
        assert len(bound.loops) == 1


class TwoKinds:
    """One object that is a store of facts and one of documents."""

    features = guarantees = frozenset[str]()

    async def delete_all(self) -> None: ...

    async def aclose(self) -> None: ...

    async def add(self, **given: Any) -> Any: ...

    get = get_all = search = delete = add


def test_one_object_of_two_kinds_belongs_to_one_loop():
    store = TwoKinds()
    memio = Memio(facts=store, documents=store)
    asyncio.run(memio.documents.delete_all())
    with pytest.raises(RuntimeError, match="TwoKinds belongs to the event loop"):
        asyncio.run(memio.facts.delete_all())


# Middleware of memio


def test_memios_middleware_belongs_to_no_loop(config):
    failing = threading.local()

    async def sometimes(operation: Any, call_next: Any) -> Any:
        failing.count = getattr(failing, "count", 0) + 1
        await asyncio.sleep(0)
        if failing.count % 2:
            raise UnavailableError("try again", retryable=True, outcome="not_applied")
        return await call_next(operation)

    policy = ResilienceSettings(attempts=3, pause=0.001, longest_pause=0.001)
    memio = Memio.from_config(
        config, middleware=[open_log(LogSettings()), open_otel(OtelSettings()), open_resilience(policy), sometimes]
    )

    async def work(number: int) -> None:
        await asyncio.gather(*(memio.facts.add(f"{number}/{n}", fact_id=f"{number}/{n}") for n in range(20)))
        await memio.facts.search("x")

    for _ in range(2):
        in_threads(4, work)
    asyncio.run(work(9))
    asyncio.run(memio.aclose())
    assert asyncio.run(count(config)) == 100


# Ways in which frameworks call


def test_a_thread_pool_calls_a_blocking_client(config):
    with memio_blocking.Memio.from_config(config) as memio, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: memio.facts.add(str(number)), range(100)))
        assert sorted(int(fact.content) for fact in memio.facts.iter_all()) == list(range(100))


SCRIPT = """
from memio import Memio
from memio import blocking

def cached_client(cache, config):
    if "client" not in cache:
        cache["client"] = Memio.from_config(config)
    return blocking.Memio.over(cache["client"])

def script(cache, config, number):
    memio = cached_client(cache, config)
    memio.facts.add(f"run {number}", user_id="alice")
    return len(memio.facts.get_all(user_id="alice"))
"""


def test_a_script_that_is_run_again_in_new_threads_finds_its_cached_client(config, tmp_path):
    # As Streamlit does: the module is executed anew in a new thread, and a cache lives on.
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    cache: dict[str, Any] = {}
    answers: list[int] = []

    def rerun(number: int) -> None:
        spec = importlib.util.spec_from_file_location("script", Path(path))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        answers.append(module.script(cache, config, number))

    for number in range(5):
        thread = threading.Thread(target=rerun, args=(number,))
        thread.start()
        thread.join(30)
    assert answers == [1, 2, 3, 4, 5]
    asyncio.run(cache["client"].aclose())


def test_another_thread_calls_while_a_loop_runs_as_in_a_notebook(config):
    async def notebook() -> list[str]:
        async with Memio.from_config(config) as memio:
            blocking = memio_blocking.Memio.over(memio)
            await memio.facts.add("of the loop")
            await asyncio.to_thread(blocking.facts.add, "of a thread")
            blocking.facts.add("of a cell")  # which holds up the loop, and is answered all the same
            return [fact.content for fact in await memio.facts.get_all()]

    assert asyncio.run(notebook()) == ["of the loop", "of a thread", "of a cell"]


def test_two_clients_in_loops_of_threads_share_a_store(config):
    memio = Memio.from_config(config)
    with LoopThread() as one, LoopThread() as other:
        fact = one.run(memio.facts.add("x"))
        assert other.run(memio.facts.get(fact.id)) == fact
        other.run(memio.aclose())
        one.run(memio.aclose())
