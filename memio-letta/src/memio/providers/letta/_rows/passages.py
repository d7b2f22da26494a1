"""The passages of an agent's archive: created, listed in order, looked up, searched and deleted.

The server can list, search, create and delete passages; it has no call that returns one by its id. Its listing has
the order (created_at, id) and goes on `after` the id of a passage. After an id that is gone, it is empty, as it is
after the last one: so an empty page is the end only when the passage before it still exists.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from memio.errors import MemioError, NotFoundError
from memio.providers.letta._api.agent import MALFORMED, MISSING, REFUSED, Agent, only_usual_errors
from memio.providers.letta._api.answers import check_deleted, is_json_object, rows_of, text_of, utc
from memio.providers.letta._api.fresh import Fresh, Seen
from memio.providers.letta._rows.clock import ServerClock
from memio.providers.letta._rows.cursors import Position
from memio.providers.letta._rows.labels import Label, read_tags

PAGE = 101
"""Passages per request: 100, and one to see whether there are more. Each brings its embedding, 20 kB or more."""

MAX_CONTENT_BYTES = 32_768
"""The server's limit: 8,192 tokens, of which it counts one for four bytes of UTF-8."""

_ID = re.compile(r"passage-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What may stand in the address of a request."""

MAX_ROUNDS = 8
"""How often a read starts again because other clients deleted the passage that it was to go on after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One passage, with its tags split into memio's label and the others."""

    id: str
    content: str
    created_at: datetime
    label: Label
    other_tags: list[str]
    archive_id: str | None = None
    native: dict[str, Any] = field(default_factory=dict[str, Any], hash=False)
    """Letta's own metadata of it, which other programs set. memio does not use it, and keeps it."""

    @property
    def position(self) -> Position:
        """Its place in the listing."""
        return Position(self.created_at, self.id)


class Passages:
    """The requests about the passages of one agent.

    Attributes:
        archive: The id of the archive, as an answer showed it.
        clock: The server's clock, as answers showed it.

    Args:
        agent: The agent.
        noun: What errors call a passage: `fact` or `document`.
    """

    def __init__(self, agent: Agent, noun: str) -> None:
        self.agent = agent
        self.noun = noun
        self.archive: Fresh[str] = Fresh()
        self.clock = ServerClock()
        self._seen = Seen()

    def note(self, *passages: Passage) -> None:
        """Remember that the server returned passages, and in which archive."""
        for passage in passages:
            self._seen.add(passage.id)
        if passages and passages[-1].archive_id is not None:
            self.archive.set(passages[-1].archive_id)

    async def create(self, content: str, tags: list[str]) -> Passage:
        """Create a passage. One request, which is not repeated after a lost answer: that could make a second one."""
        more: dict[str, Any] = {"tags": tags} if tags else {}
        sent = monotonic()
        passage = await self.agent.request(
            lambda letta: letta.agents.passages.create(self.agent.id, text=content, **more),
            lambda answer: passage_of(rows_of(answer)[0]),
            effect="create",
        )
        self.clock.note(passage.created_at, sent=sent)
        self.note(passage)
        return passage

    async def newest(self) -> Passage | None:
        """Return the passage that is last in the listing. One request."""
        return next(iter(await self.page(limit=1, newest_first=True)), None)

    async def page(
        self,
        *,
        limit: int,
        after: str | None = None,
        before: str | None = None,
        newest_first: bool = False,
        containing: str | None = None,
    ) -> list[Passage]:
        """Return one page of the server's listing. One request."""
        more = {"after": after, "before": before, "search": containing}
        given: dict[str, Any] = {name: value for name, value in more.items() if value is not None}
        passages = await self.agent.request(
            lambda letta: letta.agents.passages.list(self.agent.id, limit=limit, ascending=not newest_first, **given),
            lambda answer: [passage_of(row) for row in rows_of(answer)],
        )
        self.note(*passages)
        return passages

    async def scan(
        self, *, start: Position | None = None, size: int = PAGE, containing: str | None = None
    ) -> AsyncGenerator[Passage]:
        """Yield every passage after a position, in order, also when passages are deleted meanwhile.

        Raises:
            NotFoundError: The listing is empty because the agent does not exist.
            UnavailableError: The passage to go on after was deleted again and again.
        """
        last, anchor, rounds = start, start.id if start else None, 0
        while True:
            rows = await self.page(limit=size, after=anchor, containing=containing)
            for row in rows:
                if last is None or row.position > last:
                    last = row.position
                    yield row
            if len(rows) == size:
                anchor = rows[-1].id
            elif rows:
                return
            elif anchor is None:
                if last is None:
                    await self.agent.ensure_exists()
                return
            elif await self.find(anchor):
                return
            else:  # list from the beginning and skip what was yielded: the server has no other way to that place
                anchor, rounds = None, rounds + 1
                if rounds > MAX_ROUNDS:
                    raise self.agent.changed_too_often()

    async def find(self, passage_id: str) -> Passage | None:
        """Return a passage by its id, in two requests and one more per 100 that share its time.

        Raises:
            NotFoundError: The archive is empty because the agent does not exist.
            UnavailableError: The passages around it were deleted again and again.
        """
        last_of_all: str | None = None
        for _ in range(MAX_ROUNDS):
            earlier = await self.page(limit=1, before=passage_id, newest_first=True)
            if not earlier:  # it is the first one, or unknown
                first = await self.page(limit=1)
                if not first:
                    await self.agent.ensure_exists()
                return next((row for row in first if row.id == passage_id), None)
            neighbour = earlier[0]
            if neighbour.id == last_of_all:
                return None  # no passage follows it: the id is that of a passage of another archive
            rows = await self.page(limit=1, after=neighbour.id)
            last_of_all = None if rows else neighbour.id
            while rows:
                for row in rows:
                    if row.id == passage_id:
                        return row
                    if row.created_at > neighbour.created_at:
                        return None
                rows = await self.page(limit=PAGE - 1, after=rows[-1].id)
            # No passage follows: either the neighbour or the passage itself was deleted meanwhile.
        raise self.agent.changed_too_often()

    async def exists(self, passage_id: str) -> bool:
        """Return whether a passage of the archive is still there. One request; two for the first passage."""
        if await self.page(limit=1, before=passage_id, newest_first=True):
            return True  # nothing is listed before an id that is gone
        return any(row.id == passage_id for row in await self.page(limit=1))

    async def search(self, query: str, limit: int) -> list[Passage]:
        """Return the passages nearest to a query; `limit` 0 is all of them. One request."""
        passages = await self.agent.request(
            lambda letta: letta.agents.passages.search(self.agent.id, query=query, top_k=limit),
            lambda answer: [_hit(row) for row in rows_of(answer.results)],
        )
        self.note(*passages)
        return passages

    async def archive_of(self, passage: Passage) -> str:
        """Return the id of the archive of a passage. One request where the passage came from a search.

        Raises:
            NotFoundError: The agent has no archive any more, and so no passage.
        """
        archive_id = passage.archive_id or await self.agent.archive_id()
        if archive_id is None:
            raise NotFoundError(self.noun, passage.id)
        return archive_id

    async def delete(self, passage: Passage) -> None:
        """Delete a passage that was seen; one that is gone by now counts as deleted. One request.

        The server refuses to delete a passage of another archive.
        """
        archive_id = await self.archive_of(passage)
        await self.agent.request(
            lambda letta: letta.archives.passages.with_raw_response.delete(passage.id, archive_id=archive_id),
            check_deleted,
            effect="delete",
            on_status=only_usual_errors,
        )
        self._seen.deleted(passage.id)

    async def delete_unread(self, passage_id: str) -> bool:
        """Delete a passage by its id alone. One request; two when the id of the archive is not fresh.

        Returns:
            Whether it is deleted. Otherwise it must be looked up: it is not in this archive, or the archive is another
            one by now.
        """
        if not _ID.fullmatch(passage_id):
            return False
        archive_id = self.archive.get() or await self.agent.archive_id()
        if archive_id is None:
            return False
        self.archive.set(archive_id)
        try:
            await self.agent.request(
                lambda letta: letta.archives.passages.with_raw_response.delete(passage_id, archive_id=archive_id),
                check_deleted,
                effect="delete",
                on_status=lambda status: _ElsewhereError("elsewhere") if status in _ELSEWHERE else None,
                seen=passage_id in self._seen,
            )
        except _ElsewhereError:
            self.archive.drop()
            return False
        self._seen.deleted(passage_id)
        return True


_ELSEWHERE = (MISSING, REFUSED, MALFORMED)


class _ElsewhereError(MemioError):
    """There is no passage of an id in an archive."""


def passage_of(row: Any) -> Passage:
    """Return the passage that a row of an answer holds."""
    label, others = read_tags(row.tags)
    return Passage(
        id=text_of(row.id),
        content=text_of(row.text),
        created_at=utc(row.created_at),
        label=label,
        other_tags=others,
        archive_id=row.archive_id,
        native=row.metadata if is_json_object(row.metadata) else {},
    )


def _hit(row: Any) -> Passage:
    # In the results of a search, the time is text, in the time zone of the agent.
    label, others = read_tags(row.tags)
    return Passage(
        id=text_of(row.id),
        content=text_of(row.content),
        created_at=utc(datetime.fromisoformat(row.timestamp)),
        label=label,
        other_tags=others,
    )
