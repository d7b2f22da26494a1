"""`memio.history`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from memio._call.labels import none_refused
from memio._values.omitted import OMITTED
from memio.facades.facade import Facade, given
from memio.facades.iteration import PAGE
from memio.models import Message, Page, Session, Turn
from memio.owners import Owner
from memio.protocols import Mode, Order, Start


class History(Facade):
    """Conversations: sessions of messages.

    A session begins with its first message and ends with its deletion; reading an unknown one is empty. Session ids
    are unique per owner: two users may both have a session `default`. Every method takes the owner: `user_id`,
    `agent_id` and `namespace`, labels of the application, or `owner` in their place. A label that is given confines
    the call to the sessions with exactly that label; a label that is left out spans all. A call that names a session
    which several owners in its scope have raises `ConflictError`. Arguments beyond the text need a feature of the
    provider, see `features`; asking for one that is missing raises `NotSupportedError` and changes nothing.
    """

    __slots__ = ()

    async def add(
        self,
        *,
        session_id: str,
        messages: Iterable[Message | Mapping[str, Any]],
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> Turn:
        """Append messages to a session, all or none.

        Args:
            session_id: The session; it begins with its first message.
            messages: The messages, oldest first, each a `Message`, or a dict as chat APIs have them. Of a dict with
                more than `role`, `name` and text, such as tool calls, the text becomes `content` and the dict itself
                `data`. A message whose `id` is stored already, with the same content, is not stored again, so a call
                with ids may be repeated.
            user_id: The user that the session belongs to.
            agent_id: The agent that the session belongs to.
            namespace: The namespace that the session belongs to; the root otherwise.
            owner: The owner that the session belongs to, in place of the labels.

        Returns:
            The messages as stored, and what the backend's agent answered, where it does. Providers
            with the guarantee `silent_append` never answer.

        Raises:
            ConflictError: A message id is taken by another message of this session.
            InvalidInputError: An argument cannot be honoured; nothing was changed.
            NotSupportedError: The provider lacks a feature that the call asks for.

        Example:
            >>> import asyncio
            >>> from memio import Memio
            >>> async def main():
            ...     async with Memio.from_config({"history": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            ...         hello = {"role": "user", "content": "hello"}
            ...         await memio.history.add(session_id="s1", messages=[hello], user_id="alice")
            ...         return await memio.history.get("s1", user_id="alice")
            >>> [message.content for message in asyncio.run(main())]
            ['hello']
        """
        arguments = {"session_id": session_id, "messages": messages}
        return cast("Turn", await self._call("add", arguments, user_id, agent_id, namespace, owner))

    async def get(
        self,
        session_id: str,
        *,
        limit: int = 50,
        cursor: str | None = None,
        start: Start = "latest",
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> Page[Message]:
        """Return a page of a session, oldest message first.

        Args:
            session_id: The session; an unknown one is empty.
            limit: How many messages at most, 1 to 1000.
            cursor: The `next_cursor` of the page before; leave it out for the first page.
            start: From `latest`, the first page holds the newest messages, and the cursor goes back in
                time; from `oldest`, it goes forward.
            user_id: Only the session of this user.
            agent_id: Only the session of this agent.
            namespace: Only the session of exactly this namespace; `()` is the root.
            owner: Only the session of exactly this owner; it stands for all labels.

        Returns:
            A list with `next_cursor`, which is `None` on the last page.

        Raises:
            ConflictError: Several owners in scope have a session of this id; pass the owner.
        """
        arguments = {"session_id": session_id, "limit": limit, "cursor": cursor, "start": start}
        return cast("Page[Message]", await self._call("get", arguments, user_id, agent_id, namespace, owner))

    def iter_messages(
        self,
        session_id: str,
        *,
        page_size: int = PAGE,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> AsyncIterator[Message]:
        """Iterate over all messages of a session, oldest first, each once.

        Args:
            session_id: The session; an unknown one is empty.
            page_size: How many are fetched at once, 1 to 1000; of large records the store may send fewer.
            user_id: Only the session of this user.
            agent_id: Only the session of this agent.
            namespace: Only the session of exactly this namespace; `()` is the root.
            owner: Only the session of exactly this owner; it stands for all labels.
        """
        labels = (user_id, agent_id, namespace, owner)
        arguments = {"session_id": session_id, "limit": page_size, "start": "oldest"}
        return self._pages("get", arguments, *labels)

    async def get_all(
        self,
        *,
        limit: int = 100,
        cursor: str | None = None,
        order: Order = "oldest",
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> Page[Session]:
        """Return a page of sessions, in the order of their first messages, or those with the latest message first.

        Args:
            limit: How many at most, 1 to 1000.
            cursor: The `next_cursor` of the page before; leave it out for the first page.
            order: `oldest`: in the order of their first messages. `newest`: by `updated_at`, the greatest first.
            since: Only sessions whose `updated_at` is this time or later, an aware time.
            until: Only sessions whose `updated_at` is before this time.
            user_id: Only sessions of this user.
            agent_id: Only sessions of this agent.
            namespace: Only sessions of exactly this namespace; `()` is the root.
            owner: Only sessions of exactly this owner; it stands for all labels.
            namespace_prefix: Only sessions of this namespace and of all below it.

        Returns:
            A list with `next_cursor`, which is `None` on the last page.
        """
        arguments = given({"limit": limit, "cursor": cursor, "order": order}, since=since, until=until)
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        return cast("Page[Session]", await self._call("get_all", arguments, *labels))

    def iter_all(
        self,
        *,
        page_size: int = PAGE,
        order: Order = "oldest",
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> AsyncIterator[Session]:
        """Iterate over all sessions, in the order of their first messages, each once, or those last used first.

        Args:
            page_size: How many are fetched at once, 1 to 1000; of large records the store may send fewer.
            order: `oldest`: in the order of their first messages. `newest`: by `updated_at`, the greatest first; a
                session that gains or loses messages meanwhile may be missed or appear again.
            since: Only sessions whose `updated_at` is this time or later, an aware time.
            until: Only sessions whose `updated_at` is before this time.
            user_id: Only sessions of this user.
            agent_id: Only sessions of this agent.
            namespace: Only sessions of exactly this namespace; `()` is the root.
            owner: Only sessions of exactly this owner; it stands for all labels.
            namespace_prefix: Only sessions of this namespace and of all below it.
        """
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        arguments = given({"limit": page_size, "order": order}, since=since, until=until)
        return self._pages("get_all", arguments, *labels)

    async def search(
        self,
        query: str,
        *,
        limit: int = 10,
        mode: Mode = "auto",
        session_id: str = OMITTED,
        filters: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> list[Message]:
        """Return the messages that match a query best, best first.

        Args:
            query: Any text; it is data, never syntax.
            limit: How many at most, 1 to 1000.
            mode: `auto` for the best that the store has; `keyword` to go by words alone, feature `keyword_search`; or
                `semantic` to go by meaning alone, feature `semantic_search`.
            session_id: Only messages of this session; left out, those of all sessions, which needs
                the feature `search_all_sessions`.
            filters: Only messages whose metadata matches; see `Facts` for how filters are written.
            since: Only messages whose `timestamp` is this time or later, an aware time.
            until: Only messages whose `timestamp` is before this time.
            user_id: Only messages of this user.
            agent_id: Only messages of this agent.
            namespace: Only messages of exactly this namespace; `()` is the root.
            owner: Only messages of exactly this owner; it stands for all labels.
            namespace_prefix: Only messages of this namespace and of all below it.

        Raises:
            ConflictError: Several owners in scope have a session of this id; pass the owner.
        """
        session = self._session(session_id, "search")
        arguments = given(
            {"query": query, "limit": limit, "mode": mode, "session_id": session},
            filters=filters,
            since=since,
            until=until,
        )
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        return cast("list[Message]", await self._call("search", arguments, *labels))

    async def count(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> int:
        """Return how many sessions there are. Feature `count`.

        Args:
            since: Only sessions whose `updated_at` is this time or later, an aware time.
            until: Only sessions whose `updated_at` is before this time.
            user_id: Only sessions of this user.
            agent_id: Only sessions of this agent.
            namespace: Only sessions of exactly this namespace; `()` is the root.
            owner: Only sessions of exactly this owner; it stands for all labels.
            namespace_prefix: Only sessions of this namespace and of all below it.
        """
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        return cast("int", await self._call("count", given({}, since=since, until=until), *labels))

    async def count_messages(
        self,
        *,
        session_id: str = OMITTED,
        filters: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> int:
        """Return how many messages there are. Feature `count`.

        Args:
            session_id: Only messages of this session; left out, those of all sessions.
            filters: Only messages whose metadata matches; see `Facts` for how filters are written.
            since: Only messages whose `timestamp` is this time or later, an aware time.
            until: Only messages whose `timestamp` is before this time.
            user_id: Only messages of this user.
            agent_id: Only messages of this agent.
            namespace: Only messages of exactly this namespace; `()` is the root.
            owner: Only messages of exactly this owner; it stands for all labels.
            namespace_prefix: Only messages of this namespace and of all below it.

        Raises:
            ConflictError: Several owners in scope have a session of this id; pass the owner.
        """
        arguments = given(
            {},
            session_id=self._session(session_id, "count_messages"),
            filters=filters,
            since=since,
            until=until,
        )
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        return cast("int", await self._call("count_messages", arguments, *labels))

    async def delete_messages(
        self,
        session_id: str,
        *,
        last: int | None = None,
        message_ids: Iterable[str] | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> list[Message]:
        """Delete messages of a session: the last ones, or those of given ids. Feature `delete_messages`.

        All or none are deleted. Of calls at the same time with `last=1`, each deletes another message. A session
        without messages left is gone.

        Args:
            session_id: The session; of an unknown one, the last messages are none.
            last: How many at its end, in the order of adding, 1 to 1000; fewer where it has fewer.
            message_ids: The ids of the messages, 1 to 1000, none twice.
            user_id: Only the session of this user.
            agent_id: Only the session of this agent.
            namespace: Only the session of exactly this namespace; `()` is the root.
            owner: Only the session of exactly this owner; it stands for all labels.

        Returns:
            The messages that were deleted, oldest first.

        Raises:
            NotFoundError: One of the ids is not there; nothing was deleted.
            ConflictError: Several owners in scope have a session of this id; pass the owner.
            InvalidInputError: Both `last` and `message_ids` are given, or neither.
        """
        arguments = {"session_id": session_id, "last": last, "message_ids": message_ids}
        labels = (user_id, agent_id, namespace, owner)
        return cast("list[Message]", await self._call("delete_messages", arguments, *labels))

    async def delete(
        self,
        session_id: str,
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> None:
        """Delete a session with all its messages. Deleting an unknown one does nothing.

        Args:
            session_id: The session.
            user_id: Only the session of this user.
            agent_id: Only the session of this agent.
            namespace: Only the session of exactly this namespace; `()` is the root.
            owner: Only the session of exactly this owner; it stands for all labels.

        Raises:
            ConflictError: Several owners in scope have a session of this id; pass the owner.
        """
        await self._call("delete", {"session_id": session_id}, user_id, agent_id, namespace, owner)

    async def delete_all(
        self,
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> None:
        """Delete every session in scope; all of them when no owner is given.

        Args:
            user_id: Only sessions of this user.
            agent_id: Only sessions of this agent.
            namespace: Only sessions of exactly this namespace; `()` is the root.
            owner: Only sessions of exactly this owner; it stands for all labels.
            namespace_prefix: Only sessions of this namespace and of all below it.
        """
        await self._call("delete_all", {}, user_id, agent_id, namespace, owner, namespace_prefix)

    def _session(self, session_id: str, method: str) -> str | None:
        """Return the session that a call is confined to, or `None` where it was left out."""
        if session_id is None:  # pyright: ignore[reportUnnecessaryComparison]  # callers may be untyped
            raise self._located(none_refused("session_id"), method)
        return None if session_id is OMITTED else session_id
