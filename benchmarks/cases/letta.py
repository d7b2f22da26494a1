"""Calls of a Letta server: how long they take, and how many requests they send."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from time import perf_counter
from typing import Any
from uuid import uuid4

import httpx
from benchmarks.samples import Columns
from benchmarks.texts import own_word, texts


class _Meter:
    """Times calls, and counts the requests that they send."""

    def __init__(self) -> None:
        self.figures: dict[str, list[float] | str] = {}
        self._sent = 0
        send = httpx.AsyncClient.send

        async def counted(client: httpx.AsyncClient, request: httpx.Request, **more: Any) -> httpx.Response:
            self._sent += 1
            return await send(client, request, **more)

        setattr(httpx.AsyncClient, "send", counted)  # noqa: B010  # type checkers refuse the assignment

    async def __call__(self, figure: str, call: Callable[[], Awaitable[Any]]) -> Any:
        """Carry out one call; a figure that has failed once is not tried again."""
        counting = f"{figure} [requests]"
        times, requests = self.figures.setdefault(figure, []), self.figures.setdefault(counting, [])
        if isinstance(times, str) or isinstance(requests, str):
            return None
        self._sent = 0
        start = perf_counter()
        try:
            answer = await call()
        except Exception as error:  # noqa: BLE001  # whatever it is: that it fails is the result
            self.figures[figure] = f"fails: {type(error).__name__}"
            self.figures[counting] = ""
            return None
        times.append(perf_counter() - start)
        requests.append(float(self._sent))
        return answer


def run(order: dict[str, Any]) -> Columns:
    """Measure seconds and requests. `peer`: a module of `benchmarks.letta`; `url`, `agent`, `calls`, `turns`."""
    return {order["column"]: asyncio.run(_measure(order))}


async def _measure(order: dict[str, Any]) -> dict[str, list[float] | str]:
    store = await import_module(f"benchmarks.letta.{order['peer']}").open_store(order["url"], order["agent"])
    meter = _Meter()
    await store.page()  # opens the connection, and learns what is learnt once
    # Each round stores new texts, and leaves as many passages as there were.
    for number, text in enumerate(texts(order["calls"], first=1_000_000), 1_000_000):
        name = await meter("add", lambda: store.add(text))  # noqa: B023  # awaited at once
        await meter("get the newest", lambda: store.get(name))  # noqa: B023  # as above
        await meter("the first 100", store.page)
        await meter("search", lambda: store.search(own_word(number)))  # noqa: B023  # as above
        name = await meter("update", lambda: store.update(name, f"{text} again")) or name  # noqa: B023  # as above
        await meter("delete", lambda: store.delete(name))  # noqa: B023  # as above
    session = uuid4().hex
    if order["turns"]:
        await store.turn(session, "hello")  # the conversation begins
    for _ in range(order["turns"]):
        await meter("a turn of a conversation", lambda: store.turn(session, "hello again"))
        await meter("its last 50 messages", lambda: store.last(session))
    await store.close()
    return meter.figures
