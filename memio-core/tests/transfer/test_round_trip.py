"""What goes out comes back: all fields, all kinds, in order, to the byte."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lacking import Lacking

from memio import Memio, Message, NotSupportedError, StoreNotConfiguredError, blocking
from memio.errors import InvalidInputError
from memio.transfer import copy, export, import_

KINDS = ("facts", "history", "documents", "graph")


def test_an_import_of_an_export_makes_the_same_export(filled: Path, tmp_path: Path, opened: Any, run: Any) -> None:
    # defect: created_at lost, owners lost, sessions of one name merged
    async def main() -> None:
        async with opened(filled) as old, opened(tmp_path / "new.db") as new:
            await export(old, tmp_path / "one.jsonl")
            done = await import_(new, tmp_path / "one.jsonl")
            assert done.differences == ()
            assert done.losses == ()
            assert done.journal is None
            assert [(moved.kind, moved.source == moved.target) for moved in done.kinds] == [
                (kind, True) for kind in KINDS
            ]
            await export(new, tmp_path / "two.jsonl")
        assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()

    run(main())


def test_a_copy_makes_the_same_export(filled: Path, tmp_path: Path, opened: Any, run: Any) -> None:
    async def main() -> None:
        async with opened(filled) as old, opened(tmp_path / "new.db") as new:
            assert (await copy(old, new)).differences == ()
            again = await copy(old, new)  # nothing is doubled
            assert again.differences == ()
            assert [moved.others for moved in again.kinds] == [0, 0, 0, 0]
            one = await export(old, tmp_path / "one.jsonl")
            two = await export(new, tmp_path / "two.jsonl")
            assert (one.sha256, one.counts) == (two.sha256, two.counts)

    run(main())


def test_an_export_can_be_read_without_memio(filled: Path, tmp_path: Path, opened: Any, run: Any) -> None:
    async def main() -> Any:
        async with opened(filled) as memio:
            return await export(memio, tmp_path / "all.jsonl"), [fact async for fact in memio.facts.iter_all()]

    made, facts = run(main())
    data = (tmp_path / "all.jsonl").read_bytes()
    lines = data.split(b"\n")
    assert lines.pop() == b""
    header, *records, trailer = map(json.loads, lines)
    assert header == {"format": "memio-export", "version": 1, "kinds": list(KINDS), "scope": {"user_id": None}}
    assert trailer["counts"] == made.counts == {"facts": 8, "history": 13, "documents": 6, "graph": 3}
    assert trailer["sha256"] == made.sha256 == hashlib.sha256(b"".join(line + b"\n" for line in lines[:-1])).hexdigest()
    own = b"".join(line + b"\n" for line in lines[1:-1] if json.loads(line)["kind"] == "facts")
    assert trailer["digests"]["facts"] == hashlib.sha256(own).hexdigest()
    assert [record["order"] for record in records if record["kind"] == "facts"] == list(range(1, 9))
    for fact, record in zip(facts, records, strict=False):
        assert (fact.id, fact.content, fact.user_id, fact.agent_id, fact.metadata) == tuple(
            record[name] for name in ("id", "content", "user_id", "agent_id", "metadata")
        )
        assert record["created_at"] == fact.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert stat.S_IMODE((tmp_path / "all.jsonl").stat().st_mode) == 0o600


def test_an_empty_store_makes_an_export_that_can_be_imported(tmp_path: Path, opened: Any, run: Any) -> None:
    async def main() -> None:
        async with opened(tmp_path / "empty.db") as memio:
            made = await export(memio, tmp_path / "empty.jsonl")
            assert set(made.counts.values()) == {0}
            assert (await import_(memio, tmp_path / "empty.jsonl")).kinds == ()

    run(main())


def test_one_user_or_one_kind_can_be_moved(filled: Path, tmp_path: Path, opened: Any, run: Any) -> None:
    async def main() -> None:
        async with opened(filled) as old, opened(tmp_path / "new.db") as new:
            made = await export(old, tmp_path / "alice.jsonl", kinds=["history", "facts"], user_id="alice")
            assert list(made.counts) == ["facts", "history"]
            assert (await import_(new, tmp_path / "alice.jsonl")).differences == ()
            assert {fact.user_id async for fact in new.facts.iter_all()} == {"alice"}
            assert {message.user_id async for message in new.history.iter_messages(session_id="default")} == {"alice"}
            await export(old, tmp_path / "all.jsonl")
            done = await import_(new, tmp_path / "all.jsonl", kinds=["facts"], user_id="bob")
            assert [(moved.kind, moved.others) for moved in done.kinds] == [("facts", 0)]
            assert {fact.user_id async for fact in new.facts.iter_all()} == {"alice", "bob"}
            assert await new.documents.get_all() == []
            assert (await copy(old, new)).differences != ()  # new records come after those that the target had

    run(main())


def test_a_user_is_refused_where_the_source_does_not_keep_users_apart(tmp_path: Path, run: Any) -> None:
    # defect: an owner accepted and ignored
    async def main() -> None:
        async with Memio(facts=Lacking("facts", tmp_path / "a.db", ("user_scope",))) as memio:
            with pytest.raises(
                NotSupportedError, match="moving the records of one user needs the feature 'user_scope'"
            ):
                await export(memio, tmp_path / "alice.jsonl", user_id="alice")
        assert not (tmp_path / "alice.jsonl").exists()

    run(main())


def test_a_client_that_is_confined_to_an_owner_is_refused(filled: Path, tmp_path: Path, opened: Any, run: Any) -> None:
    # defect: records of other owners written through a client that is confined to one
    async def main() -> None:
        async with opened(filled) as old, opened(tmp_path / "new.db") as new:
            await export(old, tmp_path / "all.jsonl")
            alice = new.scoped(user_id="alice")
            for call in (export(alice, tmp_path / "x.jsonl"), import_(alice, tmp_path / "all.jsonl"), copy(old, alice)):
                with pytest.raises(InvalidInputError, match="is confined to an owner: pass the client that"):
                    await call
            with pytest.raises(
                InvalidInputError, match=r"must be a memio\.Memio, which is async, not a memio\.blocking"
            ):
                await export(blocking.Memio(facts=Lacking("facts", tmp_path / "c.db")), tmp_path / "x.jsonl")
            assert await new.facts.get_all() == []

    run(main())


def test_kinds_are_checked(filled: Path, tmp_path: Path, opened: Any, run: Any) -> None:
    async def main() -> None:
        async with opened(filled, "facts") as old, opened(tmp_path / "new.db", "history") as new:
            with pytest.raises(InvalidInputError, match=r"unknown kind 'fact': the kinds are facts, history"):
                await export(old, tmp_path / "x.jsonl", kinds=["fact"])
            with pytest.raises(StoreNotConfiguredError, match="no graph store is configured; configured: facts"):
                await export(old, tmp_path / "x.jsonl", kinds=["graph"])
            with pytest.raises(StoreNotConfiguredError, match="the target has no facts store"):
                await copy(old, new)

    run(main())


def test_a_file_is_replaced_only_with_force(filled: Path, tmp_path: Path, opened: Any, run: Any) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text("precious")

    async def main() -> None:
        async with opened(filled) as memio:
            with pytest.raises(InvalidInputError, match="exists: choose another"):
                await export(memio, path)
            assert path.read_text() == "precious"
            await export(memio, path, force=True)
            with pytest.raises(InvalidInputError, match="is a folder"):
                await export(memio, tmp_path)
            with pytest.raises(InvalidInputError, match="cannot be written: No such file or directory"):
                await export(memio, tmp_path / "no" / "x.jsonl")

    run(main())
    assert path.read_bytes().startswith(b'{"format":"memio-export"')


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_force_replaces_no_device_and_no_database(filled: Path, tmp_path: Path, opened: Any, run: Any) -> None:
    # defect: an export that takes the place of a device, or of the very store that it was made from
    os.mkfifo(tmp_path / "pipe")

    async def main() -> None:
        async with opened(filled) as memio:
            with pytest.raises(
                InvalidInputError, match="pipe is a pipe or a device: choose another name, or write to -"
            ):
                await export(memio, tmp_path / "pipe", force=True)
            with pytest.raises(InvalidInputError, match=r"filled\.db is a database, and is not replaced"):
                await export(memio, filled, force=True)

    run(main())
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert filled.read_bytes().startswith(b"SQLite format 3")


def exports(folder: Path) -> list[str]:
    return [path.suffix for path in folder.iterdir() if ".jsonl" in path.name]


def test_an_export_that_is_cancelled_leaves_nothing(filled: Path, tmp_path: Path, opened: Any, run: Any) -> None:
    async def main() -> None:
        started = asyncio.Event()

        async def stopped(operation: Any, call_next: Any) -> Any:
            if operation.method == "get_all" and operation.kind == "documents":
                started.set()
                await asyncio.Event().wait()
            return await call_next(operation)

        store = {"provider": "sqlite", "path": str(filled)}
        config = dict.fromkeys(KINDS, store)
        async with Memio.from_config(config, middleware=[stopped]) as memio:
            task = asyncio.create_task(export(memio, tmp_path / "all.jsonl"))
            await started.wait()
            assert exports(tmp_path) == [".part"]
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(main())
    assert exports(tmp_path) == []


def test_an_export_during_writes_is_sound(tmp_path: Path, opened: Any, run: Any) -> None:
    async def main() -> None:
        async with opened(tmp_path / "busy.db") as memio, opened(tmp_path / "new.db") as new:
            written = asyncio.Event()

            async def write() -> None:
                for number in range(300):
                    await memio.facts.add(content=f"fact {number}")
                    message = Message(role="user", content=f"message {number}")
                    await memio.history.add(session_id=f"s{number % 7}", messages=[message], user_id=f"u{number % 3}")
                    if number == 20:
                        written.set()

            writer = asyncio.create_task(write())
            await written.wait()
            await export(memio, tmp_path / "busy.jsonl")
            await writer
            assert (await import_(new, tmp_path / "busy.jsonl")).differences == ()

    run(main())


def test_a_store_cannot_be_copied_onto_itself(filled: Path, opened: Any, run: Any) -> None:
    async def main() -> None:
        async with opened(filled) as memio:
            with pytest.raises(InvalidInputError, match="the source and the target of facts are the same store"):
                await copy(memio, memio)
        async with opened(filled) as one, opened(filled) as other:  # two doors to one file
            assert (await copy(one, other)).differences == ()
            assert len(await one.facts.get_all()) == 8

    run(main())


def test_progress_is_reported(tmp_path: Path, opened: Any, run: Any) -> None:
    states: list[Any] = []

    async def main() -> None:
        async with opened(tmp_path / "a.db", "facts") as old, opened(tmp_path / "b.db", "facts") as new:
            await old.facts.add_many([str(number) for number in range(450)])
            await copy(old, new, progress=states.append)

    run(main())
    assert [(state.stage, state.done, state.total) for state in states] == [
        ("reading", 200, None),
        ("reading", 400, None),
        ("reading", 450, None),
        ("writing", 450, 450),
        ("comparing", 200, 450),
        ("comparing", 400, 450),
        ("comparing", 450, 450),
    ]


FULL = """
import asyncio, resource, sys
from memio import Memio
from memio.errors import MemioError
from memio.transfer import export

async def main():
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": sys.argv[1]}}) as memio:
        await memio.facts.get_all()
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        try:
            await export(memio, sys.argv[2])
        except MemioError as error:
            print(error)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="files have no limit here")
def test_a_full_disk_leaves_no_file(filled: Path, tmp_path: Path) -> None:
    # defect: a half-written file that looks like a whole one
    command = [sys.executable, "-c", FULL, str(filled), str(tmp_path / "all.jsonl")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "all.jsonl cannot be written: File too large; nothing was exported" in done.stdout, done.stderr
    assert exports(tmp_path) == []
