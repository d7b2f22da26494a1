"""What the façades of all kinds have."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

from memio._call.cursors import next_cursor
from memio._call.labels import OMITTED, add_label
from memio._call.store import CheckedStore
from memio._values.json import is_empty_object
from memio.errors import InvalidInputError
from memio.models import Page

T = TypeVar("T")

PAGE = 100
"""How many records the iterations ask for at once by default."""


class Facade:
    """One store as callers see it. Made by the client."""

    __slots__ = ("_owner", "_store")

    def __init__(self, store: CheckedStore, owner: Mapping[str, str]) -> None:
        self._store = store
        self._owner = owner

    @property
    def provider(self) -> str:
        """The name of the provider."""
        return self._store.provider

    @property
    def features(self) -> frozenset[str]:
        """What callers can ask of this store; see `memio.Feature`."""
        return self._store.features

    @property
    def guarantees(self) -> frozenset[str]:
        """What this store promises; see `memio.Guarantee`."""
        return self._store.guarantees

    def __repr__(self) -> str:
        confined = "".join(f", {name}={value!r}" for name, value in self._owner.items())
        return f"<{type(self).__name__} of {self.provider}{confined}>"

    def _call(self, method: str, arguments: dict[str, Any], user_id: str, agent_id: str = OMITTED) -> Awaitable[Any]:
        """Call the store; `arguments` holds what was given, and nothing that was left out."""
        return self._store.call(method, arguments, self._owners(method, user_id, agent_id))

    def _part(self, method: str, arguments: dict[str, Any], user_id: str, agent_id: str = OMITTED) -> Awaitable[Any]:
        """Fetch the next part of a listing: a page that the store may have ended early, to save memory."""
        return self._store.call(method, arguments, self._owners(method, user_id, agent_id), fill=False)

    def _owners(self, method: str, user_id: str, agent_id: str) -> dict[str, str]:
        """Return the owner that a call names or is confined to."""
        owner = dict(self._owner)
        try:
            if user_id is not OMITTED:
                add_label(owner, "user_id", user_id)
            if agent_id is not OMITTED:
                add_label(owner, "agent_id", agent_id)
        except InvalidInputError as error:
            raise self._located(error, method)  # noqa: B904  # the same error
        return owner

    def _located(self, error: InvalidInputError, method: str) -> InvalidInputError:
        return error.locate(operation=f"{self._store.kind}.{method}", provider=self.provider)


def given(arguments: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """Add the optional arguments that were given to those that every call has.

    `None` counts as not given, and so do empty metadata and empty filters.
    """
    for name, value in optional.items():
        if value is None or (name in ("metadata", "filters") and is_empty_object(value)):
            continue
        arguments[name] = value
    return arguments


async def pages(part: Callable[[str | None], Awaitable[Page[T]]]) -> AsyncIterator[T]:
    """Yield the records of a listing, one part after another.

    A record is dropped when it is handed out: at most one part is in memory.
    """
    cursor: str | None = None
    while True:
        page = await part(cursor)
        cursor = next_cursor(page, cursor)
        records = deque(page)
        del page
        while records:
            yield records.popleft()
        if cursor is None:
            return
