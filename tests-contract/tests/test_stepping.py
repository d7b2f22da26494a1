"""Calls are met at each of their awaits."""

from __future__ import annotations

import asyncio

import pytest

from memio_contract.stepping import Stepped, cancelled_at


async def three_awaits(told: list[str]) -> str:
    try:
        for number in range(3):
            told.append(f"before {number}")
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        told.append("cancelled")
        raise
    return "done"


def test_something_else_happens_at_each_await() -> None:
    told: list[str] = []

    async def between(number: int) -> None:
        await asyncio.sleep(0)
        told.append(f"between {number}")

    async def main() -> str:
        return await Stepped(three_awaits(told), between)

    assert asyncio.run(main()) == "done"
    assert told == ["before 0", "between 1", "before 1", "between 2", "before 2", "between 3"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_call_is_cancelled_at_the_await_that_was_named(number: int) -> None:
    told: list[str] = []
    assert asyncio.run(cancelled_at(number, three_awaits(told))) == (False, None)
    assert told == [*(f"before {n}" for n in range(number)), "cancelled"]


def test_a_call_with_fewer_awaits_is_done() -> None:
    assert asyncio.run(cancelled_at(4, three_awaits([]))) == (True, "done")
