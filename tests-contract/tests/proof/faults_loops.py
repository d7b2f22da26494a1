"""Faults that show when a store is called from several event loops and threads."""

from __future__ import annotations

import asyncio
import time
from contextlib import nullcontext, suppress

from proof.catalogue import fault
from proof.lacking import OneLoop


@fault("loops.any")
class WaitsByALockOfOneLoop(OneLoop):
    """Its lock works in the loop where a call first waited for it, and raises RuntimeError in others."""


@fault("loops.at-once")
class NumbersWithoutALock:
    """Two threads give two records one number, and the first of the two is lost."""

    def __init__(self, backend):
        super().__init__(backend)
        backend.lock = nullcontext()

    def place(self, row):
        row.id = row.id or self.new_id(row)
        number = self.backend.last + 1
        time.sleep(0.001)  # another thread reads the number now
        self.backend.last = number
        self.backend.rows[number] = kept = self.keep(row)
        return kept


@fault("loops.closing")
class WaitsForATaskOfOneLoop:
    """Closing waits for a task that the first call has started in its loop."""

    task = None

    async def pause(self):
        if self.task is None:
            self.task = asyncio.create_task(asyncio.Event().wait())
        await super().pause()

    async def aclose(self):
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task
