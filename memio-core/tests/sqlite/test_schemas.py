"""Files that earlier versions of memio wrote, and their exports, go on being read.

`schemas/schema_N.db.gz` is a database as the version with schema N left it, with all kinds, several owners, updates,
deletions and texts in several scripts; `schemas/schema_N.jsonl.gz` is that version's export of it.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from memio import Memio
from memio.capabilities import KINDS
from memio.transfer import export, import_

SCHEMAS = Path(__file__).parent / "schemas"
VERSIONS = sorted(int(path.name.removeprefix("schema_").partition(".")[0]) for path in SCHEMAS.glob("schema_*.db.gz"))


def client(path: Path) -> Memio:
    return Memio.from_config({kind: {"provider": "sqlite", "path": str(path)} for kind in KINDS})


def unpacked(name: str, path: Path) -> Path:
    path.write_bytes(gzip.decompress((SCHEMAS / name).read_bytes()))
    return path


def records_of(path: Path) -> list[dict[str, Any]]:
    """Return the lines of an export that are records, without what is `None`."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:-1]]
    return [{name: value for name, value in line.items() if value is not None} for line in lines]


def assert_same(now: list[dict[str, Any]], kept: list[dict[str, Any]]) -> None:
    """Compare records with those of an earlier export, which lacks the fields that came later."""
    assert [{name: one.get(name) for name in other} for one, other in zip(now, kept, strict=True)] == kept
    later = {name for one, other in zip(now, kept, strict=True) for name in one.keys() - other.keys()}
    assert later <= {"namespace", "created_at"}


def test_there_is_a_file_of_every_schema_so_far():
    from memio.providers.sqlite._db.schema import VERSION

    assert list(range(1, VERSION + 1)) == VERSIONS


def tables_of(path: Path) -> tuple[list[Any], dict[str, list[Any]]]:
    """Return the names of all tables and indexes of a file, and the columns of each table."""
    with closing(sqlite3.connect(path)) as db:
        objects = db.execute("SELECT type, name, tbl_name FROM sqlite_master ORDER BY type, name").fetchall()
        tables = [name for kind, name, _ in objects if kind == "table"]
        return objects, {name: db.execute(f"PRAGMA table_xinfo({name})").fetchall() for name in tables}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_of_an_earlier_schema_gets_the_tables_of_a_new_file(version: int, tmp_path: Path):
    paths = unpacked(f"schema_{version}.db.gz", tmp_path / "memio.db"), tmp_path / "new.db"

    async def main() -> None:
        for path in paths:
            async with client(path) as memio:
                await memio.facts.get_all()

    asyncio.run(main())
    migrated, new = map(tables_of, paths)
    assert migrated == new


def test_the_description_of_the_tables_with_owners_is_that_of_the_schema(tmp_path: Path):
    from memio.providers.sqlite._db.schema import OWNED_TABLES, create

    with closing(sqlite3.connect(tmp_path / "new.db")) as db:
        create(db)
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {
            (table, column)
            for table in tables
            for _, column, *_ in db.execute(f"PRAGMA table_info({table})")
            if column == "owner"
        }
        counts = {column for _, column, *_ in db.execute("PRAGMA table_info(owner)")}
    assert found == {(table.name, "owner") for table in OWNED_TABLES}
    assert {table.column for table in OWNED_TABLES} <= counts
    assert sorted(table.kind for table in OWNED_TABLES) == sorted(KINDS)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_of_an_earlier_schema_holds_what_it_held(version: int, tmp_path: Path):
    path = unpacked(f"schema_{version}.db.gz", tmp_path / "memio.db")
    kept = unpacked(f"schema_{version}.jsonl.gz", tmp_path / "kept.jsonl")

    async def main() -> None:
        async with client(path) as memio:
            await export(memio, tmp_path / "now.jsonl")

    asyncio.run(main())
    assert_same(records_of(tmp_path / "now.jsonl"), records_of(kept))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_of_an_earlier_schema_can_be_searched_and_written(version: int, tmp_path: Path):
    path = unpacked(f"schema_{version}.db.gz", tmp_path / "memio.db")

    async def main() -> None:
        async with client(path) as memio:
            assert await memio.facts.search(query="tea", user_id="alice")
            assert await memio.facts.search(query="寿司")
            assert await memio.documents.search(query="capital of France")
            assert await memio.history.search(query="market", user_id="alice")
            assert await memio.graph.search(query="Zoe", user_id="alice")
            added = await memio.facts.add(content="written by this version", user_id="alice")
            assert [hit.id for hit in await memio.facts.search(query="written version")] == [added.id]
            await memio.facts.delete_all(user_id="alice")
            assert await memio.facts.search(query="tea", user_id="alice") == []

    asyncio.run(main())


@pytest.mark.parametrize("version", VERSIONS)
def test_an_export_of_an_earlier_version_can_be_imported(version: int, tmp_path: Path):
    kept = unpacked(f"schema_{version}.jsonl.gz", tmp_path / "kept.jsonl")

    async def main() -> None:
        async with client(tmp_path / "new.db") as memio:
            await import_(memio, kept)
            await export(memio, tmp_path / "now.jsonl")

    asyncio.run(main())
    assert_same(records_of(tmp_path / "now.jsonl"), records_of(kept))
