"""Documents as archival passages of a Letta agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from memio.capabilities import Feature
from memio.models import Document, Page
from memio.protocols import DocumentInput
from memio.providers.letta._api.agent import Agent
from memio.providers.letta._hints import CLIENT_IDS, FILTERS, USER_SCOPE
from memio.providers.letta._remains import of_passages
from memio.providers.letta._rows.labels import MAX_METADATA_BYTES
from memio.providers.letta._rows.passages import MAX_CONTENT_BYTES, Passage
from memio.providers.letta._rows.records import Records
from memio.providers.letta._store import LettaStore
from memio.toolkit import trusted

# The text is checked when it is read, and the metadata with the label.
_made = trusted(Document)


def _document(passage: Passage) -> Document:
    # No updated_at: Letta's search does not return it, and every read returns the same record.
    return _made(
        id=passage.id,
        content=passage.content,
        user_id=passage.label.user_id,
        metadata=passage.label.metadata,
        created_at=passage.created_at,
    )


class LettaDocumentAdapter(LettaStore):
    """A store of documents: each is one archival passage of the agent, never cut into chunks.

    The agent's own memory tools see them, with their owner and metadata in a tag. Without `collection`,
    the store spans the whole archive: it also returns what the agent or `LettaFactAdapter` put there,
    and `delete_all` clears all of it.

    Args:
        misplaced: Refused: settings are passed by name.
        settings: The keys of `LettaSettings`: `agent_id` (the Letta agent, `LETTA_AGENT_ID` when left out),
            `base_url` (the server, `LETTA_BASE_URL` or Letta's cloud), `api_key` (`LETTA_API_KEY`), `timeout`
            (seconds, 60), `max_retries` (2), `allow_insecure_http`, `user_scope`, `collection`.

    Raises:
        ConfigError: With everything that is wrong with the settings.
        TypeError: A setting was passed by position.
    """

    max_content_bytes = MAX_CONTENT_BYTES
    max_metadata_bytes = MAX_METADATA_BYTES
    hints: Mapping[str, str] = {
        Feature.USER_SCOPE: USER_SCOPE,
        Feature.CLIENT_IDS: CLIENT_IDS.format("doc_id"),
        Feature.FILTERS: FILTERS,
    }

    def _use(self, agent: Agent) -> None:
        super()._use(agent)
        self._records = Records(agent, "documents", _document)
        chosen = agent.settings
        self.identity = f"{chosen.base_url} {chosen.agent_id} {chosen.collection or ''}"
        scopes = {Feature.USER_SCOPE: chosen.user_scope}
        self.features = frozenset[str](
            {Feature.ATTRIBUTION, Feature.METADATA, Feature.UPDATE, *(name for name, on in scopes.items() if on)}
        )

    async def add(
        self, *, content: str, metadata: dict[str, Any] | None = None, user_id: str | None = None
    ) -> Document:
        """Store a new document. It is not sent again after a lost answer: then the error's `outcome` is `unknown`."""
        return await self._records.add({"content": content, "metadata": metadata, "user_id": user_id})

    async def add_many(self, *, items: Sequence[DocumentInput]) -> list[Document]:
        """Store many documents, in order: up to 500 in one request, all of them or none.

        Raises:
            PartialWriteError: A request failed after others: some documents are stored, or may be.
        """
        return await self._records.add_many(items)

    async def get(self, *, doc_id: str, user_id: str | None = None) -> Document:
        """Return one document, or raise `NotFoundError`."""
        return await self._records.get(doc_id, self._records.scope(user_id=user_id))

    async def get_all(self, *, limit: int, cursor: str | None, user_id: str | None = None) -> Page[Document]:
        """Return a page, in the order of `created_at`."""
        return await self._records.get_all(limit, cursor, self._records.scope(user_id=user_id))

    async def search(self, *, query: str, limit: int, user_id: str | None = None) -> list[Document]:
        """Return the documents nearest to the query by the agent's embedding, without scores; none is too far."""
        scope = self._records.scope(user_id=user_id)
        return await self._records.search(query, limit, scope)

    async def update(
        self, *, doc_id: str, content: str, metadata: dict[str, Any] | None = None, user_id: str | None = None
    ) -> Document:
        """Replace a document by a new one with another id, which keeps owner and `created_at`.

        A failure leaves the old text, or both: then `outcome` is `partial` and the message names the two ids.
        """
        scope = self._records.scope(user_id=user_id)
        return await self._records.update(doc_id, content, metadata, scope)

    async def delete(self, *, doc_id: str, user_id: str | None = None) -> None:
        """Delete one document, or raise `NotFoundError`. A passage of another agent is never deleted."""
        await self._records.delete(doc_id, self._records.scope(user_id=user_id))

    async def delete_all(self, *, user_id: str | None = None) -> None:
        """Delete every document in scope. Without `collection` and owner that is every passage of the archive."""
        await self._records.delete_all(self._records.scope(user_id=user_id))

    async def erase(self, *, user_id: str | None = None) -> list[str]:  # noqa: ARG002  # the same for every owner
        """Return what is left of an owner whose documents were deleted. The server has no call that removes it."""
        return of_passages(self._agent.id)
