"""Files of schema 1 get schema 2 completely, or stay as they were."""

from __future__ import annotations

import asyncio
import gzip
import logging
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from memio import Memio, ProviderError
from memio.owners import Owner, Scope
from memio.providers.sqlite import SqliteFactAdapter
from memio.providers.sqlite._db import schema

Program = Callable[..., "subprocess.Popen[str]"]

FIXTURE = Path(__file__).parent / "schemas" / "schema_1.db.gz"
STEPS = [
    f"{table} rows {done}" for done in ("copied", "indexed") for table in ("fact", "document", "message", "triple")
]

MIGRATING = """
import asyncio, os, signal, sys
from memio.providers.sqlite import SqliteFactAdapter
from memio.providers.sqlite._db import migrations

class Killing(migrations.LoggedProgress):
    def __call__(self, what, done, total):
        if what == sys.argv[2]:
            os.kill(os.getpid(), signal.SIGKILL)

async def main():
    store = SqliteFactAdapter(path=sys.argv[1])
    print(len(await store.get_all(limit=1000)), flush=True)
    await store.aclose()

migrations.LoggedProgress = Killing
asyncio.run(main())
"""


@pytest.fixture
def old(path: Path) -> Path:
    """Return a file of schema 1."""
    path.write_bytes(gzip.decompress(FIXTURE.read_bytes()))
    return path


def dump(path: Path) -> list[str]:
    """Return all that a file holds, after what a killed process has left was recovered."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (version,) = db.execute("PRAGMA user_version").fetchone()
        return [f"schema {version}", *db.iterdump()]


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("step", STEPS)
def test_a_process_that_is_killed_at_any_step_leaves_schema_1(
    step: str, old: Path, tmp_path: Path, program: Program, assert_consistent: Callable[[], None]
) -> None:
    before = dump(old)
    process = program(MIGRATING, old, step)
    output, errors = process.communicate(timeout=60)
    assert (output, process.returncode) == ("", -signal.SIGKILL), errors
    recovered = shutil.copytree(tmp_path, tmp_path.with_name(f"{tmp_path.name}-recovered"))
    assert dump(recovered / old.name) == before
    assert program(MIGRATING, old, "no step").communicate(timeout=60)[0].split() == ["180"]
    assert_consistent()


def test_migrated_rows_have_owners_counts_and_tokens_as_new_ones(
    old: Path, run: Callable[..., Any], assert_consistent: Callable[[], None]
) -> None:
    async def body(memio: Memio) -> None:
        before = await memio.facts.count(user_id="alice")
        await memio.facts.add("tea of the new version", user_id="alice", agent_id="planner", namespace=("app",))
        await memio.facts.add("tea of the new version", user_id="alice")
        assert await memio.facts.count(user_id="alice") == before + 2
        found = await memio.facts.search("tea", user_id="alice", limit=1000)
        assert {fact.namespace for fact in found} == {(), ("app",)}
        assert len({fact.agent_id for fact in found}) == 2

    run(body)
    assert_consistent()


def test_numbers_that_rows_once_had_are_not_used_again(old: Path, look: Callable[..., list[Any]]) -> None:
    sequence = "SELECT seq FROM sqlite_sequence WHERE name = 'fact'"
    change(old, "UPDATE sqlite_sequence SET seq = 5000 WHERE name = 'fact'")

    async def main() -> str:
        store = SqliteFactAdapter(path=old)
        first = await store.get(fact_id="f000")
        assert first.version == "1"
        added = await store.add(content="new")
        await store.aclose()
        return str(added.version)

    assert asyncio.run(main()) == "5001"
    assert look(sequence) == [(5001,)]


def test_a_cursor_of_schema_1_goes_on_in_schema_2(old: Path, look: Callable[..., list[Any]]) -> None:
    ((identity,),) = look("SELECT value FROM meta WHERE key = 'identity'")
    numbers, ids = zip(*look("SELECT seq, id FROM fact ORDER BY seq LIMIT 15"), strict=True)

    async def main() -> list[str]:
        store = SqliteFactAdapter(path=old)
        page = await store.get_all(limit=5, cursor=f"fact-{identity}-{numbers[9]}")
        await store.aclose()
        return [fact.id for fact in page]

    assert asyncio.run(main()) == [*ids[10:]]


def test_sessions_without_messages_and_places_of_deleted_ones_are_dropped(
    old: Path, run: Callable[..., Any], look: Callable[..., list[Any]], assert_consistent: Callable[[], None]
) -> None:
    names = {name for (name,) in look("SELECT name FROM session")}
    change(
        old,
        "INSERT INTO label (text) VALUES ('somebody without records')",
        "INSERT INTO session (name, user) SELECT 'empty', max(id) FROM label",
        "INSERT INTO session (name, user) VALUES ('deleted', -100)",
    )
    assert {session.id for session in run(lambda memio: memio.history.get_all(limit=1000))} == names
    assert look("SELECT count(*) FROM owner WHERE user = 'somebody without records'") == [(0,)]
    assert_consistent()


def test_a_triple_of_schema_1_has_no_time(old: Path, run: Callable[..., Any]) -> None:
    assert old.exists()

    async def body(memio: Memio) -> None:
        triples = await memio.graph.get_all(limit=1000)
        assert {triple.created_at for triple in triples} == {None}

    run(body)


def test_each_step_reports_its_progress(old: Path, run: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="memio.sqlite")
    run(lambda memio: memio.facts.get_all())
    first, *steps, last = [record.getMessage() for record in caplog.records]
    assert first == f"migrating {old} from schema 1 to {schema.VERSION}"
    assert last == f"migrated {old} to schema {schema.VERSION}"
    assert [step for step in STEPS if any(f": {step}, " in message for message in steps)] == STEPS
    assert f"migrating {old} to schema 2: fact rows copied, 180 of 180" in steps


def test_a_file_of_schema_1_that_is_only_read_is_refused(old: Path) -> None:
    before = dump(old)

    async def main() -> None:
        store = SqliteFactAdapter(path=old, read_only=True)
        with pytest.raises(ProviderError, match="has schema 1, this memio reads schema 3"):
            await store.get_all(limit=1)
        await store.aclose()

    asyncio.run(main())
    assert dump(old) == before


def test_an_owner_without_labels_keeps_its_records_apart(old: Path) -> None:
    async def main() -> None:
        store = SqliteFactAdapter(path=old)
        nobody = await store.get_all(limit=1000, scope=Scope.of(Owner()))
        everything = await store.get_all(limit=1000)
        assert nobody == [fact for fact in everything if fact.owner == Owner()]
        assert 0 < len(nobody) < len(everything)
        await store.aclose()

    asyncio.run(main())
