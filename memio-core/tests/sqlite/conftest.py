"""Stores on real files, and small programs in processes of their own."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from memio import Memio
from memio.providers.sqlite._connection.deferred import Database
from memio.providers.sqlite._db.progress import ignore_progress
from memio.providers.sqlite._rows.reindex import reindex_all

KINDS = ("facts", "history", "documents", "graph")

Body = Callable[[Memio], Coroutine[Any, Any, Any]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memio.db"


@pytest.fixture
def opened(path: Path) -> Callable[..., Any]:
    """Return what opens a client with all four kinds on the file."""

    @asynccontextmanager
    async def open_client(where: Path | str = path, **settings: Any) -> AsyncIterator[Memio]:
        store = {"provider": "sqlite", "path": str(where), **settings}
        async with Memio.from_config(dict.fromkeys(KINDS, store)) as memio:
            yield memio

    return open_client


@pytest.fixture
def run(opened: Callable[..., Any]) -> Callable[[Body], Any]:
    """Return what runs an async function with a client; called again, it opens the same file again."""

    async def with_client(body: Body) -> Any:
        async with opened() as memio:
            return await body(memio)

    return lambda body: asyncio.run(with_client(body))


@pytest.fixture(params=["file", "memory"])
def both(request: pytest.FixtureRequest, opened: Callable[..., Any], path: Path) -> Callable[[Body], Any]:
    """As `run`, once on a file and once in memory."""
    where = path if request.param == "file" else ":memory:"

    async def with_client(body: Body) -> Any:
        async with opened(where) as memio:
            return await body(memio)

    return lambda body: asyncio.run(with_client(body))


@pytest.fixture
def look(path: Path) -> Iterator[Callable[..., list[Any]]]:
    """Return what reads the file with plain sqlite3, behind the provider's back."""

    def query(sql: str, *values: object) -> list[Any]:
        with closing(sqlite3.connect(path)) as db:
            rows = db.execute(sql, values).fetchall()
            db.commit()
            return rows

    return query


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return what starts a Python program of the given text; whatever still runs is ended after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(text: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", text, *map(str, arguments)]
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


INDEXES = ("fact_text", "document_text", "message_text", "triple_text")
COUNTED = {
    "facts": "SELECT owner FROM fact",
    "documents": "SELECT owner FROM document",
    "sessions": "SELECT owner FROM session",
    "messages": "SELECT s.owner FROM message m JOIN session s ON s.seq = m.session",
    "triples": "SELECT owner FROM triple",
}
"""For each column of `owner` that counts records, the owner of each record."""
SESSIONS = "SELECT session, min(timestamp), max(timestamp), count(*) FROM message GROUP BY session ORDER BY session"


@pytest.fixture
def assert_consistent(path: Path) -> Callable[[], None]:
    """Return what builds the full-text indexes anew from the tables, and compares every token."""
    return lambda: _assert_consistent(path)


def _terms(db: sqlite3.Connection, index: str) -> set[tuple[int, str]]:
    """Return every token of an index, with its row."""
    db.execute(f"CREATE VIRTUAL TABLE temp.v_{index} USING fts5vocab (main, {index}, 'instance')")
    return {*db.execute(f"SELECT doc, term FROM temp.v_{index}")}  # noqa: S608  # the names from above


def _assert_consistent(path: Path) -> None:
    """Build the indexes of a copy anew from the tables, compare every token, and count the records of each owner."""
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(":memory:", factory=Database)) as fresh:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.backup(fresh)
        reindex_all(fresh, ignore_progress)
        for index in INDEXES:
            db.execute(f"INSERT INTO {index} ({index}) VALUES ('integrity-check')")  # noqa: S608  # the names from above
            assert _terms(db, index) == _terms(fresh, index)
        for column, owners in COUNTED.items():
            counts = dict(db.execute(f"SELECT id, {column} FROM owner WHERE {column} <> 0").fetchall())  # noqa: S608  # as above
            assert counts == Counter(owner for (owner,) in db.execute(owners))
        assert db.execute("SELECT 1 FROM owner WHERE facts + documents + messages + triples = 0").fetchall() == []
        stored = db.execute("SELECT seq, created_at, updated_at, messages FROM session ORDER BY seq").fetchall()
        assert stored == db.execute(SESSIONS).fetchall()
