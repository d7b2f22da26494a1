"""Deleting messages of a session: what is left is as if they had never been there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from memio import Memio, Message, NotFoundError

Run = Callable[..., Any]


def said(*texts: str) -> list[Message]:
    return [Message(role="user", content=text, id=text, metadata={"t": text}) for text in texts]


async def texts(memio: Memio, session_id: str = "s") -> list[str]:
    return [message.content async for message in memio.history.iter_messages(session_id)]


def test_the_last_messages_are_deleted_and_returned_oldest_first(both: Run) -> None:
    async def body(memio: Memio) -> None:
        stored = (await memio.history.add(session_id="s", messages=said("1", "2", "3"), user_id="ann")).stored
        assert await memio.history.delete_messages("s", last=2) == stored[1:]
        assert await texts(memio) == ["1"]
        assert await memio.history.delete_messages("s", last=1000) == stored[:1]
        assert await memio.history.delete_messages("s", last=1) == []
        assert await memio.history.get_all() == []
        await memio.history.add(session_id="s", messages=said("2"))  # its id is free again
        assert await texts(memio) == ["2"]

    both(body)


def test_messages_of_given_ids_are_deleted_all_or_none(both: Run) -> None:
    async def body(memio: Memio) -> None:
        await memio.history.add(session_id="s", messages=said("1", "2", "3", "4"))
        await memio.history.add(session_id="t", messages=said("9"))
        with pytest.raises(NotFoundError) as caught:
            await memio.history.delete_messages("s", message_ids=["1", "9", "2"])
        assert (caught.value.resource, caught.value.resource_id) == ("message", "9")
        assert await texts(memio) == ["1", "2", "3", "4"]
        gone = await memio.history.delete_messages("s", message_ids=["3", "1"])
        assert [message.content for message in gone] == ["1", "3"]
        assert await texts(memio) == ["2", "4"]
        with pytest.raises(NotFoundError):
            await memio.history.delete_messages("no", message_ids=["1"])

    both(body)


def test_calls_at_the_same_time_delete_different_messages(both: Run) -> None:
    async def body(memio: Memio) -> None:
        await memio.history.add(session_id="s", messages=said(*map(str, range(40))))
        deleted = await asyncio.gather(*(memio.history.delete_messages("s", last=1) for _ in range(30)))
        assert sorted(int(message.content) for (message,) in deleted) == list(range(10, 40))
        assert await texts(memio) == [*map(str, range(10))]

    both(body)


@pytest.mark.parametrize("seed", range(6))
def test_the_index_is_as_if_the_messages_had_never_been_there(
    run: Run, assert_consistent: Callable[[], None], seed: int
) -> None:
    random = Random(seed)  # noqa: S311  # test data

    async def body(memio: Memio) -> None:
        for number in range(30):
            await memio.history.add(session_id=f"s{number % 2}", messages=said(f"word{number}", f"other{number}"))
        for _ in range(8):
            session = random.choice(["s0", "s1"])
            ids = await texts(memio, session)
            if ids and random.random() < 0.6:
                some = random.sample(ids, k=random.randint(1, min(4, len(ids))))
                await memio.history.delete_messages(session, message_ids=some)
            else:
                await memio.history.delete_messages(session, last=random.randint(1, 3))

    run(body)
    assert_consistent()


def test_a_reader_sees_all_of_them_or_none_while_they_are_deleted(path: Path, opened: Callable[..., Any]) -> None:
    async def body() -> None:
        async with opened() as memio:
            await memio.history.add(session_id="s", messages=said(*map(str, range(60))))
            seen: set[int] = set()

            async def read() -> None:
                while 0 not in seen:
                    seen.add(len(await memio.history.get("s", limit=100)))

            async def delete() -> None:
                for _ in range(6):
                    await memio.history.delete_messages("s", last=10)

            async with asyncio.timeout(60):
                await asyncio.gather(read(), delete())
            assert seen <= {0, 10, 20, 30, 40, 50, 60}

    asyncio.run(body())
