"""`memio.documents`, without async."""

# Written by tools/generate_blocking.py from facades/documents.py: change that, and run the script.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from memio._values.omitted import OMITTED
from memio.blocking._runtime.runner import listed
from memio.blocking.facade import Facade
from memio.facades.documents import Documents as AsyncDocuments
from memio.facades.facade import given
from memio.facades.iteration import PAGE
from memio.models import Document, Page
from memio.owners import Owner
from memio.protocols import DocumentInput, Mode, Order


class Documents(Facade[AsyncDocuments]):
    """Longer texts that are looked up by search, and values that are stored under an id.

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

    def add(
        self,
        content: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        data: Any = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        doc_id: str | None = None,
        expires_at: datetime | None = None,
    ) -> Document:
        """Store a new document.

        Args:
            content: The text; it may be empty when there is `data`.
            metadata: A JSON object to keep with it.
            data: A JSON value to keep with it; it is neither searched nor filtered.
            user_id: The user that it belongs to.
            agent_id: The agent that it belongs to.
            namespace: The namespace that it belongs to; the root otherwise.
            owner: The owner that it belongs to, in place of the labels.
            doc_id: The id to store it under; one is made otherwise. Adding the same document again under
                its id returns the stored one, so the call may be repeated.
            expires_at: When it will be gone, an aware time; never when left out.

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
            ...         memio.documents.add("Oat milk keeps for a week.", metadata={"shelf": 3})
            ...         return memio.documents.search("milk")
            >>> main()[0].metadata
            {'shelf': 3}
        """
        return self._runner.call(
            self._async.add,
            content,
            metadata=metadata,
            data=data,
            user_id=user_id,
            agent_id=agent_id,
            namespace=namespace,
            owner=owner,
            doc_id=doc_id,
            expires_at=expires_at,
        )

    def add_many(
        self,
        items: Iterable[str | DocumentInput],
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> list[Document]:
        """Store many documents, in one call of the backend where it has one, else some at once.

        Args:
            items: Texts, or dicts with the arguments of `add`. A type checker refuses an unknown key in a literal; for
                a variable, give the type: `items: list[DocumentInput]` from `memio.protocols`.
            user_id: The user that all of them belong to.
            agent_id: The agent that all of them belong to.
            namespace: The namespace that all of them belong to.
            owner: The owner that all of them belong to, in place of the labels.

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
        return self._runner.call(
            self._async.add_many, listed(items), user_id=user_id, agent_id=agent_id, namespace=namespace, owner=owner
        )

    def put(
        self,
        doc_id: str,
        content: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        data: Any = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        expires_at: datetime | None = None,
        if_version: str = OMITTED,
    ) -> Document:
        """Store a document under an id, whether the owner has one there or not. Feature `put`.

        What is there is replaced: text, metadata, data and time of expiry, also those that this call leaves out.
        Its time of creation stays.

        Args:
            doc_id: The id.
            content: The text; it may be empty when there is `data`.
            metadata: A JSON object to keep with it; none when left out.
            data: A JSON value to keep with it; it is neither searched nor filtered.
            user_id: The user that it belongs to.
            agent_id: The agent that it belongs to.
            namespace: The namespace that it belongs to; the root otherwise.
            owner: The owner that it belongs to, in place of the labels.
            expires_at: When it will be gone, an aware time; never when left out.
            if_version: Replace it only while it has this version; `None` is refused. Of calls at the same time with one
                version, at most one happens.

        Returns:
            The document as stored.

        Raises:
            ConflictError: The document has another version, or is missing although a version was given.
        """
        return self._runner.call(
            self._async.put,
            doc_id,
            content,
            metadata=metadata,
            data=data,
            user_id=user_id,
            agent_id=agent_id,
            namespace=namespace,
            owner=owner,
            expires_at=expires_at,
            if_version=if_version,
        )

    def get(
        self,
        doc_id: str,
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> Document:
        """Return one document.

        Args:
            doc_id: Its id.
            user_id: Find it only if it belongs to this user.
            agent_id: Find it only if it belongs to this agent.
            namespace: Find it only if it belongs to exactly this namespace; `()` is the root.
            owner: Find it only if it belongs to exactly this owner; it stands for all labels.

        Raises:
            NotFoundError: There is no such document in scope.
            ConflictError: Several owners have a document of this id; pass the owner.
        """
        return self._runner.call(
            self._async.get, doc_id, user_id=user_id, agent_id=agent_id, namespace=namespace, owner=owner
        )

    def get_all(
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
    ) -> Page[Document]:
        """Return a page of documents, in the order in which they were added, or in the reverse.

        Args:
            limit: How many at most, 1 to 1000.
            cursor: The `next_cursor` of the page before; leave it out for the first page.
            order: `oldest` first, or `newest` first.
            filters: Only documents whose metadata matches; see `Documents`.
            since: Only documents that were added at this time or later, an aware time.
            until: Only documents that were added before this time.
            user_id: Only documents of this user.
            agent_id: Only documents of this agent.
            namespace: Only documents of exactly this namespace; `()` is the root.
            owner: Only documents of exactly this owner; it stands for all labels.
            namespace_prefix: Only documents of this namespace and of all below it.

        Returns:
            A list with `next_cursor`, which is `None` on the last page.
        """
        return self._runner.call(
            self._async.get_all,
            limit=limit,
            cursor=cursor,
            order=order,
            filters=filters,
            since=since,
            until=until,
            user_id=user_id,
            agent_id=agent_id,
            namespace=namespace,
            owner=owner,
            namespace_prefix=namespace_prefix,
        )

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
    ) -> Iterator[Document]:
        """Iterate over all documents, in the order in which they were added or in the reverse, each once.

        Documents may be updated and deleted on the way.

        Args:
            page_size: How many are fetched at once, 1 to 1000; of large records the store may send fewer.
            order: `oldest` first, or `newest` first.
            filters: Only documents whose metadata matches; see `Documents`.
            since: Only documents that were added at this time or later, an aware time.
            until: Only documents that were added before this time.
            user_id: Only documents of this user.
            agent_id: Only documents of this agent.
            namespace: Only documents of exactly this namespace; `()` is the root.
            owner: Only documents of exactly this owner; it stands for all labels.
            namespace_prefix: Only documents of this namespace and of all below it.
        """
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        arguments = given({"limit": page_size, "order": order}, filters=filters, since=since, until=until)
        return self._pages("get_all", arguments, *labels)

    def search(
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
    ) -> list[Document]:
        """Return the documents that match a query best, best first.

        Args:
            query: Any text; it is data, never syntax.
            limit: How many at most, 1 to 1000.
            mode: `auto` for the best that the store has; `keyword` to go by words alone, feature `keyword_search`; or
                `semantic` to go by meaning alone, feature `semantic_search`.
            filters: Only documents whose metadata matches; see `Documents`.
            since: Only documents that were added at this time or later, an aware time.
            until: Only documents that were added before this time.
            user_id: Only documents of this user.
            agent_id: Only documents of this agent.
            namespace: Only documents of exactly this namespace; `()` is the root.
            owner: Only documents of exactly this owner; it stands for all labels.
            namespace_prefix: Only documents of this namespace and of all below it.
        """
        return self._runner.call(
            self._async.search,
            query,
            limit=limit,
            mode=mode,
            filters=filters,
            since=since,
            until=until,
            user_id=user_id,
            agent_id=agent_id,
            namespace=namespace,
            owner=owner,
            namespace_prefix=namespace_prefix,
        )

    def count(
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
        """Return how many documents there are. Feature `count`.

        Args:
            filters: Only documents whose metadata matches; see `Documents`.
            since: Only documents that were added at this time or later, an aware time.
            until: Only documents that were added before this time.
            user_id: Only documents of this user.
            agent_id: Only documents of this agent.
            namespace: Only documents of exactly this namespace; `()` is the root.
            owner: Only documents of exactly this owner; it stands for all labels.
            namespace_prefix: Only documents of this namespace and of all below it.
        """
        return self._runner.call(
            self._async.count,
            filters=filters,
            since=since,
            until=until,
            user_id=user_id,
            agent_id=agent_id,
            namespace=namespace,
            owner=owner,
            namespace_prefix=namespace_prefix,
        )

    def update(
        self,
        *,
        doc_id: str,
        content: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        data: Any = OMITTED,
        expires_at: datetime | None = OMITTED,
        if_version: str = OMITTED,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> Document:
        """Change a document: what is given, and nothing else. Its owner and its time of creation stay.

        Args:
            doc_id: Its id.
            content: The new text; it may be empty when `data` is given too.
            metadata: The new metadata; `{}` clears it.
            data: The new data; `None` removes it, and needs the text too.
            expires_at: When it will be gone; `None` for never. Changing this alone makes no new version.
            if_version: Change it only while it has this version; `None` is refused. Of calls at the same time with one
                version, at most one happens.
            user_id: Change it only if it belongs to this user.
            agent_id: Change it only if it belongs to this agent.
            namespace: Change it only if it belongs to exactly this namespace; `()` is the root.
            owner: Change it only if it belongs to exactly this owner; it stands for all labels.

        Returns:
            The document as stored. Without the guarantee `stable_ids` it may have a new id.

        Raises:
            NotFoundError: There is no such document in scope.
            ConflictError: Several owners have a document of this id: pass the owner. Or it has another version.
            InvalidInputError: Nothing to change was given, or an argument cannot be honoured.
        """
        return self._runner.call(
            self._async.update,
            doc_id=doc_id,
            content=content,
            metadata=metadata,
            data=data,
            expires_at=expires_at,
            if_version=if_version,
            user_id=user_id,
            agent_id=agent_id,
            namespace=namespace,
            owner=owner,
        )

    def delete(
        self,
        doc_id: str,
        *,
        if_version: str = OMITTED,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
    ) -> None:
        """Delete one document.

        Args:
            doc_id: Its id.
            if_version: Delete it only while it has this version; `None` is refused.
            user_id: Delete it only if it belongs to this user.
            agent_id: Delete it only if it belongs to this agent.
            namespace: Delete it only if it belongs to exactly this namespace; `()` is the root.
            owner: Delete it only if it belongs to exactly this owner; it stands for all labels.

        Raises:
            NotFoundError: There is no such document in scope.
            ConflictError: Several owners have a document of this id: pass the owner. Or it has another version.
        """
        self._runner.call(
            self._async.delete,
            doc_id,
            if_version=if_version,
            user_id=user_id,
            agent_id=agent_id,
            namespace=namespace,
            owner=owner,
        )

    def delete_all(
        self,
        *,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> None:
        """Delete every document in scope, also expired ones; all of them when no owner is given.

        Args:
            user_id: Only documents of this user.
            agent_id: Only documents of this agent.
            namespace: Only documents of exactly this namespace; `()` is the root.
            owner: Only documents of exactly this owner; it stands for all labels.
            namespace_prefix: Only documents of this namespace and of all below it.
        """
        self._runner.call(
            self._async.delete_all,
            user_id=user_id,
            agent_id=agent_id,
            namespace=namespace,
            owner=owner,
            namespace_prefix=namespace_prefix,
        )
