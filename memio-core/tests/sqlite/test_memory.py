"""Memory is bounded by bytes: what handles many large records never holds many of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COUNT = 40
"""Documents, of 4 MB each: 160 MB together."""
FEW = 10
"""Documents where every allocation is traced, which takes long."""
RECORD = 4
"""Megabytes."""
ROOM = 64
"""Megabytes above the largest record."""
CACHES = 32
"""Megabytes that the connections keep where two more take part: a second file, or reads on the search threads."""

PROGRAM = f"""
import asyncio, resource, sys, tracemalloc
import memio.forget, memio.transfer as transfer
from memio import Memio, Message
from memio.blocking import Memio as Blocking

case, path, other, *traced = sys.argv[1:]
COUNT = {COUNT}

def stores(path):
    return dict.fromkeys(("documents", "history"), {{"provider": "sqlite", "path": path}})

def peak():
    if tracemalloc.is_tracing():
        return tracemalloc.get_traced_memory()[1] // 1_000_000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

def text(number):
    return f"{{number}} " + "words " * ({RECORD}_000_000 // 6)

async def fill():
    async with Memio.from_config(stores(path)) as memio:
        for number in range(int(other)):
            await memio.documents.add(content=text(number), user_id="alice")

async def messages():
    async with Memio.from_config(stores(path)) as memio:
        for number in range(COUNT):
            said = Message(role="user", content=text(number))
            await memio.history.add(session_id="s", messages=[said], user_id="alice")

async def run(memio):
    if case == "iterate":
        return len([None async for _ in memio.documents.iter_all(page_size=1000)])
    if case == "iterate messages":
        return len([None async for _ in memio.history.iter_messages(session_id="s", page_size=1000)])
    if case == "delete":
        await memio.documents.delete_all(user_id="alice")
        return COUNT
    if case == "forget":
        return (await memio.forget(user_id="alice")).stores[1].before
    if case == "export":
        return (await transfer.export(memio, other, kinds=["documents"])).counts["documents"]
    if case == "import":
        return (await transfer.import_(memio, other)).kinds[0].target.count
    async with Memio.from_config(stores(other)) as target:
        return (await transfer.copy(memio, target)).kinds[0].target.count

async def measured():
    async with Memio.from_config(stores(path)) as memio:
        await memio.documents.get_all(limit=1)
        if traced:
            tracemalloc.start()
        before = peak()
        count = await run(memio)
    return count, before

def blocking():
    with Blocking.from_config(stores(path)) as memio:
        memio.documents.get_all(limit=1)
        before = peak()
        return sum(1 for _ in memio.documents.iter_all()), before

if case in ("fill", "messages"):
    asyncio.run(fill() if case == "fill" else messages())
else:
    count, before = blocking() if case == "iterate blocking" else asyncio.run(measured())
    print(count, peak() - before)
"""


def program(case: str, path: Path, other: Path | int | str = "", *traced: str) -> str:
    command = [sys.executable, "-c", PROGRAM, case, str(path), str(other), *traced]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.db"
    program("fill", path, COUNT)
    return path


@pytest.fixture
def own(large: Path, tmp_path: Path) -> Path:
    """A file that a test may change."""
    return Path(shutil.copy(large, tmp_path / "own.db"))


def check(printed: str, most: int, expected: int = COUNT) -> None:
    count, megabytes = map(int, printed.split())
    assert count == expected
    assert megabytes < most


@pytest.mark.parametrize("case", ["iterate", "iterate blocking"])
def test_an_iteration_holds_a_few_large_records_at_once(case: str, large: Path) -> None:
    check(program(case, large), ROOM + RECORD)


def test_iterating_over_a_session_holds_a_few_large_messages_at_once(tmp_path: Path) -> None:
    path = tmp_path / "messages.db"
    program("messages", path)
    check(program("iterate messages", path), ROOM + RECORD + CACHES)


@pytest.mark.parametrize("case", ["delete", "forget"])
def test_deleting_holds_a_few_large_records_at_once(case: str, own: Path) -> None:
    check(program(case, own), ROOM + RECORD)


def test_moving_holds_a_few_large_records_at_once(large: Path, tmp_path: Path) -> None:
    exported = tmp_path / "large.jsonl"
    check(program("export", large, exported), ROOM + RECORD)
    check(program("import", tmp_path / "imported.db", exported), ROOM + RECORD + CACHES)
    check(program("copy", large, tmp_path / "copied.db"), ROOM + RECORD + CACHES)


def test_moving_drops_a_large_record_before_it_reads_the_next(tmp_path: Path) -> None:
    """Measured without what SQLite takes.

    One record is there several times: as text, as JSON and as bytes. One more text is alive while the thread that read
    it has not let go of it, though the caller goes on already.
    """
    few, exported = tmp_path / "few.db", tmp_path / "few.jsonl"
    program("fill", few, FEW)
    check(program("export", few, exported, "traced"), 5 * RECORD, FEW)
    check(program("import", tmp_path / "imported.db", exported, "traced"), 5 * RECORD, FEW)
    check(program("copy", few, tmp_path / "copied.db", "traced"), 5 * RECORD, FEW)
