"""`MemioSession`: a session of the OpenAI Agents SDK over `memio.history`."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from agents import SessionSettings, TResponseInputItem
from agents.memory.session import SessionABC

from memio import ClosedError, Feature, InvalidInputError, Memio, Owner, ScopedMemio
from memio.owners import check_namespace
from memio.protocols import OMITTED
from memio_openai_agents._items import item_of, message_of

if TYPE_CHECKING:
    from memio import History, MemioConfig
    from memio.config import Config

NEEDED = (Feature.DATA, Feature.ALL_ROLES, Feature.DELETE_MESSAGES)
"""What the history must support."""

MOST = 1000
"""Messages that one call of memio returns at most."""


class MemioSession(SessionABC):
    """A session of the Agents SDK whose items are messages of memio.

    - Items come back equal, in the order of adding: tool calls, reasoning, images, empty outputs.
    - `add_items` stores all of its items, or none.
    - Of calls of `pop_item` at the same time, each returns another item.
    - Sessions of other owners with the same id are apart.

    Args:
        session_id: The id of the session, unique per owner.
        memio: A client with history, which stays open, or a configuration: a dict, or the path of a TOML or JSON
            file. A client of a configuration belongs to the session, which closes it.
        user_id: The user whose session it is.
        agent_id: The agent whose session it is.
        namespace: The namespace that it belongs to.
        session_settings: The SDK's settings, such as `SessionSettings(limit=50)`.

    Raises:
        NotSupportedError: The history lacks something that sessions need; it lists what.
        InvalidInputError: The id or a label cannot be honoured.
        TypeError: The settings are a dict with an unknown key.

    Example:
        >>> import asyncio
        >>> from memio_openai_agents import MemioSession
        >>> async def main():
        ...     async with MemioSession("chat", {"history": {"provider": "sqlite", "path": ":memory:"}}) as session:
        ...         await session.add_items([{"role": "user", "content": "hello"}])
        ...         return await session.get_items()
        >>> asyncio.run(main())
        [{'role': 'user', 'content': 'hello'}]
    """

    def __init__(
        self,
        session_id: str,
        memio: Memio | ScopedMemio | str | os.PathLike[str] | MemioConfig | Config,
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        session_settings: SessionSettings | dict[str, Any] | None = None,
    ) -> None:
        (self.session_id,) = check_namespace((session_id,), "session_id")  # as short, and as legal, as a label
        self.session_settings = _settings(session_settings)
        given = {"user_id": user_id, "agent_id": agent_id, "namespace": namespace}
        labels: dict[str, Any] = {name: label for name, label in given.items() if label is not OMITTED}
        self._labels: dict[str, Any] = labels
        self._owned: Memio | None = None
        self._closed = False
        if not isinstance(memio, ScopedMemio):
            for name, label in labels.items():
                if label is None:
                    raise InvalidInputError(f"{name} is None: leave it out for a session without one", argument=name)
            if not isinstance(memio, Memio):
                memio = self._owned = Memio.from_config(memio, own_loop=True)
            memio, self._labels = memio.scoped(owner=Owner(**labels)), {}
        memio.require({"history": NEEDED}, by=type(self).__name__)
        self._history: History = memio.history

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """Return the latest items, oldest first.

        Args:
            limit: How many at most; that of the settings when left out, and all when these have none.
        """
        wanted = self._limit if limit is None else _checked_limit(limit)
        pages: list[list[TResponseInputItem]] = []
        cursor = None
        missing = wanted
        while missing is None or missing > 0:
            size = MOST if missing is None else min(missing, MOST)
            page = await self._history.get(self.session_id, limit=size, cursor=cursor, **self._labels)
            pages.append([item_of(message) for message in page])
            if missing is not None:
                missing -= len(page)
            if (cursor := page.next_cursor) is None:
                break
        return [item for page in reversed(pages) for item in page]

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Add items to the end of the session, all or none."""
        messages = [message_of(item, f"items[{place}]") for place, item in enumerate(items)]
        if messages:
            await self._history.add(session_id=self.session_id, messages=messages, **self._labels)
        elif self._closed:
            raise ClosedError("this session is closed: its client was closed with it")

    async def pop_item(self) -> TResponseInputItem | None:
        """Remove the latest item and return it; `None` when there is none."""
        removed = await self._history.delete_messages(self.session_id, last=1, **self._labels)
        return item_of(removed[0]) if removed else None

    async def clear_session(self) -> None:
        """Remove all items."""
        await self._history.delete(self.session_id, **self._labels)

    async def aclose(self) -> None:
        """Close the client, if it was made from a configuration."""
        if self._owned is not None:
            self._closed = True
            await self._owned.aclose()

    def close(self) -> None:
        """Close the client, if it was made from a configuration."""
        if self._owned is not None:
            self._closed = True
            # In a thread, because an event loop may be running in this one.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, self._owned.aclose()).result()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def _limit(self) -> int | None:
        limit = None if self.session_settings is None else self.session_settings.limit
        return None if limit is None else _checked_limit(limit)

    def __repr__(self) -> str:
        return f"<MemioSession {self.session_id!r} in {self._history!r}>"


def _settings(value: SessionSettings | dict[str, Any] | None) -> SessionSettings:
    if isinstance(value, dict):
        known = [field.name for field in fields(SessionSettings)]
        if unknown := [name for name in value if name not in known]:
            # The class of the SDK ignores it; its own sessions raise this error.
            raise TypeError(f"session_settings has the unknown key {unknown[0]!r}; known are {', '.join(known)}")
        return SessionSettings(**value)
    return SessionSettings() if value is None else value


def _checked_limit(limit: Any) -> int:
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise InvalidInputError(f"limit is {limit!r}: it must be a whole number, 0 or more, or None", argument="limit")
    return limit
