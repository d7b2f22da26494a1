"""Migrations: files of an older schema get the present one, once, or stay as they were.

The schemas after the present one are made up here, and so are the migrations that lead to them.
"""

from __future__ import annotations

import asyncio
import logging
import random
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from memio import MemioError, ProviderError, UnavailableError
from memio.providers.sqlite import SqliteFactAdapter
from memio.providers.sqlite._db import schema
from memio.providers.sqlite._db.migrations import MIGRATIONS
from memio.providers.sqlite._db.progress import Progress

Program = Callable[..., "subprocess.Popen[str]"]

FACTS = 400
NOW = schema.VERSION
NEXT = NOW + 1


def add_length(db: sqlite3.Connection, progress: Progress) -> None:
    """Add a column, and fill it row by row."""
    db.execute("ALTER TABLE fact ADD COLUMN length INTEGER NOT NULL DEFAULT 0")
    rows = db.execute("SELECT seq, content FROM fact").fetchall()
    for done, (seq, content) in enumerate(rows, 1):
        db.execute("UPDATE fact SET length = ? WHERE seq = ?", (len(content), seq))
        progress("facts measured", done, len(rows))


def index_length(db: sqlite3.Connection, progress: Progress) -> None:
    """Add an index on the column of the migration before."""
    db.execute("CREATE INDEX fact_length ON fact (length)")


def register(monkeypatch: pytest.MonkeyPatch, *migrations: Any) -> None:
    """Make these migrations lead to the schemas after the present one."""
    for version, migration in enumerate(migrations, NEXT):
        monkeypatch.setitem(MIGRATIONS, version, migration)
    monkeypatch.setattr(schema, "VERSION", NOW + len(migrations))


PROGRAM = """
import asyncio, os, signal, sys
from memio.providers.sqlite import SqliteFactAdapter
from memio.providers.sqlite._db import schema
from memio.providers.sqlite._db.migrations import MIGRATIONS

def migration(db, progress):
    db.execute("ALTER TABLE fact ADD COLUMN length INTEGER NOT NULL DEFAULT 0")
    print("begun", flush=True)
    db.execute("PRAGMA cache_size = 10")  # so that SQLite writes to the log before the commit
    for (seq,) in db.execute("SELECT seq FROM fact").fetchall():
        db.execute("UPDATE fact SET length = 1, content = content || content WHERE seq = ?", (seq,))
        progress("facts", seq, 400)
        if sys.argv[2:] == [str(seq)]:
            os.kill(os.getpid(), signal.SIGKILL)

async def main():
    store = SqliteFactAdapter(path=sys.argv[1])
    sys.stdin.readline()
    print(len(await store.get_all(limit=1000)), flush=True)
    await store.aclose()

schema.VERSION += 1
MIGRATIONS[schema.VERSION] = migration
asyncio.run(main())
"""


@pytest.fixture
def filled(path: Path) -> Path:
    """Return a closed file of the present schema with facts."""

    async def main() -> None:
        store = SqliteFactAdapter(path=path)
        await store.add_many(items=[{"content": f"fact {number} " + "x" * 500} for number in range(FACTS)])
        await store.aclose()

    asyncio.run(main())
    return path


async def contents(path: Path, **settings: Any) -> list[str]:
    store = SqliteFactAdapter(path=path, **settings)
    try:
        return [fact.content for fact in await store.get_all(limit=1000)]
    finally:
        await store.aclose()


def dump(path: Path) -> list[str]:
    """Return all that a database holds, after what a killed process has left was recovered."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (version,) = db.execute("PRAGMA user_version").fetchone()
        kept = [f"schema {version}"]
        for name, sql in db.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall():
            kept.append(f"{name}: {sql}")
            # The rows of a full-text index cannot be listed; it keeps what it holds in other tables.
            if sql and sql.startswith("CREATE TABLE"):
                kept += map(repr, db.execute(f"SELECT * FROM {name}"))  # noqa: S608  # a name of the schema
        return kept


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def refusal(path: Path, kind: type[MemioError] = ProviderError, **settings: Any) -> MemioError:
    with pytest.raises(kind) as caught:
        asyncio.run(contents(path, **settings))
    assert caught.value.outcome == "not_applied"  # type: ignore[attr-defined]
    return caught.value


def test_there_is_a_migration_to_every_version_after_the_first() -> None:
    assert sorted(MIGRATIONS) == list(range(2, schema.VERSION + 1))


def test_an_older_file_is_migrated_by_a_read(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = asyncio.run(contents(filled))
    register(monkeypatch, add_length)
    assert asyncio.run(contents(filled)) == before
    assert version_of(filled) == NEXT
    with closing(sqlite3.connect(filled)) as db:
        assert db.execute("SELECT count(*) FROM fact WHERE length > 500").fetchone() == (FACTS,)
    assert list(filled.parent.iterdir()) == [filled]


def test_several_migrations_run_in_the_order_of_their_versions(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, add_length, index_length)

    async def write() -> None:
        store = SqliteFactAdapter(path=filled)
        await store.add(content="new")
        await store.aclose()

    asyncio.run(write())
    assert version_of(filled) == NOW + 2
    assert len(asyncio.run(contents(filled))) == FACTS + 1


def test_a_migration_that_fails_leaves_the_old_schema_with_those_before_it_undone(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(filled)

    def fails(db: sqlite3.Connection, progress: Progress) -> None:
        db.execute("DROP TABLE document")
        db.execute("INSERT INTO missing VALUES (1)")

    with monkeypatch.context() as patch:
        register(patch, add_length, fails)
        assert "no such table: missing" in str(refusal(filled))
    assert dump(filled) == before


def test_a_disk_that_gets_full_during_a_migration_leaves_the_old_schema(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(filled)

    def fills(db: sqlite3.Connection, progress: Progress) -> None:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")
        db.execute("UPDATE fact SET content = content || content")

    with monkeypatch.context() as patch:
        register(patch, fills)
        assert "is full" in str(refusal(filled))
    assert dump(filled) == before


def test_a_disk_with_too_little_room_is_noticed_before_anything_is_changed(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = filled.stat().st_size
    before = dump(filled)

    def free(count: int) -> None:
        usage = shutil.disk_usage(filled.parent)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=count))

    register(monkeypatch, add_length)
    free(2 * size - 1)
    message = str(refusal(filled))
    assert f"{2 * size:,} bytes" in message
    assert f"{2 * size - 1:,}" in message
    assert dump(filled) == before
    free(2 * size)
    asyncio.run(contents(filled))
    assert version_of(filled) == NEXT


def test_a_file_that_is_only_read_is_refused_and_the_error_states_how_to_migrate_it(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(filled)
    register(monkeypatch, add_length)
    message = str(refusal(filled, read_only=True))
    assert f"schema {NOW}" in message
    assert "open it once with this version where it can be written" in message
    assert dump(filled) == before
    asyncio.run(contents(filled))
    assert len(asyncio.run(contents(filled, read_only=True))) == FACTS


def test_another_process_that_writes_for_too_long_makes_it_unavailable(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch, add_length)
    with closing(sqlite3.connect(filled, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        error = refusal(filled, UnavailableError, busy_timeout=0.05)
        other.execute("ROLLBACK")
    assert "must be migrated" in str(error)
    assert version_of(filled) == NOW
    asyncio.run(contents(filled))
    assert version_of(filled) == NEXT


def test_a_client_that_has_the_file_open_is_refused_after_a_newer_version_has_migrated_it(
    filled: Path, program: Program
) -> None:
    async def main() -> None:
        store = SqliteFactAdapter(path=filled)
        assert len(await store.get_all(limit=1000)) == FACTS
        await store.add(content="one more")
        newer = program(PROGRAM, filled)
        output, errors = await asyncio.to_thread(newer.communicate, "\n", 60)
        assert (output.split(), errors) == (["begun", str(FACTS + 1)], "")
        migrated = dump(filled)
        calls: list[Any] = [
            store.get_all(limit=10),
            store.search(query="fact", limit=10),
            store.add(content="by the old version"),
            store.erase(),
        ]
        for error in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(error, ProviderError)
            assert error.outcome == "not_applied"
            # Searches open another connection, which names the newer schema in other words.
            assert f"schema {NEXT}" in str(error)
            assert "newer memio-core" in str(error)
        await store.aclose()
        assert dump(filled) == migrated

    asyncio.run(main())


def test_progress_is_logged_once_for_each_tenth(
    filled: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    register(monkeypatch, add_length)
    caplog.set_level(logging.INFO, logger="memio.sqlite")
    asyncio.run(contents(filled))
    first, *steps, last = [record.getMessage() for record in caplog.records]
    assert first == f"migrating {filled} from schema {NOW} to {NEXT}"
    assert [step.rpartition(", ")[2] for step in steps] == ["1 of 400", *(f"{n} of 400" for n in range(40, 401, 40))]
    assert last == f"migrated {filled} to schema {NEXT}"


def test_of_several_processes_that_open_the_file_at_once_one_migrates_it(filled: Path, program: Program) -> None:
    started = [program(PROGRAM, filled) for _ in range(4)]
    for each in started:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    lines: list[str] = []
    for each in started:
        output, errors = each.communicate(timeout=120)
        assert errors == ""
        lines += output.split()
    assert sorted(lines) == sorted(["begun", *[str(FACTS)] * 4])
    assert version_of(filled) == NEXT


def killed(path: Path, folder: Path, kill: Callable[[Path], Any]) -> tuple[Path, list[str]]:
    """Kill a process that migrates a copy of the file; return the copy and what it then holds."""
    folder.mkdir()
    copy = Path(shutil.copy(path, folder))
    kill(copy)
    recovered = shutil.copytree(folder, folder.with_suffix(".recovered"))
    return copy, dump(recovered / copy.name)


def test_a_process_that_is_killed_within_a_migration_leaves_the_old_schema(
    filled: Path, tmp_path: Path, program: Program
) -> None:
    before = dump(filled)
    chance = random.Random(7)  # noqa: S311  # a test that can be repeated
    for row in (1, *chance.sample(range(2, FACTS), 3), FACTS):

        def kill(copy: Path, row: int = row) -> None:
            process = program(PROGRAM, copy, row)
            output, _ = process.communicate("\n", timeout=60)
            assert (output, process.returncode) == ("begun\n", -signal.SIGKILL)

        copy, found = killed(filled, tmp_path / str(row), kill)
        assert found == before
        # The next client migrates it.
        assert program(PROGRAM, copy).communicate("\n", timeout=60)[0].split() == ["begun", str(FACTS)]
        assert version_of(copy) == NEXT


def test_a_process_that_is_killed_at_any_time_leaves_the_old_schema_or_the_new(
    filled: Path, tmp_path: Path, program: Program
) -> None:
    old = dump(filled)
    whole = Path(shutil.copy(filled, tmp_path / "whole.db"))
    assert program(PROGRAM, whole).communicate("\n", timeout=60)[0].split() == ["begun", str(FACTS)]
    new = dump(whole)
    chance = random.Random(8)  # noqa: S311  # as above
    for number in range(5):

        def kill(copy: Path) -> None:
            process = program(PROGRAM, copy)
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            process.stdout.readline()
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, 0.1))
            process.kill()
            process.wait()

        copy, found = killed(filled, tmp_path / str(number), kill)
        assert found in (old, new)
        assert program(PROGRAM, copy).communicate("\n", timeout=60)[0].split()[-1] == str(FACTS)
        assert dump(copy) == new
