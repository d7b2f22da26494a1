"""Plain FTS5 with its default tokenizer: any word of the question, bm25, a table for each conversation."""

from __future__ import annotations

import re
from pathlib import Path
from sqlite3 import Connection, connect

from benchmarks.locomo import Conversation


class Store:
    """One table for each conversation."""

    def __init__(self, db: Connection) -> None:
        self.db = db

    async def remember(self, conversation: Conversation) -> None:
        """Store a conversation."""
        table = _table(conversation.name)
        self.db.execute(f"CREATE VIRTUAL TABLE {table} USING fts5 (id UNINDEXED, body)")
        rows = [(turn.id, f"{turn.speaker}: {turn.text}") for turn in conversation.turns]
        self.db.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)  # noqa: S608  # a name made of letters and digits

    async def find(self, name: str, question: str, limit: int) -> list[str]:
        """Return the ids of the best turns of a conversation."""
        table = _table(name)
        words = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", question))
        found = f"SELECT id FROM {table} WHERE {table} MATCH ? ORDER BY rank LIMIT ?"  # noqa: S608  # as above
        return [name for (name,) in self.db.execute(found, (words, limit))]

    async def close(self) -> None:
        """Close the file."""
        self.db.close()


def _table(name: str) -> str:
    return "turns_" + re.sub(r"\W", "_", name)


async def open_store(folder: Path) -> Store:
    """Open a new file in the folder."""
    return Store(connect(folder / "plain.db"))
