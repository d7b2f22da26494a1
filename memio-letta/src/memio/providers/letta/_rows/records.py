"""Facts and documents: the same records twice, in one archive.

Each record is one passage; owner and metadata are its label. Before the server applies a limit, it filters by nothing
that memio needs, so a scope is applied here, to as many passages as it takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Generic, Literal, TypeVar
from weakref import WeakValueDictionary

from memio.errors import InvalidInputError, MemioError, NotFoundError, ProviderError, UnavailableError
from memio.models import Page
from memio.owners import ANYWHERE, NO_OWNER, Owner, Scope
from memio.providers.letta._api.agent import Agent
from memio.providers.letta._api.fresh import Fresh
from memio.providers.letta._rows.batches import Batch, Draft, Target
from memio.providers.letta._rows.cursors import Position
from memio.providers.letta._rows.labels import Label
from memio.providers.letta._rows.outcomes import partial, stopped, worst
from memio.providers.letta._rows.passages import PAGE, Passage, Passages
from memio.providers.letta._rows.updates import replace_passage
from memio.toolkit import page_of

R = TypeVar("R")

ENOUGH = 10
"""A search in a scope first asks for so many times its limit, and for everything only when that was too little."""

AT_ONCE = 4
"""Deletes under way at the same time. More gains nothing: the server is one process."""

MAX_QUERY_BYTES = 60_000
"""Percent-encoded: the query is a part of the request's address, which may be 64 kB long."""


class Records(Generic[R]):
    """The records of one kind.

    Args:
        agent: The agent whose archive has them.
        kind: The kind.
        record: Makes a record of a passage.
    """

    def __init__(self, agent: Agent, kind: Literal["facts", "documents"], record: Callable[[Passage], R]) -> None:
        self._agent = agent
        self._kind = kind
        self._record = record
        self._passages = Passages(agent, {"facts": "fact", "documents": "document"}[kind])
        self._batches: Fresh[Target] = Fresh()
        self._collection = agent.settings.collection
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def add(self, content: str, metadata: dict[str, Any] | None, owner: Owner) -> R:
        """Create a record. One request."""
        draft = self._draft(content, metadata, owner)
        return self._record(await self._passages.create(draft.content, draft.tags))

    async def add_many(self, items: Sequence[Mapping[str, Any]]) -> list[R]:
        """Create records, and return them in order. One request for up to 500 of them, and up to 1 MB.

        Up to three more show the archive, its model and the server's time, when no answer has shown these lately.

        Raises:
            PartialWriteError: Some were added, or may have been, before a request failed.
        """
        batch = Batch(self._passages, self._batches, [self._draft(**item) for item in items])
        try:
            await batch.run()
        except MemioError as error:
            raise stopped(error, list(map(self._record, batch.added)), items, batch.sent) from None
        return list(map(self._record, batch.added))

    async def get(self, record_id: str, scope: Scope) -> R:
        """Return a record. Two requests, and one more per 100 passages of the same time."""
        return self._record(await self._find(record_id, scope))

    async def get_all(self, limit: int, cursor: str | None, scope: Scope) -> Page[R]:
        """Return a page. One request per 101 passages that are read."""
        start = Position.from_cursor(cursor) if cursor is not None else None
        size = min(limit + 1, PAGE) if self._spans_archive(scope) else PAGE
        found = await self._first(limit + 1, scope, start=start, size=size)
        return page_of(found, limit, self._record, lambda passage: passage.position.to_cursor())

    async def search(self, query: str, limit: int, scope: Scope) -> list[R]:
        """Return the nearest records. One request; in a scope a second one where the first returned too few."""
        _check_query(query)
        return list(map(self._record, await self._nearest(query, limit, scope)))

    async def update(self, record_id: str, content: str | None, metadata: dict[str, Any] | None, scope: Scope) -> R:
        """Replace a record by one with the same time and owner. Five requests.

        Args:
            record_id: The record.
            content: The new text; `None` keeps the old one.
            metadata: The new metadata; `None` keeps the old one.
            scope: Where to look for it.
        """
        async with self._lock_of(record_id):
            old = await self._find(record_id, scope)
            label = old.label if metadata is None else replace(old.label, metadata=metadata)
            text = old.content if content is None else content
            return self._record(await replace_passage(self._passages, old, text, label))

    async def delete(self, record_id: str, scope: Scope) -> None:
        """Delete a record. One request, two when the id of the archive is not fresh, and three in a scope."""
        async with self._lock_of(record_id):
            if self._spans_archive(scope) and await self._passages.delete_unread(record_id):
                return
            await self._passages.delete(await self._find(record_id, scope))

    async def delete_all(self, scope: Scope) -> None:
        """Delete every record in scope. One request for each, and one per 101 passages of the archive."""
        kept: Passage | None = None  # the last passage that stays: the listing goes on after it
        deleted: set[str] = set()
        while True:
            rows = await self._passages.page(limit=PAGE, after=kept.id if kept else None)
            if not rows and not (kept or deleted):
                await self._agent.ensure_exists()
            if not rows and kept and not await self._passages.exists(kept.id):
                kept = None  # another client deleted it: list from the beginning
                continue
            in_scope = [passage for passage in rows if self._is_in(scope, passage)]
            if not deleted.isdisjoint(passage.id for passage in in_scope):
                text = f"{len(deleted)} were deleted, and some of these are still listed"
                raise UnavailableError(text, retryable=True, outcome="partial")
            await self._delete_each(in_scope, len(deleted))
            deleted.update(passage.id for passage in in_scope)
            kept = next((passage for passage in reversed(rows) if not self._is_in(scope, passage)), kept)
            if len(rows) < PAGE:
                return

    def _draft(
        self,
        content: str,
        metadata: dict[str, Any] | None = None,
        owner: Owner = NO_OWNER,
    ) -> Draft:
        label = Label(
            owner=owner,
            metadata=metadata or {},
            collection=self._collection,
            kind=self._kind if self._collection else None,
        )
        return Draft(content, label.to_tags())

    def _is_in(self, scope: Scope, passage: Passage) -> bool:
        """Return whether a passage is a record of this kind, and in a scope."""
        label = passage.label
        if self._collection is not None and (label.collection, label.kind) != (self._collection, self._kind):
            return False
        return scope.matches(label.owner)

    def _spans_archive(self, scope: Scope) -> bool:
        """Return whether every passage of the archive is in a scope."""
        return self._collection is None and scope == ANYWHERE

    def _lock_of(self, record_id: str) -> asyncio.Lock:
        """Return the lock that changes of one record hold, so that they run one after the other.

        The server answers several deletes of one passage at the same moment with success each: two updates
        would both succeed, and leave two records.
        """
        lock = self._locks.get(record_id)
        if lock is None:
            lock = self._locks[record_id] = asyncio.Lock()
        return lock

    async def _find(self, record_id: str, scope: Scope) -> Passage:
        passage = await self._passages.find(record_id)
        if passage is None or not self._is_in(scope, passage):
            raise NotFoundError(self._passages.noun, record_id)
        return passage

    async def _first(
        self,
        count: int,
        scope: Scope,
        *,
        start: Position | None = None,
        size: int = PAGE,
        containing: str | None = None,
    ) -> list[Passage]:
        """Return the first passages in scope after a position, at most `count`."""
        found: list[Passage] = []
        async with aclosing(self._passages.scan(start=start, size=size, containing=containing)) as passages:
            async for passage in passages:
                if self._is_in(scope, passage):
                    found.append(passage)
                    if len(found) == count:
                        break
        return found

    async def _nearest(self, query: str, limit: int, scope: Scope) -> list[Passage]:
        if not query.strip():  # the server's search does not find white space, and its listing does
            return await self._first(limit, scope, containing=query)
        if self._spans_archive(scope):
            return await self._passages.search(query, limit)
        enough = limit * ENOUGH
        nearest = await self._passages.search(query, enough)
        found = [passage for passage in nearest if self._is_in(scope, passage)]
        if len(found) < limit and len(nearest) >= enough:
            found = [passage for passage in await self._passages.search(query, 0) if self._is_in(scope, passage)]
        return found[:limit]

    async def _delete_each(self, passages: Sequence[Passage], before: int) -> None:
        """Delete passages, a few at a time; `before` others were deleted by the same call."""
        deleted = before
        for begin in range(0, len(passages), AT_ONCE):
            results = await asyncio.gather(
                *(self._passages.delete(passage) for passage in passages[begin : begin + AT_ONCE]),
                return_exceptions=True,
            )
            errors = [result for result in results if result is not None]
            deleted += len(results) - len(errors)
            if errors:
                problem = worst(errors)
                if isinstance(problem, ProviderError) and deleted:
                    text = f"{deleted} were deleted, then: {problem.message}. Call it again"
                    raise partial(problem, text, retryable=problem.retryable) from None
                raise problem


def _check_query(query: str) -> None:
    if len(query) * 12 <= MAX_QUERY_BYTES:  # no character takes more than 12 bytes
        return
    from urllib.parse import quote_plus

    size = len(quote_plus(query))
    if size > MAX_QUERY_BYTES:
        raise InvalidInputError(
            f"the query takes {size:,} bytes in the address of the request: Letta takes {MAX_QUERY_BYTES:,}",
            argument="query",
        )
