"""Several processes on one file, processes that are killed, and disks that are full."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memio import Memio

Run = Callable[..., Any]
Program = Callable[..., "subprocess.Popen[str]"]

WRITER = """
import asyncio, json, sys
from memio import Memio, Message, Triple
path, name, callers, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

def acknowledged(kind, ids):
    print(json.dumps([kind, ids]), flush=True)

async def caller(memio, number):
    for turn in range(rounds):
        text = f"{name} {number} {turn} lives near the old mill"
        fact = await memio.facts.add(content=text, user_id=name)
        acknowledged("fact", [fact.id])
        many = await memio.documents.add_many([f"{text} {part}" for part in range(5)], user_id=name)
        acknowledged("document", [each.id for each in many])
        turn_ = await memio.history.add(session_id=name, messages=[Message(role="user", content=text)] * 2)
        acknowledged("message", [message.id for message in turn_.stored])
        triples = await memio.graph.add(triples=[Triple(subject=text, predicate="is", object="x")])
        acknowledged("triple", [triple.id for triple in triples])
        changed = await memio.facts.update(fact_id=fact.id, content=f"{text}, changed")
        assert changed.id == fact.id

async def main():
    store = {"provider": "sqlite", "path": path}
    async with Memio.from_config(dict.fromkeys(("facts", "documents", "history", "graph"), store)) as memio:
        await asyncio.gather(*(caller(memio, number) for number in range(callers)))

asyncio.run(main())
"""
FOREVER = 10**6

FORKING = """
import asyncio, os, sys
from memio import Memio, ProviderError

async def add(memio, text):
    await memio.facts.add(content=text)

async def in_the_child(memio):
    async with memio:
        await add(memio, "from the child")

def main():
    config = {"facts": {"provider": "sqlite", "path": sys.argv[1]}}
    used, unused = Memio.from_config(config), Memio.from_config(config)
    with asyncio.Runner() as runner:
        runner.run(add(used, "from the parent"))
        child = os.fork()
        if not child:
            for memio in (used, unused):
                try:
                    asyncio.new_event_loop().run_until_complete(in_the_child(memio))
                    print("added", flush=True)
                except ProviderError as error:
                    print(error.outcome, error, flush=True)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        runner.run(add(used, "from the parent again"))
        runner.run(used.aclose())

main()
"""


def acknowledged(lines: list[str]) -> dict[str, list[str]]:
    """Return the ids that a writer printed, by kind. A last line that was cut off was not printed."""
    ids: dict[str, list[str]] = {"fact": [], "document": [], "message": [], "triple": []}
    for line in lines:
        if line.endswith("\n"):
            kind, some = json.loads(line)
            ids[kind] += some
    return ids


def assert_that_all_are_there(look: Callable[..., list[Any]], ids: dict[str, list[str]]) -> None:
    for kind, some in ids.items():
        stored = [stored_id for (stored_id,) in look(f"SELECT id FROM {kind}")]  # noqa: S608  # the names from above
        assert set(some) <= set(stored)
        assert len(stored) == len(set(stored))


def kill_once(program: Program, path: Path, name: str, lines: int) -> list[str]:
    """Start a writer, kill it after some lines in the middle of what it does, and return what it printed."""
    process = program(WRITER, path, name, 8, FOREVER)
    assert process.stdout is not None
    printed = [process.stdout.readline() for _ in range(lines)]
    process.send_signal(signal.SIGKILL)
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, errors
    return printed + rest.splitlines(keepends=True)


def check_after_kills(
    times: int, program: Program, path: Path, look: Callable[..., list[Any]], assert_consistent: Callable[[], None]
) -> None:
    total: dict[str, list[str]] = {}
    for number in range(times):
        ids = acknowledged(kill_once(program, path, f"w{number}", 1 + 7 * number % 60))
        for kind, some in ids.items():
            total.setdefault(kind, []).extend(some)
        assert_that_all_are_there(look, total)
        assert look("PRAGMA quick_check") == [("ok",)]
    # a batch is there as a whole or not at all
    assert look("SELECT count(*) % 5 FROM document") == [(0,)]
    assert look("SELECT count(*) % 2 FROM message") == [(0,)]
    assert_consistent()
    assert len(total["fact"]) > times


needs_kill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")


@needs_kill
def test_killed_writers_lose_nothing_that_was_acknowledged(
    program: Program, path: Path, look: Callable[..., list[Any]], assert_consistent: Callable[[], None]
) -> None:
    # defect: a half-written file after a crash
    check_after_kills(4, program, path, look, assert_consistent)


@needs_kill
@pytest.mark.slow
def test_writers_that_are_killed_again_and_again_lose_nothing_that_was_acknowledged(
    program: Program, path: Path, look: Callable[..., list[Any]], assert_consistent: Callable[[], None]
) -> None:
    check_after_kills(40, program, path, look, assert_consistent)


@needs_kill
def test_a_writer_that_is_killed_holds_up_and_spoils_nothing_for_another(
    program: Program, path: Path, run: Run, look: Callable[..., list[Any]], assert_consistent: Callable[[], None]
) -> None:
    survivor = program(WRITER, path, "survivor", 4, 40)
    for number in range(3):
        kill_once(program, path, f"killed{number}", 5)
    output, errors = survivor.communicate(timeout=120)
    assert (survivor.returncode, errors) == (0, "")
    ids = acknowledged(output.splitlines(keepends=True))
    assert len(ids["fact"]) == 160
    assert_that_all_are_there(look, ids)
    assert_consistent()


def test_four_processes_write_one_new_file_at_once_and_lose_and_raise_nothing(
    program: Program, path: Path, run: Run, look: Callable[..., list[Any]], assert_consistent: Callable[[], None]
) -> None:
    # defect: concurrent writes lose updates, or meet the words "database is locked"; a store for one process only
    processes = [program(WRITER, path, f"w{number}", 4, 10) for number in range(4)]
    ids: dict[str, list[str]] = {}
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert (process.returncode, errors) == (0, "")
        for kind, some in acknowledged(output.splitlines(keepends=True)).items():
            ids.setdefault(kind, []).extend(some)
    assert {kind: len(some) for kind, some in ids.items()} == {
        "fact": 160,
        "document": 800,
        "message": 320,
        "triple": 160,
    }
    assert_that_all_are_there(look, ids)
    assert_consistent()

    async def body(memio: Memio) -> None:
        assert all([fact.content.endswith("changed") async for fact in memio.facts.iter_all()])
        assert len([fact async for fact in memio.facts.iter_all(user_id="w2")]) == 40

    run(body)


@pytest.mark.slow
def test_processes_that_make_one_file_at_the_same_moment_all_succeed(program: Program, tmp_path: Path) -> None:
    for attempt in range(15):
        processes = [program(WRITER, tmp_path / f"{attempt}.db", f"w{number}", 2, 1) for number in range(4)]
        for process in processes:
            _, errors = process.communicate(timeout=120)
            assert (process.returncode, errors) == (0, "")


BEGINNERS = """
import asyncio, sys
from memio import Memio, Message
async def main():
    async with Memio.from_config({"history": {"provider": "sqlite", "path": sys.argv[1]}}) as memio:
        for number in range(20):
            message = Message(role="user", content=f"{number} {sys.argv[2]}")
            await memio.history.add(session_id=f"s{number}", messages=[message], user_id="ann")
asyncio.run(main())
"""


def test_two_processes_that_begin_one_session_write_one_session(program: Program, path: Path, run: Run) -> None:
    # defect: two processes make two sessions of one name
    for process in [program(BEGINNERS, path, name) for name in "ab"]:
        assert process.communicate(timeout=60)[1] == ""
    sessions = run(lambda memio: memio.history.get_all())
    assert sorted(session.id for session in sessions) == sorted(f"s{number}" for number in range(20))
    assert len(run(lambda memio: memio.history.get(session_id="s7"))) == 2


FILLER = """
import asyncio, sys
from memio import Memio, ProviderError
async def main():
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": sys.argv[1]}}) as memio:
        kept = []
        for number in range(100_000):
            try:
                kept += [fact.id for fact in await asyncio.gather(
                    *(memio.facts.add(content=f"{number} {part} " + "word " * 400) for part in range(3))
                )]
            except ProviderError as error:
                print(error.outcome, error.retryable, error.message)
                break
        failed = 0
        for _ in range(3):
            try:
                await memio.facts.add(content="word " * 400_000)
            except ProviderError as error:
                failed += 1
        assert failed == 3
        assert {fact.id for fact in await memio.facts.get_all(limit=1000)} >= set(kept[:100])  # reads go on
        print(*kept)
asyncio.run(main())
"""


def test_a_full_disk_is_called_full_and_loses_nothing(small_disk: Callable[[int], Path], program: Program) -> None:
    file = small_disk(3) / "memio.db"
    process = program(FILLER, file)
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    told, kept = output.splitlines()
    assert told.startswith("not_applied False")
    assert str(file) in told
    assert "full" in told
    with contextlib.closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert set(kept.split()) <= {fact_id for (fact_id,) in db.execute("SELECT id FROM fact")}


LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, resource.RLIM_INFINITY))
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limits of this kind")
def test_a_disk_error_reports_it_and_loses_nothing_that_was_acknowledged(
    path: Path, program: Program, look: Callable[..., list[Any]], assert_consistent: Callable[[], None]
) -> None:
    output, errors = program(LIMITED + FILLER, path).communicate(timeout=120)
    assert errors == ""
    told, kept = output.splitlines()
    assert told.startswith("unknown False")  # the commit failed: SQLite cannot tell what reached the disk
    assert str(path) in told
    assert set(kept.split()) <= {fact_id for (fact_id,) in look("SELECT id FROM fact")}
    assert_consistent()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_store_that_was_used_before_a_fork_reports_it_and_one_that_was_not_can_be_used(
    program: Program, path: Path, look: Callable[..., list[Any]]
) -> None:
    process = program(FORKING, path)
    said, errors = process.communicate(timeout=60)
    # From 3.12 on, Python warns of every fork of a process that has threads.
    assert process.returncode == 0, errors
    assert not errors or "use of fork() may lead to deadlocks" in errors
    first, second = said.splitlines()
    assert first.startswith("not_applied this sqlite store was in use already when this process was forked")
    assert second == "added"
    texts = [text for (text,) in look("SELECT content FROM fact ORDER BY seq")]
    assert texts == ["from the parent", "from the child", "from the parent again"]
