"""A transfer that is not alone: other tasks of its loop, another transfer to its target, a disk that fills up."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lacking import Lacking
from somewhat import open_client

from memio import Memio
from memio.errors import MemioError
from memio.transfer import copy, export, import_

IDS = ("client_ids",)
LOSSES = ["ids", "created_at"]


def test_files_and_digests_are_not_the_work_of_the_event_loop(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # defect: blocking calls in async code; a record may have 16 MiB
    from memio.transfer import _journal, _records
    from memio.transfer.file import reading, writing

    on_the_loop: list[str] = []
    loop_thread = threading.get_ident()

    def watched(module: Any, name: str) -> None:
        function = getattr(module, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() == loop_thread:
                on_the_loop.append(name)
            return function(*args, **kwargs)

        monkeypatch.setattr(module, name, call)

    for module, name in (
        (writing, "line_of"),
        (reading, "json_object"),
        (_records, "blake2b"),
        (_journal.Journal, "save"),
    ):
        watched(module, name)

    async def main() -> None:
        async with open_client(tmp_path / "old.db", "facts") as old:
            await old.facts.add_many(["x" * 1_000_000, "y" * 2_000_000, "z"])
            await export(old, tmp_path / "big.jsonl")
            async with Memio(facts=Lacking("facts", tmp_path / "new.db", IDS)) as new:
                assert (await import_(new, tmp_path / "big.jsonl", accept=LOSSES)).differences == ()

    run(main())
    assert on_the_loop == []


IMPORTER = """
import asyncio, sys
from memio import Memio
from memio.transfer import import_

async def main():
    store = {"provider": "sqlite", "path": sys.argv[1], "busy_timeout": 30}
    async with Memio.from_config({"facts": store}) as new:
        print("ready", flush=True)
        sys.stdin.readline()
        done = await import_(new, sys.argv[2])
        print(len(done.differences))

asyncio.run(main())
"""


def test_two_imports_into_one_target_at_once_store_everything_once(tmp_path: Path, run: Any) -> None:
    async def fill() -> None:
        async with open_client(tmp_path / "old.db", "facts") as old:
            await old.facts.add_many([f"fact {number}" for number in range(3000)])
            await export(old, tmp_path / "all.jsonl")

    run(fill())
    command = [sys.executable, "-c", IMPORTER, str(tmp_path / "new.db"), str(tmp_path / "all.jsonl")]
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
                )
            )
            for _ in range(2)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.communicate(timeout=60) for process in processes] == [("0\n", "")] * 2

    async def look() -> None:
        async with open_client(tmp_path / "new.db", "facts") as new:
            await export(new, tmp_path / "two.jsonl")

    run(look())
    assert (tmp_path / "all.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_a_journal_on_a_full_disk_loses_and_doubles_nothing(
    small_disk: Callable[[int], Path], tmp_path: Path, run: Any
) -> None:
    # defect: a crash between the write and the note of it loses or doubles
    disk = small_disk(2)
    journal, ballast = disk / "j", disk / "ballast"
    ballast.write_bytes(b"x" * 1_900_000)

    async def main() -> None:
        async with open_client(tmp_path / "old.db", "facts") as old:
            await old.facts.add_many([f"fact {number % 7}" for number in range(600)])
            async with Memio(facts=Lacking("facts", tmp_path / "new.db", IDS)) as new:
                with pytest.raises(MemioError, match="free space on the disk, and repeat the call") as caught:
                    await copy(old, new, accept=LOSSES, journal=journal)
                assert "full" in str(caught.value)
                assert 0 < len([fact async for fact in new.facts.iter_all()]) < 600
            ballast.unlink()
            async with Memio(facts=Lacking("facts", tmp_path / "new.db", IDS)) as new:
                assert (await copy(old, new, accept=LOSSES, journal=journal)).differences == ()
                contents = [fact.content async for fact in new.facts.iter_all()]
                assert contents == [f"fact {number % 7}" for number in range(600)]

    run(main())
