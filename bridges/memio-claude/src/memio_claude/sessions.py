"""`MemioSessionStore`: the sessions of the Claude Agent SDK as conversations of memio."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from claude_agent_sdk import SessionStore

from memio import ConflictError, Feature, Message, Owner
from memio_claude._entries import messages_of
from memio_claude._opening import opened
from memio_claude._summaries import NEEDED as SUMMARIES
from memio_claude._summaries import Summaries, milliseconds

if TYPE_CHECKING:
    from claude_agent_sdk.types import (
        SessionKey,
        SessionListSubkeysKey,
        SessionStoreEntry,
        SessionStoreListEntry,
        SessionSummaryEntry,
    )

    from memio import Session
    from memio_claude._opening import Source

NEEDED = (Feature.NAMESPACES, Feature.DATA, Feature.CLIENT_IDS, Feature.ALL_ROLES)
"""What the history must support."""

_ATTEMPTS = 20
"""How often an append is repeated when others add entries with the same uuids at the same time."""


class MemioSessionStore(SessionStore):
    """A session store of the Claude Agent SDK on any backend of memio.

    A transcript is a conversation: each entry is a message, whose `data` is the entry and whose content is its text,
    so that `memio.history.search` finds what was said. The project is an element of the namespace; the transcripts
    of subagents are in the namespace of their session. The summary of a session is a document under its id.

    - An entry with a `uuid` is stored once: of several with one `uuid`, the first stays.
    - Times of modification are the backend's times of storing.
    - A summary that could not be written, because the process ended, is made again from the transcript when it is
      next needed.

    Args:
        memio: A client with history and documents, which stays open, or a configuration: a dict, or the path of a
            TOML or JSON file. A client of a configuration belongs to the store, which closes it.
        user_id: The user that the sessions belong to; none when left out.
        agent_id: The agent that they belong to; none when left out.
        namespace: Where they are kept, without project and session.

    Raises:
        StoreNotConfiguredError: The client has no history, or no documents, which keep the summaries.
        NotSupportedError: A store lacks something that is needed; the error lists what.
        InvalidInputError: A label cannot be honoured.

    Example:
        >>> import asyncio
        >>> from memio_claude import MemioSessionStore
        >>> memory = {"provider": "sqlite", "path": ":memory:"}
        >>> async def main():
        ...     async with MemioSessionStore({"history": memory, "documents": memory}) as store:
        ...         key = {"project_key": "shop", "session_id": "s1"}
        ...         await store.append(key, [{"type": "user", "uuid": "u1", "message": {"content": "hello"}}])
        ...         return await store.load(key)
        >>> [entry["uuid"] for entry in asyncio.run(main())]
        ['u1']
    """

    def __init__(
        self,
        memio: Source,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        namespace: tuple[str, ...] = ("claude", "sessions"),
    ) -> None:
        self._memio, self._owned = opened(memio)
        self._base = Owner(user_id, agent_id, namespace)
        self._owner("project", "session")  # the namespace has room for these
        confined = self._memio.scoped(owner=self._base)
        confined.require({"history": NEEDED, "documents": SUMMARIES}, by=type(self).__name__)
        self._summaries = Summaries(self._memio)

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Store entries at the end of a transcript; those whose `uuid` it has already are left out."""
        owner, session_id = self._place(key)
        messages = messages_of(entries)
        if not messages:
            return
        stored = await self._add(owner, session_id, messages)
        if stored and key.get("subpath") is None:
            await self._summaries.fold(owner, session_id, key, stored)

    async def load(self, key: SessionKey) -> list[SessionStoreEntry] | None:
        """Return the entries of a transcript in the order of storing; `None` when there are none."""
        owner, session_id = self._place(key)
        entries = [message.data async for message in self._memio.history.iter_messages(session_id, owner=owner)]
        return cast("list[SessionStoreEntry]", entries) or None

    async def list_sessions(self, project_key: str) -> list[SessionStoreListEntry]:
        """Return the sessions of a project with their times of modification."""
        owner = self._owner(project_key)
        return [
            {"session_id": session.id, "mtime": await self._modified(session, owner)}
            async for session in self._memio.history.iter_all(owner=owner)
        ]

    async def list_session_summaries(self, project_key: str) -> list[SessionSummaryEntry]:
        """Return the summaries of the sessions of a project; one that is not up to date is made again."""
        owner = self._owner(project_key)
        modified = {session["session_id"]: session["mtime"] for session in await self.list_sessions(project_key)}
        summaries = await self._summaries.all(owner)
        for session_id, mtime in modified.items():
            if session_id not in summaries or summaries[session_id]["mtime"] < mtime:
                key: SessionKey = {"project_key": project_key, "session_id": session_id}
                made = await self._summaries.fold(owner, session_id, key, [])
                if made is not None:
                    summaries[session_id] = made
        return [summary for session_id, summary in summaries.items() if session_id in modified]

    async def delete(self, key: SessionKey) -> None:
        """Delete a transcript; that of a session with those of its subagents, and its summary."""
        owner, session_id = self._place(key)
        if key.get("subpath") is None:
            await self._memio.history.delete_all(owner=self._owner(key["project_key"], session_id))
            await self._summaries.delete(owner, session_id)
        await self._memio.history.delete(session_id, owner=owner)

    async def list_subkeys(self, key: SessionListSubkeysKey) -> list[str]:
        """Return the subpaths of the transcripts of a session's subagents."""
        owner = self._owner(key["project_key"], key["session_id"])
        return [session.id async for session in self._memio.history.iter_all(owner=owner)]

    async def aclose(self) -> None:
        """Close the client, if it was made from a configuration."""
        if self._owned:
            await self._memio.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} over {self._memio.history.provider}: {self._base}>"

    def _owner(self, *path: str) -> Owner:
        return Owner(self._base.user_id, self._base.agent_id, (*self._base.namespace, *path))

    def _place(self, key: SessionKey) -> tuple[Owner, str]:
        """Return the owner and the session that keep a transcript."""
        subpath = key.get("subpath")
        if subpath is None:
            return self._owner(key["project_key"]), key["session_id"]
        return self._owner(key["project_key"], key["session_id"]), subpath

    async def _add(self, owner: Owner, session_id: str, messages: list[Message]) -> list[Message]:
        """Add the messages whose id the session does not have, and return them as stored."""
        history = self._memio.history
        for attempt in range(_ATTEMPTS):
            try:
                turn = await history.add(session_id=session_id, messages=messages, owner=owner)
            except ConflictError as error:
                if error.reason != "taken" or attempt == _ATTEMPTS - 1:
                    raise
            else:
                return turn.stored
            known = {message.id async for message in history.iter_messages(session_id, owner=owner)}
            messages = [message for message in messages if message.id is None or message.id not in known]
            if not messages:
                break
        return []

    async def _modified(self, session: Session, owner: Owner) -> int:
        """Return when the last entry of a session was stored, in milliseconds since 1970."""
        latest: datetime | None = session.updated_at
        if latest is None:
            page = await self._memio.history.get(session.id, limit=1, owner=owner)
            times: list[Any] = [message.timestamp for message in page if message.timestamp is not None]
            latest = max(times, default=None)
        return milliseconds(latest)
