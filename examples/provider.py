"""A provider in one file: facts as text files in a folder, one file a fact; `python examples/provider.py` runs it.

Used as here, it needs no installation. An entry point `folder = "provider"` lets configurations name it: "folder".
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from time import time_ns
from uuid import uuid4

from memio import Fact, Memio, NotFoundError, Page
from memio.hookspecs import hookimpl
from memio.plugins import StoreSpec
from memio.settings import Settings


class FolderFactAdapter:
    """A store of facts. It declares no feature, so the client refuses owners, metadata and updates."""

    provider = "folder"
    features = frozenset[str]()
    guarantees = frozenset({"verbatim", "stable_ids", "read_your_writes", "durable"})

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    async def add(self, *, content: str) -> Fact:
        self.folder.mkdir(parents=True, exist_ok=True)
        last = max((int(name[:20]) for name in self.names()), default=0)  # in order, also when the clock is turned back
        name = f"{max(time_ns(), last + 1):020}-{uuid4().hex}.fact"
        unfinished = self.folder / f"{name}.new"
        await asyncio.to_thread(unfinished.write_bytes, content.encode())  # bytes, as text would change line ends
        unfinished.rename(self.folder / name)  # readers see the whole file or none
        return Fact(id=name, content=content)

    async def get(self, *, fact_id: str) -> Fact:
        if found := await asyncio.to_thread(self.read, [name for name in self.names() if name == fact_id]):
            return found[0]
        raise NotFoundError("fact", fact_id)

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[Fact]:
        names = [name for name in self.names() if name > (cursor or "")]  # still right when that file is gone
        facts = await asyncio.to_thread(self.read, names[:limit])
        return Page(facts, names[limit - 1] if len(names) > limit else None)

    async def search(self, *, query: str, limit: int) -> list[Fact]:
        words = set(query.lower().split())
        facts = await asyncio.to_thread(self.read, self.names())
        scored = [(len(words & set(fact.content.lower().split())) + (query in fact.content), fact) for fact in facts]
        return [fact for score, fact in sorted(scored, key=lambda hit: -hit[0]) if score][:limit]

    async def delete(self, *, fact_id: str) -> None:
        await self.get(fact_id=fact_id)
        (self.folder / fact_id).unlink(missing_ok=True)

    async def delete_all(self) -> None:
        for name in self.names():
            (self.folder / name).unlink(missing_ok=True)

    async def aclose(self) -> None:
        """Do nothing: no file is kept open."""

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.fact"))

    def read(self, names: list[str]) -> list[Fact]:
        facts: list[Fact] = []
        for name in names:
            with suppress(FileNotFoundError):  # deleted meanwhile
                facts.append(Fact(id=name, content=(self.folder / name).read_bytes().decode()))
        return facts


class FolderSettings(Settings):
    """The settings of this provider in a configuration."""

    path: str = "facts"


@hookimpl
def memio_stores() -> list[StoreSpec]:
    """Offer the store to configurations."""
    return [
        StoreSpec(kind="facts", provider="folder", settings=FolderSettings, open=lambda s, _: FolderFactAdapter(s.path))
    ]


async def main() -> None:
    """Use the store without installing anything."""
    async with Memio(facts=FolderFactAdapter("facts")) as memio:
        await memio.facts.add(content="Alice likes coffee")
        print([hit.content for hit in await memio.facts.search(query="coffee")])


if __name__ == "__main__":
    asyncio.run(main())
