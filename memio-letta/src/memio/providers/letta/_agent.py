"""The agent whose memory a store is, as the place that requests go to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from memio.errors import MemioError, NotFoundError, UnavailableError
from memio.providers.letta._connection import Connection
from memio.providers.letta._lease import Lease
from memio.providers.letta.settings import LettaSettings

if TYPE_CHECKING:
    from letta_client import AsyncLetta

    from memio.providers.letta._errors import Effect

T = TypeVar("T")

MALFORMED = HTTPStatus.UNPROCESSABLE_ENTITY
MISSING = HTTPStatus.NOT_FOUND
REFUSED = HTTPStatus.BAD_REQUEST


class Embedding(NamedTuple):
    """A model that turns texts into vectors: those of two models cannot be compared."""

    model: str
    dimension: int
    endpoint: str | None


class Agent:
    """One Letta agent, reached through a connection.

    Args:
        settings: Its id and where it lives.
        connection: A connection that belongs to somebody else.
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
        operation: str,
        effect: Effect = "read",
        statuses: Callable[[int], MemioError | None] | None = None,
    ) -> T:
        """Make one call; as `Connection.request`, but a missing agent is an error that says so."""
        return await self._lease.connection().request(
            call, parse, operation=operation, effect=effect, statuses=statuses or self._absent
        )

    async def archive_id(self, operation: str) -> str | None:
        """Return the id of the agent's archive; `None` before its first passage.

        Raises:
            NotFoundError: There is no such agent.
        """
        return await self.request(
            lambda letta: letta.archives.list(agent_id=self.id, limit=1),
            lambda page: page.items[0].id if page.items else None,
            operation=operation,
            statuses=self.unlisted,
        )

    async def embedding(self, operation: str) -> Embedding | None:
        """Return how the agent embeds what it stores and what it searches for; `None` where it does not."""
        return await self.request(
            lambda letta: letta.agents.retrieve(self.id),
            lambda agent: embedding_of(agent.embedding_config),
            operation=operation,
        )

    async def check(self, operation: str) -> None:
        """Make sure that the agent exists, where an empty answer may also mean that it does not.

        Raises:
            NotFoundError: There is no such agent.
        """
        await self.archive_id(operation)

    def missing(self) -> NotFoundError:
        """Return the error of an agent that is not there."""
        return NotFoundError(
            "agent",
            self.id,
            hint=f"{self.settings.base_url} has none of this id; check agent_id / LETTA_AGENT_ID, and base_url",
        )

    def unlisted(self, status: int) -> NotFoundError | None:
        """Return the error of a listing of archives that was refused: for a malformed id of an agent, with 400."""
        return self.missing() if status in (MISSING, MALFORMED, REFUSED) else None

    def restless(self, operation: str) -> UnavailableError:
        """Return the error of a read that other writers kept from coming to an end."""
        return UnavailableError("the records changed faster than they could be read", retryable=True)

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._lease.aclose()

    def _absent(self, status: int) -> MemioError | None:
        return self.missing() if status in (MISSING, MALFORMED) else None


def rows_of(answer: Any) -> list[Any]:
    """Return a list that the server answered with; anything else is none of Letta's answers."""
    if not isinstance(answer, list):
        raise TypeError(f"a list was expected, not {type(answer).__name__}")
    return answer  # pyright: ignore[reportUnknownVariableType]  # its items are looked at one by one


def embedding_of(config: Any) -> Embedding | None:
    """Return the model that an agent or an archive is set to, if one is."""
    if config is None:
        return None
    return Embedding(config.embedding_model, config.embedding_dim, config.embedding_endpoint)


def no_meaning(_: int) -> None:
    """Give no status a meaning of its own: for requests whose failures say nothing about the agent."""


def done(raw: Any) -> None:
    """Look at the raw answer to a delete, which letta-client does not: a login page is none."""
    if raw is not None and raw.http_response.content:
        raw.http_response.json()
