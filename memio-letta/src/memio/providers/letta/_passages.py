"""The passages of an agent's archive: reading them in order, one by one, and ranked.

The server can list, search, create and delete passages, and nothing else: no call gets one by its id.
Its listing has the order (created_at, id) and goes on `after` the id of a passage. After an id that is
gone it is empty, as it is after the last one: so an empty page is the end only when its anchor exists.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from memio.providers.letta._agent import Agent, Embedding, done, embedding_of, no_meaning, rows_of
from memio.providers.letta._json import is_json_object
from memio.providers.letta._labels import Label, read_tags

if TYPE_CHECKING:
    from letta_client import AsyncLetta

PAGE = 101
"""Passages per request: 100, and one to see whether there are more. Each brings its embedding, 20 kB or more."""

MAX_CONTENT_BYTES = 32_768
"""The server's limit: 8,192 tokens, of which it counts one for four bytes of UTF-8."""

MAX_ROUNDS = 8
"""How often a read starts again because others deleted the passages it stood on."""


TICK = timedelta(microseconds=1)


class Draft(NamedTuple):
    """A passage to be made."""

    content: str
    tags: list[str]


class Place(NamedTuple):
    """An archive that a batch can go to.

    Attributes:
        archive_id: Its id.
        embedding: The model for both the batch and the agent; `None` where passages must be made one by one.
        now: The time of the server, without fractions of the second.
    """

    archive_id: str
    embedding: Embedding | None
    now: datetime


class Position(NamedTuple):
    """The place of a passage in the order of the listing."""

    created_at: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One passage, taken apart."""

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
    """The reading calls, and those that create or delete one passage."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    async def create(self, operation: str, content: str, tags: list[str]) -> Passage:
        """Create a passage. A repetition after a lost answer would make a second one, so there is none."""
        more: dict[str, Any] = {"tags": tags} if tags else {}
        return await self.agent.request(
            lambda letta: letta.agents.passages.create(self.agent.id, text=content, **more),
            lambda answer: _passage(rows_of(answer)[0]),
            operation=operation,
            effect="create",
        )

    async def succeed(self, operation: str, old: Passage, archive_id: str, content: str, tags: list[str]) -> Passage:
        """Create the passage that is to replace another one, with its time and its own metadata."""
        more: dict[str, Any] = {"tags": tags} if tags else {}
        if not old.native:
            return await self.agent.request(
                lambda letta: letta.agents.passages.create(
                    self.agent.id, text=content, created_at=old.created_at, **more
                ),
                lambda answer: _passage(rows_of(answer)[0]),
                operation=operation,
                effect="create",
            )
        # The call above has no metadata. This one embeds as the archive is set, not as the agent is.
        return await self.agent.request(
            lambda letta: letta.archives.passages.create(
                archive_id, text=content, created_at=old.created_at.isoformat(), metadata=old.native, **more
            ),
            _passage,
            operation=operation,
            effect="create",
            statuses=no_meaning,
        )

    async def create_batch(
        self, operation: str, archive_id: str, drafts: Sequence[Draft], begin: datetime
    ) -> list[Passage]:
        """Create passages in one request: all of them, or none.

        The server gives all passages of a request one time, and lists those of one time by their random ids: to be
        listed in order, each is given its own, a microsecond apart.
        """
        body: list[Any] = [
            {"text": text, "created_at": (begin + index * TICK).isoformat(), **({"tags": tags} if tags else {})}
            for index, (text, tags) in enumerate(drafts)
        ]
        return await self.agent.request(
            lambda letta: letta.archives.passages.create_many(archive_id, passages=body),
            lambda answer: _batch(rows_of(answer), drafts),
            operation=operation,
            effect="create",
            statuses=no_meaning,
        )

    async def place(self, operation: str) -> Place | None:
        """Return where a batch can go; `None` before the first passage of the agent. Two requests.

        The batch call embeds as the archive is set, and fails where the archive is set to no model, while a single
        create embeds as the agent is set. Where these differ, a batch would not be found by the agent's searches.
        """
        found = await self.agent.request(
            _archives_with_date(self.agent.id),
            _place,
            operation=operation,
            statuses=self.agent.unlisted,
        )
        if found is None or found.embedding is None:
            return found
        return found if found.embedding == await self.agent.embedding(operation) else found._replace(embedding=None)

    async def newest(self, operation: str) -> Passage | None:
        """Return the passage that is last in the listing. One request."""
        return next(iter(await self.page(operation, limit=1, newest_first=True)), None)

    async def page(
        self,
        operation: str,
        *,
        limit: int,
        after: str | None = None,
        before: str | None = None,
        newest_first: bool = False,
        containing: str | None = None,
    ) -> list[Passage]:
        """Return one page of the server's listing."""
        more = {"after": after, "before": before, "search": containing}
        given: dict[str, Any] = {name: value for name, value in more.items() if value is not None}
        return await self.agent.request(
            lambda letta: letta.agents.passages.list(self.agent.id, limit=limit, ascending=not newest_first, **given),
            lambda answer: [_passage(row) for row in rows_of(answer)],
            operation=operation,
        )

    async def scan(
        self, operation: str, *, start: Position | None = None, size: int = PAGE, containing: str | None = None
    ) -> AsyncGenerator[Passage]:
        """Yield every passage after a position, in order, also when passages are deleted meanwhile.

        Raises:
            NotFoundError: There is nothing because there is no such agent.
            UnavailableError: The passages it stood on were deleted again and again.
        """
        last, anchor, rounds = start, start.id if start else None, 0
        while True:
            rows = await self.page(operation, limit=size, after=anchor, containing=containing)
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
                    await self.agent.check(operation)
                return
            elif await self.find(operation, anchor):
                return
            else:  # from the beginning, past what was delivered: nothing else leads to the place again
                anchor, rounds = None, rounds + 1
                if rounds > MAX_ROUNDS:
                    raise self.agent.restless(operation)

    async def find(self, operation: str, passage_id: str) -> Passage | None:
        """Return a passage by its id, in two requests and one more per 100 that share its time.

        Raises:
            NotFoundError: There is nothing because there is no such agent.
        """
        lonely: str | None = None
        for _ in range(MAX_ROUNDS):
            earlier = await self.page(operation, limit=1, before=passage_id, newest_first=True)
            if not earlier:  # it is the first one, or unknown
                first = await self.page(operation, limit=1)
                if not first:
                    await self.agent.check(operation)
                return next((row for row in first if row.id == passage_id), None)
            neighbour = earlier[0]
            if neighbour.id == lonely:
                return None  # nothing follows it: the id is that of a passage elsewhere
            rows = await self.page(operation, limit=1, after=neighbour.id)
            lonely = None if rows else neighbour.id
            while rows:
                for row in rows:
                    if row.id == passage_id:
                        return row
                    if row.created_at > neighbour.created_at:
                        return None
                rows = await self.page(operation, limit=PAGE - 1, after=rows[-1].id)
            # Nothing follows: what the listing stood on was deleted meanwhile, or the other passage was.
        raise self.agent.restless(operation)

    async def exists(self, operation: str, passage_id: str) -> bool:
        """Return whether a passage of the archive is still there. One request; two for the first passage."""
        if await self.page(operation, limit=1, before=passage_id, newest_first=True):
            return True  # nothing is listed before an id that is gone
        return any(row.id == passage_id for row in await self.page(operation, limit=1))

    async def search(self, operation: str, query: str, limit: int) -> list[Passage]:
        """Return the passages nearest to a query; `limit` 0 is all of them."""
        return await self.agent.request(
            lambda letta: letta.agents.passages.search(self.agent.id, query=query, top_k=limit),
            lambda answer: [_hit(row) for row in rows_of(answer.results)],
            operation=operation,
        )

    async def delete(self, operation: str, passage_id: str, archive_id: str) -> None:
        """Delete a passage that was seen; one that is gone by now counts as done.

        The server refuses to delete a passage of another archive.
        """
        await self.agent.request(
            lambda letta: letta.archives.passages.with_raw_response.delete(passage_id, archive_id=archive_id),
            done,
            operation=operation,
            effect="delete",
            statuses=no_meaning,
        )


def _archives_with_date(agent_id: str) -> Callable[[AsyncLetta], Awaitable[Any]]:
    async def call(letta: AsyncLetta) -> Any:
        raw = await letta.archives.with_raw_response.list(agent_id=agent_id, limit=1)
        return await raw.parse(), raw.headers.get("date", "")

    return call


def _place(answer: Any) -> Place | None:
    page, date = answer
    if not page.items:
        return None
    try:
        now = parsedate_to_datetime(date)
    except ValueError:
        now = datetime.now(UTC)  # a gateway removed the header
    return Place(page.items[0].id, embedding_of(page.items[0].embedding_config), _utc(now))


def _batch(rows: list[Any], drafts: Sequence[Draft]) -> list[Passage]:
    passages = [_passage(row) for row in rows]
    if [passage.content for passage in passages] != [draft.content for draft in drafts]:
        raise ValueError("the passages of a batch did not come back in order")
    return passages


def _passage(row: Any) -> Passage:
    label, others = read_tags(row.tags)
    return Passage(
        id=_text(row.id),
        content=_text(row.text),
        created_at=_utc(row.created_at),
        label=label,
        other_tags=others,
        archive_id=row.archive_id,
        native=row.metadata if is_json_object(row.metadata) else {},
    )


def _hit(row: Any) -> Passage:
    # Found by search, the time comes as text, in the time zone of the agent.
    label, others = read_tags(row.tags)
    return Passage(
        id=_text(row.id),
        content=_text(row.content),
        created_at=_utc(datetime.fromisoformat(row.timestamp)),
        label=label,
        other_tags=others,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text was expected, not {type(value).__name__}")
    return value


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
