"""The floor: `sqlite3` of the standard library with memio's tables, indexes and settings, and no checks at all.

A call goes to one thread through an executor, as asynchronous programs do it; a batch runs in the calling thread.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Self
from uuid import uuid4

from memio.providers.sqlite._db.files import Files
from memio.providers.sqlite._db.location import Location
from memio.providers.sqlite._rows.reindex import reindex_all
from memio.providers.sqlite._search.tags import record_tags, tag
from memio.toolkit import LENGTH_BITS, length_class

TAGS = " ".join((tag("o", 1), tag("u", 1), tag("a", 0), tag("e", 0)))
"""The tags of the only owner."""
ADD_OWNER = "INSERT OR IGNORE INTO owner (id, user, agent, path, tags) VALUES (1, 'ann', '', x'', ?)"
ADD_FACT = (
    "INSERT INTO fact (seq, id, owner, version, created_at, updated_at, metadata, content) "
    "VALUES (?, ?, 1, ?, ?, ?, ?, ?)"
)
COUNT = "UPDATE owner SET facts = facts + ? WHERE id = 1"
ADD_TEXT = "INSERT INTO fact_text (rowid, words) VALUES (?, ?)"
COLUMNS = (
    "SELECT r.seq, r.id, o.user, o.agent, r.content, r.metadata, r.created_at, r.updated_at "
    "FROM fact r CROSS JOIN owner o ON o.id = r.owner WHERE "
)
RANKED = (
    f"SELECT rowid >> {LENGTH_BITS} FROM fact_text WHERE fact_text MATCH ? "  # noqa: S608  # a constant
    f"ORDER BY rowid & {(1 << LENGTH_BITS) - 1}, rowid DESC LIMIT 10"
)
"""For a query of one word, the best are the shortest, and of these the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a caller gets back; of the fields of memio's `Fact`."""

    id: str
    content: str
    user_id: str | None
    agent_id: str | None
    metadata: dict[str, Any]
    score: float | None
    created_at: int
    updated_at: int


def connect(folder: Path) -> Connection:
    """Return a connection to a file with the provider's tables and settings."""
    return Files(Location(str(folder / "memio.db"), "full", 30, True), reindex_all).open(writes=True)


def insert(db: Connection, items: Iterable[tuple[str, dict[str, Any] | None]]) -> list[Record]:
    """Store records in one transaction: ids, JSON and records are made, nothing is checked."""
    db.execute("BEGIN IMMEDIATE")
    (last,) = db.execute("SELECT coalesce(max(seq), 0) FROM fact").fetchone()
    now = time.time_ns() // 1000
    rows: list[tuple[Any, ...]] = []
    indexed: list[tuple[Any, ...]] = []
    records: list[Record] = []
    for seq, (content, metadata) in enumerate(items, last + 1):
        name = str(uuid4())
        rows.append((seq, name, seq, now, now, json.dumps(metadata) if metadata else None, content))
        number = seq << LENGTH_BITS | length_class(content.count(" ") + 1)
        indexed.append((number, f"{content} {record_tags(TAGS, metadata)}"))
        records.append(
            Record(
                id=name,
                content=content,
                user_id="ann",
                agent_id=None,
                metadata=metadata or {},
                score=None,
                created_at=now,
                updated_at=now,
            )
        )
    db.executemany(ADD_FACT, rows)
    db.executemany(ADD_TEXT, indexed)
    db.execute(COUNT, (len(rows),))
    db.execute("COMMIT")
    return records


def read(db: Connection, condition: str, *values: Any) -> list[Record]:
    """Return records."""
    found: list[Record] = []
    for row in db.execute(COLUMNS + condition, values):
        _, name, user, agent, content, metadata, created, updated = row
        found.append(
            Record(
                id=name,
                content=content,
                user_id=user,
                agent_id=agent or None,
                metadata=json.loads(metadata) if metadata else {},
                score=None,
                created_at=created,
                updated_at=updated,
            )
        )
    return found


def search(db: Connection, query: str) -> list[Record]:
    """Return the ten best records for a word."""
    found = db.execute(RANKED, (f'"{query}"',)).fetchall()
    return [record for (seq,) in found for record in read(db, "r.seq = ?", seq)]


class Peer:
    """The plain tables."""

    waits_in_threads = True
    """The event loop goes on while a call waits, so others may call at the same time."""

    direct: Connection
    writer: Connection
    reader: Connection

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ids: list[str] = []
        self.writes, self.reads = ThreadPoolExecutor(1), ThreadPoolExecutor(1)

    @classmethod
    async def open(cls, folder: Path) -> Self:
        """Open the file three times: for writing, for reading meanwhile, and for batches in the calling thread."""
        peer = cls(folder)
        peer.direct = connect(folder)
        peer.direct.execute(ADD_OWNER, (TAGS,))
        peer.writer, peer.reader = await peer._write(connect, folder), await peer._read(connect, folder)
        return peer

    async def close(self) -> None:
        """Close the connections and end the threads."""
        await self._read(self.reader.close)
        await self._write(self.writer.close)
        self.direct.close()
        self.writes.shutdown()
        self.reads.shutdown()

    async def _write(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.writes, work, *arguments)

    async def _read(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.reads, work, *arguments)

    async def add(self, text: str) -> None:
        """Store one record in one transaction."""
        self.ids += [record.id for record in await self._write(insert, self.writer, [(text, None)])]

    async def add_many(self, texts: list[str]) -> None:
        """Store many records in one transaction."""
        self.ids += [record.id for record in insert(self.direct, [(text, None) for text in texts])]

    async def add_many_with_metadata(self, texts: list[str]) -> None:
        """Store many records with metadata in one transaction."""
        insert(self.direct, [(text, {"source": "chat", "turn": n}) for n, text in enumerate(texts)])

    async def get(self, number: int) -> None:
        """Read one record by its id."""
        assert len(await self._read(read, self.reader, "r.id = ? LIMIT 2", self.ids[number])) == 1

    async def page(self) -> None:
        """Read a hundred records in order."""
        rows = await self._read(read, self.reader, "r.seq > ? ORDER BY r.seq LIMIT 101", 0)
        assert len(rows) >= 100

    async def search(self, query: str, seed: int) -> None:
        """Find the ten best."""
        del seed  # no vectors here
        assert await self._read(search, self.reader, query)
