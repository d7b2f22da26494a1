"""`memio.graph`, without async."""

# Written by tools/generate_blocking.py from facades/graph.py: change that, and run the script.

from __future__ import annotations

from collections.abc import Iterator, Sequence

from memio._call.labels import OMITTED
from memio.blocking._runtime.pages import pages
from memio.blocking._runtime.runner import listed
from memio.blocking.facade import Facade
from memio.facades.facade import PAGE
from memio.facades.graph import Graph as AsyncGraph
from memio.models import Page, Triple


class Graph(Facade[AsyncGraph]):
    """Relations between entities, as triples of subject, predicate and object. Provisional.

    An identical triple of one owner is stored once. Entities are implicit: they exist while a triple
    names them. Every method takes the owner, `user_id`, a label of the application. Given, a call is
    confined to the triples of exactly that user; left out, it spans all. Arguments beyond the text
    need a feature of the provider, see `features`; asking for one that is missing raises
    `NotSupportedError` and changes nothing.
    """

    __slots__ = ()

    def add(self, *, triples: Sequence[Triple], user_id: str = OMITTED) -> list[Triple]:
        """Store triples, all or none.

        Args:
            triples: The triples. One that is stored already is not stored again, so the call may be repeated.
            user_id: The user they belong to.

        Returns:
            The triples as stored, in the given order.

        Raises:
            ConflictError: An id is taken by another triple of this owner, or the same triple is stored
                with another id or other metadata.
            InvalidInputError: An argument cannot be honoured; nothing was changed.
            NotSupportedError: The provider lacks a feature that the call asks for.

        Example:
            >>> from memio import Triple
            >>> from memio.blocking import Memio
            >>> def main():
            ...     with Memio.from_config({"graph": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            ...         memio.graph.add(triples=[Triple(subject="Alice", predicate="knows", object="Bob")])
            ...         return memio.graph.get("Bob")
            >>> [triple.subject for triple in main()]
            ['Alice']
        """
        return self._runner.call(self._async.add, triples=listed(triples), user_id=user_id)

    def get(self, entity: str, *, limit: int = 100, cursor: str | None = None, user_id: str = OMITTED) -> Page[Triple]:
        """Return a page of the triples that have an entity as subject or object, in the order of adding.

        Args:
            entity: The entity, exactly as it was written.
            limit: How many at most, 1 to 1000.
            cursor: The `next_cursor` of the page before; leave it out for the first page.
            user_id: Only triples of this user.

        Returns:
            A list with `next_cursor`, which is `None` on the last page.
        """
        return self._runner.call(self._async.get, entity, limit=limit, cursor=cursor, user_id=user_id)

    def iter_entity(self, entity: str, *, page_size: int = PAGE, user_id: str = OMITTED) -> Iterator[Triple]:
        """Iterate over the triples that have an entity as subject or object, in the order of adding, each once.

        Args:
            entity: The entity, exactly as it was written.
            page_size: How many are fetched at once, 1 to 1000; of large records the store may send fewer.
            user_id: Only triples of this user.
        """
        return pages(
            lambda cursor: self._part("get", {"entity": entity, "limit": page_size, "cursor": cursor}, user_id)
        )

    def get_all(self, *, limit: int = 100, cursor: str | None = None, user_id: str = OMITTED) -> Page[Triple]:
        """Return a page of triples, in the order in which they were added.

        Args:
            limit: How many at most, 1 to 1000.
            cursor: The `next_cursor` of the page before; leave it out for the first page.
            user_id: Only triples of this user.

        Returns:
            A list with `next_cursor`, which is `None` on the last page.
        """
        return self._runner.call(self._async.get_all, limit=limit, cursor=cursor, user_id=user_id)

    def iter_all(self, *, page_size: int = PAGE, user_id: str = OMITTED) -> Iterator[Triple]:
        """Iterate over all triples, in the order in which they were added, each once.

        Args:
            page_size: How many are fetched at once, 1 to 1000; of large records the store may send fewer.
            user_id: Only triples of this user.
        """
        return pages(lambda cursor: self._part("get_all", {"limit": page_size, "cursor": cursor}, user_id))

    def search(self, query: str, *, limit: int = 10, user_id: str = OMITTED) -> list[Triple]:
        """Return the triples that match a query best, best first.

        Args:
            query: Any text; it is data, never syntax.
            limit: How many at most, 1 to 1000.
            user_id: Only triples of this user.
        """
        return self._runner.call(self._async.search, query, limit=limit, user_id=user_id)

    def delete(self, triple_id: str, *, user_id: str = OMITTED) -> None:
        """Delete one triple.

        Args:
            triple_id: Its id.
            user_id: Delete it only if it belongs to this user.

        Raises:
            NotFoundError: There is no such triple in scope.
            ConflictError: Several users have a triple of this id; pass the owner.
        """
        self._runner.call(self._async.delete, triple_id, user_id=user_id)

    def delete_entity(self, entity: str, *, user_id: str = OMITTED) -> None:
        """Delete every triple that has an entity as subject or object. An unknown entity has none.

        Args:
            entity: The entity, exactly as it was written.
            user_id: Only triples of this user.
        """
        self._runner.call(self._async.delete_entity, entity, user_id=user_id)

    def delete_all(self, *, user_id: str = OMITTED) -> None:
        """Delete every triple in scope: those of one user, or all of them when no user is given."""
        self._runner.call(self._async.delete_all, user_id=user_id)
