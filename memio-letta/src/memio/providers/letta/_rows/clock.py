"""The time of the server, as far as its answers show it.

The passages of a batch get their times from memio, a microsecond apart, and they must be later than the times of all
passages that are stored, which the server sets. An answer that holds the time at which the server made it bounds the
server's clock: the time was taken between the sending of the request and the arrival of the answer.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from time import monotonic

from memio.providers.letta._api.fresh import FRESH

TICK = timedelta(microseconds=1)
"""Between the times of two passages of a batch."""

WIDEST = 0.5
"""Seconds of uncertainty up to which the bounds are used: a call may wait as long, until its times have passed."""


class ServerClock:
    """The bounds of the server's clock."""

    def __init__(self) -> None:
        self._origin: datetime | None = None
        self._least = self._most = self._noted = 0.0
        self._last: datetime | None = None

    def note(self, shown: datetime | None, *, sent: float) -> None:
        """Take over a time that the server took while it answered.

        Args:
            shown: The time; `None` where the answer has none.
            sent: `monotonic()` before the request.
        """
        if shown is None:
            return
        received = monotonic()
        if self._origin is None:
            self._origin = shown
        seconds = (shown - self._origin).total_seconds()
        # The server's clock minus this process's one, counted from the first time that was shown.
        least, most = seconds - received, seconds - sent
        if received - self._noted < FRESH:
            both = max(least, self._least), min(most, self._most)
            if both[0] <= both[1]:  # otherwise the clock was set
                least, most = both
        else:
            self._noted = received
        self._least, self._most = least, most

    def reserve(self, count: int) -> datetime | None:
        """Return the time for the first of several passages: after all that are stored; `None` when it is not known."""
        now = monotonic()
        if self._origin is None or now - self._noted >= FRESH or self._most - self._least > WIDEST:
            return None
        begin = self._origin + timedelta(seconds=now + self._most) + TICK
        if self._last is not None and self._last >= begin:
            begin = self._last + TICK
        self._last = begin + (count - 1) * TICK
        return begin

    async def wait_until_past(self, time: datetime) -> None:
        """Wait until the server's clock is certainly past a time: what is stored from then on is later."""
        if self._origin is None:
            return
        left = (time - self._origin).total_seconds() - (monotonic() + self._least)
        if 0 < left <= 2 * WIDEST:
            await asyncio.sleep(left)
