"""Sessions as conversations of the agent: the summary of a conversation names its session.

A summary reads `memio:1:s<digest>:u<digest>:{"session":"session-1","user":"alice"}`. The server finds
summaries by a part of them, in which `%`, `_` and backslashes are wildcards: the digests are there to
search for, the JSON to compare. `"new":true` is in it until the first message was certainly stored.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from memio.errors import MemioError, NotFoundError
from memio.providers.letta._api.agent import MISSING, Agent, only_usual_errors
from memio.providers.letta._api.answers import check_deleted, is_json_object, rows_of
from memio.providers.letta._rows.cursors import Position

PAGE = 100
"""Conversations per request."""

MAX_ROUNDS = 8
"""How often a listing starts again because the conversation that it was to go on after was deleted."""

_SUMMARY = re.compile(r"memio:1:s[0-9a-f]{16}:u(?:[0-9a-f]{16}|-):(\{.*\})", re.DOTALL)


class Key(NamedTuple):
    """A session and the user it belongs to."""

    session: str
    user: str | None

    def summary(self, *, new: bool) -> str:
        """Return the summary of its conversation."""
        named: dict[str, Any] = {"session": self.session}
        if self.user is not None:
            named["user"] = self.user
        if new:
            named["new"] = True
        text = json.dumps(named, ensure_ascii=False, separators=(",", ":"))
        return f"memio:1:s{_digest(self.session)}:u{_digest(self.user)}:{text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation that is a session, or a part of one.

    Two clients that begin a session at the same moment may make two; readers merge them.
    """

    id: str
    key: Key
    created_at: datetime
    new: bool
    """Whether it may still be empty."""
    used: bool
    """Whether a message was ever sent to it, stored or not."""

    @property
    def position(self) -> Position:
        """Its place in the order of the listing."""
        return Position(self.created_at, self.id)


class Sessions:
    """Finds, makes and deletes the conversations of sessions. Other conversations of the agent are left alone."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    async def of(self, session: str, user: str | None) -> list[Conversation]:
        """Return the conversations of a session, oldest first; of every user when `user` is `None`. One request."""
        owner = f"u{_digest(user)}:" if user is not None else ""
        found = await self.matching(f"memio:1:s{_digest(session)}:{owner}")
        return [item for item in found if item.key.session == session and user in (None, item.key.user)]

    async def all(self, user: str | None) -> list[Conversation]:
        """Return the conversations of all sessions, oldest first. One request per 100."""
        found = await self.matching(f":u{_digest(user)}:{{" if user is not None else "memio:1:s")
        return [item for item in found if user in (None, item.key.user)]

    async def open(self, key: Key) -> Conversation:
        """Return the conversation to add to, which is made when there is none. One request, or three.

        When several clients begin a session at once, they all add to the oldest conversation. The others are left:
        another client may be adding to one, and an empty conversation is not listed as a session.
        """
        found = await self._exactly(key)
        if found:
            return found[0]
        made = await self.agent.request(
            lambda letta: letta.conversations.create(agent_id=self.agent.id, summary=key.summary(new=True)),
            _made,
            effect="create",
        )
        found = await self._exactly(key)
        return found[0] if found else made

    async def confirm(self, conversation: Conversation) -> None:
        """Note that a conversation is not empty. One request.

        Raises:
            NotFoundError: The conversation was deleted.
        """
        await self.agent.request(
            lambda letta: letta.conversations.update(conversation.id, summary=conversation.key.summary(new=False)),
            _made,
            effect="change",
            on_status=lambda status: NotFoundError("session", conversation.key.session) if status == MISSING else None,
        )

    async def delete(self, conversation: Conversation) -> None:
        """Delete a conversation with its messages; one that is gone already counts as deleted. One request."""
        await self.agent.request(
            lambda letta: letta.conversations.with_raw_response.delete(conversation.id),
            check_deleted,
            effect="delete",
            on_status=only_usual_errors,
        )

    async def matching(self, containing: str) -> list[Conversation]:
        """Return all conversations whose summary is memio's and contains a text, oldest first. One request per 100."""
        found: dict[str, Conversation | None] = {}
        anchor: str | None = None
        limit, rounds = PAGE, 0
        while True:
            try:
                rows = await self._page(containing, limit, anchor)
            except _AnchorGoneError:
                anchor, rounds = None, rounds + 1
                if rounds > MAX_ROUNDS:
                    raise self.agent.changed_too_often() from None
                continue
            known = len(found)
            found.update((row.id, _conversation(row)) for row in rows)
            if len(rows) < limit:
                break
            # The server goes on after a time, not after a row: those that share the last time are asked for again.
            older = [row for row in rows if row.created_at < rows[-1].created_at]
            if older and len(found) > known:
                anchor = older[-1].id
            else:
                limit *= 2
        return sorted((item for item in found.values() if item), key=lambda item: item.position)

    async def _page(self, containing: str, limit: int, after: str | None) -> list[Any]:
        more: dict[str, Any] = {"after": after} if after else {}
        return await self.agent.request(
            lambda letta: letta.conversations.list(
                agent_id=self.agent.id,
                limit=limit,
                order="asc",
                order_by="created_at",
                summary_search=containing,
                **more,
            ),
            lambda answer: [_dated(row) for row in rows_of(answer)],
            on_status=lambda status: _AnchorGoneError("anchor") if after and status == MISSING else None,
        )

    async def _exactly(self, key: Key) -> list[Conversation]:
        return [item for item in await self.of(*key) if item.key == key]


class _AnchorGoneError(MemioError):
    """The conversation that a listing was to go on after was deleted."""


def _digest(name: str | None) -> str:
    return "-" if name is None else blake2b(name.encode(), digest_size=8).hexdigest()


def _dated(row: Any) -> Any:
    if not isinstance(row.id, str) or not isinstance(row.created_at, datetime):
        raise TypeError("a conversation was expected")
    return row


def _made(row: Any) -> Conversation:
    conversation = _conversation(_dated(row))
    if conversation is None:
        raise ValueError("the summary did not come back")
    return conversation


def _conversation(row: Any) -> Conversation | None:
    """Return a conversation that has a summary of memio; `None` for any other."""
    match = _SUMMARY.fullmatch(row.summary or "")
    if not match:
        return None
    try:
        named = json.loads(match[1])
    except (ValueError, RecursionError):
        return None
    if not is_json_object(named):
        return None
    session, user = named.get("session"), named.get("user")
    if not isinstance(session, str) or not (user is None or isinstance(user, str)):
        return None
    key = Key(session, user)
    new = named.get("new") is True
    if row.summary != key.summary(new=new):
        return None
    return Conversation(id=row.id, key=key, created_at=row.created_at, new=new, used=row.last_message_at is not None)
