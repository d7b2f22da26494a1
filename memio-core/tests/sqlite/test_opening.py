"""Opening the file: what is made, what is said about it, and how each refusal reads."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from memio import ConfigError, Memio, MemioError, Message, ProviderError, Triple, UnavailableError
from memio.providers.sqlite import SqliteFactAdapter
from memio.providers.sqlite._db.schema import APPLICATION_ID, VERSION

Run = Callable[..., Any]


def refusal(path: Path | str, **settings: Any) -> ProviderError:
    """Return the error of the first add to a file, checking that a read says the same."""

    async def body() -> ProviderError:
        async with Memio.from_config({"facts": {"provider": "sqlite", "path": str(path), **settings}}) as memio:
            with pytest.raises(ProviderError) as reading:
                await memio.facts.get_all()
            with pytest.raises(ProviderError) as writing:
                await memio.facts.add(content="x")
            assert writing.value.message == reading.value.message
            assert (writing.value.operation, writing.value.provider) == ("facts.add", "sqlite")
            assert writing.value.outcome == "not_applied"
            return writing.value

    return asyncio.run(body())


def test_nothing_is_opened_before_the_first_call(path: Path) -> None:
    # defect: clients are never closed; here closing one that was never used does nothing
    async def body() -> None:
        async with Memio.from_config({"facts": {"provider": "sqlite", "path": str(path)}}):
            pass
        store = SqliteFactAdapter(path=path)
        await store.aclose()

    asyncio.run(body())
    assert not path.exists()


def test_the_file_states_what_it_is(run: Run, look: Callable[..., list[Any]]) -> None:
    run(lambda memio: memio.facts.add(content="x"))
    assert look("PRAGMA application_id") == [(APPLICATION_ID,)]
    assert look("PRAGMA user_version") == [(VERSION,)]
    assert look("PRAGMA journal_mode") == [("wal",)]


@pytest.mark.parametrize(("durability", "expected"), [(None, 2), ("full", 2), ("normal", 1)])
def test_durability_chooses_how_commits_reach_the_disk(path: Path, durability: Any, expected: int) -> None:
    async def body() -> Any:
        store = SqliteFactAdapter(path=path, durability=durability)
        found = await store._engine.write(lambda db: db.execute("PRAGMA synchronous").fetchone()[0])
        await store.aclose()
        return found

    assert asyncio.run(body()) == expected


def test_a_closed_file_has_no_other_files_next_to_it(run: Run, path: Path) -> None:
    run(lambda memio: memio.facts.add(content="x"))
    run(lambda memio: memio.facts.search(query="x"))
    assert list(path.parent.iterdir()) == [path]


def test_the_default_file_is_announced_and_a_chosen_one_mentioned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MEMIO_SQLITE_PATH", raising=False)
    caplog.set_level(logging.INFO, logger="memio.sqlite")

    async def use(**settings: Any) -> None:
        async with Memio.from_config({"facts": {"provider": "sqlite", **settings}}) as memio:
            await memio.facts.add(content="x")
            await memio.facts.get_all()

    asyncio.run(use())
    asyncio.run(use())
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert str(tmp_path / "memio.db") in record.getMessage()
    assert "MEMIO_SQLITE_PATH" in record.getMessage()

    asyncio.run(use(path=str(tmp_path / "chosen.db")))
    monkeypatch.setenv("MEMIO_SQLITE_PATH", str(tmp_path / "environment.db"))
    asyncio.run(use())
    asyncio.run(use(path=":memory:"))
    assert [(each.levelno, Path(str(each.args[0] if each.args else "")).name) for each in caplog.records[1:]] == [
        (logging.INFO, "chosen.db"),
        (logging.INFO, "environment.db"),
    ]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["chosen.db", "environment.db", "memio.db"]


def test_a_relative_path_means_the_folder_at_the_time_of_making(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = SqliteFactAdapter(path="here.db")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")

    async def body() -> None:
        await store.add(content="x")
        await store.aclose()

    asyncio.run(body())
    assert (tmp_path / "here.db").exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"path": ""},
        {"path": "a\0b"},
        {"durability": "most"},
        {"busy_timeout": 0},
        {"busy_timeout": -1},
        {"busy_timeout": float("inf")},
        {"busy_timeout": float("nan")},
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(settings))):
        SqliteFactAdapter(**settings)


def test_a_path_with_a_nul_character_is_refused_in_words() -> None:
    with pytest.raises(ConfigError, match="NUL character"):
        SqliteFactAdapter(path="a\0b")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes no working directory")
def test_a_relative_path_in_a_deleted_folder_is_a_fault_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # defect: a valid plugin is blamed for the folder that is gone
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    try:
        for make in (lambda: SqliteFactAdapter(path="x.db"), lambda: Memio.from_config({"facts": "sqlite"})):
            with pytest.raises(ConfigError, match="working directory was deleted"):
                make()
        SqliteFactAdapter(path=tmp_path / "x.db")
    finally:
        os.chdir(tmp_path)


def test_paths_that_are_written_in_several_ways_share_an_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # defect: three engines on one file, which wait for each other
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MEMIO_SQLITE_PATH", raising=False)

    def count() -> int:
        return sum(thread.name == "memio-sqlite" for thread in threading.enumerate())

    async def body() -> None:
        stores: dict[str, Any] = {
            "facts": "sqlite",
            "history": {"provider": "sqlite", "path": "memio.db"},
            "documents": {"provider": "sqlite", "path": "./x/../memio.db"},
            "graph": {"provider": "sqlite", "path": str(tmp_path / "memio.db"), "durability": "normal"},
        }
        async with Memio.from_config(stores) as memio:
            await memio.facts.add(content="x")
            await memio.history.add(session_id="s", messages=[Message(role="user", content="x")])
            await memio.documents.add(content="x")
            assert count() == 1  # the writer of all three
            await memio.graph.add(triples=[Triple(subject="a", predicate="b", object="c")])
            assert count() == 2  # other settings

    asyncio.run(body())
    assert [file.name for file in tmp_path.iterdir()] == ["memio.db"]


def test_a_file_that_is_no_database_is_left_as_it_is(path: Path) -> None:
    content = b"These are my notes, and no database.\n" * 50
    path.write_bytes(content)
    error = refusal(path)
    assert str(path) in error.message
    assert "not an SQLite database" in error.message
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE notes (text)")
    content = path.read_bytes()
    assert "another program" in refusal(path).message
    assert path.read_bytes() == content


def test_a_file_of_a_later_schema_is_left_as_it_is(run: Run, path: Path, look: Callable[..., list[Any]]) -> None:
    run(lambda memio: memio.facts.add(content="x"))
    look(f"PRAGMA user_version = {VERSION + 1}")
    content = path.read_bytes()
    message = refusal(path).message
    assert f"schema {VERSION + 1}" in message
    assert "newer memio-core" in message
    assert path.read_bytes() == content


def test_an_empty_file_is_filled(run: Run, path: Path) -> None:
    path.touch()
    assert run(lambda memio: memio.facts.add(content="x")).content == "x"


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    message = refusal(tmp_path / "no" / "memio.db").message
    assert f"no folder {tmp_path / 'no'}" in message
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    message = refusal(tmp_path).message
    assert "is a folder" in message
    assert str(tmp_path / "memio.db") in message


def test_a_damaged_file_is_called_damaged(run: Run, path: Path) -> None:
    run(lambda memio: memio.facts.add_many([f"text number {number}" for number in range(500)]))
    content = bytearray(path.read_bytes())
    content[4096:] = b"Z" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(ProviderError, match="damaged"):
        run(lambda memio: memio.facts.search(query="text"))


def test_a_locked_file_is_waited_for_and_then_unavailable(run: Run, path: Path) -> None:
    # defect: callers meet the words "database is locked"
    run(lambda memio: memio.facts.add(content="there"))

    async def body() -> None:
        stores = {"facts": {"provider": "sqlite", "path": str(path), "busy_timeout": 0.05}}
        async with Memio.from_config(stores) as memio:
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                calls = (memio.facts.add(content=str(number)) for number in range(5))
                errors = await asyncio.gather(*calls, return_exceptions=True)
                assert len(await memio.facts.get_all()) == 1  # readers wait for nobody
                other.execute("ROLLBACK")
            for error in errors:
                assert isinstance(error, UnavailableError)
                assert error.retryable
                assert error.outcome == "not_applied"
                assert "locked" in error.message
            assert len({id(error) for error in errors}) == 5
            await memio.facts.add(content="afterwards")

    asyncio.run(body())


READ_ONLY = """
import asyncio, os, sys
from memio.errors import ProviderError
from memio.providers.sqlite import SqliteFactAdapter
path, steps = sys.argv[1], sys.argv[2].split()
async def main(path):
    store = SqliteFactAdapter(path=path)
    for step in steps:
        try:
            await (store.add(content="x") if step == "add" else store.get_all(limit=1))
        except ProviderError as error:
            print(error.outcome, error.message)
    await store.aclose()
asyncio.run(main(":memory:"))  # nobody may be unable to read the modules, so they are imported before
if os.getuid() == 0:  # permissions do not bind root
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
asyncio.run(main(path))
"""

needs_permissions = pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has other permissions")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that every user can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)
        Path(name).chmod(0o777)


@needs_permissions
@pytest.mark.parametrize("file_mode", [0o444, 0o000])
@pytest.mark.parametrize("folder_mode", [0o777, 0o555])
def test_a_file_that_may_not_be_written_is_called_so(
    folder: Path, program: Callable[..., subprocess.Popen[str]], file_mode: int, folder_mode: int
) -> None:
    path = folder / "memio.db"

    async def body() -> None:
        store = SqliteFactAdapter(path=path)
        await store.add(content="there")
        await store.aclose()

    asyncio.run(body())
    path.chmod(file_mode)
    folder.chmod(folder_mode)
    output, errors = program(READ_ONLY, path, "add").communicate(timeout=60)
    assert errors == ""
    assert output.startswith(f"not_applied {path} ")
    assert "permission" in output or "writable" in output
    assert "another path" in output


@needs_permissions
def test_a_folder_that_may_not_be_written_is_called_so(
    folder: Path, program: Callable[..., subprocess.Popen[str]]
) -> None:
    folder.chmod(0o555)
    output, errors = program(READ_ONLY, folder / "memio.db", "add get_all").communicate(timeout=60)
    assert errors == ""
    writing, reading = output.splitlines()
    assert writing == reading
    assert "may not write to its folder" in writing


def test_every_refusal_is_one_of_memios_errors(tmp_path: Path) -> None:
    # defect: exceptions of the driver in the caller's face
    (tmp_path / "x").write_text("no database" * 100)
    for path in (tmp_path, tmp_path / "no" / "x", tmp_path / "x"):
        assert isinstance(refusal(path), MemioError)


@pytest.mark.parametrize("how", ["removed", "moved", "replaced"])
def test_a_file_that_is_no_longer_there_takes_no_more_calls(path: Path, how: str) -> None:
    # defect: SQLite goes on writing to a file that has lost its name, and what is acknowledged is gone
    away = path.with_name("away.db")

    def take_away() -> None:
        path.unlink() if how == "removed" else path.rename(away)
        if how == "replaced":
            path.touch()

    async def body() -> None:
        async with Memio.from_config({"facts": {"provider": "sqlite", "path": str(path)}}) as memio:
            fact = await memio.facts.add(content="before")
            await memio.facts.get(fact_id=fact.id)
            take_away()
            for call in (memio.facts.add(content="after"), memio.facts.get(fact_id=fact.id), memio.facts.get_all()):
                with pytest.raises(ProviderError, match="was removed, moved or replaced") as caught:
                    await call
                assert caught.value.outcome == "not_applied"
            if how != "removed":
                away.replace(path)
                await memio.facts.add(content="after")
                assert [each.content for each in await memio.facts.get_all()] == ["before", "after"]

    asyncio.run(body())
