"""Sessions as conversations of the agent: the summary of a conversation names its session.

A summary reads `memio:1:s<digest>:u<digest>:{"session":"session-1","user":"alice"}`. With an agent or a namespace
it reads `memio:1:s<digest>:u<digest>:a<digest>:n<digests>:{…,"agent":"bot","namespace":["app","notes"]}`, with one
digest per element of the namespace. The server finds summaries by a part of them, in which `%`, `_` and
backslashes are wildcards: the digests are there to search for, the JSON to compare. `"new":true` is in it until the
first message was certainly stored.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from memio.errors import MemioError, NotFoundError
from memio.owners import ANY, Owner, Scope
from memio.providers.letta._api.agent import MISSING, Agent, only_usual_errors
from memio.providers.letta._api.answers import check_deleted, is_json_object, rows_of
from memio.providers.letta._rows.cursors import Position

PAGE = 100
"""Conversations per request."""

MOST_KNOWN = 2_000
"""Sessions whose conversations are remembered for adding."""

MAX_ROUNDS = 8
"""How often a listing starts again because the conversation that it was to go on after was deleted."""

_PREFIX = "memio:1:"
_SUMMARY = re.compile(rf"{_PREFIX}[^{{]*(\{{.*\}})", re.DOTALL)


class Key(NamedTuple):
    """A session and the owner it belongs to."""

    session: str
    owner: Owner

    def summary(self, *, new: bool) -> str:
        """Return the summary of its conversation."""
        user, agent, namespace = self.owner.user_id, self.owner.agent_id, self.owner.namespace
        named: dict[str, Any] = {"session": self.session}
        if user is not None:
            named["user"] = user
        if agent is not None:
            named["agent"] = agent
        if namespace:
            named["namespace"] = namespace
        if new:
            named["new"] = True
        digests = [_session(self.session), _user(user)]
        if agent is not None or namespace:
            digests += [_agent(agent), _namespace(namespace)]
        return f"{_PREFIX}{''.join(digests)}{json.dumps(named, ensure_ascii=False, separators=(',', ':'))}"


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
        self._known: dict[Key, Conversation] = {}

    async def of(self, session: str, scope: Scope) -> list[Conversation]:
        """Return the conversations of a session, of every owner in a scope, oldest first. One request."""
        found = await self.matching(_part_of_summaries(session, scope))
        return [item for item in found if item.key.session == session and scope.matches(item.key.owner)]

    async def all(self, scope: Scope) -> list[Conversation]:
        """Return the conversations of all sessions in a scope, oldest first. One request per 100."""
        found = await self.matching(_part_of_summaries(None, scope))
        return [item for item in found if scope.matches(item.key.owner)]

    async def open(self, key: Key) -> Conversation:
        """Return the conversation to add to, which is made when there is none.

        No request where it is known, else one, or three. One that another client deleted may be returned: the server
        does not find it when messages are sent, and `forget` makes the next call look again.

        When several clients begin a session at once, they all add to the oldest conversation. The others are left:
        another client may be adding to one, and an empty conversation is not listed as a session.
        """
        if known := self._known.get(key):
            return known
        found = await self._exactly(key)
        if found:
            return self._keep(found[0])
        made = await self.agent.request(
            lambda letta: letta.conversations.create(agent_id=self.agent.id, summary=key.summary(new=True)),
            _made,
            effect="create",
        )
        found = await self._exactly(key)
        return self._keep(found[0] if found else made)

    def forget(self, conversation: Conversation) -> None:
        """Note that a conversation is gone."""
        self._known.pop(conversation.key, None)

    def _keep(self, conversation: Conversation) -> Conversation:
        """Remember the conversation of a session, in place of the one that was remembered first if there are many."""
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[conversation.key] = conversation
        return conversation

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
        if self._known.get(conversation.key) == conversation:
            self._known[conversation.key] = replace(conversation, new=False)

    async def delete(self, conversation: Conversation) -> None:
        """Delete a conversation with its messages; one that is gone already counts as deleted. One request."""
        await self.agent.request(
            lambda letta: letta.conversations.with_raw_response.delete(conversation.id),
            check_deleted,
            effect="delete",
            on_status=only_usual_errors,
        )
        self.forget(conversation)

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
        return await self.of(key.session, Scope.of(key.owner))


class _AnchorGoneError(MemioError):
    """The conversation that a listing was to go on after was deleted."""


def _digest(name: str | None) -> str:
    return "-" if name is None else blake2b(name.encode(), digest_size=8).hexdigest()


def _session(name: str) -> str:
    return f"s{_digest(name)}:"


def _user(label: str | None) -> str:
    return f"u{_digest(label)}:"


def _agent(label: str | None) -> str:
    return f"a{_digest(label)}:"


def _namespace(path: tuple[str, ...], *, below: bool = False) -> str:
    """Return the digests of a namespace; with `below`, what it has in common with the namespaces below it."""
    return f"n{''.join(map(_digest, path))}{'' if below else ':'}"


def _part_of_summaries(session: str | None, scope: Scope) -> str:
    """Return a text that is in the summary of every session in a scope, and in few others.

    The server looks for one text without gaps: digests that are beside each other. Those after the one of the session
    are taken, or else the longest.
    """
    user = None if scope.user_id is ANY else _user(scope.user_id)
    agent = None if scope.agent_id is ANY else _agent(scope.agent_id)
    namespace = None if scope.namespace is ANY else _namespace(scope.namespace)
    if scope.prefix:
        namespace = _namespace(scope.prefix, below=True)
    if scope.agent_id in (ANY, None) and scope.namespace in (ANY, ()) and not scope.prefix:
        agent = namespace = None  # a summary without agent and namespace has no digests of them
    runs = [_session(session) if session is not None else ""]
    for digest in (user, agent, namespace):
        if digest is None:
            runs.append("")
        else:
            runs[-1] += digest
    return _PREFIX + runs[0] if session is not None else (max(runs, key=len) or _PREFIX)


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
    try:
        named = json.loads(match[1]) if match else None
        if not is_json_object(named) or not isinstance(named.get("session"), str):
            return None
        owner = Owner(named.get("user"), named.get("agent"), named.get("namespace", ()))
    except (ValueError, RecursionError):  # not JSON, or no labels
        return None
    key = Key(named["session"], owner)
    new = named.get("new") is True
    if row.summary != key.summary(new=new):
        return None
    return Conversation(id=row.id, key=key, created_at=row.created_at, new=new, used=row.last_message_at is not None)
