"""The floor for conversations: `sqlite3` with memio's table, index and settings, in one executor thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Self
from uuid import uuid4

from benchmarks.peers.raw_sqlite import connect

from memio.toolkit import LENGTH_BITS

ADD = "INSERT INTO message (seq, session, id, role, content, timestamp) VALUES (?, 1, ?, 'user', ?, ?)"
INDEX = "INSERT INTO message_text (rowid, words) VALUES (?, ?)"
BEFORE = "SELECT seq, content FROM message WHERE session = 1 ORDER BY seq DESC LIMIT 2"
LAST = (
    "SELECT seq, id, role, content, name, metadata, timestamp FROM message WHERE session = 1 ORDER BY seq DESC LIMIT 50"
)


def insert(db: Connection, texts: list[str]) -> None:
    """Store messages in one transaction, each indexed with the two before it."""
    db.execute("BEGIN IMMEDIATE")
    before = db.execute(BEFORE).fetchall()
    seq = before[0][0] if before else 0
    prev, prev2 = [*(text for _, text in before), "", ""][:2]
    for text in texts:
        seq += 1
        db.execute(ADD, (seq, str(uuid4()), text, time.time_ns() // 1000))
        db.execute(INDEX, (seq << LENGTH_BITS, f"{text} {prev} {prev2} s1"))
        prev, prev2 = text, prev
    db.execute("COMMIT")


class Peer:
    """One session."""

    db: Connection

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)

    @classmethod
    async def open(cls, folder: Path) -> Self:
        """Open a new file in the folder."""
        peer = cls()
        peer.db = await peer._run(connect, folder)
        return peer

    async def _run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.pool, work, *arguments)

    async def close(self) -> None:
        """Close the file."""
        await self._run(self.db.close)
        self.pool.shutdown()

    async def append(self, texts: list[str]) -> None:
        """Store messages."""
        await self._run(insert, self.db, texts)

    async def last(self) -> None:
        """Read the last fifty."""
        assert len(await self._run(lambda: self.db.execute(LAST).fetchall()[::-1])) == 50
