"""`own_loop=True`: stores that belong to one loop are called on memio's, by callers in any loop and thread."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

import pytest
from threads_and_loops import REQUEST, LoopBound, LoopThread, in_threads

import memio.blocking
from memio import ConfigError, Fact, Memio, Message, Page, ProviderError
from memio._loops.background import background
from memio.providers.sqlite import SqliteHistoryAdapter


def background_loop() -> asyncio.AbstractEventLoop:
    return background()._loop


def test_a_loop_bound_store_sees_one_loop_and_loses_nothing():
    bound = LoopBound()
    memio = Memio(facts=bound, own_loop=True)

    async def work(number: int) -> None:
        await asyncio.gather(*(memio.facts.add(f"{number}/{n}", fact_id=f"{number}/{n}") for n in range(20)))
        assert len(await memio.facts.get_all(limit=10)) == 10  # the store gives two at a time
        assert (await memio.facts.get(f"{number}/0")).content == f"{number}/0"

    for _ in range(2):
        in_threads(8, work)
    assert bound.loops == {background_loop()}
    assert len(bound.facts) == 160
    asyncio.run(memio.aclose())
    assert bound.closed_in == [background_loop()]


def test_it_is_an_argument_of_the_configuration_too(config):
    client = Memio.from_config(config, own_loop=True)
    asyncio.run(client.facts.add("x"))
    assert len(asyncio.run(client.facts.get_all())) == 1
    asyncio.run(client.aclose())


def test_anything_but_a_truth_value_is_refused():
    with pytest.raises(ConfigError, match="own_loop: must be True or False, got 'yes'"):
        Memio(facts=LoopBound(), own_loop="yes")


def test_a_store_with_the_guarantee_stays_in_the_callers_loop(tmp_path):
    bound = LoopBound()
    memio = Memio(facts=bound, history=SqliteHistoryAdapter(path=tmp_path / "memory.db"), own_loop=True)
    assert [store.loop.calls_of(store.store) is store.store for store in memio._stores.values()] == [False, True]
    for _ in range(2):
        asyncio.run(memio.facts.add("x"))
        asyncio.run(memio.history.add(session_id="s", messages=[Message(role="user", content="x")]))
    asyncio.run(memio.aclose())


def test_a_batch_and_a_scoped_client_work_the_same():
    class Owned(LoopBound):
        features = frozenset({"client_ids", "attribution", "user_scope"})

        async def add(self, *, content: str, fact_id: str | None = None, **owner: str) -> Fact:
            return await super().add(content=content, fact_id=fact_id)

        async def get(self, *, fact_id: str, **owner: str) -> Fact:
            return await super().get(fact_id=fact_id)

        async def get_all(self, *, limit: int, cursor: str | None, **owner: str) -> Page[Fact]:
            return await super().get_all(limit=limit, cursor=cursor)

        async def search(self, *, query: str, limit: int, **owner: str) -> list[Fact]:
            return await super().search(query=query, limit=limit)

        async def delete(self, *, fact_id: str, **owner: str) -> None:
            await super().delete(fact_id=fact_id)

        async def delete_all(self, **owner: str) -> None:
            await super().delete_all()

    bound = Owned()
    memio = Memio(facts=bound, own_loop=True)
    alice = memio.scoped(user_id="alice")

    async def work(number: int) -> None:
        await alice.facts.add_many([{"content": "x", "fact_id": f"{number}/{n}"} for n in range(5)])

    in_threads(4, work)
    assert len(asyncio.run(alice.facts.get_all(limit=50))) == 20
    receipt = asyncio.run(memio.forget(user_id="alice"))
    assert receipt.stores[0].before == 20
    assert bound.loops == {background_loop()}
    asyncio.run(memio.aclose())


def test_middleware_runs_in_the_callers_task_and_the_store_sees_its_context():
    bound = LoopBound()
    seen: list[tuple[Any, Any]] = []

    async def note(operation: Any, call_next: Any) -> Any:
        seen.append((asyncio.current_task(), asyncio.get_running_loop()))
        REQUEST.set("set by middleware")
        return await call_next(operation)

    memio = Memio(facts=bound, middleware=[note], own_loop=True)

    async def request() -> None:
        REQUEST.set("set by the caller")
        await memio.facts.add("x")
        assert seen == [(asyncio.current_task(), asyncio.get_running_loop())]
        assert REQUEST.get() == "set by middleware"

    asyncio.run(request())
    assert bound.contexts == ["set by middleware"]
    assert REQUEST.get() == "none"
    asyncio.run(memio.aclose())


def test_what_the_store_raises_reaches_the_caller():
    class Failing(LoopBound):
        async def get(self, *, fact_id: str) -> Fact:
            raise {"key": KeyError("x"), "cancelled": asyncio.CancelledError(), "exit": SystemExit(3)}[fact_id]

    memio = Memio(facts=Failing(), own_loop=True)
    with pytest.raises(ProviderError, match="KeyError"):
        asyncio.run(memio.facts.get("key"))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(memio.facts.get("cancelled"))
    with pytest.raises(SystemExit):
        asyncio.run(memio.facts.get("exit"))
    asyncio.run(memio.facts.add("the background loop still runs"))
    asyncio.run(memio.aclose())


# Cancellation


def test_a_cancelled_caller_waits_until_the_call_has_ended():
    ending = threading.Event()
    ended: list[str] = []

    class Slow(LoopBound):
        async def add(self, *, content: str, fact_id: str | None = None) -> Fact:
            self.entered.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ending.set()
                while not self.go.is_set():
                    with suppress(asyncio.CancelledError):  # a second cancellation
                        await asyncio.sleep(0.001)
                ended.append("the store")
                raise
            raise AssertionError

    bound = Slow()
    memio = Memio(facts=bound, own_loop=True)

    async def caller() -> None:
        call = asyncio.ensure_future(memio.facts.add("x"))
        await asyncio.to_thread(bound.entered.wait, 30)
        call.cancel()
        await asyncio.to_thread(ending.wait, 30)
        call.cancel()
        await asyncio.sleep(0.01)
        assert not call.done()
        assert ended == []
        bound.go.set()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert ended == ["the store"]

    asyncio.run(caller())
    asyncio.run(memio.aclose())


def test_a_call_that_ends_in_spite_of_a_cancellation_is_cancelled_for_its_caller():
    class Stubborn(LoopBound):
        async def add(self, *, content: str, fact_id: str | None = None) -> Fact:
            self.entered.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            if content == "fails":
                raise ValueError("while it was cancelled")
            return Fact(id="1", content=content)

    for content in ("fails", "returns"):
        bound = Stubborn()
        memio = Memio(facts=bound, own_loop=True)

        async def caller(memio: Memio = memio, bound: LoopBound = bound, content: str = content) -> None:
            call = asyncio.ensure_future(memio.facts.add(content))
            await asyncio.to_thread(bound.entered.wait, 30)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            with pytest.raises(TimeoutError):  # as with any other call
                async with asyncio.timeout(0.01):
                    await memio.facts.add(content)

        asyncio.run(caller())
        asyncio.run(memio.aclose())
    gc.collect()  # an error that was not retrieved would be reported now


def test_a_call_that_is_cancelled_before_it_starts_does_nothing():
    bound = LoopBound()
    memio = Memio(facts=bound, own_loop=True)
    asyncio.run(memio.facts.add("first"))
    held, hold = threading.Event(), threading.Event()

    def hold_up() -> None:
        held.set()
        hold.wait(30)

    async def caller() -> None:
        background().call_soon(hold_up)  # the loop starts nothing meanwhile
        await asyncio.to_thread(held.wait, 30)
        call = asyncio.ensure_future(memio.facts.add("second"))
        await asyncio.sleep(0)
        call.cancel()
        await asyncio.sleep(0)
        hold.set()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(caller())
    assert [fact.content for fact in bound.facts.values()] == ["first"]
    asyncio.run(memio.aclose())


def test_a_loop_that_ends_in_the_middle_of_a_call_ends_the_call_and_no_other():
    bound = LoopBound(waits=True)
    memio = Memio(facts=bound, own_loop=True)

    async def leave() -> None:
        asyncio.ensure_future(memio.facts.add("left"))  # noqa: RUF006  # nothing waits for it, on purpose
        await asyncio.to_thread(bound.entered.wait, 30)

    asyncio.run(leave())  # which cancels the call, and waits for its end
    assert bound.ended.is_set()
    assert bound.facts == {}
    bound.go.set()
    asyncio.run(memio.facts.add("kept"))
    asyncio.run(memio.aclose())


def test_a_loop_that_is_closed_without_a_cancellation_breaks_no_other_call():
    bound = LoopBound(waits=True)
    memio = Memio(facts=bound, own_loop=True)

    async def leave() -> None:
        with suppress(asyncio.CancelledError):
            await memio.facts.add("left")

    loop = asyncio.new_event_loop()
    task = loop.create_task(leave())
    loop.run_until_complete(asyncio.to_thread(bound.entered.wait, 30))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    bound.go.set()
    asyncio.run(memio.facts.add("kept"))

    async def both() -> None:
        async with asyncio.timeout(30):
            while len(await memio.facts.get_all()) < 2:  # noqa: ASYNC110  # another loop adds it
                await asyncio.sleep(0.001)

    asyncio.run(both())
    assert sorted(fact.content for fact in bound.facts.values()) == ["kept", "left"]
    task._log_destroy_pending = False  # it never ends, which is what is tried here
    asyncio.run(memio.aclose())


# Closing


def test_calls_under_way_and_closing_in_another_loop():
    bound = LoopBound(waits=True)
    memio = Memio(facts=bound, own_loop=True)
    with LoopThread() as one, LoopThread() as other:
        call = one.start(memio.facts.add("x"))
        assert bound.entered.wait(30)
        other.run(memio.aclose())
        assert bound.closed_in == [background_loop()]
        bound.go.set()
        assert call.result(30).content == "x"
        with pytest.raises(RuntimeError, match="this client is closed"):
            one.run(memio.facts.add("y"))
        one.run(memio.aclose())
    assert len(bound.closed_in) == 1


def test_an_unused_client_is_closed_on_the_background_loop():
    bound = LoopBound()
    asyncio.run(Memio(facts=bound, own_loop=True).aclose())
    assert bound.closed_in == [background_loop()]


# With the blocking client


def test_blocking_calls_go_over_the_client_which_stays_open():
    bound = LoopBound()
    client = Memio(facts=bound, own_loop=True)
    with memio.blocking.Memio.over(client) as over:
        over.facts.add("blocking")
        facts = over.facts
    for closed in (facts.get_all, over.facts.get_all):
        with pytest.raises(RuntimeError, match=r"this blocking client is closed: make another with Memio\.over"):
            closed()
    asyncio.run(client.facts.add("async"))
    assert [fact.content for fact in bound.facts.values()] == ["blocking", "async"]
    assert bound.loops == {background_loop()}
    over = memio.blocking.Memio.over(client)
    del over
    gc.collect()
    assert bound.closed_in == []
    asyncio.run(client.aclose())
    assert bound.closed_in == [background_loop()]
    with pytest.raises(RuntimeError, match="this client is closed"):
        memio.blocking.Memio.over(client).facts.get_all()


def test_a_client_of_one_loop_is_refused_before_any_call():
    bound = LoopBound()
    client = Memio(facts=bound)
    with pytest.raises(RuntimeError, match=r"stores of bound belong to one event loop.*own_loop=True"):
        memio.blocking.Memio.over(client)
    assert bound.loops == set()


def test_a_scoped_client_is_refused_and_what_to_do_is_named(config):
    client = Memio.from_config(config)
    with pytest.raises(TypeError, match=r"got a ScopedMemio: confine the blocking client instead"):
        memio.blocking.Memio.over(client.scoped(user_id="alice"))
    over = memio.blocking.Memio.over(client).scoped(user_id="alice")
    over.facts.add("x")
    assert over.facts.get_all()[0].user_id == "alice"
    asyncio.run(client.aclose())


def test_middleware_of_a_blocking_client_awaits_a_client_with_its_own_loop():
    notes = LoopBound()
    written = Memio(facts=notes, own_loop=True)

    async def write_down(operation: Any, call_next: Any) -> Any:
        await written.facts.add(operation.name)
        return await call_next(operation)

    bound = LoopBound()
    with memio.blocking.Memio(facts=bound, middleware=[write_down]) as blocking:
        blocking.facts.get_all()
    assert [fact.content for fact in notes.facts.values()] == ["facts.get_all"]
    asyncio.run(written.aclose())


# Processes


PROGRAM = """
import asyncio, os, sys, warnings
sys.path.insert(0, {path!r})
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of a fork in a process with threads
from threads_and_loops import LoopBound
from memio import Memio
used, unused = Memio(facts=LoopBound(), own_loop=True), Memio(facts=LoopBound(), own_loop=True)
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    from pathlib import Path

    program = PROGRAM.format(path=str(Path(__file__).parent)) + program
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, text=True, capture_output=True, timeout=60, check=False)


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system does not fork")
def test_a_forked_process_is_asked_to_make_its_own_client():
    done = run("""
asyncio.run(used.facts.add("of the parent"))
if child := os.fork():
    assert os.waitpid(child, 0)[1] == 0
    asyncio.run(used.facts.add("of the parent again"))
else:
    try:
        asyncio.run(used.facts.add("x"))
    except RuntimeError as error:
        print(error, flush=True)
    asyncio.run(used.aclose())
    asyncio.run(unused.facts.add("of the child"))
    asyncio.run(unused.aclose())
    sys.exit()
""")
    assert (done.returncode, done.stderr) == (0, "")
    assert "used before the process was forked" in done.stdout


def test_a_process_that_closes_nothing_ends_at_once_and_quietly():
    done = run("""
import threading
from contextlib import suppress
asyncio.run(used.facts.add("x"))
waiting = Memio(facts=LoopBound(waits=True), own_loop=True)
def wait():
    with suppress(asyncio.CancelledError):
        asyncio.run(waiting.facts.add("x"))
threading.Thread(target=wait, daemon=True).start()
waiting._stores["facts"].store.entered.wait(30)
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_client_that_does_not_need_the_background_loop_starts_no_thread():
    done = run("""
import threading
from memio.providers.sqlite import SqliteFactAdapter
async def main():
    async with Memio(facts=SqliteFactAdapter(path=":memory:"), own_loop=True) as memio:
        await memio.facts.add("x")
asyncio.run(main())
print("memio-loop" in [thread.name for thread in threading.enumerate()])
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")
