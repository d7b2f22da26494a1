"""`memio.graph`. Provisional: it may still change in a minor version."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import cast

from memio._values.omitted import OMITTED
from memio.facades.facade import Facade, given
from memio.facades.iteration import PAGE
from memio.models import Page, Triple
from memio.owners import Owner
from memio.protocols import Order


class Graph(Facade):
    """Relations between entities, as triples of subject, predicate and object. Provisional.

    An identical triple of one owner is stored once. Entities are implicit: they exist while a triple
    names them. Every method takes the owner: `user_id`, `agent_id` and `namespace`, labels of the application, or
    `owner` in their place. A label that is given confines the call to the triples with exactly that label; a label
    that is left out spans all. Arguments beyond the text need a feature of the provider, see `features`; asking for
    one that is missing raises `NotSupportedError` and changes nothing.
    """

    __slots__ = ()

    async def add(
        self,
        *,
        triples: Iterable[Triple],
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> list[Triple]:
        """Store triples, all or none.

        Args:
            triples: The triples. One that is stored already is not stored again, so the call may be repeated.
            user_id: The user that they belong to.
            agent_id: The agent that they belong to.
            namespace: The namespace that they belong to; the root otherwise.
            owner: The owner that they belong to, in place of the labels.

        Returns:
            The triples as stored, in the given order.

        Raises:
            ConflictError: An id is taken by another triple of this owner, or the same triple is stored
                with another id or other metadata.
            InvalidInputError: An argument cannot be honoured; nothing was changed.
            NotSupportedError: The provider lacks a feature that the call asks for.

        Example:
            >>> import asyncio
            >>> from memio import Memio, Triple
            >>> async def main():
            ...     async with Memio.from_config({"graph": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            ...         await memio.graph.add(triples=[Triple(subject="Alice", predicate="knows", object="Bob")])
            ...         return await memio.graph.get("Bob")
            >>> [triple.subject for triple in asyncio.run(main())]
            ['Alice']
        """
        return cast("list[Triple]", await self._call("add", {"triples": triples}, user_id, agent_id, namespace, owner))

    async def get(
        self,
        entity: str,
        *,
        limit: int = 100,
        cursor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> Page[Triple]:
        """Return a page of the triples that have an entity as subject or object, in the order of adding.

        Args:
            entity: The entity, exactly as it was written.
            limit: How many at most, 1 to 1000.
            cursor: The `next_cursor` of the page before; leave it out for the first page.
            since: Only triples that were added at this time or later, an aware time.
            until: Only triples that were added before this time.
            user_id: Only triples of this user.
            agent_id: Only triples of this agent.
            namespace: Only triples of exactly this namespace; `()` is the root.
            owner: Only triples of exactly this owner; it stands for all labels.
            namespace_prefix: Only triples of this namespace and of all below it.

        Returns:
            A list with `next_cursor`, which is `None` on the last page.
        """
        arguments = given({"entity": entity, "limit": limit, "cursor": cursor}, since=since, until=until)
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        return cast("Page[Triple]", await self._call("get", arguments, *labels))

    def iter_entity(
        self,
        entity: str,
        *,
        page_size: int = PAGE,
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> AsyncIterator[Triple]:
        """Iterate over the triples that have an entity as subject or object, in the order of adding, each once.

        Args:
            entity: The entity, exactly as it was written.
            page_size: How many are fetched at once, 1 to 1000; of large records the store may send fewer.
            since: Only triples that were added at this time or later, an aware time.
            until: Only triples that were added before this time.
            user_id: Only triples of this user.
            agent_id: Only triples of this agent.
            namespace: Only triples of exactly this namespace; `()` is the root.
            owner: Only triples of exactly this owner; it stands for all labels.
            namespace_prefix: Only triples of this namespace and of all below it.
        """
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        arguments = given({"entity": entity, "limit": page_size}, since=since, until=until)
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
    ) -> Page[Triple]:
        """Return a page of triples, in the order in which they were added, or in the reverse.

        Args:
            limit: How many at most, 1 to 1000.
            cursor: The `next_cursor` of the page before; leave it out for the first page.
            order: `oldest` first, or `newest` first.
            since: Only triples that were added at this time or later, an aware time.
            until: Only triples that were added before this time.
            user_id: Only triples of this user.
            agent_id: Only triples of this agent.
            namespace: Only triples of exactly this namespace; `()` is the root.
            owner: Only triples of exactly this owner; it stands for all labels.
            namespace_prefix: Only triples of this namespace and of all below it.

        Returns:
            A list with `next_cursor`, which is `None` on the last page.
        """
        arguments = given({"limit": limit, "cursor": cursor, "order": order}, since=since, until=until)
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        return cast("Page[Triple]", await self._call("get_all", arguments, *labels))

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
    ) -> AsyncIterator[Triple]:
        """Iterate over all triples, in the order in which they were added or in the reverse, each once.

        Args:
            page_size: How many are fetched at once, 1 to 1000; of large records the store may send fewer.
            order: `oldest` first, or `newest` first.
            since: Only triples that were added at this time or later, an aware time.
            until: Only triples that were added before this time.
            user_id: Only triples of this user.
            agent_id: Only triples of this agent.
            namespace: Only triples of exactly this namespace; `()` is the root.
            owner: Only triples of exactly this owner; it stands for all labels.
            namespace_prefix: Only triples of this namespace and of all below it.
        """
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        arguments = given({"limit": page_size, "order": order}, since=since, until=until)
        return self._pages("get_all", arguments, *labels)

    async def search(
        self,
        query: str,
        *,
        limit: int = 10,
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> list[Triple]:
        """Return the triples that match a query best, best first.

        Args:
            query: Any text; it is data, never syntax.
            limit: How many at most, 1 to 1000.
            since: Only triples that were added at this time or later, an aware time.
            until: Only triples that were added before this time.
            user_id: Only triples of this user.
            agent_id: Only triples of this agent.
            namespace: Only triples of exactly this namespace; `()` is the root.
            owner: Only triples of exactly this owner; it stands for all labels.
            namespace_prefix: Only triples of this namespace and of all below it.
        """
        arguments = given({"query": query, "limit": limit}, since=since, until=until)
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        return cast("list[Triple]", await self._call("search", arguments, *labels))

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
        """Return how many triples there are. Feature `count`.

        Args:
            since: Only triples that were added at this time or later, an aware time.
            until: Only triples that were added before this time.
            user_id: Only triples of this user.
            agent_id: Only triples of this agent.
            namespace: Only triples of exactly this namespace; `()` is the root.
            owner: Only triples of exactly this owner; it stands for all labels.
            namespace_prefix: Only triples of this namespace and of all below it.
        """
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        return cast("int", await self._call("count", given({}, since=since, until=until), *labels))

    async def delete(
        self,
        triple_id: str,
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> None:
        """Delete one triple.

        Args:
            triple_id: Its id.
            user_id: Delete it only if it belongs to this user.
            agent_id: Delete it only if it belongs to this agent.
            namespace: Delete it only if it belongs to exactly this namespace; `()` is the root.
            owner: Delete it only if it belongs to exactly this owner; it stands for all labels.

        Raises:
            NotFoundError: There is no such triple in scope.
            ConflictError: Several owners have a triple of this id; pass the owner.
        """
        await self._call("delete", {"triple_id": triple_id}, user_id, agent_id, namespace, owner)

    async def delete_entity(
        self,
        entity: str,
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> None:
        """Delete every triple that has an entity as subject or object. An unknown entity has none.

        Args:
            entity: The entity, exactly as it was written.
            user_id: Only triples of this user.
            agent_id: Only triples of this agent.
            namespace: Only triples of exactly this namespace; `()` is the root.
            owner: Only triples of exactly this owner; it stands for all labels.
        """
        await self._call("delete_entity", {"entity": entity}, user_id, agent_id, namespace, owner)

    async def delete_all(
        self,
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> None:
        """Delete every triple in scope; all of them when no owner is given.

        Args:
            user_id: Only triples of this user.
            agent_id: Only triples of this agent.
            namespace: Only triples of exactly this namespace; `()` is the root.
            owner: Only triples of exactly this owner; it stands for all labels.
            namespace_prefix: Only triples of this namespace and of all below it.
        """
        await self._call("delete_all", {}, user_id, agent_id, namespace, owner, namespace_prefix)
