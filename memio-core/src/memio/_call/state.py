"""What the façades of one client share."""

from __future__ import annotations

from dataclasses import dataclass, field

from memio._loops.belonging import StoreLoops
from memio._loops.running import get_running_loop
from memio.errors import ClosedError
from memio.plugins import Middleware


@dataclass(slots=True)
class ClientState:
    """A client's middleware, the event loops of its stores, and whether it is open."""

    middleware: tuple[Middleware, ...] = ()
    loops: StoreLoops = field(default_factory=lambda: StoreLoops(own=False))
    closed: bool = False

    def check(self) -> object:
        """Refuse a call on a closed client, or without an event loop of asyncio; return the running loop."""
        loop = get_running_loop()
        if self.closed:
            raise ClosedError("this client is closed: make another, or stay inside the block that opened it")
        return loop
