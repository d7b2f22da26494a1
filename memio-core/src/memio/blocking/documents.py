"""`memio.documents`, without async."""

# Written by tools/generate_blocking.py from facades/documents.py: change that, and run the script.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from memio._call.labels import OMITTED
from memio.blocking._runtime.pages import pages
from memio.blocking._runtime.runner import listed
from memio.blocking.facade import Facade
from memio.facades.documents import Documents as AsyncDocuments
from memio.facades.facade import PAGE, given
from memio.models import Document, Page
from memio.protocols import DocumentInput


class Documents(Facade[AsyncDocuments]):
    """Longer texts that are looked up by search.

    Every method takes the owner: `user_id`, a label of the application. Given, a call is confined to
    the records of exactly that owner, and any other record is not found; left out, it spans all.
    Arguments beyond the text need a feature of the provider, see `features`; asking for one that is
    missing raises `NotSupportedError` and changes nothing.
    """

    __slots__ = ()

    def add(
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
            >>> from memio.blocking import Memio
            >>> def main():
            ...     with Memio.from_config({"documents": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            ...         document = memio.documents.add("how to deploy to production", user_id="alice")
            ...         return memio.documents.get(document.id)
            >>> main().content
            'how to deploy to production'
        """
        return self._runner.call(self._async.add, content, metadata=metadata, user_id=user_id, doc_id=doc_id)

    def add_many(self, items: Iterable[str | DocumentInput], *, user_id: str = OMITTED) -> list[Document]:
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
        return self._runner.call(self._async.add_many, listed(items), user_id=user_id)

    def get(self, doc_id: str, *, user_id: str = OMITTED) -> Document:
        """Return one document.

        Args:
            doc_id: Its id.
            user_id: Find it only if it belongs to this user.

        Raises:
            NotFoundError: There is no such document in scope.
            ConflictError: Several owners have a document of this id; pass the owner.
        """
        return self._runner.call(self._async.get, doc_id, user_id=user_id)

    def get_all(
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
        return self._runner.call(self._async.get_all, limit=limit, cursor=cursor, user_id=user_id, filters=filters)

    def iter_all(
        self, *, page_size: int = PAGE, user_id: str = OMITTED, filters: Mapping[str, Any] | None = None
    ) -> Iterator[Document]:
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

    def search(
        self, query: str, *, limit: int = 10, user_id: str = OMITTED, filters: Mapping[str, Any] | None = None
    ) -> list[Document]:
        """Return the documents that match a query best, best first.

        Args:
            query: Any text; it is data, never syntax.
            limit: How many at most, 1 to 1000.
            user_id: Only documents of this user.
            filters: Only documents whose metadata matches; see `get_all`.
        """
        return self._runner.call(self._async.search, query, limit=limit, user_id=user_id, filters=filters)

    def update(
        self, *, doc_id: str, content: str, metadata: Mapping[str, Any] | None = None, user_id: str = OMITTED
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
        return self._runner.call(self._async.update, doc_id=doc_id, content=content, metadata=metadata, user_id=user_id)

    def delete(self, doc_id: str, *, user_id: str = OMITTED) -> None:
        """Delete one document.

        Args:
            doc_id: Its id.
            user_id: Delete it only if it belongs to this user.

        Raises:
            NotFoundError: There is no such document in scope.
            ConflictError: Several owners have a document of this id; pass the owner.
        """
        self._runner.call(self._async.delete, doc_id, user_id=user_id)

    def delete_all(self, *, user_id: str = OMITTED) -> None:
        """Delete every document in scope: those of one owner, or all of them when no owner is given."""
        self._runner.call(self._async.delete_all, user_id=user_id)
