"""Records as the tools return them: short, and without what is empty."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NotRequired, cast
from urllib.parse import quote

from typing_extensions import TypedDict  # pydantic refuses that of `typing` on Python 3.11

from memio import Fact, Message, Page, Session, Triple

MOST_CHARACTERS = 20_000
"""Characters of one text in the result of a tool. What is cut states its length, and the resource has all of it."""


class Memory(TypedDict):
    """A memory."""

    id: str
    content: str
    metadata: NotRequired[dict[str, Any]]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    full_length: NotRequired[int]
    resource: NotRequired[str]


class Memories(TypedDict):
    """Memories, best or newest first."""

    memories: list[Memory]
    next_cursor: NotRequired[str]
    note: NotRequired[str]


class SaidMessage(TypedDict):
    """A message of a conversation."""

    role: str
    content: str
    session_id: str
    id: NotRequired[str]
    name: NotRequired[str]
    timestamp: NotRequired[str]
    data: NotRequired[str]
    full_length: NotRequired[int]
    resource: NotRequired[str]


class Messages(TypedDict):
    """Messages of conversations."""

    messages: list[SaidMessage]
    next_cursor: NotRequired[str]


class Conversation(TypedDict):
    """A session."""

    session_id: str
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    message_count: NotRequired[int]


class Conversations(TypedDict):
    """Sessions."""

    sessions: list[Conversation]
    next_cursor: NotRequired[str]


class Relation(TypedDict):
    """A relation between two entities."""

    subject: str
    predicate: str
    object: str
    id: NotRequired[str]


class Relations(TypedDict):
    """Relations."""

    relations: list[Relation]
    next_cursor: NotRequired[str]


class Entity(Relations):
    """What is known about an entity."""

    entity: str
    memories: list[Memory]
    more_memories: NotRequired[bool]


class Done(TypedDict):
    """What a tool did."""

    done: str


def memory_of(fact: Fact) -> Memory:
    """Return a fact as a memory."""
    memory: dict[str, Any] = {"id": fact.id, **_cut(fact.content, uri("memories", fact.id))}
    if fact.metadata:
        memory["metadata"] = fact.metadata
    if fact.created_at is not None:
        memory["created_at"] = fact.created_at.isoformat()
    if fact.updated_at is not None and fact.updated_at != fact.created_at:
        memory["updated_at"] = fact.updated_at.isoformat()
    return cast("Memory", memory)


def memories_of(facts: Iterable[Fact]) -> Memories:
    """Return facts, and where to go on."""
    return cast("Memories", _with_cursor({"memories": [memory_of(fact) for fact in facts]}, facts))


def messages_of(messages: Iterable[Message]) -> Messages:
    """Return messages, and where to go on."""
    return cast("Messages", _with_cursor({"messages": [_message_of(message) for message in messages]}, messages))


def sessions_of(sessions: Page[Session]) -> Conversations:
    """Return sessions, and where to go on."""
    listed: list[Conversation] = []
    for session in sessions:
        one: Conversation = {"session_id": session.id}
        if session.created_at is not None:
            one["created_at"] = session.created_at.isoformat()
        if session.updated_at is not None:
            one["updated_at"] = session.updated_at.isoformat()
        if session.message_count is not None:
            one["message_count"] = session.message_count
        listed.append(one)
    return cast("Conversations", _with_cursor({"sessions": listed}, sessions))


def relations_of(triples: Iterable[Triple]) -> Relations:
    """Return triples, and where to go on."""
    return cast("Relations", _with_cursor({"relations": [_relation_of(triple) for triple in triples]}, triples))


def uri(kind: str, *path: str) -> str:
    """Return the address of a resource."""
    return f"memio://{'/'.join([kind, *(quote(part, safe='') for part in path)])}"


def _message_of(message: Message) -> SaidMessage:
    session_id = message.session_id or ""
    said: dict[str, Any] = {
        "role": message.role,
        "session_id": session_id,
        **_cut(message.content, uri("sessions", session_id)),
    }
    if message.id is not None:
        said["id"] = message.id
    if message.name is not None:
        said["name"] = message.name
    if message.timestamp is not None:
        said["timestamp"] = message.timestamp.isoformat()
    if message.data is not None:
        text = json.dumps(message.data)
        said["data"] = text[:MOST_CHARACTERS]
        if len(text) > MOST_CHARACTERS:
            said["full_length"] = len(text) + len(message.content)
            said["resource"] = uri("sessions", session_id)
    return cast("SaidMessage", said)


def _relation_of(triple: Triple) -> Relation:
    relation: Relation = {"subject": triple.subject, "predicate": triple.predicate, "object": triple.object}
    if triple.id is not None:
        relation["id"] = triple.id
    return relation


def _cut(text: str, resource: str) -> dict[str, Any]:
    """Return a text as content; of a long one its beginning, its length, and where all of it is."""
    if len(text) <= MOST_CHARACTERS:
        return {"content": text}
    return {"content": f"{text[:MOST_CHARACTERS]}…", "full_length": len(text), "resource": resource}


def _with_cursor(result: dict[str, Any], page: object) -> dict[str, Any]:
    cursor = cast("Page[Any]", page).next_cursor if isinstance(page, Page) else None
    return result if cursor is None else {**result, "next_cursor": cursor}
