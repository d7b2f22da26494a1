"""Calls are met at each of their awaits."""

from __future__ import annotations

import asyncio

import pytest

from memio_contract.stepping import cancelled_at, chosen, waits_of, watched


async def three_awaits(events: list[str]) -> str:
    try:
        for number in range(3):
            events.append(f"before {number}")
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        events.append("cancelled")
        raise
    return "done"


def test_a_call_is_looked_at_after_each_await_before_it_goes_on() -> None:
    events: list[str] = []

    async def look(number: int) -> None:
        for _ in range(5):  # takes longer than what the call waits for
            await asyncio.sleep(0)
        events.append(f"look {number}")

    assert asyncio.run(watched(three_awaits(events), look)) == "done"
    assert events == ["before 0", "look 1", "before 1", "look 2", "before 2", "look 3"]


def test_a_call_goes_on_when_the_look_waits_for_what_it_holds() -> None:
    async def main() -> list[int]:
        lock, looks = asyncio.Lock(), list[int]()

        async def call() -> None:
            async with lock:
                for _ in range(3):
                    await asyncio.sleep(0)

        async def look(number: int) -> None:
            async with lock:
                looks.append(number)

        await watched(call(), look, patience=0.01)
        return looks

    assert asyncio.run(main()) == [1]


def test_a_call_that_gives_up_a_wait_is_held_all_the_same() -> None:
    events: list[str] = []

    async def call() -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            events.append("gave up")
        return "done"

    async def look(number: int) -> None:
        await asyncio.sleep(0)
        events.append(f"look {number}")

    assert asyncio.run(watched(call(), look)) == "done"
    assert events == ["look 1", "gave up"]


def test_what_a_look_raises_ends_the_call() -> None:
    async def look(number: int) -> None:
        raise LookupError(number)

    with pytest.raises(LookupError):
        asyncio.run(watched(three_awaits([]), look))


def test_the_scopes_of_a_network_library_stay_apart() -> None:
    anyio = pytest.importorskip("anyio")

    async def call() -> str:
        with anyio.move_on_after(0) as scope:
            await anyio.sleep_forever()
        assert scope.cancelled_caught
        with anyio.fail_after(60):
            await anyio.sleep(0)
        return "done"

    async def look(number: int) -> None:
        with anyio.fail_after(60):
            for _ in range(number):
                await anyio.sleep(0)

    assert asyncio.run(watched(call(), look)) == "done"


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_call_is_cancelled_at_the_await_that_was_named(number: int) -> None:
    events: list[str] = []
    assert asyncio.run(cancelled_at(number, three_awaits(events))) == (False, None)
    assert events == [*(f"before {n}" for n in range(number)), "cancelled"]


def test_a_call_with_fewer_awaits_is_done() -> None:
    assert asyncio.run(cancelled_at(4, three_awaits([]))) == (True, "done")


def test_the_awaits_of_a_call_are_counted() -> None:
    assert asyncio.run(waits_of(three_awaits([]))) == (3, "done")


@pytest.mark.parametrize(
    ("waits", "most", "expected"),
    [
        (0, 8, [0]),
        (3, 60, [0, 1, 2, 3]),
        (7, 8, list(range(8))),
        (8, 8, [0, 1, 2, 3, 5, 6, 7, 8]),
        (70, 3, [0, 35, 70]),
    ],
)
def test_awaits_are_chosen_from_the_beginning_to_the_end(waits: int, most: int, expected: list[int]) -> None:
    assert chosen(waits, most) == expected
