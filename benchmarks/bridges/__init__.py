"""The bridges, one a module: each has `opened(folder)`, which yields what makes the calls of a round.

A call is made through the bridge, on memio alone as the bridge makes it, and on what the framework brings, where it
brings that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

BRIDGE, ALONE, NATIVE = "bridge", "alone", "native"
"""The columns of every bridge."""

Call = Callable[[], Awaitable[object]]
Round = dict[str, dict[str, Call]]
"""By what is called, by column."""
Rounds = Callable[[int], Round]
"""Returns the calls of a round by its number."""
