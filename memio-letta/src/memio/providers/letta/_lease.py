"""An adapter's hold on a connection: its own, the client's, or one shared with adapters like it."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary, ref

from memio.providers.letta._connection import Connection
from memio.providers.letta.settings import LettaSettings


class Lease:
    """What an adapter holds while it is open.

    Adapters that are made in code, with equal settings, share one connection per event loop; the last
    one that is closed closes it. Nothing is opened before the first call.

    Args:
        settings: Where to connect to.
        connection: A connection that belongs to somebody else, who closes it.

    Raises:
        ConfigError: The key would travel over plain http.
    """

    def __init__(self, settings: LettaSettings, connection: Connection | None = None) -> None:
        # Also where a shared one will be used: settings that are refused are refused at once.
        self._given = connection
        self._own = connection or Connection(settings)
        self._shared: _Shared | None = None
        self._closed = False

    def connection(self) -> Connection:
        """Return the connection, for a call in the running loop."""
        if self._closed:
            raise RuntimeError("this Letta adapter is closed: make a new one")
        if self._given is not None:
            return self._given
        if self._shared is None:
            self._shared = _share(self._own)
        return self._shared.connection

    async def aclose(self) -> None:
        """Give the connection back. Closing again does nothing."""
        shared, self._shared, self._closed = self._shared, None, True
        if shared is not None:
            shared.users -= 1
            if not shared.users:
                await shared.connection.aclose()


class _Shared:
    """A connection, the loop it belongs to, and how many adapters use it."""

    def __init__(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        self.connection = connection
        self.loop = ref(loop)
        self.users = 0


# Weak on both ends: a connection that nobody closed goes with its last adapter, and keeps no loop alive.
_open: WeakValueDictionary[tuple[int, Hashable], _Shared] = WeakValueDictionary()


def _share(connection: Connection) -> _Shared:
    loop = asyncio.get_running_loop()
    place = (id(loop), Connection.key(connection.settings))
    shared = _open.get(place)
    # The number of a loop that is gone may belong to another one now.
    if shared is None or not shared.users or shared.loop() is not loop:
        shared = _open[place] = _Shared(connection, loop)
    shared.users += 1
    return shared
