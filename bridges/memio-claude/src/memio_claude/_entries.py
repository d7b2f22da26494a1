"""Entries of a transcript as messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from memio import Message, Role
from memio.toolkit import legal_text

if TYPE_CHECKING:
    from claude_agent_sdk.types import SessionStoreEntry

_ROLES: dict[object, Role] = {"user": "user", "assistant": "assistant"}
_LONGEST_ID = 1000


def messages_of(entries: Iterable[SessionStoreEntry]) -> list[Message]:
    """Return the messages that keep entries: the entry itself is the data, its text is the content.

    Of entries with one `uuid`, the first is kept.
    """
    messages: list[Message] = []
    seen: set[str] = set()
    for entry in entries:
        fields = cast("dict[str, Any]", entry)
        identity = _id_of(fields.get("uuid"))
        if identity in seen:
            continue
        if identity is not None:
            seen.add(identity)
        role = _ROLES.get(fields.get("type"), "system")
        text = legal_text("\n".join(_texts(fields)))
        messages.append(Message(role=role, content=text, data=fields, id=identity))
    return messages


def _id_of(uuid: object) -> str | None:
    """Return the id of the message that keeps an entry; `None` for an entry that is not to be recognised again."""
    if not isinstance(uuid, str) or not uuid:
        return None
    if len(uuid) > _LONGEST_ID or legal_text(uuid) != uuid:
        return sha256(uuid.encode("utf-8", "surrogatepass")).hexdigest()
    return uuid


def _texts(entry: dict[str, Any]) -> Iterator[str]:
    """Yield what a person said or reads in an entry."""
    for key in ("summary", "customTitle"):
        if isinstance(entry.get(key), str):
            yield entry[key]
    message = entry.get("message")
    content: object = cast("dict[str, object]", message).get("content") if isinstance(message, dict) else None
    for part in cast("list[object]", content) if isinstance(content, list) else [content]:
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            block = cast("dict[str, object]", part)
            if block.get("type") == "text" and isinstance(block.get("text"), str):
                yield cast("str", block["text"])
