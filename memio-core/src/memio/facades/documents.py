"""`memio.documents`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, cast

from memio._call.labels import OMITTED
from memio.facades.facade import PAGE, Facade, given, pages
from memio.models import Document, Page
from memio.protocols import DocumentInput


class Documents(Facade):
    """Longer texts that are looked up by search.

    Every method takes the owner: `user_id`, a label of the application. Given, a call is confined to
    the records of exactly that owner, and any other record is not found; left out, it spans all.
    Arguments beyond the text need a feature of the provider, see `features`; asking for one that is
    missing raises `NotSupportedError` and changes nothing.
    """

    __slots__ = ()

    async def add(
        self,
        content: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        user_id: str = OMITTED,
        doc_id: str | None = None,
    ) -> Document:
        """Store a new document.

        Args:
            content: The text.
            metadata: A JSON object to keep with it.
            user_id: The user it belongs to.
            doc_id: The id to store it under; one is made otherwise. Adding the same document again under
                its id returns the stored one, so the call may be repeated.

        Returns:
            The document as stored.

        Raises:
            ConflictError: The id is taken by another document of this owner.
            InvalidInputError: An argument cannot be honoured; nothing was changed.
            NotSupportedError: The provider lacks a feature that the call asks for.

        Example:
            >>> import asyncio
            >>> from memio import Memio
            >>> async def main():
            ...     async with Memio.from_config({"documents": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            ...         document = await memio.documents.add("how to deploy to production", user_id="alice")
            ...         return await memio.documents.get(document.id)
            >>> asyncio.run(main()).content
            'how to deploy to production'
        """
        arguments = given({"content": content}, metadata=metadata, doc_id=doc_id)
        return cast("Document", await self._call("add", arguments, user_id))

    async def add_many(
        self,
        items: Iterable[str | DocumentInput],
        *,
        user_id: str = OMITTED,
    ) -> list[Document]:
        """Store many documents, in one call of the backend where it has one, else some at once.

        Args:
            items: Texts, or dicts with the arguments of `add`. A type checker refuses an unknown key in a literal; for
                a variable, give the type: `items: list[DocumentInput]` from `memio.protocols`.
            user_id: The user that all of them belong to.

        Returns:
            The documents as stored, in the order of the items. A backend without a batch call stores them
            in any order.

        Raises:
            PartialWriteError: Some were added before one failed. The error lists what was added, what was certainly
                not added, and what may have been.
            ConflictError: An id is taken; on a backend with a batch call nothing was added.
            InvalidInputError: An item cannot be honoured; nothing was added.
            NotSupportedError: The provider lacks a feature that an item asks for; nothing was added.
        """
        return cast("list[Document]", await self._call("add_many", {"items": items}, user_id))

    async def get(self, doc_id: str, *, user_id: str = OMITTED) -> Document:
        """Return one document.

        Args:
            doc_id: Its id.
            user_id: Find it only if it belongs to this user.

        Raises:
            NotFoundError: There is no such document in scope.
            ConflictError: Several owners have a document of this id; pass the owner.
        """
        return cast("Document", await self._call("get", {"doc_id": doc_id}, user_id))

    async def get_all(
        self,
        *,
        limit: int = 100,
        cursor: str | None = None,
        user_id: str = OMITTED,
        filters: Mapping[str, Any] | None = None,
    ) -> Page[Document]:
        """Return a page of documents, in the order in which they were added.

        Args:
            limit: How many at most, 1 to 1000.
            cursor: The `next_cursor` of the page before; leave it out for the first page.
            user_id: Only documents of this user.
            filters: Only documents whose metadata has all of these top-level keys with equal values.
                Numbers compare by value; strings, booleans and null are distinct.

        Returns:
            A list with `next_cursor`, which is `None` on the last page.
        """
        arguments = given({"limit": limit, "cursor": cursor}, filters=filters)
        return cast("Page[Document]", await self._call("get_all", arguments, user_id))

    def iter_all(
        self,
        *,
        page_size: int = PAGE,
        user_id: str = OMITTED,
        filters: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Document]:
        """Iterate over all documents, in the order in which they were added, each once.

        Documents may be updated and deleted on the way.

        Args:
            page_size: How many are fetched at once, 1 to 1000; of large records the store may send fewer.
            user_id: Only documents of this user.
            filters: Only documents whose metadata matches; see `get_all`.
        """
        return pages(
            lambda cursor: self._part(
                "get_all", given({"limit": page_size, "cursor": cursor}, filters=filters), user_id
            )
        )

    async def search(
        self,
        query: str,
        *,
        limit: int = 10,
        user_id: str = OMITTED,
        filters: Mapping[str, Any] | None = None,
    ) -> list[Document]:
        """Return the documents that match a query best, best first.

        Args:
            query: Any text; it is data, never syntax.
            limit: How many at most, 1 to 1000.
            user_id: Only documents of this user.
            filters: Only documents whose metadata matches; see `get_all`.
        """
        arguments = given({"query": query, "limit": limit}, filters=filters)
        return cast("list[Document]", await self._call("search", arguments, user_id))

    async def update(
        self,
        *,
        doc_id: str,
        content: str,
        metadata: Mapping[str, Any] | None = None,
        user_id: str = OMITTED,
    ) -> Document:
        """Replace the text of a document. Its owner and its time of creation stay.

        Args:
            doc_id: Its id.
            content: The new text.
            metadata: The new metadata; left out, it stays as it is, and `{}` clears it.
            user_id: Update it only if it belongs to this user.

        Returns:
            The document as stored. Without the guarantee `stable_ids` it may have a new id.

        Raises:
            NotFoundError: There is no such document in scope.
            ConflictError: Several owners have a document of this id; pass the owner.
        """
        arguments: dict[str, Any] = {"doc_id": doc_id, "content": content}
        if metadata is not None:
            arguments["metadata"] = metadata
        return cast("Document", await self._call("update", arguments, user_id))

    async def delete(self, doc_id: str, *, user_id: str = OMITTED) -> None:
        """Delete one document.

        Args:
            doc_id: Its id.
            user_id: Delete it only if it belongs to this user.

        Raises:
            NotFoundError: There is no such document in scope.
            ConflictError: Several owners have a document of this id; pass the owner.
        """
        await self._call("delete", {"doc_id": doc_id}, user_id)

    async def delete_all(self, *, user_id: str = OMITTED) -> None:
        """Delete every document in scope: those of one owner, or all of them when no owner is given."""
        await self._call("delete_all", {}, user_id)
