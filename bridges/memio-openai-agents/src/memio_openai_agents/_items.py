"""Items of the SDK as messages of memio, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args

from memio import InvalidInputError, Message, Role
from memio.toolkit import legal_text

ROLES: tuple[str, ...] = get_args(Role)

_PLAIN = {"role", "content"}


def message_of(item: Any, place: str) -> Message:
    """Return the message that an item is stored as.

    One with nothing but a role and a text is a plain message. Any other is the message's `data`, whole, and its text is
    the content, for readers and searches.

    Args:
        item: A dict, as the SDK and the Responses API have it.
        place: Where it is, for errors.

    Raises:
        InvalidInputError: It is not a dict, or has no faithful JSON form.
    """
    if not isinstance(item, Mapping):
        raise InvalidInputError(f"{place} must be a dict, not {type(item).__name__}", argument="items")
    fields = cast("Mapping[str, Any]", item)
    role, content = fields.get("role"), fields.get("content")
    if set(fields) == _PLAIN and role in ROLES and isinstance(content, str) and content:
        text = legal_text(content)
        if text == content:
            return Message(role=role, content=text)
    try:
        return Message(role=_role(fields), content=legal_text("\n".join(_texts(fields))), data=fields)
    except InvalidInputError as error:
        raise InvalidInputError(f"{place}: {error.message}", argument="items") from None


def item_of(message: Message) -> Any:
    """Return the item that was stored as a message; one of another program as a dict of role, name and content."""
    if message.data is not None:
        return message.data
    named = {} if message.name is None else {"name": message.name}
    return {"role": message.role, "content": message.content, **named}


def _role(item: Mapping[str, Any]) -> Role:
    """Return who an item comes from: its role, a tool for what calls returned, else the model."""
    role = item.get("role")
    if isinstance(role, str) and role in ROLES:
        return cast("Role", role)
    kind = item.get("type")
    return "tool" if isinstance(kind, str) and kind.endswith(("_output", "_response")) else "assistant"


def _texts(item: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of an item: of a message, of what a tool returned, of a summary of reasoning."""
    for name in ("content", "output", "summary"):
        value = item.get(name)
        for part in cast("list[Any]", value) if isinstance(value, list) else [value]:
            if isinstance(part, str):
                yield part
            elif isinstance(part, Mapping):
                text = cast("Mapping[str, Any]", part).get("text")
                if isinstance(text, str):
                    yield text
