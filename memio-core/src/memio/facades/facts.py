"""`memio.facts`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from memio._values.omitted import OMITTED
from memio.facades.facade import Facade, given
from memio.facades.iteration import PAGE
from memio.models import Fact, Page
from memio.owners import Owner
from memio.protocols import FactInput, Mode, Order


class Facts(Facade):
    """Short statements that an agent remembers.

    Every method takes the owner: `user_id`, `agent_id` and `namespace`, labels of the application, or `owner` in
    their place. A label that is given confines the call to the records with exactly that label, and any other record
    is not found; a label that is left out spans all. What is added without a label has none. Arguments beyond the
    text need a feature of the provider, see `features`; asking for one that is missing raises `NotSupportedError`
    and changes nothing.

    **Filters** name top-level keys of the metadata: `{"kind": "drink"}`. All must match. With the feature
    `filter_operators`, a key may have operators, `{"age": {"$gte": 18, "$lt": 65}, "tag": {"$in": ["a", "b"]}}`,
    of `$eq`, `$ne`, `$gt`, `$gte`, `$lt`, `$lte`, `$in`, `$nin` and `$exists`; in place of a key there may be `$and`
    and `$or` with a list of filters, and `$not` with one. Numbers compare by value, strings by code point; strings,
    booleans and null equal only themselves; a key that is missing equals nothing, so `$ne` and `$nin` match it.
    """

    __slots__ = ()

    async def add(
        self,
        content: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        fact_id: str | None = None,
        expires_at: datetime | None = None,
    ) -> Fact:
        """Store a new fact.

        Args:
            content: The text.
            metadata: A JSON object to keep with it.
            user_id: The user that it belongs to.
            agent_id: The agent that it belongs to.
            namespace: The namespace that it belongs to; the root otherwise.
            owner: The owner that it belongs to, in place of the labels.
            fact_id: The id to store it under; one is made otherwise. Adding the same fact again under
                its id returns the stored one, so the call may be repeated.
            expires_at: When it will be gone, an aware time; never when left out.

        Returns:
            The fact as stored.

        Raises:
            ConflictError: The id is taken by another fact of this owner.
            InvalidInputError: An argument cannot be honoured; nothing was changed.
            NotSupportedError: The provider lacks a feature that the call asks for.

        Example:
            >>> import asyncio
            >>> from memio import Memio
            >>> async def main():
            ...     async with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            ...         fact = await memio.facts.add("likes coffee", user_id="alice")
            ...         return await memio.facts.get(fact.id)
            >>> asyncio.run(main()).content
            'likes coffee'
        """
        arguments = given({"content": content}, metadata=metadata, fact_id=fact_id, expires_at=expires_at)
        return cast("Fact", await self._call("add", arguments, user_id, agent_id, namespace, owner))

    async def add_many(
        self,
        items: Iterable[str | FactInput],
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> list[Fact]:
        """Store many facts, in one call of the backend where it has one, else some at once.

        Args:
            items: Texts, or dicts with the arguments of `add`. A type checker refuses an unknown key in a literal; for
                a variable, give the type: `items: list[FactInput]` from `memio.protocols`.
            user_id: The user that all of them belong to.
            agent_id: The agent that all of them belong to.
            namespace: The namespace that all of them belong to.
            owner: The owner that all of them belong to, in place of the labels.

        Returns:
            The facts as stored, in the order of the items. A backend without a batch call stores them
            in any order.

        Raises:
            PartialWriteError: Some were added before one failed. The error lists what was added, what was certainly
                not added, and what may have been.
            ConflictError: An id is taken; on a backend with a batch call nothing was added.
            InvalidInputError: An item cannot be honoured; nothing was added.
            NotSupportedError: The provider lacks a feature that an item asks for; nothing was added.
        """
        return cast("list[Fact]", await self._call("add_many", {"items": items}, user_id, agent_id, namespace, owner))

    async def put(
        self,
        fact_id: str,
        content: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        expires_at: datetime | None = None,
        if_version: str = OMITTED,
    ) -> Fact:
        """Store a fact under an id, whether the owner has one there or not. Feature `put`.

        What is there is replaced: text, metadata and time of expiry, also those that this call leaves out.
        Its time of creation stays.

        Args:
            fact_id: The id.
            content: The text.
            metadata: A JSON object to keep with it; none when left out.
            user_id: The user that it belongs to.
            agent_id: The agent that it belongs to.
            namespace: The namespace that it belongs to; the root otherwise.
            owner: The owner that it belongs to, in place of the labels.
            expires_at: When it will be gone, an aware time; never when left out.
            if_version: Replace it only while it has this version; `None` is refused. Of calls at the same time with one
                version, at most one happens.

        Returns:
            The fact as stored.

        Raises:
            ConflictError: The fact has another version, or is missing although a version was given.
        """
        arguments = given(
            {"fact_id": fact_id, "content": content},
            metadata=metadata,
            expires_at=expires_at,
            if_version=if_version,
        )
        return cast("Fact", await self._call("put", arguments, user_id, agent_id, namespace, owner))

    async def get(
        self,
        fact_id: str,
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> Fact:
        """Return one fact.

        Args:
            fact_id: Its id.
            user_id: Find it only if it belongs to this user.
            agent_id: Find it only if it belongs to this agent.
            namespace: Find it only if it belongs to exactly this namespace; `()` is the root.
            owner: Find it only if it belongs to exactly this owner; it stands for all labels.

        Raises:
            NotFoundError: There is no such fact in scope.
            ConflictError: Several owners have a fact of this id; pass the owner.
        """
        return cast("Fact", await self._call("get", {"fact_id": fact_id}, user_id, agent_id, namespace, owner))

    async def get_all(
        self,
        *,
        limit: int = 100,
        cursor: str | None = None,
        order: Order = "oldest",
        filters: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> Page[Fact]:
        """Return a page of facts, in the order in which they were added, or in the reverse.

        Args:
            limit: How many at most, 1 to 1000.
            cursor: The `next_cursor` of the page before; leave it out for the first page.
            order: `oldest` first, or `newest` first.
            filters: Only facts whose metadata matches; see `Facts`.
            since: Only facts that were added at this time or later, an aware time.
            until: Only facts that were added before this time.
            user_id: Only facts of this user.
            agent_id: Only facts of this agent.
            namespace: Only facts of exactly this namespace; `()` is the root.
            owner: Only facts of exactly this owner; it stands for all labels.
            namespace_prefix: Only facts of this namespace and of all below it.

        Returns:
            A list with `next_cursor`, which is `None` on the last page.
        """
        arguments = given({"limit": limit, "cursor": cursor, "order": order}, filters=filters, since=since, until=until)
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        return cast("Page[Fact]", await self._call("get_all", arguments, *labels))

    def iter_all(
        self,
        *,
        page_size: int = PAGE,
        order: Order = "oldest",
        filters: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> AsyncIterator[Fact]:
        """Iterate over all facts, in the order in which they were added or in the reverse, each once.

        Facts may be updated and deleted on the way.

        Args:
            page_size: How many are fetched at once, 1 to 1000; of large records the store may send fewer.
            order: `oldest` first, or `newest` first.
            filters: Only facts whose metadata matches; see `Facts`.
            since: Only facts that were added at this time or later, an aware time.
            until: Only facts that were added before this time.
            user_id: Only facts of this user.
            agent_id: Only facts of this agent.
            namespace: Only facts of exactly this namespace; `()` is the root.
            owner: Only facts of exactly this owner; it stands for all labels.
            namespace_prefix: Only facts of this namespace and of all below it.
        """
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        arguments = given({"limit": page_size, "order": order}, filters=filters, since=since, until=until)
        return self._pages("get_all", arguments, *labels)

    async def search(
        self,
        query: str,
        *,
        limit: int = 10,
        mode: Mode = "auto",
        filters: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> list[Fact]:
        """Return the facts that match a query best, best first.

        Args:
            query: Any text; it is data, never syntax.
            limit: How many at most, 1 to 1000.
            mode: `auto` for the best that the store has; `keyword` to go by words alone, feature `keyword_search`; or
                `semantic` to go by meaning alone, feature `semantic_search`.
            filters: Only facts whose metadata matches; see `Facts`.
            since: Only facts that were added at this time or later, an aware time.
            until: Only facts that were added before this time.
            user_id: Only facts of this user.
            agent_id: Only facts of this agent.
            namespace: Only facts of exactly this namespace; `()` is the root.
            owner: Only facts of exactly this owner; it stands for all labels.
            namespace_prefix: Only facts of this namespace and of all below it.
        """
        arguments = given({"query": query, "limit": limit, "mode": mode}, filters=filters, since=since, until=until)
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        return cast("list[Fact]", await self._call("search", arguments, *labels))

    async def count(
        self,
        *,
        filters: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> int:
        """Return how many facts there are. Feature `count`.

        Args:
            filters: Only facts whose metadata matches; see `Facts`.
            since: Only facts that were added at this time or later, an aware time.
            until: Only facts that were added before this time.
            user_id: Only facts of this user.
            agent_id: Only facts of this agent.
            namespace: Only facts of exactly this namespace; `()` is the root.
            owner: Only facts of exactly this owner; it stands for all labels.
            namespace_prefix: Only facts of this namespace and of all below it.
        """
        arguments = given({}, filters=filters, since=since, until=until)
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        return cast("int", await self._call("count", arguments, *labels))

    async def update(
        self,
        *,
        fact_id: str,
        content: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        expires_at: datetime | None = OMITTED,
        if_version: str = OMITTED,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> Fact:
        """Change a fact: what is given, and nothing else. Its owner and its time of creation stay.

        Args:
            fact_id: Its id.
            content: The new text.
            metadata: The new metadata; `{}` clears it.
            expires_at: When it will be gone; `None` for never. Changing this alone makes no new version.
            if_version: Change it only while it has this version; `None` is refused. Of calls at the same time with one
                version, at most one happens.
            user_id: Change it only if it belongs to this user.
            agent_id: Change it only if it belongs to this agent.
            namespace: Change it only if it belongs to exactly this namespace; `()` is the root.
            owner: Change it only if it belongs to exactly this owner; it stands for all labels.

        Returns:
            The fact as stored. Without the guarantee `stable_ids` it may have a new id.

        Raises:
            NotFoundError: There is no such fact in scope.
            ConflictError: Several owners have a fact of this id: pass the owner. Or it has another version.
            InvalidInputError: Nothing to change was given, or an argument cannot be honoured.
        """
        arguments: dict[str, Any] = {"fact_id": fact_id}
        if content is not None:
            arguments["content"] = content
        if metadata is not None:
            arguments["metadata"] = metadata
        if expires_at is not OMITTED:
            arguments["expires_at"] = expires_at
        if if_version is not OMITTED:
            arguments["if_version"] = if_version
        return cast("Fact", await self._call("update", arguments, user_id, agent_id, namespace, owner))

    async def delete(
        self,
        fact_id: str,
        *,
        if_version: str = OMITTED,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> None:
        """Delete one fact.

        Args:
            fact_id: Its id.
            if_version: Delete it only while it has this version; `None` is refused.
            user_id: Delete it only if it belongs to this user.
            agent_id: Delete it only if it belongs to this agent.
            namespace: Delete it only if it belongs to exactly this namespace; `()` is the root.
            owner: Delete it only if it belongs to exactly this owner; it stands for all labels.

        Raises:
            NotFoundError: There is no such fact in scope.
            ConflictError: Several owners have a fact of this id: pass the owner. Or it has another version.
        """
        arguments = given({"fact_id": fact_id}, if_version=if_version)
        await self._call("delete", arguments, user_id, agent_id, namespace, owner)

    async def delete_all(
        self,
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> None:
        """Delete every fact in scope, also expired ones; all of them when no owner is given.

        Args:
            user_id: Only facts of this user.
            agent_id: Only facts of this agent.
            namespace: Only facts of exactly this namespace; `()` is the root.
            owner: Only facts of exactly this owner; it stands for all labels.
            namespace_prefix: Only facts of this namespace and of all below it.
        """
        await self._call("delete_all", {}, user_id, agent_id, namespace, owner, namespace_prefix)
