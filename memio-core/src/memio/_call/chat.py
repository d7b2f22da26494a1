"""Messages as chat APIs have them: dicts with a role, content in one of several forms, and other keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from memio._values.suggest import did_you_mean
from memio._values.text import check_label, legal_text, shown, type_name
from memio.errors import InvalidInputError
from memio.models import ROLES

_PLAIN = {"role", "name", "content"}
"""The keys that a message has attributes for."""

_TEXTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
"""By the type of a content part, the key of its text."""

_FUNCTION = "function"
"""The role of the answers of functions before chat APIs had tools."""


def fields_of(message: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the arguments that make a `Message` of a dict as chat APIs have them.

    A dict with nothing but `role`, `name` and text `content` is a plain message. Otherwise, its text becomes `content`,
    for readers and for search, and the dict itself `data`, so that reads return all of it. Role `function` becomes
    `tool`; such a dict is always kept as `data`, which has the original role.

    The text of content parts is that of text parts, refusals and tool results, joined by line feeds. NUL and lone
    surrogates in it become U+FFFD, and a surrogate pair becomes its character. A plain message is returned as it is:
    the check of messages refuses text that is not legal.

    Args:
        message: The dict. It is not changed, and whether it is JSON is left to the check of `data`.
        where: The name of the message in errors, such as `messages[2]`.

    Returns:
        `role` and `content`; `name` where a message can have it; `data` where the message is not plain.

    Raises:
        InvalidInputError: The role is missing or unknown, or the content is neither text, null nor a list.
    """
    role, content, name = _role(message, where), message.get("content"), message.get("name")
    if not (content is None or isinstance(content, (str, list))):
        raise InvalidInputError(
            f"{where}.content must be text, null or a list of parts, not {type_name(content)}", argument="messages"
        )
    fields: dict[str, Any] = {"role": "tool" if role == _FUNCTION else role}
    if isinstance(content, str) and message.keys() <= _PLAIN and role != _FUNCTION:
        return fields | {"content": content} | ({} if name is None else {"name": name})
    if _is_legal_name(name):
        fields["name"] = name
    return fields | {"content": legal_text("\n".join(_texts(cast("object", content)))), "data": message}


def hint_for(value: object) -> str:
    """Return how to make a dict of a message that is an object of a chat API's package, as the tail of a sentence.

    Args:
        value: What was passed instead of a `Message` or a dict. An object without `model_dump` gets no hint.
    """
    return ": pass message.model_dump(exclude_none=True)" if hasattr(type(value), "model_dump") else ""


def _role(message: Mapping[str, Any], where: str) -> str:
    if "role" not in message:
        raise InvalidInputError(
            f"{where} has no role: add one of {', '.join(ROLES)}; "
            "an item that has none, such as a function call, is kept by Message(role=…, data=…)",
            argument="messages",
        )
    role = message["role"]
    known = (*ROLES, _FUNCTION)
    if not isinstance(role, str) or role not in known:
        near = did_you_mean(role, known) if isinstance(role, str) else ""
        raise InvalidInputError(
            f"{where}.role is {shown(role)}{near or ':'} it must be one of {', '.join(known)}", argument="messages"
        )
    return role


def _texts(content: object, *, in_result: bool = False) -> Iterator[str]:
    """Yield the texts of content, which is text or parts; a tool result inside a tool result has none."""
    for part in cast("list[object]", content) if isinstance(content, list) else [content]:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Mapping):
            fields = cast("Mapping[str, object]", part)
            kind = fields.get("type")
            if kind == "tool_result" and not in_result:
                yield from _texts(fields.get("content"), in_result=True)
            elif isinstance(kind, str) and isinstance(text := fields.get(_TEXTS.get(kind, "")), str):
                yield text


def _is_legal_name(name: object) -> bool:
    try:
        check_label(name, "name")
    except InvalidInputError:
        return False
    return True
