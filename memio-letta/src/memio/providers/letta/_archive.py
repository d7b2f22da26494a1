"""The records of one kind in an agent's archive: what facts and documents have in common.

Each record is one passage; owner and metadata are its label. Letta filters nothing that memio needs
before it applies a limit, so a scope is applied here, to as many passages as it takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeVar
from weakref import WeakValueDictionary

from memio.errors import InvalidInputError, MemioError, NotFoundError, ProviderError, UnavailableError
from memio.models import Page
from memio.providers.letta._agent import MALFORMED, MISSING, REFUSED, Agent
from memio.providers.letta._cursors import read_cursor, write_cursor
from memio.providers.letta._labels import Label
from memio.providers.letta._passages import PAGE, Passage, Passages, Position
from memio.providers.letta.settings import fits_into_a_path

T = TypeVar("T")

ENOUGH = 10
"""A search in a scope first asks for so many times its limit, and for everything only when that was too little."""

AT_ONCE = 4
"""Deletes under way at the same time. More gains nothing: the server is one process."""

MAX_QUERY_BYTES = 60_000
"""Percent-encoded: the query travels in the address of the request, which may be 64 kB long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which passages a call is about; `None` is any."""

    user_id: str | None = None
    agent_id: str | None = None
    collection: str | None = None
    kind: str | None = None

    @property
    def everything(self) -> bool:
        """Whether every passage of the archive is in it."""
        return self == Scope()

    def holds(self, passage: Passage) -> bool:
        """Tell whether a passage is in it."""
        label = passage.label
        return (
            self.user_id in (None, label.user_id)
            and self.agent_id in (None, label.agent_id)
            and (self.collection is None or (self.collection, self.kind) == (label.collection, label.kind))
        )


class Archive:
    """Adds, reads, changes and deletes the records of one kind.

    Args:
        agent: The agent whose archive it is.
        kind: Which store this is for.
    """

    def __init__(self, agent: Agent, kind: Literal["facts", "documents"]) -> None:
        self._agent = agent
        self._passages = Passages(agent)
        self._kind = kind
        self._resource = {"facts": "fact", "documents": "document"}[kind]
        self._collection = agent.settings.collection
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def scope(self, *, user_id: str | None = None, agent_id: str | None = None) -> Scope:
        """Return the scope of a call."""
        kind = self._kind if self._collection else None
        return Scope(user_id=user_id, agent_id=agent_id, collection=self._collection, kind=kind)

    async def add(
        self, content: str, *, metadata: dict[str, Any] | None, user_id: str | None, agent_id: str | None = None
    ) -> Passage:
        """Create a record. One request."""
        label = Label(
            user_id=user_id,
            agent_id=agent_id,
            metadata=metadata or {},
            collection=self._collection,
            kind=self._kind if self._collection else None,
        )
        return await self._passages.create(f"{self._kind}.add", content, label.to_tags())

    async def get(self, record_id: str, scope: Scope) -> Passage:
        """Return a record. Two requests, and one more per 100 passages of the same time."""
        return await self._get(f"{self._kind}.get", record_id, scope)

    async def get_all(self, limit: int, cursor: str | None, scope: Scope, record: Callable[[Passage], T]) -> Page[T]:
        """Return a page. One request per 101 passages looked at."""
        start = read_cursor(cursor, _position) if cursor is not None else None
        # One record more than asked for tells whether there is another page.
        size = min(limit + 1, PAGE) if scope.everything else PAGE
        found: list[Passage] = []
        async with aclosing(self._passages.scan(f"{self._kind}.get_all", start=start, size=size)) as passages:
            async for passage in passages:
                if scope.holds(passage):
                    found.append(passage)
                    if len(found) > limit:
                        break
        last = found[limit - 1].position if len(found) > limit else None
        next_cursor = write_cursor([last.created_at.isoformat(), last.id]) if last else None
        return Page([record(passage) for passage in found[:limit]], next_cursor)

    async def search(self, query: str, limit: int, scope: Scope) -> list[Passage]:
        """Return the nearest records. One request; in a scope a second one where the first held too few."""
        operation = f"{self._kind}.search"
        _check_query(query)
        if not query.strip():
            return await self._search_blank(operation, query, limit, scope)
        if scope.everything:
            return await self._passages.search(operation, query, limit)
        enough = limit * ENOUGH
        nearest = await self._passages.search(operation, query, enough)
        found = [passage for passage in nearest if scope.holds(passage)]
        if len(found) < limit and len(nearest) >= enough:
            found = [passage for passage in await self._passages.search(operation, query, 0) if scope.holds(passage)]
        return found[:limit]

    async def update(self, record_id: str, content: str, metadata: dict[str, Any] | None, scope: Scope) -> Passage:
        """Replace a record by a new passage that takes over its time and label. Four requests.

        The old passage is deleted after the new one was created, so that no failure leaves neither.
        """
        async with self._turn(record_id):
            return await self._update(record_id, content, metadata, scope)

    async def delete(self, record_id: str, scope: Scope) -> None:
        """Delete a record. Two requests; three in a scope."""
        operation = f"{self._kind}.delete"
        async with self._turn(record_id):
            if not scope.everything:
                passage = await self._get(operation, record_id, scope)
                await self._delete(operation, passage.id, await self._archive_of(operation, passage))
                return
            archive_id = await self._agent.archive_id(operation)
            if archive_id is None or not fits_into_a_path(record_id):
                raise NotFoundError(self._resource, record_id)
            # An id that is none, one that is gone, and one of another archive.
            await self._delete(operation, record_id, archive_id, absent=(MISSING, MALFORMED, REFUSED))

    async def delete_all(self, scope: Scope) -> None:
        """Delete every record in scope. One request for each, and one per 101 passages of the archive."""
        operation = f"{self._kind}.delete_all"
        kept: Passage | None = None  # what the listing goes on after: the last passage that stays
        deleted = 0
        absent: set[str] = set()
        while True:
            rows = await self._passages.page(operation, limit=PAGE, after=kept.id if kept else None)
            if not rows and not (kept or deleted or absent):
                await self._agent.check(operation)
            if not rows and kept and not await self._passages.find(operation, kept.id):
                kept = None  # others deleted it: from the beginning
                continue
            doomed = [passage for passage in rows if scope.holds(passage)]
            if not absent.isdisjoint(passage.id for passage in doomed):
                text = f"{deleted} were deleted; others are listed, but not found when they are to be deleted"
                raise UnavailableError(
                    "letta", operation, text, retryable=True, outcome="partial" if deleted else "not_applied"
                )
            gone = await self._delete_each(operation, doomed, deleted)
            deleted, absent = deleted + len(doomed) - len(gone), absent | gone
            kept = next((passage for passage in reversed(rows) if not scope.holds(passage)), kept)
            if len(rows) < PAGE and not gone:  # those that others deleted must not be listed again
                return

    def _turn(self, record_id: str) -> asyncio.Lock:
        """Return what lets the changes of one record through one by one.

        The server answers several deletes of one passage at the same moment with success each: two updates
        would both win, and leave two records.
        """
        turn = self._turns.get(record_id)
        if turn is None:
            turn = self._turns[record_id] = asyncio.Lock()
        return turn

    async def _update(self, record_id: str, content: str, metadata: dict[str, Any] | None, scope: Scope) -> Passage:
        operation = f"{self._kind}.update"
        old = await self._get(operation, record_id, scope)
        label = old.label if metadata is None else replace(old.label, metadata=metadata)
        new = await self._passages.create(operation, content, [*old.other_tags, *label.to_tags()], old.created_at)
        try:
            await self._delete(operation, old.id, await self._archive_of(operation, old))
        except NotFoundError as error:
            if error.resource != self._resource:
                raise
            # Somebody else deleted or updated it meanwhile, and theirs stands.
            await self._take_back(operation, new, old, error)
            raise
        except ProviderError as error:
            if error.outcome == "not_applied":
                await self._take_back(operation, new, old, error)
                raise
            # It may still be deleted: taking the new one back could leave neither text.
            raise self._left_behind(operation, new, old, error) from None
        return new

    async def _delete_each(self, operation: str, passages: Sequence[Passage], before: int) -> set[str]:
        """Delete passages, a few at a time, and return which were gone already; `before` others were deleted."""
        deleted = 0
        gone: set[str] = set()
        for begin in range(0, len(passages), AT_ONCE):
            some = passages[begin : begin + AT_ONCE]
            results = await asyncio.gather(
                *(self._delete_one(operation, passage) for passage in some), return_exceptions=True
            )
            deleted += results.count(True)
            gone.update(passage.id for passage, result in zip(some, results, strict=True) if result is False)
            for problem in results:
                if isinstance(problem, ProviderError) and before + deleted:
                    text = f"{before + deleted} were deleted, then: {problem.message}. Call it again"
                    raise _partial(problem, operation, text) from None
                if isinstance(problem, BaseException):
                    raise problem
        return gone

    async def _delete_one(self, operation: str, passage: Passage) -> bool:
        """Delete a passage, and tell whether it was there."""
        try:
            await self._delete(operation, passage.id, await self._archive_of(operation, passage))
        except NotFoundError as error:
            if error.resource != self._resource:
                raise
            return False
        return True

    async def _get(self, operation: str, record_id: str, scope: Scope) -> Passage:
        passage = await self._passages.find(operation, record_id)
        if passage is None or not scope.holds(passage):
            raise NotFoundError(self._resource, record_id)
        return passage

    async def _search_blank(self, operation: str, query: str, limit: int, scope: Scope) -> list[Passage]:
        """Find white space, which the server's search does not, by its listing."""
        found: list[Passage] = []
        async with aclosing(self._passages.scan(operation, containing=query)) as passages:
            async for passage in passages:
                if scope.holds(passage):
                    found.append(passage)
                    if len(found) == limit:
                        break
        return found

    async def _archive_of(self, operation: str, passage: Passage) -> str:
        archive_id = passage.archive_id or await self._agent.archive_id(operation)
        if archive_id is None:
            raise NotFoundError(self._resource, passage.id)
        return archive_id

    async def _delete(
        self, operation: str, record_id: str, archive_id: str, *, absent: Sequence[int] = (MISSING,)
    ) -> None:
        await self._passages.delete(
            operation,
            record_id,
            archive_id,
            lambda status: NotFoundError(self._resource, record_id) if status in absent else None,
        )

    async def _take_back(self, operation: str, new: Passage, old: Passage, error: MemioError) -> None:
        """Delete the new passage of an update that failed, or say that it is left."""
        try:
            await self._delete(operation, new.id, await self._archive_of(operation, new))
        except NotFoundError:
            return
        except ProviderError:
            raise self._left_behind(operation, new, old, error) from None

    def _left_behind(self, operation: str, new: Passage, old: Passage, error: MemioError) -> ProviderError:
        if isinstance(error, NotFoundError):
            text = f"{error.message}, and the new text, stored as {new.id!r}, could not be taken back: delete it"
            return ProviderError("letta", operation, text, outcome="partial")
        text = (
            f"the new text is stored as {new.id!r}, and the old one, {old.id!r}, may still be there: "
            f"{error.message}. Delete the one that you do not want"
        )
        return _partial(error, operation, text)


def _partial(error: MemioError, operation: str, text: str) -> ProviderError:
    kind = type(error) if isinstance(error, ProviderError) else ProviderError
    return kind("letta", operation, text, cause=getattr(error, "cause", None), outcome="partial")


def _position(state: Any) -> Position:
    created_at, passage_id = state
    time = datetime.fromisoformat(created_at)
    if time.tzinfo is None or not isinstance(passage_id, str):
        raise ValueError("no position")
    return Position(time, passage_id)


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
