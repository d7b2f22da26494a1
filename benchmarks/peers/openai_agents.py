"""A session of openai-agents on SQLite: write-ahead log, a commit for each call, no index of the text."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Self


class Peer:
    """One session."""

    def __init__(self, session: Any) -> None:
        self.session = session

    @classmethod
    async def open(cls, folder: Path) -> Self:
        """Open a new file in the folder."""
        agents = import_module("agents")  # not installed where types are checked
        return cls(agents.SQLiteSession("monday", folder / "session.db"))

    async def close(self) -> None:
        """Close the file."""
        self.session.close()

    async def append(self, texts: list[str]) -> None:
        """Store messages."""
        await self.session.add_items([{"role": "user", "content": text} for text in texts])

    async def last(self) -> None:
        """Read the last fifty."""
        assert len(await self.session.get_items(limit=50)) == 50
