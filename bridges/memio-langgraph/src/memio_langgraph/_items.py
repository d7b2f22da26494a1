"""Items of LangGraph as documents of memio, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Literal, cast

from langgraph.store.base import Item, SearchItem, get_text_at_path

from memio import Document, InvalidInputError
from memio.toolkit import legal_text
from memio_langgraph._filters import can_be_copied

TTL = "$ttl"
"""The key in the metadata under which an item's minutes to live are kept; a value's own key is never copied to it."""

WHOLE = "$"
"""The path that means the whole value."""


def fields_of(
    key: str, value: Any, index: Literal[False] | Sequence[str] | None, paths: Sequence[str], ttl: float | None
) -> dict[str, Any]:
    """Return what a document holds for an item: content, metadata, data, and when it expires.

    Args:
        key: The key, for errors.
        value: The value of the item.
        index: The paths to be searched, `False` for none of it, `None` for those of the store.
        paths: The paths of the store.
        ttl: Minutes to live, or `None`.

    Raises:
        InvalidInputError: The value has no faithful JSON form, or the time to live is not a number.
    """
    if not isinstance(value, Mapping):
        raise InvalidInputError(f"the value of {key!r} must be a dict, not {type(value).__name__}", argument="value")
    try:
        # The record checks and copies the value.
        data: dict[str, Any] = Document(id=key, content="", data=cast("Any", value)).data
    except InvalidInputError as error:
        raise InvalidInputError(f"the value of {key!r} cannot be stored: {error.message}", argument="value") from None
    metadata = {name: item for name, item in data.items() if can_be_copied(name, item)}
    indexed = paths if index is None else () if index is False else checked_paths(index, "index")
    fields: dict[str, Any] = {"content": _content(data, indexed), "data": data}
    if ttl is not None:
        metadata[TTL] = ttl
        fields["expires_at"] = expiry(ttl)
    if metadata:
        fields["metadata"] = metadata
    return fields


def checked_paths(paths: Any, where: str) -> tuple[str, ...]:
    """Return paths of a value as a tuple.

    Args:
        paths: What the caller passed.
        where: The name of the argument, for errors.

    Raises:
        InvalidInputError: They are not a list of texts.
    """
    listed: Any = None if isinstance(paths, (str, bool)) else paths
    if not isinstance(listed, Sequence) or not all(
        isinstance(path, str) and path for path in cast("list[Any]", listed)
    ):
        raise InvalidInputError(
            f"{where} is {paths!r}: it must be a list of paths, such as ['text', 'authors[*].name']", argument=where
        )
    return tuple(cast("list[str]", listed))


def _content(data: dict[str, Any], paths: Sequence[str]) -> str:
    texts = [text for path in paths for text in get_text_at_path(data, path)]
    return legal_text("\n".join(texts))


def expiry(minutes: Any, where: str = "ttl") -> datetime:
    """Return when something that lives for some minutes from now on is gone.

    Args:
        minutes: What the caller passed.
        where: The name of the value in errors.

    Raises:
        InvalidInputError: It is no number, or reaches beyond the dates.
    """
    if isinstance(minutes, bool) or not isinstance(minutes, (int, float)) or not isfinite(minutes):
        raise InvalidInputError(f"{where} is {minutes!r}: it must be a number of minutes, or None", argument="ttl")
    try:
        return datetime.now(UTC) + timedelta(minutes=minutes)
    except OverflowError:
        raise InvalidInputError(f"{where} is {minutes!r} minutes, which no date can hold", argument="ttl") from None


def is_item(document: Document) -> bool:
    """Return whether a document holds an item, as another program may have stored documents under the same label."""
    return isinstance(document.data, dict)


def item_of(document: Document) -> Item:
    """Return the item that a document holds."""
    times: Any = (document.created_at, document.updated_at)  # `None` where the backend has none
    created_at, updated_at = times
    return Item(
        value=document.data,
        key=document.id,
        namespace=document.namespace,
        created_at=created_at,
        updated_at=updated_at,
    )


def found_item(document: Document) -> SearchItem:
    """Return the item that a document holds, with its score."""
    times: Any = (document.created_at, document.updated_at)
    created_at, updated_at = times
    return SearchItem(document.namespace, document.id, document.data, created_at, updated_at, document.score)
