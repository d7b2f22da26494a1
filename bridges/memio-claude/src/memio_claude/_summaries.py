"""The summaries of sessions, which the Agent SDK folds from entries, as documents."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, cast

from claude_agent_sdk import fold_session_summary

from memio import ConflictError, Document, Feature, Memio, Message, NotFoundError, Owner, ProviderError
from memio.toolkit import legal_text

if TYPE_CHECKING:
    from claude_agent_sdk.types import SessionKey, SessionSummaryEntry

NEEDED = (Feature.NAMESPACES, Feature.DATA, Feature.CLIENT_IDS, Feature.UPDATE, Feature.VERSIONS)
"""What the documents must support."""

_ATTEMPTS = 100
"""How often a summary is folded again, because another writer was faster each time."""
_LARGEST_PAGE = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TITLES = ("custom_title", "ai_title", "summary_hint", "last_prompt", "first_prompt")

log = logging.getLogger("memio.claude")


def milliseconds(time: datetime | None) -> int:
    """Return a time in milliseconds since 1970; 0 where the backend has none."""
    return 0 if time is None else (time - _EPOCH) // timedelta(milliseconds=1)


class _Folded(NamedTuple):
    """A summary, and the id of the last entry that is part of it."""

    summary: SessionSummaryEntry
    last: str | None


class Summaries:
    """The summaries of sessions.

    Writers fold at the same time, and a process may end between storing entries and folding them. So a summary records
    the last entry in it. Entries are folded on top of it when they follow that one; otherwise all of the transcript is
    folded. The summary is replaced only while it has the version that was read.
    """

    def __init__(self, memio: Memio) -> None:
        self._documents = memio.documents
        self._history = memio.history

    async def fold(
        self, owner: Owner, session_id: str, key: SessionKey, stored: Sequence[Message]
    ) -> SessionSummaryEntry | None:
        """Bring the summary of a session up to date.

        A failure of the backend is logged, not raised: the entries are stored, and raising would make the SDK append
        them again. The summary is made again when it is next needed.

        Args:
            owner: The owner of the session.
            session_id: The session.
            key: The session as the SDK names it.
            stored: The messages that were added last.

        Returns:
            The summary; `None` when the session is gone or the summary could not be written.
        """
        try:
            for _ in range(_ATTEMPTS):
                document = await self._get(owner, session_id)
                made = await self._folded(owner, session_id, key, document, stored)
                if made is None or await self._put(owner, session_id, document, made):
                    return made and made.summary
        except ProviderError as error:
            log.warning("the summary of session %r is not up to date: %s", session_id, error)
            return None
        log.warning("the summary of session %r is not up to date: others changed it %d times", session_id, _ATTEMPTS)
        return None

    async def all(self, owner: Owner) -> dict[str, SessionSummaryEntry]:
        """Return the summaries of an owner, by session."""
        return {document.id: _folded_of(document).summary async for document in self._documents.iter_all(owner=owner)}

    async def delete(self, owner: Owner, session_id: str) -> None:
        """Delete a summary, where there is one."""
        try:
            await self._documents.delete(session_id, owner=owner)
        except NotFoundError:
            return

    async def _folded(
        self, owner: Owner, session_id: str, key: SessionKey, document: Document | None, stored: Sequence[Message]
    ) -> _Folded | None:
        before = None if document is None else _folded_of(document)
        tail = await self._history.get(session_id, limit=min(len(stored) + 1, _LARGEST_PAGE), owner=owner)
        if not tail:
            return None  # deleted meanwhile
        if before is not None and tail[-1].id == before.last:
            return before
        known, fresh = tail[: len(tail) - len(stored)], tail[len(tail) - len(stored) :]
        follows = len(stored) < _LARGEST_PAGE and [message.id for message in fresh] == [
            message.id for message in stored
        ]
        if follows and [message.id for message in known] == ([] if before is None else [before.last]):
            previous, entries = before and before.summary, list(fresh)
        else:
            previous, entries = None, [m async for m in self._history.iter_messages(session_id, owner=owner)]
            if not entries:
                return None
        summary = fold_session_summary(previous, key, [message.data for message in entries])
        latest = max(milliseconds(message.timestamp) for message in entries)
        summary["mtime"] = max(latest, previous["mtime"] if previous else 0)
        return _Folded(summary, entries[-1].id)

    async def _get(self, owner: Owner, session_id: str) -> Document | None:
        try:
            return await self._documents.get(session_id, owner=owner)
        except NotFoundError:
            return None

    async def _put(self, owner: Owner, session_id: str, document: Document | None, made: _Folded) -> bool:
        """Write a summary, and return whether no other writer was faster."""
        content = _title(made.summary)
        data = {"data": made.summary["data"], "mtime": made.summary["mtime"], "last": made.last}
        try:
            if document is None:
                await self._documents.add(content, doc_id=session_id, data=data, owner=owner)
            elif data != document.data:
                await self._documents.update(
                    doc_id=session_id,
                    content=content,
                    data=data,
                    owner=owner,
                    if_version=cast("str", document.version),
                )
        except (ConflictError, NotFoundError):
            return False
        return True


def _folded_of(document: Document) -> _Folded:
    held = document.data
    return _Folded({"session_id": document.id, "mtime": held["mtime"], "data": held["data"]}, held["last"])


def _title(summary: SessionSummaryEntry) -> str:
    """Return what a summary is found by: the title, or the prompt that begins the session."""
    data = summary["data"]
    return legal_text(next((data[name] for name in _TITLES if data.get(name)), ""))
