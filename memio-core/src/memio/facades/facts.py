"""`memio.facts`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, cast

from memio._call.labels import OMITTED
from memio.facades.facade import PAGE, Facade, given, pages
from memio.models import Fact, Page
from memio.protocols import FactInput


class Facts(Facade):
    """Short statements that an agent remembers.

    Every method takes the owner: `user_id` and `agent_id`, labels of the application. Given, a call
    is confined to the records of exactly that owner, and any other record is not found; left out,
    it spans all. Arguments beyond the text need a feature of the provider, see `features`; asking
    for one that is missing raises `NotSupportedError` and changes nothing.
    """

    __slots__ = ()

    async def add(
        self,
        content: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        fact_id: str | None = None,
    ) -> Fact:
        """Store a new fact.

        Args:
            content: The text.
            metadata: A JSON object to keep with it.
            user_id: The user it belongs to.
            agent_id: The agent it belongs to.
            fact_id: The id to store it under; one is made otherwise. Adding the same fact again under
                its id returns the stored one, so the call may be repeated.

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
        arguments = given({"content": content}, metadata=metadata, fact_id=fact_id)
        return cast("Fact", await self._call("add", arguments, user_id, agent_id))

    async def add_many(
        self,
        items: Iterable[str | FactInput],
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
    ) -> list[Fact]:
        """Store many facts, in one call of the backend where it has one, else some at once.

        Args:
            items: Texts, or dicts with the arguments of `add`. A type checker refuses an unknown key in a literal; for
                a variable, give the type: `items: list[FactInput]` from `memio.protocols`.
            user_id: The user that all of them belong to.
            agent_id: The agent that all of them belong to.

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
        return cast("list[Fact]", await self._call("add_many", {"items": items}, user_id, agent_id))

    async def get(self, fact_id: str, *, user_id: str = OMITTED, agent_id: str = OMITTED) -> Fact:
        """Return one fact.

        Args:
            fact_id: Its id.
            user_id: Find it only if it belongs to this user.
            agent_id: Find it only if it belongs to this agent.

        Raises:
            NotFoundError: There is no such fact in scope.
            ConflictError: Several owners have a fact of this id; pass the owner.
        """
        return cast("Fact", await self._call("get", {"fact_id": fact_id}, user_id, agent_id))

    async def get_all(
        self,
        *,
        limit: int = 100,
        cursor: str | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        filters: Mapping[str, Any] | None = None,
    ) -> Page[Fact]:
        """Return a page of facts, in the order in which they were added.

        Args:
            limit: How many at most, 1 to 1000.
            cursor: The `next_cursor` of the page before; leave it out for the first page.
            user_id: Only facts of this user.
            agent_id: Only facts of this agent.
            filters: Only facts whose metadata has all of these top-level keys with equal values.
                Numbers compare by value; strings, booleans and null are distinct.

        Returns:
            A list with `next_cursor`, which is `None` on the last page.
        """
        arguments = given({"limit": limit, "cursor": cursor}, filters=filters)
        return cast("Page[Fact]", await self._call("get_all", arguments, user_id, agent_id))

    def iter_all(
        self,
        *,
        page_size: int = PAGE,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        filters: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Fact]:
        """Iterate over all facts, in the order in which they were added, each once.

        Facts may be updated and deleted on the way.

        Args:
            page_size: How many are fetched at once, 1 to 1000; of large records the store may send fewer.
            user_id: Only facts of this user.
            agent_id: Only facts of this agent.
            filters: Only facts whose metadata matches; see `get_all`.
        """
        return pages(
            lambda cursor: self._part(
                "get_all", given({"limit": page_size, "cursor": cursor}, filters=filters), user_id, agent_id
            )
        )

    async def search(
        self,
        query: str,
        *,
        limit: int = 10,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        filters: Mapping[str, Any] | None = None,
    ) -> list[Fact]:
        """Return the facts that match a query best, best first.

        Args:
            query: Any text; it is data, never syntax.
            limit: How many at most, 1 to 1000.
            user_id: Only facts of this user.
            agent_id: Only facts of this agent.
            filters: Only facts whose metadata matches; see `get_all`.
        """
        arguments = given({"query": query, "limit": limit}, filters=filters)
        return cast("list[Fact]", await self._call("search", arguments, user_id, agent_id))

    async def update(
        self,
        *,
        fact_id: str,
        content: str,
        metadata: Mapping[str, Any] | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
    ) -> Fact:
        """Replace the text of a fact. Its owner and its time of creation stay.

        Args:
            fact_id: Its id.
            content: The new text.
            metadata: The new metadata; left out, it stays as it is, and `{}` clears it.
            user_id: Update it only if it belongs to this user.
            agent_id: Update it only if it belongs to this agent.

        Returns:
            The fact as stored. Without the guarantee `stable_ids` it may have a new id.

        Raises:
            NotFoundError: There is no such fact in scope.
            ConflictError: Several owners have a fact of this id; pass the owner.
        """
        arguments: dict[str, Any] = {"fact_id": fact_id, "content": content}
        if metadata is not None:
            arguments["metadata"] = metadata
        return cast("Fact", await self._call("update", arguments, user_id, agent_id))

    async def delete(self, fact_id: str, *, user_id: str = OMITTED, agent_id: str = OMITTED) -> None:
        """Delete one fact.

        Args:
            fact_id: Its id.
            user_id: Delete it only if it belongs to this user.
            agent_id: Delete it only if it belongs to this agent.

        Raises:
            NotFoundError: There is no such fact in scope.
            ConflictError: Several owners have a fact of this id; pass the owner.
        """
        await self._call("delete", {"fact_id": fact_id}, user_id, agent_id)

    async def delete_all(self, *, user_id: str = OMITTED, agent_id: str = OMITTED) -> None:
        """Delete every fact in scope: those of one owner, or all of them when no owner is given."""
        await self._call("delete_all", {}, user_id, agent_id)
