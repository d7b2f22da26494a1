"""Facts as archival passages of a Letta agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from memio.models import Fact, Page
from memio.owners import ANYWHERE, NO_OWNER, Owner, Scope
from memio.protocols import FactInput, Mode
from memio.providers.letta import _hints, _remains
from memio.providers.letta._api.agent import Agent
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
        user_id=passage.label.owner.user_id,
        agent_id=passage.label.owner.agent_id,
        namespace=passage.label.owner.namespace,
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
            (seconds, 60), `max_retries` (2), `allow_insecure_http`, `user_scope`, `agent_scope`, `namespaces`,
            `collection`.

    Raises:
        ConfigError: With everything that is wrong with the settings.
        TypeError: A setting was passed by position.
    """

    max_content_bytes = MAX_CONTENT_BYTES
    max_metadata_bytes = MAX_METADATA_BYTES
    hints: Mapping[str, str] = _hints.of_passages("fact_id")

    def _use(self, agent: Agent) -> None:
        super()._use(agent)
        self._records = Records(agent, "facts", _fact)
        self.identity = f"{agent.settings.base_url} {agent.id} {agent.settings.collection or ''}"
        self.features = agent.settings.features_of_passages

    async def add(self, *, content: str, metadata: dict[str, Any] | None = None, owner: Owner = NO_OWNER) -> Fact:
        """Store a new fact. It is not sent again after a lost answer: then the error's `outcome` is `unknown`."""
        return await self._records.add(content, metadata, owner)

    async def add_many(self, *, items: Sequence[FactInput]) -> list[Fact]:
        """Store many facts, in order: up to 500, and up to 1 MB, in one request, all of them or none.

        Raises:
            PartialWriteError: A request failed after others: some facts are stored, or may be.
        """
        return await self._records.add_many(items)

    async def get(self, *, fact_id: str, scope: Scope = ANYWHERE) -> Fact:
        """Return one fact, or raise `NotFoundError`."""
        return await self._records.get(fact_id, scope)

    async def get_all(self, *, limit: int, cursor: str | None, scope: Scope = ANYWHERE) -> Page[Fact]:
        """Return a page, in the order of `created_at`."""
        return await self._records.get_all(limit, cursor, scope)

    async def search(
        self,
        *,
        query: str,
        limit: int,
        mode: Mode = "auto",  # noqa: ARG002  # Letta has one way
        scope: Scope = ANYWHERE,
    ) -> list[Fact]:
        """Return the facts nearest to the query by the agent's embedding, without scores; none is too far."""
        return await self._records.search(query, limit, scope)

    async def update(
        self,
        *,
        fact_id: str,
        content: str | None = None,
        metadata: dict[str, Any] | None = None,
        scope: Scope = ANYWHERE,
    ) -> Fact:
        """Replace a fact by a new one with another id, which keeps owner, `created_at` and what is not given.

        A failure leaves the old fact, or both: then `outcome` is `partial` and the message names the two ids.
        """
        return await self._records.update(fact_id, content, metadata, scope)

    async def delete(self, *, fact_id: str, scope: Scope = ANYWHERE) -> None:
        """Delete one fact, or raise `NotFoundError`. A passage of another agent is never deleted."""
        await self._records.delete(fact_id, scope)

    async def delete_all(self, *, scope: Scope = ANYWHERE) -> None:
        """Delete every fact in scope. Without `collection` and owner that is every passage of the archive."""
        await self._records.delete_all(scope)

    async def erase(self, *, scope: Scope = ANYWHERE) -> list[str]:
        """Return what is left of an owner whose facts were deleted. The server has no call that removes it."""
        return _remains.of_passages(self._agent.id, scope)
