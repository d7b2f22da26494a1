"""Facts as archival passages of a Letta agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from memio.capabilities import Feature, Guarantee
from memio.models import Fact, Page
from memio.protocols import FactInput
from memio.providers.letta._agent import Agent
from memio.providers.letta._archive import Archive
from memio.providers.letta._arguments import agent_for, described
from memio.providers.letta._hints import AGENT_SCOPE, CLIENT_IDS, FILTERS, USER_SCOPE
from memio.providers.letta._passages import MAX_CONTENT_BYTES, Passage
from memio.providers.letta._remains import of_passages
from memio.providers.letta.settings import LettaOptions


class LettaFactAdapter:
    """A store of facts: each is one archival passage of the agent.

    The agent's own memory tools see them, with their owner and metadata in a tag. Without `collection`
    the store is the whole archive: it also sees what the agent or `LettaDocumentAdapter` put there, and
    `delete_all` clears it all.

    Args:
        agent: The agent, where it is at hand already; then the settings are its own.
        settings: The keys of `LettaSettings`: `agent_id` (the Letta agent, `LETTA_AGENT_ID` when left out),
            `base_url` (the server, `LETTA_BASE_URL` or Letta's cloud), `api_key` (`LETTA_API_KEY`), `timeout`
            (seconds, 60), `max_retries` (2), `allow_insecure_http`, `user_scope`, `agent_scope`, `collection`.

    Raises:
        ConfigError: With everything that is wrong with the settings.
        TypeError: A setting was passed by position.
    """

    provider = "letta"
    max_content_bytes = MAX_CONTENT_BYTES
    hints: Mapping[str, str] = {
        Feature.USER_SCOPE: USER_SCOPE,
        Feature.AGENT_SCOPE: AGENT_SCOPE,
        Feature.CLIENT_IDS: CLIENT_IDS.format("fact_id"),
        Feature.FILTERS: FILTERS,
    }

    def __init__(self, agent: Agent | None = None, /, **settings: Unpack[LettaOptions]) -> None:
        self._agent = agent_for(self, agent, settings)
        self._archive = Archive(self._agent, "facts")
        chosen = self._agent.settings
        self.identity = f"{chosen.base_url} {chosen.agent_id} {chosen.collection or ''}"
        scopes = {Feature.USER_SCOPE: chosen.user_scope, Feature.AGENT_SCOPE: chosen.agent_scope}
        self.features = frozenset(
            {Feature.ATTRIBUTION, Feature.METADATA, Feature.UPDATE, *(name for name, on in scopes.items() if on)}
        )
        self.guarantees = frozenset(
            {Guarantee.VERBATIM, Guarantee.READ_YOUR_WRITES, Guarantee.DURABLE}
            | ({Guarantee.SEPARATE_KINDS} if chosen.collection else set())
        )

    def __repr__(self) -> str:
        return described(self)

    async def add(
        self,
        *,
        content: str,
        metadata: dict[str, Any] | None = None,
        user_id: str | None = None,
        agent_id: str | None = None,
    ) -> Fact:
        """Store a new fact. It is not sent again after a lost answer: then the error's `outcome` is `unknown`."""
        record = {"content": content, "metadata": metadata, "user_id": user_id, "agent_id": agent_id}
        return _fact(await self._archive.add(record))

    async def add_many(self, *, items: Sequence[FactInput]) -> list[Fact]:
        """Store many facts, in order: up to 500 in one request, all of them or none.

        Raises:
            PartialWriteError: A request failed after others: some facts are stored, or may be.
        """
        return await self._archive.add_many(items, _fact)

    async def get(self, *, fact_id: str, user_id: str | None = None, agent_id: str | None = None) -> Fact:
        """Return one fact, or raise `NotFoundError`."""
        return _fact(await self._archive.get(fact_id, self._archive.scope(user_id=user_id, agent_id=agent_id)))

    async def get_all(
        self, *, limit: int, cursor: str | None, user_id: str | None = None, agent_id: str | None = None
    ) -> Page[Fact]:
        """Return a page, in the order of `created_at`."""
        return await self._archive.get_all(
            limit, cursor, self._archive.scope(user_id=user_id, agent_id=agent_id), _fact
        )

    async def search(
        self, *, query: str, limit: int, user_id: str | None = None, agent_id: str | None = None
    ) -> list[Fact]:
        """Return the facts nearest to the query by the agent's embedding, without scores; none is too far."""
        scope = self._archive.scope(user_id=user_id, agent_id=agent_id)
        return [_fact(passage) for passage in await self._archive.search(query, limit, scope)]

    async def update(
        self,
        *,
        fact_id: str,
        content: str,
        metadata: dict[str, Any] | None = None,
        user_id: str | None = None,
        agent_id: str | None = None,
    ) -> Fact:
        """Replace a fact by a new one with another id, which keeps owner and `created_at`.

        A failure leaves the old text, or both: then `outcome` is `partial` and the message names the two ids.
        """
        scope = self._archive.scope(user_id=user_id, agent_id=agent_id)
        return _fact(await self._archive.update(fact_id, content, metadata, scope))

    async def delete(self, *, fact_id: str, user_id: str | None = None, agent_id: str | None = None) -> None:
        """Delete one fact, or raise `NotFoundError`. A passage of another agent is never deleted."""
        await self._archive.delete(fact_id, self._archive.scope(user_id=user_id, agent_id=agent_id))

    async def delete_all(self, *, user_id: str | None = None, agent_id: str | None = None) -> None:
        """Delete every fact in scope. Without `collection` and owner that is every passage of the archive."""
        await self._archive.delete_all(self._archive.scope(user_id=user_id, agent_id=agent_id))

    async def erase(self, *, user_id: str | None = None, agent_id: str | None = None) -> list[str]:  # noqa: ARG002  # the same for every owner
        """Say what stays of an owner whose facts were deleted; the server has no call that takes it away."""
        return of_passages(self._agent.id)

    async def aclose(self) -> None:
        """Give the connection back. Closing again does nothing."""
        await self._agent.aclose()


def _fact(passage: Passage) -> Fact:
    # No updated_at: Letta's search does not return it, and a record is the same from every read.
    return Fact(
        id=passage.id,
        content=passage.content,
        user_id=passage.label.user_id,
        agent_id=passage.label.agent_id,
        metadata=passage.label.metadata,
        created_at=passage.created_at,
    )
