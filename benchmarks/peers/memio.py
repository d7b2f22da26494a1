"""memio's facts on SQLite, through the client."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from memio import Memio
from memio.protocols import FactInput

OWNER = "ann"


class Peer:
    """Facts of one owner."""

    waits_in_threads = True
    """The event loop goes on while a call waits, so others may call at the same time."""

    def __init__(self, memio: Memio) -> None:
        self.memio = memio
        self.ids: list[str] = []

    @classmethod
    async def open(cls, folder: Path) -> Self:
        """Open a file in the folder; it is made when it is first used."""
        memio = Memio.from_config({"facts": {"provider": "sqlite", "path": str(folder / "memio.db")}})
        await memio.facts.get_all(limit=1)
        return cls(memio)

    async def close(self) -> None:
        """Close the file."""
        await self.memio.aclose()

    async def add(self, text: str) -> None:
        """Store one fact."""
        self.ids.append((await self.memio.facts.add(content=text, user_id=OWNER)).id)

    async def add_many(self, texts: list[str]) -> None:
        """Store many facts in one transaction."""
        self.ids += [fact.id for fact in await self.memio.facts.add_many(texts, user_id=OWNER)]

    async def add_many_with_metadata(self, texts: list[str]) -> None:
        """Store many facts with metadata in one transaction."""
        items: list[FactInput] = [
            {"content": text, "metadata": {"source": "chat", "turn": n}} for n, text in enumerate(texts)
        ]
        await self.memio.facts.add_many(items, user_id=OWNER)

    async def get(self, number: int) -> None:
        """Read one fact by its id."""
        await self.memio.facts.get(fact_id=self.ids[number])

    async def page(self) -> None:
        """Read a hundred facts in order."""
        assert len(await self.memio.facts.get_all(limit=100)) == 100

    async def search(self, query: str, seed: int) -> None:
        """Find the ten best."""
        del seed  # no vectors here
        assert await self.memio.facts.search(query=query, limit=10)
