"""Many threads, one loop: how calls get there, how they come back, and how they end."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest

from memio import Fact, Page
from memio._loops.background import background
from memio.blocking import Memio

REQUEST: ContextVar[str] = ContextVar("REQUEST", default="none")


class Shelf:
    """A store of facts that sets an event when it is called, and waits until the test lets it return."""

    features = frozenset({"update"})
    guarantees = frozenset[str]()

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.closed = threading.Event()
        self.gate: asyncio.Event | None = None

    async def add(self, *, content: str) -> Fact:
        self.entered.set()
        self.gate = asyncio.Event()
        await self.gate.wait()
        return Fact(id="1", content=content)

    async def get(self, *, fact_id: str) -> Fact:
        return Fact(id=fact_id, content=threading.current_thread().name)

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[Fact]:
        return Page([Fact(id=f"{cursor}-{n}", content="x") for n in range(limit)], str(int(cursor or 0) + 1))

    async def search(self, *, query: str, limit: int) -> list[Fact]:
        return [Fact(id="1", content=query)]

    async def update(self, *, fact_id: str, content: str | None = None) -> Fact:
        raise asyncio.CancelledError

    async def delete(self, *, fact_id: str) -> None: ...

    async def delete_all(self) -> None: ...

    async def aclose(self) -> None:
        self.closed.set()


def test_many_threads_share_a_client_and_lose_nothing(tmp_path):
    with Memio.from_config({"facts": {"provider": "sqlite", "path": tmp_path / "memory.db"}}) as memio:

        def work(number: int) -> list[str]:
            mine = memio.scoped(user_id=f"user {number}").facts
            for n in range(25):
                mine.add(content=f"{number}/{n}")
            return [fact.content for fact in mine.iter_all(page_size=10)]

        with ThreadPoolExecutor(16) as pool:
            for number, contents in enumerate(pool.map(work, range(16))):
                assert contents == [f"{number}/{n}" for n in range(25)]
        assert len(list(memio.facts.iter_all())) == 400


def test_all_clients_of_a_process_share_one_thread():
    with Memio(facts=Shelf()) as one, Memio(facts=Shelf()) as other:
        assert one.facts.get(fact_id="1").content == other.facts.get(fact_id="1").content == "memio-loop"
    assert [thread.name for thread in threading.enumerate()].count("memio-loop") == 1


def test_it_works_inside_a_running_loop():
    async def cell() -> str:
        with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            memio.facts.add(content="likes coffee")
            return memio.facts.search(query="coffee")[0].content

    assert asyncio.run(cell()) == "likes coffee"


def test_the_context_of_the_caller_reaches_middleware():
    seen = []

    async def note(operation, call_next):
        seen.append((operation.name, REQUEST.get()))
        REQUEST.set("changed")
        return await call_next(operation)

    with Memio(facts=Shelf(), middleware=[note]) as memio:
        REQUEST.set("request 1")
        memio.facts.get(fact_id="1")
    assert seen == [("facts.get", "request 1")]
    assert REQUEST.get() == "request 1"


def test_calling_from_the_loop_itself_is_an_error_and_no_deadlock():
    async def recall(operation, call_next):
        if operation.method == "add":
            memio.facts.search(query="x")
        return await call_next(operation)

    with Memio(facts=Shelf(), middleware=[recall]) as memio, pytest.raises(RuntimeError, match=r"await memio\.Memio"):
        memio.facts.add(content="x")


def test_an_iterator_of_records_may_call_a_client_itself(tmp_path):
    with (
        Memio.from_config({"facts": {"provider": "sqlite", "path": tmp_path / "a.db"}}) as source,
        Memio.from_config({"facts": {"provider": "sqlite", "path": tmp_path / "b.db"}}) as target,
    ):
        source.facts.add_many(["a", "b", "c"])
        target.facts.add_many(fact.content for fact in source.facts.iter_all(page_size=1))
        assert [fact.content for fact in target.facts.iter_all()] == ["a", "b", "c"]


def test_an_iteration_may_be_left_half_way_and_holds_nothing():
    with Memio(facts=Shelf()) as memio:
        facts = memio.facts.iter_all(page_size=3)
        assert [next(facts).id, next(facts).id] == ["None-0", "None-1"]
        facts.close()
        assert list(facts) == []
        tasks = background()._tasks  # what is under way, of which there is no public view
        assert not tasks


def test_a_closed_client_refuses_calls_and_closes_again():
    shelf = Shelf()
    with Memio(facts=shelf) as memio:
        facts, alice = memio.facts, memio.facts.iter_all()
        next(alice)
    assert shelf.closed.is_set()
    for call in (lambda: facts.get(fact_id="1"), lambda: list(alice), memio.facts.delete_all):
        with pytest.raises(RuntimeError, match="this client is closed: make another"):
            call()
    memio.close()


def test_closing_an_unused_client_closes_its_stores():
    shelf = Shelf()
    Memio(facts=shelf).close()
    assert shelf.closed.is_set()


def test_a_client_without_a_reference_is_closed():
    shelf = Shelf()
    memio = Memio(facts=shelf)
    facts = memio.facts
    facts.get(fact_id="1")
    del memio
    gc.collect()
    assert facts.get(fact_id="1").id == "1"
    assert not shelf.closed.is_set()
    del facts
    gc.collect()
    assert shelf.closed.wait(30)


def test_a_client_that_is_sent_to_another_process_states_what_to_do(tmp_path):
    with Memio.from_config({"facts": {"provider": "sqlite", "path": str(tmp_path / "a.db")}}) as memio:
        for used in (False, True):
            for what in (memio, memio.facts, memio.scoped(user_id="alice")):
                for send in (pickle.dumps, copy.deepcopy):
                    with pytest.raises(TypeError, match="make a client there, from the same configuration"):
                        send(what)
            if not used:
                memio.facts.add(content="likes tea")


@pytest.mark.parametrize("end", [SystemExit, KeyboardInterrupt])
def test_an_exit_inside_middleware_reaches_the_caller_and_the_loop_goes_on(end):
    async def leave(operation, call_next):
        if operation.method == "get_all":
            raise end
        return await call_next(operation)

    with Memio(facts=Shelf(), middleware=[leave]) as memio:
        with pytest.raises(end):
            memio.facts.get_all()
        assert memio.facts.search(query="x")[0].content == "x"


def test_what_fails_when_closing_is_raised():
    class Stuck(Shelf):
        async def aclose(self) -> None:
            raise OSError("the disk is gone")

    with pytest.raises(BaseExceptionGroup, match="closing the client failed in part") as caught:
        Memio(facts=Stuck()).close()
    assert "the disk is gone" in str(caught.value.exceptions[0])


def test_a_cancellation_inside_a_store_reaches_the_caller():
    with Memio(facts=Shelf()) as memio, pytest.raises(asyncio.CancelledError):
        memio.facts.update(fact_id="1", content="x")
