"""Waiting until what was added can be found by its meaning."""

from __future__ import annotations

from typing import Any

from memio.client import Stores

NOTE = "Some memories that were just added may not be found by their meaning yet; their words are found."


class Embedding:
    """Waits before a search for the texts that this server added.

    A backend that searches by meaning embeds texts after they are stored. Without one, nothing waits.

    Args:
        memio: The client, confined to the owner.
        seconds: How long a search waits at most.
    """

    def __init__(self, memio: Stores, seconds: float) -> None:
        self._wait: Any = getattr(memio, "wait_embedded", None)
        self._seconds = seconds
        self._added = False

    def added(self) -> None:
        """Note that something was added or changed."""
        self._added = True

    async def wait(self) -> bool:
        """Wait for what was added, and return whether all of it is embedded."""
        if self._wait is None or not self._added:
            return True
        self._added = False
        pending, _ = await self._wait(timeout=self._seconds)
        self._added = self._added or bool(pending)
        return not pending
