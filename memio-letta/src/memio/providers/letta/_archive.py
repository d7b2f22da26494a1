"""The records of one kind in an agent's archive: what facts and documents have in common.

Each record is one passage; owner and metadata are its label. Letta filters nothing that memio needs
before it applies a limit, so a scope is applied here, to as many passages as it takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar
from weakref import WeakValueDictionary

from memio.errors import InvalidInputError, MemioError, NotFoundError, ProviderError, UnavailableError
from memio.models import Page
from memio.providers.letta._agent import Agent
from memio.providers.letta._cursors import read_cursor, write_cursor
from memio.providers.letta._labels import Label
from memio.providers.letta._outcomes import partial, stopped, worst
from memio.providers.letta._passages import PAGE, TICK, Draft, Passage, Passages, Place, Position

T = TypeVar("T")

ENOUGH = 10
"""A search in a scope first asks for so many times its limit, and for everything only when that was too little."""

AT_ONCE = 4
"""Deletes under way at the same time. More gains nothing: the server is one process."""

BATCH = 500
"""Records per request that adds many. The server takes about 9 ms for each, and answers when all are stored."""

CLOCK_ERROR = timedelta(minutes=1)

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

    async def add(self, record: Mapping[str, Any]) -> Passage:
        """Create a record. One request."""
        draft = self._draft(**record)
        return await self._passages.create(f"{self._kind}.add", draft.content, draft.tags)

    async def add_many(self, items: Sequence[Mapping[str, Any]], record: Callable[[Passage], T]) -> list[T]:
        """Create records in order, and return them. Four requests for up to `BATCH` of them.

        The first record of an agent makes its archive, and so is created alone. One by one are also those that the
        batch call would not embed as the agent does.

        Raises:
            PartialWriteError: Some were added, or may have been, before a request failed.
        """
        operation = f"{self._kind}.add_many"
        drafts = [self._draft(**item) for item in items]
        added: list[Passage] = []
        place: Place | None = None
        sent = 0
        try:
            if len(drafts) > 1:
                place = await self._passages.place(operation)
            while len(added) < len(drafts):
                if added and place is None:
                    place = await self._passages.place(operation)
                if place is None or place.embedding is None:
                    draft, sent = drafts[len(added)], 1
                    added.append(await self._passages.create(operation, draft.content, draft.tags))
                else:
                    begin = await self._begin(operation, place, added)
                    batch = drafts[len(added) : len(added) + BATCH]
                    sent = len(batch)
                    added += await self._passages.create_batch(operation, place.archive_id, batch, begin)
                sent = 0
        except MemioError as error:
            raise stopped(error, [record(passage) for passage in added], items, sent) from None
        return [record(passage) for passage in added]

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
        """Replace a record by a new passage that takes over its time and label. Five requests.

        The old passage is deleted after the new one was created, so that no failure leaves neither.
        """
        async with self._turn(record_id):
            return await self._update(record_id, content, metadata, scope)

    async def delete(self, record_id: str, scope: Scope) -> None:
        """Delete a record. Three requests."""
        operation = f"{self._kind}.delete"
        async with self._turn(record_id):
            await self._delete(operation, await self._get(operation, record_id, scope))

    async def delete_all(self, scope: Scope) -> None:
        """Delete every record in scope. One request for each, and one per 101 passages of the archive."""
        operation = f"{self._kind}.delete_all"
        kept: Passage | None = None  # what the listing goes on after: the last passage that stays
        deleted: set[str] = set()
        while True:
            rows = await self._passages.page(operation, limit=PAGE, after=kept.id if kept else None)
            if not rows and not (kept or deleted):
                await self._agent.check(operation)
            if not rows and kept and not await self._passages.exists(operation, kept.id):
                kept = None  # others deleted it: from the beginning
                continue
            doomed = [passage for passage in rows if scope.holds(passage)]
            if not deleted.isdisjoint(passage.id for passage in doomed):
                text = f"{len(deleted)} were deleted, and some of these are still listed"
                raise UnavailableError(text, retryable=True, outcome="partial")
            await self._delete_each(operation, doomed, len(deleted))
            deleted.update(passage.id for passage in doomed)
            kept = next((passage for passage in reversed(rows) if not scope.holds(passage)), kept)
            if len(rows) < PAGE:
                return

    def _draft(
        self,
        content: str,
        metadata: dict[str, Any] | None = None,
        user_id: str | None = None,
        agent_id: str | None = None,
    ) -> Draft:
        label = Label(
            user_id=user_id,
            agent_id=agent_id,
            metadata=metadata or {},
            collection=self._collection,
            kind=self._kind if self._collection else None,
        )
        return Draft(content, label.to_tags())

    async def _begin(self, operation: str, place: Place, added: Sequence[Passage]) -> datetime:
        """Return the time for the first passage of a batch: after all that are there, and never in the future."""
        if added:
            return added[-1].created_at + TICK
        newest = await self._passages.newest(operation)
        # One that another program dated into the future does not count. The server's clock, as it is known here, has
        # whole seconds, and is late when the server is busy.
        if newest is None or newest.created_at > place.now + CLOCK_ERROR:
            return place.now
        return max(place.now, newest.created_at + TICK)

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
        tags = [*old.other_tags, *label.to_tags()]
        new = await self._passages.succeed(operation, old, await self._archive_of(operation, old), content, tags)
        try:
            there = await self._passages.exists(operation, old.id)
            if there:
                await self._delete(operation, old)
                return new
        except MemioError as error:
            return await self._settle(operation, new, old, error)
        # Another client deleted or updated it while the new one was made, and that stands.
        try:
            await self._delete(operation, new)
        except MemioError as error:
            text = f"no {self._resource} {old.id!r} here any more, and the new text, {new.id!r}, could not be deleted"
            raise partial(error, operation, f"{text}: {error.message}", retryable=False) from None
        raise NotFoundError(self._resource, record_id)

    async def _settle(self, operation: str, new: Passage, old: Passage, error: MemioError) -> Passage:
        """End an update whose delete failed: return the new passage, or take it back, or report that both are left.

        The new text is only taken back when the old one is seen and no request can delete it any more.
        """
        certain = getattr(error, "outcome", "not_applied") == "not_applied"
        try:
            if not await self._passages.exists(operation, old.id):
                return new  # it was deleted all the same
            if certain:
                await self._delete(operation, new)
        except MemioError:
            certain = False
        if certain:
            raise error from None
        text = (
            f"the new text is stored as {new.id!r}, and the old one, {old.id!r}, may still be there: "
            f"{error.message}. Read both; where both are there, delete the one that you do not want"
        )
        raise partial(error, operation, text, retryable=False) from None

    async def _delete_each(self, operation: str, passages: Sequence[Passage], before: int) -> None:
        """Delete passages, a few at a time; `before` others were deleted."""
        deleted = before
        for begin in range(0, len(passages), AT_ONCE):
            results = await asyncio.gather(
                *(self._delete(operation, passage) for passage in passages[begin : begin + AT_ONCE]),
                return_exceptions=True,
            )
            errors = [result for result in results if result is not None]
            deleted += len(results) - len(errors)
            if errors:
                problem = worst(errors)
                if isinstance(problem, ProviderError) and deleted:
                    text = f"{deleted} were deleted, then: {problem.message}. Call it again"
                    raise partial(problem, operation, text, retryable=problem.retryable) from None
                raise problem

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

    async def _delete(self, operation: str, passage: Passage) -> None:
        await self._passages.delete(operation, passage.id, await self._archive_of(operation, passage))


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
