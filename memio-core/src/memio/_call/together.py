"""The rules that concern several arguments of one call, checked after each of them was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memio._values.text import shown
from memio.errors import InvalidInputError
from memio.kinds import KindSpec
from memio.owners import OWNERS, Owner, is_none

_CHANGES = ("content", "metadata", "data", "expires_at")
"""What an update may change."""


def check_together(spec: KindSpec, method: str, keywords: Mapping[str, Any]) -> None:
    """Refuse a call whose arguments do not fit each other.

    Args:
        spec: The kind of memory.
        method: The name of the method.
        keywords: The arguments of the call, each checked.
    """
    if method == "update":
        _check_update(spec, keywords)
    elif "content" in keywords:
        if not keywords["content"] and keywords.get("data") is None:
            raise _empty(spec)
    elif "last" in keywords and (keywords["last"] is None) is (keywords["message_ids"] is None):
        both = "both are given" if keywords["last"] is not None else "neither is given"
        raise InvalidInputError(f"pass last or message_ids: {both}", argument="last")


def _check_update(spec: KindSpec, keywords: Mapping[str, Any]) -> None:
    changes = [name for name in _CHANGES if name in spec.fields]
    if not any(name in keywords for name in changes):
        raise InvalidInputError(f"there is nothing to change: pass {' or '.join(changes)}", argument="content")
    if keywords.get("content") == "" and keywords.get("data") is None:
        raise _empty(spec)
    if "data" in keywords and keywords["data"] is None and not keywords.get("content"):
        raise InvalidInputError(
            "data is None, which removes it: pass the content too, as there must be one then", argument="data"
        )


def _empty(spec: KindSpec) -> InvalidInputError:
    without_data = " where the call gives no data" if "data" in spec.fields else ""
    return InvalidInputError(f"content must not be empty{without_data}", argument="content")


def check_belonging(where: str, keywords: Mapping[str, Any], owner: Owner) -> None:
    """Refuse messages and triples that name another session or owner than the call.

    Args:
        where: The keyword that holds the records.
        keywords: The arguments of the call.
        owner: The owner of what the call adds.
    """
    session = keywords.get("session_id")
    for index, record in enumerate(keywords[where]):
        if session is not None and record.session_id is not None and record.session_id != session:
            raise _elsewhere(f"{where}[{index}]", "session_id", record.session_id, session)
        for name in OWNERS:
            label = getattr(record, name)
            if not is_none(label) and label != getattr(owner, name):
                raise _elsewhere(f"{where}[{index}]", name, label, getattr(owner, name))


def _elsewhere(where: str, name: str, label: object, called: object) -> InvalidInputError:
    given = f"no {name}" if is_none(called) else f"{name}={shown(called)}"
    noun = where.partition("[")[0][:-1]
    return InvalidInputError(
        f"{where}.{name} is {shown(label)}, but the call has {given}: pass {name}={shown(label)}, "
        f"or leave it out of the {noun}",
        argument=where.partition("[")[0],
    )
