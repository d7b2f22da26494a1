"""What the façades of one client share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from memio._loops.belonging import StoreLoops
from memio._loops.running import get_running_loop
from memio.capabilities import Kind
from memio.errors import ClosedError
from memio.plugins import Middleware


class Embeds(Protocol):
    """Embeds in the background what a client stores."""

    def called(self, kind: Kind, *, wrote: bool) -> None:
        """Note a call of a store; `wrote` states whether it stored texts."""
        ...

    def destination_of(self, kind: Kind) -> str | None:
        """Return where the texts of a kind are sent; `None` where they stay on this machine."""
        ...


@dataclass(slots=True)
class ClientState:
    """A client's middleware, the event loops of its stores, what embeds its texts, and whether it is open."""

    middleware: tuple[Middleware, ...] = ()
    loops: StoreLoops = field(default_factory=lambda: StoreLoops(own=False))
    embeds: Embeds | None = None
    closed: bool = False

    def check(self) -> object:
        """Refuse a call on a closed client, or without an event loop of asyncio; return the running loop."""
        loop = get_running_loop()
        if self.closed:
            raise ClosedError("this client is closed: make another, or stay inside the block that opened it")
        return loop
