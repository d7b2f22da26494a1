"""`memio.facts`, without async."""

# Written by tools/generate_blocking.py from facades/facts.py: change that, and run the script.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from memio._call.labels import OMITTED
from memio.blocking._runtime.pages import pages
from memio.blocking._runtime.runner import listed
from memio.blocking.facade import Facade
from memio.facades.facade import PAGE, given
from memio.facades.facts import Facts as AsyncFacts
from memio.models import Fact, Page
from memio.protocols import FactInput


class Facts(Facade[AsyncFacts]):
    """Short statements that an agent remembers.

    Every method takes the owner: `user_id` and `agent_id`, labels of the application. Given, a call
    is confined to the records of exactly that owner, and any other record is not found; left out,
    it spans all. Arguments beyond the text need a feature of the provider, see `features`; asking
    for one that is missing raises `NotSupportedError` and changes nothing.
    """

    __slots__ = ()

    def add(
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
            >>> from memio.blocking import Memio
            >>> def main():
            ...     with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            ...         fact = memio.facts.add("likes coffee", user_id="alice")
            ...         return memio.facts.get(fact.id)
            >>> main().content
            'likes coffee'
        """
        return self._runner.call(
            self._async.add, content, metadata=metadata, user_id=user_id, agent_id=agent_id, fact_id=fact_id
        )

    def add_many(
        self, items: Iterable[str | FactInput], *, user_id: str = OMITTED, agent_id: str = OMITTED
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
        return self._runner.call(self._async.add_many, listed(items), user_id=user_id, agent_id=agent_id)

    def get(self, fact_id: str, *, user_id: str = OMITTED, agent_id: str = OMITTED) -> Fact:
        """Return one fact.

        Args:
            fact_id: Its id.
            user_id: Find it only if it belongs to this user.
            agent_id: Find it only if it belongs to this agent.

        Raises:
            NotFoundError: There is no such fact in scope.
            ConflictError: Several owners have a fact of this id; pass the owner.
        """
        return self._runner.call(self._async.get, fact_id, user_id=user_id, agent_id=agent_id)

    def get_all(
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
        return self._runner.call(
            self._async.get_all, limit=limit, cursor=cursor, user_id=user_id, agent_id=agent_id, filters=filters
        )

    def iter_all(
        self,
        *,
        page_size: int = PAGE,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        filters: Mapping[str, Any] | None = None,
    ) -> Iterator[Fact]:
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

    def search(
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
        return self._runner.call(
            self._async.search, query, limit=limit, user_id=user_id, agent_id=agent_id, filters=filters
        )

    def update(
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
        return self._runner.call(
            self._async.update, fact_id=fact_id, content=content, metadata=metadata, user_id=user_id, agent_id=agent_id
        )

    def delete(self, fact_id: str, *, user_id: str = OMITTED, agent_id: str = OMITTED) -> None:
        """Delete one fact.

        Args:
            fact_id: Its id.
            user_id: Delete it only if it belongs to this user.
            agent_id: Delete it only if it belongs to this agent.

        Raises:
            NotFoundError: There is no such fact in scope.
            ConflictError: Several owners have a fact of this id; pass the owner.
        """
        self._runner.call(self._async.delete, fact_id, user_id=user_id, agent_id=agent_id)

    def delete_all(self, *, user_id: str = OMITTED, agent_id: str = OMITTED) -> None:
        """Delete every fact in scope: those of one owner, or all of them when no owner is given."""
        self._runner.call(self._async.delete_all, user_id=user_id, agent_id=agent_id)
