"""memio's history on SQLite, through the client."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from memio import Memio, Message

SESSION = "monday"


class Peer:
    """One session."""

    def __init__(self, memio: Memio) -> None:
        self.memio = memio

    @classmethod
    async def open(cls, folder: Path) -> Self:
        """Open a new file in the folder."""
        return cls(Memio.from_config({"history": {"provider": "sqlite", "path": str(folder / "memio.db")}}))

    async def close(self) -> None:
        """Close the file."""
        await self.memio.aclose()

    async def append(self, texts: list[str]) -> None:
        """Store messages."""
        messages = [Message(role="user", content=text) for text in texts]
        await self.memio.history.add(session_id=SESSION, messages=messages)

    async def last(self) -> None:
        """Read the last fifty."""
        assert len(await self.memio.history.get(session_id=SESSION, limit=50)) == 50
