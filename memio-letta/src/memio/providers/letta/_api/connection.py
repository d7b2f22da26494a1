"""The connection to a Letta server: one HTTP pool, and the key."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import TYPE_CHECKING

from memio.errors import AuthenticationError, ClosedError, ConfigError, Fault, ProviderError
from memio.providers.letta._api.client import make_client
from memio.providers.letta.settings import CLOUD, LettaSettings

if TYPE_CHECKING:
    from letta_client import AsyncLetta


class Connection:
    """One pool of connections to one server, opened on first use, for the event loop that uses it first.

    Raises:
        ConfigError: The key would travel over plain http.
    """

    def __init__(self, settings: LettaSettings) -> None:
        if settings.exposes_key and not settings.allow_insecure_http:
            raise ConfigError(
                [
                    Fault(
                        "base_url",
                        "the key would travel readably over plain http; use https, leave the key out, "
                        "or set allow_insecure_http = true if the network is yours",
                    )
                ],
                "the settings of letta",
            )
        self.settings = settings
        self._letta: AsyncLetta | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    @staticmethod
    def key(settings: LettaSettings) -> Hashable:
        """Return what is equal in the settings of stores that can share a connection."""
        return (
            settings.base_url,
            settings.key_to_send,
            settings.key_withheld,
            settings.timeout,
            settings.max_retries,
            settings.allow_insecure_http,
        )

    def open(self) -> AsyncLetta:
        """Return the client of letta-client, made on the first call.

        Raises:
            AuthenticationError: Letta's hosted service needs a key, and there is none.
            ProviderError: The environment or the URL keeps the client from being made.
            ClosedError: The connection is closed.
            RuntimeError: It belongs to another event loop.
        """
        if self._closed:
            raise ClosedError("this Letta connection is closed: make a new client")
        loop = asyncio.get_running_loop()
        if self._letta is None:
            self._letta, self._loop = self._made(), loop
        elif self._loop is not loop:
            raise RuntimeError("this Letta connection belongs to another event loop: make one client per loop")
        return self._letta

    async def aclose(self) -> None:
        """Close the pool. Closing again does nothing."""
        self._closed = True
        letta, self._letta = self._letta, None
        if letta is not None:
            await letta.close()

    def _made(self) -> AsyncLetta:
        from httpx import InvalidURL

        if self.settings.key_to_send is None and self.settings.base_url == CLOUD:
            from memio.providers.letta._api.errors import key_advice

            raise AuthenticationError(f"{CLOUD} needs a key: {key_advice(self.settings)}")
        try:
            return make_client(self.settings)
        except InvalidURL as error:
            text = f"{self.settings.base_url} is not a valid address; check base_url / LETTA_BASE_URL"
            raise ProviderError(text, cause=error) from None
        except (ImportError, OSError, ValueError) as error:
            # What httpx reads there may hold a password: the message names only the class.
            raise ProviderError(
                f"the environment keeps a connection from being made ({type(error).__name__}): look at "
                "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY (socks needs the package httpx[socks]), NO_PROXY, "
                "SSL_CERT_FILE and SSL_CERT_DIR",
                cause=error,
            ) from None
