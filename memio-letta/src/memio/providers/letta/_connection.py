"""The connection to a Letta server: one HTTP pool, the key, retries, and errors in memio's words."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Hashable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from memio.errors import AuthenticationError, ConfigError, Fault, MemioError, ProviderError
from memio.providers.letta.settings import CLOUD, LettaSettings

if TYPE_CHECKING:
    from letta_client import AsyncLetta

    from memio.providers.letta._errors import Effect

T = TypeVar("T")

FIRST_PAUSE = 0.5
"""Seconds before the first repetition; doubled for each further one."""
LONGEST_PAUSE = 30.0
"""Seconds. A server that asks for a longer one gets no repetition: its wish is in the error instead."""


class Connection:
    """One pool of connections to one server, opened on first use, for the loop that uses it first.

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
        """Return what two settings have in common whose stores can share a connection."""
        return (
            settings.base_url,
            settings.key_to_send,
            settings.key_withheld,
            settings.timeout,
            settings.max_retries,
            settings.allow_insecure_http,
        )

    async def request(
        self,
        call: Callable[[AsyncLetta], Awaitable[Any]],
        parse: Callable[[Any], T],
        *,
        operation: str,
        effect: Effect,
        statuses: Callable[[int], MemioError | None] | None = None,
    ) -> T:
        """Make one call of letta-client, repeat it where that is safe, and return what `parse` makes of the answer.

        Args:
            call: Makes the request.
            parse: Takes the answer apart. Where it stumbles, the answer was none of Letta's.
            operation: How errors call it.
            effect: What the request does. It is repeated after a failure that may pass, where that is harmless.
                A `delete` must be of something that was seen before: where Letta does not find it, it is done. Only
                an earlier attempt, one that a proxy made, or another client can have deleted it.
            statuses: The error for a status that means something to this call, or `None` for the usual one.

        Raises:
            MemioError: Any failure. Its outcome is that of the worst attempt: one that got no answer may have been
                carried out, whatever the later ones met. The error of the SDK is in `cause`, and not chained: it
                may show what the server echoed.
        """
        from memio.providers.letta._errors import (
            FAILURES,
            NoAnswerError,
            UnexpectedAnswerError,
            asked_pause,
            status_of,
            translate,
        )

        letta = self._open(operation)
        attempts, in_doubt = 0, False
        while True:
            attempts += 1
            try:
                return _parsed(parse, await _answer(call, letta))
            except (*FAILURES, UnexpectedAnswerError, NoAnswerError) as error:
                status = status_of(error)
                if status == HTTPStatus.NOT_FOUND and effect == "delete":
                    return parse(None)
                problem = (statuses(status) if statuses and status else None) or translate(
                    error, operation=operation, effect=effect, settings=self.settings, in_doubt=in_doubt
                )
                pause = self._pause(problem, attempts, effect, asked_pause(error))
            if isinstance(problem, ProviderError):
                problem.attempts = attempts
                in_doubt = in_doubt or problem.outcome == "unknown"
            if pause is None:
                raise problem from None
            await asyncio.sleep(pause)

    async def aclose(self) -> None:
        """Close the pool. Closing again does nothing."""
        self._closed = True
        letta, self._letta = self._letta, None
        if letta is not None:
            await letta.close()

    def _pause(self, problem: MemioError, attempts: int, effect: Effect, asked: float | None) -> float | None:
        """Return the seconds to wait before the call is repeated, or `None` when it is not."""
        if effect == "turn" or not getattr(problem, "retryable", False) or attempts > self.settings.max_retries:
            return None
        if asked is not None:
            return asked if asked <= LONGEST_PAUSE else None
        # Jitter, so that callers that failed together do not come back together.
        pause = FIRST_PAUSE * (1 << (attempts - 1))
        return min(pause, LONGEST_PAUSE) * random.uniform(0.75, 1.0)  # noqa: S311  # no secret

    def _open(self, operation: str) -> AsyncLetta:
        if self._closed:
            raise RuntimeError("this Letta connection is closed: make a new client")
        loop = asyncio.get_running_loop()
        if self._letta is None:
            if self.settings.key_to_send is None and self.settings.base_url == CLOUD:
                from memio.providers.letta._errors import key_advice

                raise AuthenticationError(f"{CLOUD} needs a key: {key_advice(self.settings)}")
            self._letta, self._loop = self._made(operation), loop
        elif self._loop is not loop:
            raise RuntimeError("this Letta connection belongs to another event loop: make one client per loop")
        return self._letta

    def _made(self, operation: str) -> AsyncLetta:
        from httpx import InvalidURL

        try:
            return make_client(self.settings)
        except InvalidURL as error:
            text = f"{self.settings.base_url} is no address; check base_url / LETTA_BASE_URL"
            raise ProviderError(text, cause=error) from None
        except (ImportError, OSError, ValueError) as error:
            # What httpx reads there may hold a password: only the class is told.
            raise ProviderError(
                f"the environment keeps a connection from being made ({type(error).__name__}): look at "
                "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY (socks needs the package httpx[socks]), NO_PROXY, "
                "SSL_CERT_FILE and SSL_CERT_DIR",
                cause=error,
            ) from None


async def _answer(call: Callable[[AsyncLetta], Awaitable[Any]], letta: AsyncLetta) -> Any:
    from memio.providers.letta._errors import UnexpectedAnswerError

    try:
        return await call(letta)
    except AttributeError as error:  # where letta-client expects a page, it looks into whatever came
        raise UnexpectedAnswerError(type(error).__name__) from None


def _parsed(parse: Callable[[Any], T], answer: Any) -> T:
    from memio.providers.letta._errors import UnexpectedAnswerError

    try:
        return parse(answer)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # letta-client passes on whatever JSON came with a 200, unchecked.
        raise UnexpectedAnswerError(type(error).__name__) from None


def make_client(settings: LettaSettings) -> AsyncLetta:
    """Return a client of letta-client that repeats nothing, follows no redirect and sends no key but the chosen one."""
    import httpx
    from letta_client import AsyncLetta, DefaultAsyncHttpxClient, Omit

    timeout = httpx.Timeout(settings.timeout, connect=min(5.0, settings.timeout))
    key = settings.key_to_send.get_secret_value() if settings.key_to_send else None
    # letta-client adds the headers of LETTA_CUSTOM_HEADERS to every request, wherever it goes. They may hold a
    # secret, and nobody passed them to memio: each is taken out by its name.
    ambient = [line.partition(":")[0].strip() for line in os.environ.get("LETTA_CUSTOM_HEADERS", "").split("\n")]
    headers: dict[str, Any] = {name: Omit() for name in ambient}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    # On the way to this machine no proxy of the environment has a part: the key would travel to it readably.
    trusts_environment = not (settings.is_local and settings.base_url.startswith("http:"))
    letta = AsyncLetta(
        base_url=settings.base_url,
        api_key=key,
        timeout=timeout,
        max_retries=0,  # it would repeat calls that create; `Connection.request` knows which it may repeat
        default_headers=headers,
        http_client=DefaultAsyncHttpxClient(timeout=timeout, follow_redirects=False, trust_env=trusts_environment),
    )
    letta.api_key = key  # without a key, letta-client would take the one of the environment
    return letta
