"""The Letta agent whose memory a store is. All requests are made here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from memio.errors import MemioError, NotFoundError, ProviderError, UnavailableError
from memio.providers.letta._api.attempts import attempt, pause_after
from memio.providers.letta._api.connection import Connection
from memio.providers.letta._api.lease import Lease
from memio.providers.letta.settings import LettaSettings

if TYPE_CHECKING:
    from letta_client import AsyncLetta

    from memio.providers.letta._api.errors import Effect

T = TypeVar("T")

MALFORMED = HTTPStatus.UNPROCESSABLE_ENTITY
MISSING = HTTPStatus.NOT_FOUND
REFUSED = HTTPStatus.BAD_REQUEST


class Agent:
    """One Letta agent, reached through a connection.

    Args:
        settings: Its id and its server.
        connection: A connection that the caller closes. Without one, the agent has its own or shares one with
            agents of equal settings.

    Raises:
        ConfigError: The key would travel over plain http.
    """

    def __init__(self, settings: LettaSettings, connection: Connection | None = None) -> None:
        self.id = settings.agent_id
        self.settings = settings
        self._lease = Lease(settings, connection)

    async def request(
        self,
        call: Callable[[AsyncLetta], Awaitable[Any]],
        parse: Callable[[Any], T],
        *,
        effect: Effect = "read",
        on_status: Callable[[int], MemioError | None] | None = None,
        seen: bool = True,
    ) -> T:
        """Make one call of letta-client, repeat it where that is safe, and return what `parse` makes of the answer.

        Args:
            call: Makes the request.
            parse: Reads the answer. What it raises means that the answer is not one of Letta's.
            effect: What the request does. It is repeated after a failure that may pass, where that is harmless.
                A `delete` of something that was seen before is done where Letta does not find it: only an earlier
                attempt, one that a proxy made, or another client can have deleted it.
            on_status: Returns the error for a status that has a meaning in this call, and `None` for the others.
                Without it, a missing or malformed id means that the agent does not exist.
            seen: Whether what a `delete` is about was seen before. Otherwise, the first attempt that Letta answers has
                to find it.

        Raises:
            MemioError: Any failure. Its outcome is that of the worst attempt: one that got no answer may have been
                carried out, whatever came of the later ones. The error of the SDK is in `cause`, and not chained: it
                may show what the server echoed.
        """
        from memio.providers.letta._api.errors import (
            FAILURES,
            NoAnswerError,
            UnexpectedAnswerError,
            requested_pause,
            status_of,
            translate,
        )

        letta = self._lease.connection().open()
        error_for = on_status or self._agent_missing
        attempts, in_doubt = 0, False
        while True:
            attempts += 1
            try:
                return await attempt(letta, call, parse)
            except (*FAILURES, UnexpectedAnswerError, NoAnswerError) as error:
                status = status_of(error)
                if status == MISSING and effect == "delete" and (seen or in_doubt):
                    return parse(None)
                problem = (error_for(status) if status else None) or translate(
                    error, effect=effect, settings=self.settings, in_doubt=in_doubt
                )
                pause = pause_after(
                    problem,
                    attempts=attempts,
                    effect=effect,
                    requested=requested_pause(error),
                    max_retries=self.settings.max_retries,
                )
            if isinstance(problem, ProviderError):
                problem.attempts = attempts
                in_doubt = in_doubt or problem.outcome == "unknown"
            if pause is None:
                raise problem from None
            await asyncio.sleep(pause)

    async def archive_id(self) -> str | None:
        """Return the id of the agent's archive; `None` before its first passage. One request.

        Raises:
            NotFoundError: The agent does not exist.
        """
        return await self.request(
            lambda letta: letta.archives.list(agent_id=self.id, limit=1),
            lambda page: page.items[0].id if page.items else None,
            on_status=self.archives_refused,
        )

    async def ensure_exists(self) -> None:
        """Make sure that the agent exists, where an empty answer may also mean that it does not. One request.

        Raises:
            NotFoundError: The agent does not exist.
        """
        await self.archive_id()

    def archives_refused(self, status: int) -> NotFoundError | None:
        """Return the error of a listing of archives that was refused: with 400 for a malformed id of an agent."""
        return self._not_found() if status in (MISSING, MALFORMED, REFUSED) else None

    def changed_too_often(self) -> UnavailableError:
        """Return the error of a read that did not come to an end because other clients kept changing the records."""
        return UnavailableError("the records changed faster than they could be read", retryable=True)

    async def aclose(self) -> None:
        """Give the connection back. Closing again does nothing."""
        await self._lease.aclose()

    def _agent_missing(self, status: int) -> MemioError | None:
        return self._not_found() if status in (MISSING, MALFORMED) else None

    def _not_found(self) -> NotFoundError:
        return NotFoundError(
            "agent",
            self.id,
            hint=f"{self.settings.base_url} has no agent of this id; check agent_id / LETTA_AGENT_ID, and base_url",
        )


def only_usual_errors(_: int) -> None:
    """Give no status a meaning, as `on_status` of requests whose failures do not show that the agent is missing."""
