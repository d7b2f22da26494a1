"""A client with `own_loop`, whose Letta connection belongs to memio's background loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from letta_proxy import Proxy, answer

import memio.blocking
from memio import Memio
from memio.providers.letta import LettaFactAdapter

ALWAYS = 99


@contextmanager
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Run a loop in a thread, for the server."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


def test_one_connection_serves_callers_in_any_loop_and_thread() -> None:
    with running_loop() as loop:

        def on_server(call: Coroutine[Any, Any, Any]) -> Any:
            return asyncio.run_coroutine_threadsafe(call, loop).result(30)

        proxy = Proxy()
        on_server(proxy.__aenter__())
        proxy.on(".", answer(200, "[]"), times=ALWAYS)
        facts = LettaFactAdapter(base_url=proxy.url, agent_id="agent-00000000-0000-4000-8000-000000000001")
        client = Memio(facts=facts, own_loop=True)

        def search(_: int) -> list[Any]:
            return list(asyncio.run(as_coroutine(client)))

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(search, range(12))) == [[]] * 12
        with memio.blocking.Memio.over(client) as over:
            assert over.facts.search(" ") == []
        letta = facts._agent._lease.connection()._letta
        assert letta is not None
        asyncio.run(client.aclose())
        assert letta.is_closed()
        on_server(proxy.__aexit__(None, None, None))


async def as_coroutine(client: Memio) -> list[Any]:
    return await client.facts.search(" ")
