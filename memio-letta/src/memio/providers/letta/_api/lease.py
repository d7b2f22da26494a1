"""Who uses a connection, and who closes it."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary, ref

from memio.errors import ClosedError
from memio.providers.letta._api.connection import Connection
from memio.providers.letta.settings import LettaSettings


class Lease:
    """The use of a connection by one adapter, from its first call until it is closed.

    Adapters that are made in code, with equal settings, share one connection per event loop; closing the last
    of them closes it. Nothing is opened before the first call.

    Args:
        settings: The server.
        connection: A connection that the caller closes.

    Raises:
        ConfigError: The key would travel over plain http.
    """

    def __init__(self, settings: LettaSettings, connection: Connection | None = None) -> None:
        self._given = connection
        # Made also where a shared one will be used, so that settings that are refused are refused at once.
        self._own = connection or Connection(settings)
        self._shared: _Shared | None = None
        self._closed = False

    def connection(self) -> Connection:
        """Return the connection, for a call in the running loop.

        Raises:
            ClosedError: The adapter is closed.
        """
        if self._closed:
            raise ClosedError("this Letta adapter is closed: make a new one")
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


# Weak on both ends: a connection that was never closed goes with its last adapter, and keeps no loop alive.
_open: WeakValueDictionary[tuple[int, Hashable], _Shared] = WeakValueDictionary()


def _share(connection: Connection) -> _Shared:
    loop = asyncio.get_running_loop()
    key = (id(loop), Connection.key(connection.settings))
    shared = _open.get(key)
    # A new loop may have the id of one that is gone.
    if shared is None or not shared.users or shared.loop() is not loop:
        shared = _open[key] = _Shared(connection, loop)
    shared.users += 1
    return shared
