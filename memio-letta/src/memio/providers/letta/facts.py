"""Facts as archival passages of a Letta agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from memio.capabilities import Feature
from memio.models import Fact, Page
from memio.protocols import FactInput
from memio.providers.letta._api.agent import Agent
from memio.providers.letta._hints import AGENT_SCOPE, CLIENT_IDS, FILTERS, USER_SCOPE
from memio.providers.letta._remains import of_passages
from memio.providers.letta._rows.labels import MAX_METADATA_BYTES
from memio.providers.letta._rows.passages import MAX_CONTENT_BYTES, Passage
from memio.providers.letta._rows.records import Records
from memio.providers.letta._store import LettaStore
from memio.toolkit import trusted

# The text is checked when it is read, and the metadata with the label.
_made = trusted(Fact)


def _fact(passage: Passage) -> Fact:
    # No updated_at: Letta's search does not return it, and every read returns the same record.
    return _made(
        id=passage.id,
        content=passage.content,
        user_id=passage.label.user_id,
        agent_id=passage.label.agent_id,
        metadata=passage.label.metadata,
        created_at=passage.created_at,
    )


class LettaFactAdapter(LettaStore):
    """A store of facts: each is one archival passage of the agent.

    The agent's own memory tools see them, with their owner and metadata in a tag. Without `collection`,
    the store spans the whole archive: it also returns what the agent or `LettaDocumentAdapter` put there,
    and `delete_all` clears all of it.

    Args:
        misplaced: Refused: settings are passed by name.
        settings: The keys of `LettaSettings`: `agent_id` (the Letta agent, `LETTA_AGENT_ID` when left out),
            `base_url` (the server, `LETTA_BASE_URL` or Letta's cloud), `api_key` (`LETTA_API_KEY`), `timeout`
            (seconds, 60), `max_retries` (2), `allow_insecure_http`, `user_scope`, `agent_scope`, `collection`.

    Raises:
        ConfigError: With everything that is wrong with the settings.
        TypeError: A setting was passed by position.
    """

    max_content_bytes = MAX_CONTENT_BYTES
    max_metadata_bytes = MAX_METADATA_BYTES
    hints: Mapping[str, str] = {
        Feature.USER_SCOPE: USER_SCOPE,
        Feature.AGENT_SCOPE: AGENT_SCOPE,
        Feature.CLIENT_IDS: CLIENT_IDS.format("fact_id"),
        Feature.FILTERS: FILTERS,
    }

    def _use(self, agent: Agent) -> None:
        super()._use(agent)
        self._records = Records(agent, "facts", _fact)
        chosen = agent.settings
        self.identity = f"{chosen.base_url} {chosen.agent_id} {chosen.collection or ''}"
        scopes = {Feature.USER_SCOPE: chosen.user_scope, Feature.AGENT_SCOPE: chosen.agent_scope}
        self.features = frozenset[str](
            {Feature.ATTRIBUTION, Feature.METADATA, Feature.UPDATE, *(name for name, on in scopes.items() if on)}
        )

    async def add(
        self,
        *,
        content: str,
        metadata: dict[str, Any] | None = None,
        user_id: str | None = None,
        agent_id: str | None = None,
    ) -> Fact:
        """Store a new fact. It is not sent again after a lost answer: then the error's `outcome` is `unknown`."""
        item = {"content": content, "metadata": metadata, "user_id": user_id, "agent_id": agent_id}
        return await self._records.add(item)

    async def add_many(self, *, items: Sequence[FactInput]) -> list[Fact]:
        """Store many facts, in order: up to 500 in one request, all of them or none.

        Raises:
            PartialWriteError: A request failed after others: some facts are stored, or may be.
        """
        return await self._records.add_many(items)

    async def get(self, *, fact_id: str, user_id: str | None = None, agent_id: str | None = None) -> Fact:
        """Return one fact, or raise `NotFoundError`."""
        return await self._records.get(fact_id, self._records.scope(user_id=user_id, agent_id=agent_id))

    async def get_all(
        self, *, limit: int, cursor: str | None, user_id: str | None = None, agent_id: str | None = None
    ) -> Page[Fact]:
        """Return a page, in the order of `created_at`."""
        return await self._records.get_all(limit, cursor, self._records.scope(user_id=user_id, agent_id=agent_id))

    async def search(
        self, *, query: str, limit: int, user_id: str | None = None, agent_id: str | None = None
    ) -> list[Fact]:
        """Return the facts nearest to the query by the agent's embedding, without scores; none is too far."""
        scope = self._records.scope(user_id=user_id, agent_id=agent_id)
        return await self._records.search(query, limit, scope)

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
        scope = self._records.scope(user_id=user_id, agent_id=agent_id)
        return await self._records.update(fact_id, content, metadata, scope)

    async def delete(self, *, fact_id: str, user_id: str | None = None, agent_id: str | None = None) -> None:
        """Delete one fact, or raise `NotFoundError`. A passage of another agent is never deleted."""
        await self._records.delete(fact_id, self._records.scope(user_id=user_id, agent_id=agent_id))

    async def delete_all(self, *, user_id: str | None = None, agent_id: str | None = None) -> None:
        """Delete every fact in scope. Without `collection` and owner that is every passage of the archive."""
        await self._records.delete_all(self._records.scope(user_id=user_id, agent_id=agent_id))

    async def erase(self, *, user_id: str | None = None, agent_id: str | None = None) -> list[str]:  # noqa: ARG002  # the same for every owner
        """Return what is left of an owner whose facts were deleted. The server has no call that removes it."""
        return of_passages(self._agent.id)
