"""History as conversations of a Letta agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from memio.capabilities import Feature
from memio.errors import ConflictError, CursorExpiredError, NotFoundError, ProviderError
from memio.models import Message, Page, Session, Turn
from memio.owners import ANYWHERE, NO_OWNER, Owner, Scope
from memio.protocols import Mode, Start
from memio.providers.letta import _hints, _remains
from memio.providers.letta._api.agent import Agent
from memio.providers.letta._rows.cursors import Position, read_cursor, write_cursor
from memio.providers.letta._rows.merge import Seen, merged
from memio.providers.letta._rows.messages import Messages
from memio.providers.letta._rows.outcomes import partial
from memio.providers.letta._rows.ranking import rank
from memio.providers.letta._rows.sessions import Conversation, Key, Sessions
from memio.providers.letta._store import LettaStore
from memio.toolkit import page_of

MAX_ROUNDS = 4
"""How often `add` begins a session again that other clients delete meanwhile."""


class LettaHistoryAdapter(LettaStore):
    """A store of sessions: each is a conversation of the agent, which answers when messages are added.

    Every process finds a session by the key in its summary. Reads return the messages of user and
    assistant, and nothing else that the agent keeps there. Conversations that memio did not make are not sessions.

    Args:
        misplaced: Refused: settings are passed by name.
        settings: The keys of `LettaSettings`: `agent_id` (the Letta agent, `LETTA_AGENT_ID` when left out),
            `base_url` (the server, `LETTA_BASE_URL` or Letta's cloud), `api_key` (`LETTA_API_KEY`), `timeout`
            (seconds of silence, 60), `max_retries` (2), `allow_insecure_http`.

    Raises:
        ConfigError: With everything that is wrong with the settings.
        TypeError: A setting was passed by position.
    """

    hints: Mapping[str, str] = _hints.OF_HISTORY

    def _use(self, agent: Agent) -> None:
        super()._use(agent)
        self._sessions = Sessions(agent)
        self._messages = Messages(agent)
        self.identity = f"{agent.settings.base_url} {agent.id}"
        self.features = frozenset[str](
            {
                Feature.ATTRIBUTION,
                Feature.USER_SCOPE,
                Feature.AGENT_SCOPE,
                Feature.NAMESPACES,
                Feature.MESSAGE_NAMES,
                Feature.KEYWORD_SEARCH,
            }
        )

    async def add(self, *, session_id: str, messages: Sequence[Message], owner: Owner = NO_OWNER) -> Turn:
        """Add messages, wait for the agent's answer, and return both. The messages are sent once.

        Raises:
            ProviderError: With `outcome` `not_applied` nothing was stored, not even the messages; with `unknown`
                the agent may still be busy, and store messages and answer later.
            UnavailableError: The agent is busy with this session; nothing was stored, and the call may be repeated.
        """
        key = Key(session_id, owner)
        missed: set[str] = set()
        for _ in range(MAX_ROUNDS):
            conversation = await self._sessions.open(key)
            if conversation.id in missed:
                text = f"the server lists {conversation.id} as this session, but does not find it to add messages"
                raise ProviderError(text)
            try:
                replies = await self._messages.send(conversation, messages)
            except NotFoundError:
                missed.add(conversation.id)
                self._sessions.forget(conversation)
                continue  # deleted in between, so nothing was stored
            if conversation.new:
                await self._confirm(conversation)
            place: dict[str, Any] = {
                "session_id": session_id,
                "user_id": owner.user_id,
                "agent_id": owner.agent_id,
                "namespace": owner.namespace,
            }
            stored = [replace(message, **place) for message in messages]
            return Turn(stored=stored, replies=replies)
        raise self._agent.changed_too_often()

    async def get(
        self, *, session_id: str, limit: int, cursor: str | None, start: Start, scope: Scope = ANYWHERE
    ) -> Page[Message]:
        """Return a page of the messages of a session, oldest first; an unknown session is empty.

        From `latest`, the first page holds the newest messages and the cursor goes back in time.

        Raises:
            ConflictError: Several owners in scope have a session of this id.
            CursorExpiredError: The session was deleted and begun anew.
        """
        newest_first = start == "latest"
        anchors = read_cursor(cursor, _anchors) if cursor is not None else {}
        conversations = await self._of(session_id, scope)
        if anchors and conversations and not any(item.id in anchors for item in conversations):
            raise CursorExpiredError
        if anchors and newest_first:  # one that was begun after the first page was read is not on a later page
            conversations = [item for item in conversations if item.id in anchors]
        found: list[Seen] = []
        listing = merged(self._messages, conversations, newest_first=newest_first, anchors=anchors)
        async with aclosing(listing):
            async for seen in listing:
                found.append(seen)
                if len(found) > limit:
                    break
        page = found[:limit]
        following = {item.id: anchors.get(item.id) for item in conversations}
        following.update((seen.conversation_id, seen.row_id) for seen in page)
        next_cursor = write_cursor(following) if len(found) > limit else None
        if newest_first:
            page.reverse()
        return Page([seen.message for seen in page], next_cursor)

    async def get_all(self, *, limit: int, cursor: str | None, scope: Scope = ANYWHERE) -> Page[Session]:
        """Return a page of sessions, in the order in which they were begun.

        They have no times and counts: Letta knows when a conversation was made and last used, also by a call that
        failed, but not the times of its messages.
        """
        begin = Position.from_cursor(cursor) if cursor is not None else None
        conversations = await self._sessions.all(scope)
        if not conversations:
            await self._agent.ensure_exists()
        seen: set[Key] = set()
        found: list[Conversation] = []
        for conversation in conversations:
            if conversation.key in seen or await self._is_empty(conversation):
                continue
            seen.add(conversation.key)
            if begin is None or conversation.position > begin:
                found.append(conversation)
                if len(found) > limit:
                    break
        return page_of(found, limit, _session, lambda item: item.position.to_cursor())

    async def search(
        self,
        *,
        query: str,
        limit: int,
        session_id: str | None,
        mode: Mode = "auto",  # noqa: ARG002  # words are all that there is
        scope: Scope = ANYWHERE,
    ) -> list[Message]:
        """Return the messages of a session that hold words of the query, best first, without scores.

        Letta cannot search a session: all of it is read, and ranked here.

        Raises:
            ConflictError: Several owners in scope have a session of this id.
        """
        conversations = await self._of(session_id or "", scope)
        listing = merged(self._messages, conversations, newest_first=False, anchors={})
        async with aclosing(listing):
            return rank([seen.message async for seen in listing], query, limit)

    async def delete(self, *, session_id: str, scope: Scope = ANYWHERE) -> None:
        """Delete a session on the server; deleting an unknown one does nothing.

        Raises:
            ConflictError: Several owners in scope have a session of this id; nothing was deleted.
        """
        await self._delete(await self._of(session_id, scope))

    async def delete_all(self, *, scope: Scope = ANYWHERE) -> None:
        """Delete every session in scope. Conversations of the agent that memio did not make stay."""
        conversations = await self._sessions.all(scope)
        if not conversations:
            await self._agent.ensure_exists()
        await self._delete(conversations)

    async def erase(self, *, scope: Scope = ANYWHERE) -> list[str]:  # noqa: ARG002  # the same for every owner
        """Return what is left of an owner whose sessions were deleted. The server has no call that removes it."""
        return _remains.of_conversations(self._agent.id)

    async def _of(self, session_id: str, scope: Scope) -> list[Conversation]:
        """Return the conversations of the one session that an id means, oldest first. One request, as a rule.

        Where several owners have conversations, one that is still empty is no session, and left out.
        """
        conversations = await self._sessions.of(session_id, scope)
        if not conversations:
            await self._agent.ensure_exists()
        if len({item.key for item in conversations}) > 1:
            begun = {item.key for item in conversations if not await self._is_empty(item)}
            if len(begun) > 1:
                raise ConflictError("session", session_id, reason="owners")
            conversations = [item for item in conversations if item.key in begun]
        return conversations

    async def _is_empty(self, conversation: Conversation) -> bool:
        """Return whether nothing was ever stored in a conversation, because its first `add` failed."""
        if not conversation.new:
            return False
        return not conversation.used or not await self._messages.any(conversation)

    async def _confirm(self, conversation: Conversation) -> None:
        try:
            await self._sessions.confirm(conversation)
        except NotFoundError:
            raise ProviderError(
                "the session was deleted while the agent answered, and the messages with it",
                retryable=True,
            ) from None
        except ProviderError:
            return  # the messages are stored; without the note, listings read the conversation

    async def _delete(self, conversations: Sequence[Conversation]) -> None:
        for number, conversation in enumerate(conversations):
            try:
                await self._sessions.delete(conversation)
            except ProviderError as error:
                if not number:
                    raise
                text = f"{number} of {len(conversations)} conversations were deleted, then: {error.message}"
                raise partial(error, text, retryable=error.retryable) from None


def _session(conversation: Conversation) -> Session:
    session_id, owner = conversation.key
    return Session(id=session_id, user_id=owner.user_id, agent_id=owner.agent_id, namespace=owner.namespace)


def _anchors(state: Any) -> dict[str, str | None]:
    anchors: dict[str, str | None] = {}
    for conversation_id, row_id in state.items():
        if row_id is not None and not isinstance(row_id, str):
            raise TypeError("not the id of a message")
        anchors[conversation_id] = row_id
    return anchors
