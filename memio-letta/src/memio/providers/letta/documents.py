"""Documents as archival passages of a Letta agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from memio.capabilities import Feature, Guarantee
from memio.models import Document, Page
from memio.protocols import DocumentInput
from memio.providers.letta._agent import Agent
from memio.providers.letta._archive import Archive
from memio.providers.letta._arguments import agent_for, described
from memio.providers.letta._hints import CLIENT_IDS, FILTERS, USER_SCOPE
from memio.providers.letta._passages import MAX_CONTENT_BYTES, Passage
from memio.providers.letta._remains import of_passages
from memio.providers.letta.settings import LettaOptions


class LettaDocumentAdapter:
    """A store of documents: each is one archival passage of the agent, never cut into chunks.

    The agent's own memory tools see them, with their owner and metadata in a tag. Without `collection`
    the store is the whole archive: it also sees what the agent or `LettaFactAdapter` put there, and
    `delete_all` clears it all.

    Args:
        agent: The agent, where it is at hand already; then the settings are its own.
        settings: The keys of `LettaSettings`: `agent_id` (the Letta agent, `LETTA_AGENT_ID` when left out),
            `base_url` (the server, `LETTA_BASE_URL` or Letta's cloud), `api_key` (`LETTA_API_KEY`), `timeout`
            (seconds, 60), `max_retries` (2), `allow_insecure_http`, `user_scope`, `collection`.

    Raises:
        ConfigError: With everything that is wrong with the settings.
        TypeError: A setting was passed by position.
    """

    provider = "letta"
    max_content_bytes = MAX_CONTENT_BYTES
    hints: Mapping[str, str] = {
        Feature.USER_SCOPE: USER_SCOPE,
        Feature.CLIENT_IDS: CLIENT_IDS.format("doc_id"),
        Feature.FILTERS: FILTERS,
    }

    def __init__(self, agent: Agent | None = None, /, **settings: Unpack[LettaOptions]) -> None:
        self._agent = agent_for(self, agent, settings)
        self._archive = Archive(self._agent, "documents")
        chosen = self._agent.settings
        self.identity = f"{chosen.base_url} {chosen.agent_id} {chosen.collection or ''}"
        self.features = frozenset(
            {Feature.ATTRIBUTION, Feature.METADATA, Feature.UPDATE}
            | ({Feature.USER_SCOPE} if chosen.user_scope else set())
        )
        self.guarantees = frozenset(
            {Guarantee.VERBATIM, Guarantee.READ_YOUR_WRITES, Guarantee.DURABLE}
            | ({Guarantee.SEPARATE_KINDS} if chosen.collection else set())
        )

    def __repr__(self) -> str:
        return described(self)

    async def add(
        self, *, content: str, metadata: dict[str, Any] | None = None, user_id: str | None = None
    ) -> Document:
        """Store a new document. It is not sent again after a lost answer: then the error's `outcome` is `unknown`."""
        return _document(await self._archive.add({"content": content, "metadata": metadata, "user_id": user_id}))

    async def add_many(self, *, items: Sequence[DocumentInput]) -> list[Document]:
        """Store many documents, in order: up to 500 in one request, all of them or none.

        Raises:
            PartialWriteError: A request failed after others: some documents are stored, or may be.
        """
        return await self._archive.add_many(items, _document)

    async def get(self, *, doc_id: str, user_id: str | None = None) -> Document:
        """Return one document, or raise `NotFoundError`."""
        return _document(await self._archive.get(doc_id, self._archive.scope(user_id=user_id)))

    async def get_all(self, *, limit: int, cursor: str | None, user_id: str | None = None) -> Page[Document]:
        """Return a page, in the order of `created_at`."""
        return await self._archive.get_all(limit, cursor, self._archive.scope(user_id=user_id), _document)

    async def search(self, *, query: str, limit: int, user_id: str | None = None) -> list[Document]:
        """Return the documents nearest to the query by the agent's embedding, without scores; none is too far."""
        scope = self._archive.scope(user_id=user_id)
        return [_document(passage) for passage in await self._archive.search(query, limit, scope)]

    async def update(
        self, *, doc_id: str, content: str, metadata: dict[str, Any] | None = None, user_id: str | None = None
    ) -> Document:
        """Replace a document by a new one with another id, which keeps owner and `created_at`.

        A failure leaves the old text, or both: then `outcome` is `partial` and the message names the two ids.
        """
        scope = self._archive.scope(user_id=user_id)
        return _document(await self._archive.update(doc_id, content, metadata, scope))

    async def delete(self, *, doc_id: str, user_id: str | None = None) -> None:
        """Delete one document, or raise `NotFoundError`. A passage of another agent is never deleted."""
        await self._archive.delete(doc_id, self._archive.scope(user_id=user_id))

    async def delete_all(self, *, user_id: str | None = None) -> None:
        """Delete every document in scope. Without `collection` and owner that is every passage of the archive."""
        await self._archive.delete_all(self._archive.scope(user_id=user_id))

    async def erase(self, *, user_id: str | None = None) -> list[str]:  # noqa: ARG002  # the same for every owner
        """Say what stays of an owner whose documents were deleted; the server has no call that takes it away."""
        return of_passages(self._agent.id)

    async def aclose(self) -> None:
        """Give the connection back. Closing again does nothing."""
        await self._agent.aclose()


def _document(passage: Passage) -> Document:
    # No updated_at: Letta's search does not return it, and a record is the same from every read.
    return Document(
        id=passage.id,
        content=passage.content,
        user_id=passage.label.user_id,
        metadata=passage.label.metadata,
        created_at=passage.created_at,
    )
