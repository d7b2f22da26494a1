"""Closing a client from several event loops."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import Any

import pytest
from threads_and_loops import LoopBound, LoopThread, in_threads

from memio import Memio


class SlowToClose(LoopBound):
    """A store with the guarantee `any_loop`, whose close takes as long as the test wants."""

    guarantees = frozenset({"stable_ids", "any_loop"})

    def __init__(self) -> None:
        super().__init__()
        self.closing = threading.Event()
        self.begun = 0
        self.done = 0

    async def aclose(self) -> None:
        self.begun += 1
        self.closing.set()
        while not self.go.is_set():  # noqa: ASYNC110  # another loop sets it
            await asyncio.sleep(0.001)
        self.done += 1


def test_a_second_loop_waits_for_the_close_of_the_first():
    slow, other = SlowToClose(), LoopBound()
    memio = Memio(facts=slow, documents=documents(other))
    with LoopThread() as one, LoopThread() as two:
        first = one.start(memio.aclose())
        assert slow.closing.wait(30)
        second = two.start(memio.aclose())
        two.run(asyncio.sleep(0.01))
        assert not first.done()
        assert not second.done()
        slow.go.set()
        first.result(30)
        second.result(30)
    assert (slow.begun, slow.done, len(other.closed_in)) == (1, 1, 1)


def documents(store: LoopBound) -> Any:
    """Return a store of documents that notes its close in one of facts."""

    class Documents:
        features = frozenset[str]()
        guarantees = frozenset({"any_loop"})

        async def add(self, **given: Any) -> Any: ...

        get = get_all = search = delete = delete_all = add

        async def aclose(self) -> None:
            await store.aclose()

    return Documents()


def test_waiters_that_are_cancelled_leave_the_close_to_the_others():
    slow = SlowToClose()
    memio = Memio(facts=slow)
    with LoopThread() as one, LoopThread() as two:
        first, second, third = one.start(memio.aclose()), two.start(memio.aclose()), two.start(memio.aclose())
        assert slow.closing.wait(30)
        first.cancel()
        second.cancel()
        two.run(asyncio.sleep(0.01))
        assert not third.done()
        slow.go.set()
        third.result(30)
        one.run(memio.aclose())
    assert (slow.begun, slow.done) == (1, 1)


@pytest.mark.parametrize("end", ["cancelled", "stopped"])
def test_a_loop_that_ends_while_it_closes_leaves_the_rest_to_the_next(end):
    slow, other = SlowToClose(), LoopBound()
    memio = Memio(facts=slow, documents=documents(other))

    async def give_up() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await memio.aclose()

    if end == "cancelled":
        asyncio.run(give_up())
        assert (slow.done, len(other.closed_in)) == (0, 1)
    else:
        stopped = asyncio.new_event_loop()
        stopped.run_until_complete(give_up())
    with LoopThread() as two:
        second = two.start(memio.aclose())
        slow.go.set()
        second.result(30)
        two.run(memio.aclose())
    assert (slow.done, len(other.closed_in)) == (1, 1)
    if end == "stopped":
        for task in asyncio.all_tasks(stopped):
            task.cancel()
            with suppress(asyncio.CancelledError):
                stopped.run_until_complete(task)
        stopped.close()


def test_one_who_waits_takes_over_when_the_loop_that_closes_ends():
    slow = SlowToClose()
    memio = Memio(facts=slow)
    began, end = threading.Event(), threading.Event()

    async def begins() -> None:
        closing = asyncio.ensure_future(memio.aclose())
        await asyncio.to_thread(slow.closing.wait, 30)
        began.set()
        await asyncio.to_thread(end.wait, 30)
        closing.cancel()

    with LoopThread() as two:
        thread = threading.Thread(target=lambda: asyncio.run(begins()))
        thread.start()
        assert began.wait(30)
        second = two.start(memio.aclose())
        two.run(asyncio.sleep(0.01))
        end.set()
        thread.join(30)
        slow.go.set()
        second.result(30)
    assert (slow.begun, slow.done) == (2, 1)


def test_an_error_of_closing_reaches_every_loop_once_each_time():
    class Failing(LoopBound):
        guarantees = frozenset({"stable_ids", "any_loop"})

        async def aclose(self) -> None:
            await super().aclose()
            raise OSError("cannot close")

    failing = Failing()
    memio = Memio(facts=failing)

    async def close(_: int) -> str:
        with pytest.raises(BaseExceptionGroup) as caught:
            await memio.aclose()
        return str(caught.value.exceptions[0])

    assert in_threads(4, close) == ["cannot close"] * 4
    assert asyncio.run(close(0)) == "cannot close"
    assert len(failing.closed_in) == 1


def test_a_store_of_one_loop_is_closed_there_while_that_loop_runs():
    bound = LoopBound()
    memio = Memio(facts=bound)
    with LoopThread() as one, LoopThread() as two:
        one.run(memio.facts.add("x"))
        two.run(memio.aclose())
        assert bound.closed_in == [one.loop]


def test_a_store_of_a_loop_that_has_ended_is_closed_in_the_callers():
    bound = LoopBound()
    memio = Memio(facts=bound)
    asyncio.run(memio.facts.add("x"))
    with LoopThread() as two:
        two.run(memio.aclose())
        assert bound.closed_in == [two.loop]


def test_a_loop_that_ends_while_a_store_is_closed_there_leaves_it_to_the_caller():
    bound = SlowToClose()
    bound.guarantees = frozenset({"stable_ids"})
    memio = Memio(facts=bound)
    with LoopThread() as two:
        with LoopThread() as one:
            one.run(memio.facts.add("x"))
            closing = two.start(memio.aclose())
            assert bound.closing.wait(30)
        bound.go.set()
        closing.result(30)
    assert (bound.begun, bound.done) == (2, 1)
