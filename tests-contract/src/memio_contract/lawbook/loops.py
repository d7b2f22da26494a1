"""Laws about stores that may be called from any event loop and thread."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from memio.capabilities import Guarantee
from memio_contract.elsewhere import in_another_loop
from memio_contract.expect import equal
from memio_contract.law import law
from memio_contract.subjects import Subject
from memio_contract.world import World

_LOOPS = 3


@law(
    "loops.any",
    needs=(Guarantee.ANY_LOOP,),
    means="What works in the event loop of the first call works in every later one, in other threads.",
    look_at="what belongs to the loop of the first call: locks, events and queues of asyncio, futures, connections",
)
async def any_loop(w: World) -> None:
    stored = await _add(w, "first")
    await w.subject.listed()  # so that no read in another loop waits for the backend
    for number in range(_LOOPS):
        listed = await in_another_loop(w.subject.listed)
        equal(_views(w.subject, listed), _views(w.subject, stored), "what is listed in another loop, sorted")
        stored += await in_another_loop(partial(_add, w, f"loop {number}"))
        stored += await _add(w, f"after loop {number}")
        equal(_views(w.subject, await w.subject.listed()), _views(w.subject, stored), "what is listed, sorted")
    await in_another_loop(lambda: w.subject.delete(stored.pop()))
    equal(_views(w.subject, await w.subject.listed()), _views(w.subject, stored), "what is listed, sorted")


@law(
    "loops.at-once",
    needs=(Guarantee.ANY_LOOP,),
    means="Records that are added at once in several event loops and threads are all stored.",
    look_at="state that several threads change: counters, dicts, buffers, a connection that one thread may use",
)
async def at_once(w: World) -> None:
    added = await asyncio.gather(
        _add(w, "own loop"),
        *(in_another_loop(partial(_add, w, f"loop {number}")) for number in range(_LOOPS)),
    )
    stored = [record for records in added for record in records]
    equal(_views(w.subject, await w.subject.listed()), _views(w.subject, stored), "what is listed, sorted")


@law(
    "loops.closing",
    needs=(Guarantee.ANY_LOOP,),
    means="A store that one event loop has used is closed in others, by two at once included.",
    look_at="aclose: tasks and connections of the loop of the first call, which it waits for",
)
async def closing(w: World) -> None:
    store = w.memio.stores[w.kind]
    stored = await _add(w, "first")
    await w.subject.listed()
    await asyncio.gather(*(in_another_loop(store.aclose) for _ in range(_LOOPS)))
    await in_another_loop(w.memio.aclose)
    if Guarantee.DURABLE in w.declared:
        again = w.subject_of(w.open())
        equal(_views(again, await again.listed()), _views(again, stored), "what is listed after opening again, sorted")


async def _add(w: World, where: str) -> list[Any]:
    """Add records at once, so that calls in one loop wait for each other where a store makes them."""
    texts = [f"words {number} of {where}" for number in range(w.profile.tasks // 2)]
    return list(await asyncio.gather(*(w.subject.add(text) for text in texts)))


def _views(subject: Subject, records: list[Any]) -> list[str]:
    return sorted(str(subject.view(record)) for record in records)
