"""Files that are moved, replaced, restored or removed, also while a client has them open."""

# ruff: noqa: ASYNC240  # files are moved under a client on purpose, and nothing else runs in its loop

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from memio import Memio, MemioError, ProviderError
from memio.providers.sqlite import SqliteFactAdapter
from memio.providers.sqlite._db.checkpoints import holds_checkpoint

Program = Callable[..., "subprocess.Popen[str]"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows moves and removes no file that is open")

KILLED = """
import asyncio, os, shutil, signal, sqlite3, sys
from memio import Memio
path, steps = sys.argv[1], sys.argv[2:]
async def main():
    memio = Memio.from_config({"facts": {"provider": "sqlite", "path": path}})
    for step in steps:
        if step == "fill":
            await memio.facts.add_many([{"content": f"text {n}", "fact_id": f"k{n}"} for n in range(300)])
        elif step == "backup":
            source, target = sqlite3.connect(path), sqlite3.connect(path + ".bak")
            source.backup(target)
            source.close(); target.close()
        elif step == "checkpoint":
            with sqlite3.connect(path) as db: db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            db.close()
        elif step == "close":
            await memio.aclose()
            memio = Memio.from_config({"facts": {"provider": "sqlite", "path": path}})
        elif step == "copy":
            shutil.copyfile(path, path + ".bak")
        elif step == "spoil":
            await memio.facts.delete_all()
            await memio.facts.add(content="bad", fact_id="bad")
        elif step.startswith("add "):
            await memio.facts.add(content=step, fact_id=step[4:])
    print("ready", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""


def config(path: Path | str, **settings: Any) -> dict[str, Any]:
    return {"facts": {"provider": "sqlite", "path": str(path), **settings}}


async def ids(path: Path | str, **settings: Any) -> list[str]:
    async with Memio.from_config(config(path, **settings)) as memio:
        return sorted([fact.id async for fact in memio.facts.iter_all()])


def killed(program: Program, path: Path, *steps: str) -> None:
    process = program(KILLED, path, *steps)
    output, errors = process.communicate(timeout=120)
    assert output == "ready\n", errors
    assert path.with_name(path.name + "-wal").stat().st_size


def copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def copy_with_times(source: Path, target: Path) -> None:
    shutil.copy2(source, target)


def move(source: Path, target: Path) -> None:
    source.replace(target)


def remove_and_copy(source: Path, target: Path) -> None:
    target.unlink()
    shutil.copyfile(source, target)


@pytest.mark.parametrize("history", [("fill", "backup", "spoil"), ("fill", "close", "copy", "add x", "spoil")])
@pytest.mark.parametrize("put", [copy, copy_with_times, move, remove_and_copy])
def test_a_backup_put_over_a_killed_process_is_what_is_read(
    program: Program, path: Path, history: tuple[str, ...], put: Callable[[Path, Path], None]
) -> None:
    killed(program, path, *history)
    put(path.with_name(path.name + ".bak"), path)
    if put is copy_with_times and "backup" in history:  # may be the file itself, with other permissions
        with pytest.raises(ProviderError, match="rename the log"):
            asyncio.run(ids(path))
        log = path.with_name(path.name + "-wal")
        log.rename(f"{log}-of-another-file")
    assert len(asyncio.run(ids(path))) == 300
    assert len(asyncio.run(ids(path))) == 300
    assert [file for file in path.parent.iterdir() if "-wal-of-another-file" in file.name]


@pytest.mark.parametrize(
    "steps",
    [
        ("fill",),
        ("fill", "checkpoint"),
        ("fill", "checkpoint", "add last"),
        ("fill", "close", "add last"),
        ("fill", "close", "add a", "checkpoint", "add b", "checkpoint"),
    ],
)
def test_what_a_killed_process_left_is_read_completely(program: Program, path: Path, steps: tuple[str, ...]) -> None:
    killed(program, path, *steps)
    added = [step for step in steps if step.startswith("add ")]
    assert len(asyncio.run(ids(path))) == 300 + len(added)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_checkpoint_that_was_interrupted_belongs_to_its_database(program: Program, path: Path, share: float) -> None:
    # The state after a kill in the middle: the index has the intention, and the lowest pages are in the database.
    killed(program, path, "fill", "close", "spoil")
    log, index = (path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))
    before = path.read_bytes()
    content = index.read_bytes()
    frames = int.from_bytes(content[16:20], sys.byteorder)
    index.write_bytes(content[:128] + frames.to_bytes(4, sys.byteorder) + content[132:])
    whole = path.with_name("whole.db")
    shutil.copyfile(path, whole)
    shutil.copyfile(log, whole.with_name("whole.db-wal"))
    with closing(sqlite3.connect(whole)) as db:
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    after = whole.read_bytes()
    cut = int(len(before) * share) // 4096 * 4096
    with path.open("r+b") as file:
        file.write(after[:cut] + before[cut:])
    assert holds_checkpoint(str(path), same_boot=True)
    assert asyncio.run(ids(path)) == ["bad"]


@pytest.mark.parametrize("order", [("", "-wal", "-shm"), ("-shm", "-wal", ""), ("-wal", "")])
@pytest.mark.parametrize("how", [shutil.copyfile, shutil.copy2])
def test_files_that_were_copied_together_are_read_completely(
    program: Program, path: Path, tmp_path: Path, order: tuple[str, ...], how: Callable[[Path, Path], Any]
) -> None:
    killed(program, path, "fill", "add last")
    (tmp_path / "there").mkdir()
    for suffix in (*order, "-memio"):
        how(path.with_name(path.name + suffix), tmp_path / "there" / (path.name + suffix))
    assert len(asyncio.run(ids(tmp_path / "there" / path.name))) == 301


def test_permissions_that_change_after_a_kill_lose_nothing(program: Program, path: Path) -> None:
    killed(program, path, "fill", "add last")
    path.chmod(0o600)
    assert len(asyncio.run(ids(path))) == 301


def test_a_log_without_its_database_is_not_deleted(program: Program, path: Path) -> None:
    killed(program, path, "fill")
    away = path.with_name("away")
    path.rename(away)
    with pytest.raises(ProviderError, match="is the log of a database that is no longer") as caught:
        asyncio.run(ids(path))
    assert caught.value.outcome == "not_applied"
    assert not path.exists()
    away.rename(path)
    note = path.with_name(path.name + "-memio")
    note.rename(note.with_suffix(".aside"))
    assert len(asyncio.run(ids(path))) == 300


def test_a_file_of_which_it_is_not_certain_whose_its_log_is_is_not_opened(program: Program, path: Path) -> None:
    killed(program, path, "fill", "close", "add last")
    backup = path.with_name("backup.db")
    shutil.copy2(path, backup)  # what lies there is the same, byte for byte
    os.utime(path, ns=(1, path.stat().st_mtime_ns))
    with pytest.raises(ProviderError, match="rename the log") as caught:
        asyncio.run(ids(path))
    assert caught.value.outcome == "not_applied"
    log = path.with_name(path.name + "-wal")
    aside = log.rename(log.with_suffix(".aside"))
    assert len(asyncio.run(ids(path))) == 300
    assert aside.exists()


def run(body: Callable[[Memio], Coroutine[Any, Any, None]], path: Path) -> None:
    async def main() -> None:
        async with Memio.from_config(config(path)) as memio:
            await body(memio)

    asyncio.run(main())


def test_a_connection_that_is_opened_later_makes_no_file_in_the_place_of_a_moved_one(path: Path) -> None:
    asyncio.run(_filled(path))

    async def body(memio: Memio) -> None:
        await memio.facts.get(fact_id="k1")
        away = path.with_name("away")
        path.rename(away)
        with pytest.raises(ProviderError, match="removed, moved or replaced"):
            await memio.facts.add(content="x")  # the first write, hence another connection
        assert not path.exists()
        away.rename(path)
        await memio.facts.add(content="x", fact_id="x")

    run(body, path)
    assert len(asyncio.run(ids(path))) == 301


async def _filled(path: Path) -> None:
    async with Memio.from_config(config(path)) as memio:
        await memio.facts.add_many([{"content": f"coffee {n}", "fact_id": f"k{n}"} for n in range(300)])


def test_searches_at_once_find_nothing_in_a_file_that_was_put_there_meanwhile(path: Path) -> None:
    backup = path.with_name("backup.db")
    asyncio.run(_filled(backup))

    async def body(memio: Memio) -> None:
        await memio.facts.add(content="coffee")
        await memio.facts.search(query="coffee")
        backup.replace(path)
        found = await asyncio.gather(*(memio.facts.search(query="coffee") for _ in range(4)), return_exceptions=True)
        assert all(isinstance(each, MemioError) for each in found)
        assert len(await ids(path)) == 300  # a new client, as the error advises

    run(body, path)
    assert len(asyncio.run(ids(path))) == 300


@pytest.mark.parametrize("suffixes", [("-wal",), ("-shm",), ("-wal", "-shm")])
def test_a_removed_log_loses_nothing_of_any_process(path: Path, suffixes: tuple[str, ...]) -> None:
    acknowledged = []

    async def body(memio: Memio) -> None:
        acknowledged.extend([(await memio.facts.add(content="x", fact_id=f"a{n}")).id for n in range(20)])
        for suffix in suffixes:
            path.with_name(path.name + suffix).unlink()
        command = [sys.executable, "-m", "memio", "facts", "add", "other", "--id", "other"]
        other = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, "MEMIO_SQLITE_PATH": str(path)}, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await other.communicate()
        assert other.returncode == 3
        assert b"Close the client in that process" in errors
        with pytest.raises(ProviderError, match="Close this client") as caught:
            await memio.facts.add(content="x")
        assert caught.value.outcome == "not_applied"

    run(body, path)
    assert asyncio.run(ids(path)) == sorted(acknowledged)


def test_a_log_that_another_program_made_anew_is_not_overwritten(path: Path) -> None:
    async def body(memio: Memio) -> None:
        await memio.facts.add(content="x", fact_id="first")
        path.with_name(path.name + "-shm").unlink()
        program = (
            "import sqlite3, os, sys; db = sqlite3.connect(sys.argv[1]);"
            "db.execute(\"INSERT INTO meta VALUES ('other', '')\"); db.commit(); os._exit(0)"
        )
        assert (await (await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path))).wait()) == 0
        with pytest.raises(ProviderError, match="-shm was removed or replaced"):
            await memio.facts.add(content="x")

    run(body, path)
    assert asyncio.run(ids(path)) == ["first"]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM meta WHERE key = 'other'").fetchone() == (1,)


FORKS = """
import asyncio, os, sys, threading, time, warnings
warnings.simplefilter("ignore")
import memio.blocking
config = {"facts": {"provider": "sqlite", "path": sys.argv[1], "busy_timeout": 20}}
parent = memio.blocking.Memio.from_config(config)
parent.facts.add(content="first")
stop = threading.Event()
def write():
    while not stop.is_set():
        parent.facts.add(content="busy")
threads = [threading.Thread(target=write) for _ in range(2)]
for thread in threads: thread.start()
children = []
for number in range(5):
    child = os.fork()
    if not child:
        try:
            with memio.blocking.Memio.from_config(config) as client:
                client.facts.add(content="from a child", fact_id=f"child {number}")
            os._exit(0)
        finally:
            os._exit(1)
    children.append(child)
    time.sleep(0.02)
print([os.waitpid(child, 0)[1] for child in children])
stop.set()
for thread in threads: thread.join()
parent.facts.add(content="last")
parent.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_new_client_after_a_fork_in_the_middle_of_writes_can_write(program: Program, path: Path) -> None:
    output, errors = program(FORKS, path).communicate(timeout=180)
    assert output == "[0, 0, 0, 0, 0]\n", errors
    assert {f"child {number}" for number in range(5)} <= set(asyncio.run(ids(path)))


def test_a_client_that_only_reads_refuses_to_write_and_makes_nothing(path: Path) -> None:
    asyncio.run(_filled(path))
    before = path.read_bytes()

    async def main() -> None:
        async with Memio.from_config(config(path, read_only=True)) as memio:
            assert (await memio.facts.get(fact_id="k1")).content == "coffee 1"
            for call in (memio.facts.add(content="x"), memio.facts.delete(fact_id="k1"), memio.facts.delete_all()):
                with pytest.raises(ProviderError, match="read_only = true") as caught:
                    await call
                assert caught.value.outcome == "not_applied"
        missing = path.with_name("missing.db")
        with pytest.raises(ProviderError):
            await ids(missing, read_only=True)
        assert not missing.exists()

    asyncio.run(main())
    assert path.read_bytes() == before


def test_a_client_that_only_reads_sees_what_others_write(path: Path) -> None:
    async def body(memio: Memio) -> None:
        await memio.facts.add(content="x", fact_id="one")
        async with Memio.from_config(config(path, read_only=True)) as reader:
            assert len(await reader.facts.get_all()) == 1
            await memio.facts.add(content="x", fact_id="two")
            assert len(await reader.facts.get_all()) == 2

    run(body, path)


def test_read_only_is_refused_for_memory() -> None:
    with pytest.raises(MemioError, match="read_only"):
        SqliteFactAdapter(path=":memory:", read_only=True)


READ = """
import asyncio, email.parser, hashlib, os, resource, sys
from memio import Memio, ProviderError
import memio.providers.sqlite.facts, memio.providers.sqlite._rows.records
path, what = sys.argv[1:]
async def main():
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": path}}) as memio:
        if what == "descriptors":
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
            try:
                while True: os.open(os.devnull, os.O_RDONLY)
            except OSError: pass
        elif os.getuid() == 0:
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
        for call in (memio.facts.get_all(), memio.facts.add(content="x")):
            try: print(len(await call) if call.__name__ == "get_all" else await call)
            except ProviderError as error: print(error.outcome, error)
asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has other permissions")
def test_a_file_in_a_read_only_place_is_read_and_a_write_names_the_setting(program: Program) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "memio.db"
        asyncio.run(_filled(path))
        path.chmod(0o444)
        Path(name).chmod(0o555)
        output, errors = program(READ, path, "").communicate(timeout=60)
        Path(name).chmod(0o755)
        assert errors == ""
        read, write = output.splitlines()
        assert read == "100"
        assert write.startswith("not_applied")
        assert "read_only = true" in write
        assert [file.name for file in Path(name).iterdir()] == ["memio.db"]


def test_no_descriptor_left_is_one_of_memios_errors(program: Program, path: Path) -> None:
    output, errors = program(READ, path, "descriptors").communicate(timeout=60)
    assert errors == ""
    for line in output.splitlines():
        assert line.startswith("not_applied")
        assert "no file descriptor left" in line


def test_a_name_that_is_too_long_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="File name too long") as caught:
        asyncio.run(ids(tmp_path / ("x" * 300)))
    assert caught.value.outcome == "not_applied"
