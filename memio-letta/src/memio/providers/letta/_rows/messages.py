"""The messages of conversations: sending them, and reading those of user and assistant."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from memio.errors import MemioError, NotFoundError, UnavailableError
from memio.models import Message, Role
from memio.providers.letta._api.agent import MISSING, Agent
from memio.providers.letta._api.answers import is_json_object, rows_of, text_of, utc
from memio.providers.letta._rows.sessions import Conversation

if TYPE_CHECKING:
    from letta_client import AsyncLetta

PAGE = 100
"""Messages per request, including those that are not shown: system prompt, reasoning, tool calls."""

BUSY = HTTPStatus.CONFLICT

ROLES: dict[str, Role] = {"user_message": "user", "assistant_message": "assistant"}
ANSWERED = frozenset({"end_turn", "max_steps", "tool_rule", "requires_approval"})
"""The stop reasons of a turn that succeeded."""
SIGNS_OF_LIFE = frozenset({"ping", "stop_reason", "usage_statistics", "error_message"})
PACKED = frozenset({"system_alert", "heartbeat", "login"})
"""Types of the JSON that Letta writes into a conversation as messages of the user: summaries, alerts."""


@dataclass(frozen=True, slots=True)
class Row:
    """One stored message; `message` is `None` where it is not shown."""

    id: str
    message: Message | None


class Messages:
    """Sends to conversations and reads them."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    async def send(self, conversation: Conversation, messages: Sequence[Message]) -> list[Message]:
        """Send messages once, wait until the agent has answered, and return its answer. One request.

        Raises:
            NotFoundError: The conversation was deleted; nothing was stored.
            UnavailableError: The agent is busy with this conversation; nothing was stored.
        """
        session = conversation.key.session

        def on_status(status: int) -> MemioError | None:
            if status == MISSING:
                return NotFoundError("session", session)
            if status == BUSY:
                text = f"the agent is busy with session {session!r}: another call is adding to it; repeat yours"
                return UnavailableError(text, retryable=True)
            return None

        payload = [_outgoing(message) for message in messages]

        async def drain(letta: AsyncLetta) -> list[Any]:
            return await _drain(letta, conversation.id, payload)

        return await self.agent.request(
            drain,
            lambda events: [row.message for row in _rows(events, conversation) if row.message],
            effect="send",
            on_status=on_status,
        )

    async def scan(
        self, conversation: Conversation, *, newest_first: bool, anchor: str | None = None
    ) -> AsyncGenerator[Row]:
        """Yield the stored messages after an anchor, in the direction of reading. One request per 100.

        The SDK's own paging repeats itself without end when the newest comes first.
        """
        begin = anchor
        first: str | None = None
        while True:
            rows = await self._page(conversation, newest_first=newest_first, anchor=anchor)
            if not rows:
                return
            if rows[0].id == first:  # for an anchor that the server does not know, it returns the first page
                raise self.agent.changed_too_often()
            if anchor == begin:
                first = rows[0].id
            for row in rows:
                yield row
            anchor = rows[-1].id
            # Letta leaves out rows that belong to one before, never more than half of them.
            if len(rows) * 2 < PAGE:
                return

    async def any(self, conversation: Conversation) -> bool:
        """Return whether a conversation has a message that is shown. One request, as a rule."""
        async for row in self.scan(conversation, newest_first=False):
            if row.message:
                return True
        return False

    async def following(self, conversation: Conversation, row_id: str, *, newest_first: bool) -> frozenset[str]:
        """Return the ids of the messages of a conversation that follow a message of another one. One request.

        Their dates have whole seconds; the server knows the order of all messages of an agent. Nothing is
        returned when the other message was deleted meanwhile.
        """
        more: dict[str, Any] = {"before" if newest_first else "after": row_id}
        try:
            return await self.agent.request(
                lambda letta: letta.agents.messages.list(
                    self.agent.id,
                    conversation_id=conversation.id,
                    order="desc" if newest_first else "asc",
                    limit=PAGE,
                    **more,
                ),
                lambda page: frozenset(text_of(item.id) for item in rows_of(page.items)),
                on_status=lambda status: NotFoundError("message", row_id) if status == MISSING else None,
            )
        except NotFoundError:
            return frozenset()

    async def _page(self, conversation: Conversation, *, newest_first: bool, anchor: str | None) -> list[Row]:
        # Both anchors are meant by position, whatever the order.
        more: dict[str, Any] = {"before" if newest_first else "after": anchor} if anchor else {}
        return await self.agent.request(
            lambda letta: letta.conversations.messages.list(
                conversation.id, order="desc" if newest_first else "asc", limit=PAGE, **more
            ),
            lambda page: _rows(rows_of(page.items), conversation),
        )


async def _drain(letta: AsyncLetta, conversation_id: str, payload: list[Any]) -> list[Any]:
    """Send messages, and read the answer to its end: only then is it certain that the turn is stored."""
    from letta_client import APIStatusError

    from memio.providers.letta._api.errors import NoAnswerError

    events: list[Any] = []
    stop: str | None = None
    stream = await letta.conversations.messages.create(
        conversation_id, messages=payload, streaming=True, include_pings=True
    )
    async with stream:
        try:
            async for event in stream:
                kind = getattr(event, "message_type", None)
                if kind == "stop_reason":
                    stop = str(getattr(event, "stop_reason", None))
                elif kind not in SIGNS_OF_LIFE:
                    events.append(event)
        except APIStatusError as error:
            # When the model fails, Letta sends an event after a status of 200.
            body = error.body
            reason = body.get("error_type") if is_json_object(body) else None
            raise NoAnswerError(str(reason or "error"), stored=bool(events)) from None
    if stop not in ANSWERED:
        raise NoAnswerError(stop or "the answer was cut", stored=True)
    return events


def _outgoing(message: Message) -> dict[str, Any]:
    content: Any = message.content
    # Letta mistakes JSON in a user message for its own format: it would unpack it, or never be able to read the
    # conversation again. It examines messages of one part only.
    if message.role == "user" and len(content) > 1 and content.lstrip().startswith("{"):
        content = [{"type": "text", "text": content[:1]}, {"type": "text", "text": content[1:]}]
    return {"role": message.role, "content": content, **({"name": message.name} if message.name else {})}


def _rows(items: Sequence[Any], conversation: Conversation) -> list[Row]:
    """Return the stored messages that listed ones came from: the server may list one as several."""
    texts: dict[str, list[Any]] = {}
    for item in items:
        shown = texts.setdefault(text_of(item.id), [])
        if item.message_type in ROLES and not _is_packed(item):
            shown.append(item)
    return [Row(row_id, _incoming(shown, conversation) if shown else None) for row_id, shown in texts.items()]


def _incoming(shown: list[Any], conversation: Conversation) -> Message:
    first = shown[0]
    return Message(
        role=ROLES[first.message_type],
        content="".join(_content(item.content) for item in shown),
        name=first.name or None,
        timestamp=utc(first.date),
        id=first.id,
        session_id=conversation.key.session,
        user_id=conversation.key.owner.user_id,
        agent_id=conversation.key.owner.agent_id,
        namespace=conversation.key.owner.namespace,
    )


def _is_packed(item: Any) -> bool:
    if item.message_type != "user_message" or not isinstance(item.content, str) or not item.content.startswith("{"):
        return False
    try:
        packed = json.loads(item.content)
    except (ValueError, RecursionError):
        return False
    return is_json_object(packed) and packed.get("type") in PACKED


def _content(content: Any) -> str:
    """Return the text of a message, without parts that are not text, such as pictures."""
    if isinstance(content, str):
        return content
    return "".join(part.text for part in rows_of(content) if part.type == "text")
