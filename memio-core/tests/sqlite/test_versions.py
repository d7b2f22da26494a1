"""Versions of facts and documents: none is used twice, and of concurrent writes with one version one happens."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memio import ConflictError, Fact, Memio
from memio.providers.sqlite import SqliteDocumentAdapter, SqliteFactAdapter
from memio.providers.sqlite._rows import records

Run = Callable[..., Any]
Program = Callable[..., "subprocess.Popen[str]"]

COUNTING = """
import asyncio, sys
from memio import ConflictError, Fact, Memio
path, rounds = sys.argv[1], int(sys.argv[2])

async def increment(documents):
    while True:
        document = await documents.get("counter")
        try:
            if document.data % 2:
                return await documents.put("counter", "", data=document.data + 1, if_version=document.version)
            changes = {"data": document.data + 1, "content": ""}
            return await documents.update(doc_id="counter", **changes, if_version=document.version)
        except ConflictError as error:
            assert error.reason == "version", error.reason

async def main():
    async with Memio.from_config({"documents": {"provider": "sqlite", "path": path}}) as memio:
        async def caller():
            for _ in range(rounds):
                await increment(memio.documents)
        await asyncio.gather(*(caller() for _ in range(3)))

asyncio.run(main())
"""


def test_two_processes_that_count_with_versions_lose_no_increment(program: Program, path: Path, run: Run) -> None:
    run(lambda memio: memio.documents.put("counter", "", data=0))
    for process in [program(COUNTING, path, 25) for _ in range(2)]:
        output, errors = process.communicate(timeout=120)
        assert (output, errors, process.returncode) == ("", "", 0)
    assert run(lambda memio: memio.documents.get("counter")).data == 2 * 3 * 25


@pytest.mark.parametrize("adapter", [SqliteFactAdapter, SqliteDocumentAdapter])
def test_no_version_is_used_twice_though_the_clock_goes_back(
    adapter: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "fact_id" if adapter is SqliteFactAdapter else "doc_id"
    moment = [10**15]
    monkeypatch.setattr(records, "now", lambda: moment[0])

    async def main() -> list[str]:
        seen: list[str] = []
        for _ in range(3):  # each time with a new connection
            store = adapter(path=path)
            for record in (
                await store.add(**{name: "x"}, content="one"),
                await store.put(**{name: "x"}, content="two"),
                await store.update(**{name: "x"}, content="two"),
                await store.put(**{name: "x"}, content="two"),
            ):
                seen.append(record.version)
                moment[0] -= 10**9
            await store.delete(**{name: "x"})
            seen.append((await store.add(**{name: "x"}, content="one")).version)
            await store.delete_all()
            await store.aclose()
        return seen

    versions = asyncio.run(main())
    assert len(set(versions)) == len(versions) == 15


def test_the_time_of_an_update_is_never_before_that_of_the_last_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [10**15]
    monkeypatch.setattr(records, "now", lambda: moment[0])

    async def main() -> None:
        store = SqliteFactAdapter(path=path)
        added = await store.add(content="one", fact_id="x")
        moment[0] -= 10**9
        assert (await store.update(fact_id="x", content="two")).updated_at == added.updated_at
        assert (await store.put(fact_id="x", content="three")).updated_at == added.updated_at
        await store.aclose()

    asyncio.run(main())


def test_of_many_tasks_with_one_version_one_writes(both: Run) -> None:
    async def body(memio: Memio) -> None:
        fact = await memio.facts.add("start", fact_id="x")

        def change(number: int) -> Any:
            if number % 2:
                return memio.facts.put("x", f"by {number}", if_version=fact.version)
            return memio.facts.update(fact_id="x", content=f"by {number}", if_version=fact.version)

        done = await asyncio.gather(*(change(number) for number in range(60)), return_exceptions=True)
        (winner,) = [each for each in done if isinstance(each, Fact)]
        assert await memio.facts.get("x") == winner
        refused = [each for each in done if isinstance(each, ConflictError)]
        assert {error.reason for error in refused} == {"version"}
        assert len(refused) == 59

    both(body)


def test_an_update_of_the_expiry_alone_makes_no_version(both: Run) -> None:
    async def body(memio: Memio) -> None:
        added = await memio.facts.add("one", fact_id="x")
        later = (await memio.facts.get_all())[0].created_at.replace(year=9000)
        changed = await memio.facts.update(fact_id="x", expires_at=later, if_version=added.version)
        assert (changed.version, changed.updated_at, changed.expires_at) == (added.version, added.updated_at, later)
        again = await memio.facts.update(fact_id="x", expires_at=None, metadata={})
        assert again.version != added.version
        assert again.expires_at is None

    both(body)
