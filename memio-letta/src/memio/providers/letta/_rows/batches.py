"""Many passages at once.

The first passage of an agent makes its archive, and so is created alone. Passages are also created one by one where
the batch call would not embed them as the agent does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import accumulate
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from memio.errors import MemioError
from memio.providers.letta._api.agent import MISSING, Agent
from memio.providers.letta._api.answers import rows_of, utc
from memio.providers.letta._api.fresh import Fresh
from memio.providers.letta._rows.clock import TICK
from memio.providers.letta._rows.passages import Passage, Passages, passage_of

if TYPE_CHECKING:
    from letta_client import AsyncLetta

BATCH = 500
"""Passages per request. The server takes about 9 ms for each, and answers when all are stored."""

BATCH_BYTES = 1_000_000
"""Bytes of text and tags per request, unless one passage has more. A server may embed all texts of a request at once:
OpenAI takes 300,000 tokens then, and Letta counts one for four bytes. It also bounds what a lost answer leaves open."""

CLOCK_ERROR = timedelta(minutes=1)


class Draft(NamedTuple):
    """A passage to be made."""

    content: str
    tags: list[str]

    @property
    def size(self) -> int:
        """The bytes of its text and tags."""
        return sum(len(text.encode()) for text in (self.content, *self.tags))


class Batch:
    """Creates passages in order.

    Attributes:
        added: The passages that were created.
        sent: How many drafts are in the request under way; 0 while none is, and while it is one that adds nothing.

    Args:
        passages: The passages of the agent.
        known: Where an earlier batch was sent.
        drafts: What to create.
    """

    def __init__(self, passages: Passages, known: Fresh[Target], drafts: Sequence[Draft]) -> None:
        self.added: list[Passage] = []
        self.sent = 0
        self._passages = passages
        self._known = known
        self._drafts = drafts

    async def run(self) -> None:
        """Create all of them. One request for what fits into one batch, and up to three to prepare it."""
        drafts, added, agent = self._drafts, self.added, self._passages.agent
        target = await self._target() if len(drafts) > 1 else None
        while len(added) < len(drafts):
            if added and target is None:
                target = await self._target()
            if target is None or target.embedding is None:
                draft, self.sent = drafts[len(added)], 1
                added.append(await self._passages.create(draft.content, draft.tags))
                self.sent = 0
                continue
            batch = _fitting(drafts[len(added) : len(added) + BATCH])
            begin = await self._begin(target, len(batch))
            self.sent, sent = len(batch), monotonic()
            try:
                created, shown = await _create(agent, target, batch, begin)
            except _NoArchiveError:  # nothing was created: the archive that a former call found is gone
                self._known.drop()
                self.sent, target = 0, await self._target()
                continue
            added += created
            self._passages.note(*created)
            self._passages.clock.note(shown, sent=sent)
            await self._passages.clock.wait_until_past(created[-1].created_at)
            self.sent = 0

    async def _target(self) -> Target | None:
        """Return where a batch can be sent; `None` before the first passage of the agent. No request, or two."""
        if (known := self._known.get()) is not None:
            return known._replace(read=False)
        target = await _read_target(self._passages.agent)
        if target is not None:
            self._known.set(target)
        return target

    async def _begin(self, target: Target, count: int) -> datetime:
        """Return the time for the first passage of a request: after all that are stored. No request, or one.

        Where the server's clock is not known well, the time is never in the future.
        """
        if (begin := self._passages.clock.reserve(count)) is not None:
            return begin
        if self.added:
            return self.added[-1].created_at + TICK
        newest = await self._passages.newest()
        now = target.now + timedelta(seconds=monotonic() - target.at)
        # A passage that another program dated into the future does not count. The server's time, as its answers give
        # it, has whole seconds, and is late when the server is busy.
        if newest is None or newest.created_at > now + CLOCK_ERROR:
            return now
        return max(now, newest.created_at + TICK)


def _fitting(drafts: Sequence[Draft]) -> Sequence[Draft]:
    """Return the first of some drafts, as many as go into one request."""
    sizes = accumulate(draft.size for draft in drafts)
    count = sum(size <= BATCH_BYTES for size in sizes)
    return drafts[: max(count, 1)]


class _Embedding(NamedTuple):
    """A model that turns texts into vectors: those of two models cannot be compared."""

    model: str
    dimension: int
    endpoint: str | None


class Target(NamedTuple):
    """An archive that a batch can be sent to.

    Attributes:
        archive_id: Its id.
        embedding: The model for both the batch and the agent; `None` where passages must be made one by one.
        now: The time of the server when it was read, without fractions of the second.
        at: `monotonic()` at that time.
        read: Whether it was read in this call, and not in a former one.
    """

    archive_id: str
    embedding: _Embedding | None
    now: datetime
    at: float
    read: bool = True


class _NoArchiveError(MemioError):
    """The archive of a batch does not exist any more."""


async def _read_target(agent: Agent) -> Target | None:
    """Return where a batch can be sent; `None` before the first passage of the agent. Two requests.

    The batch call embeds as the archive is set, and fails where the archive is set to no model, while a single
    create embeds as the agent is set. Where these differ, the agent's searches would not find a batch.
    """

    async def archives(letta: AsyncLetta) -> Any:
        raw = await letta.archives.with_raw_response.list(agent_id=agent.id, limit=1)
        return await raw.parse(), raw.headers.get("date", "")

    target = await agent.request(archives, _target_of, on_status=agent.archives_refused)
    if target is None or target.embedding is None:
        return target
    embedding = await agent.request(
        lambda letta: letta.agents.retrieve(agent.id), lambda answer: _embedding_of(answer.embedding_config)
    )
    return target if target.embedding == embedding else target._replace(embedding=None)


def _target_of(answer: Any) -> Target | None:
    page, date = answer
    if not page.items:
        return None
    try:
        now = parsedate_to_datetime(date)
    except ValueError:
        now = datetime.now(UTC)  # a gateway removed the header
    return Target(page.items[0].id, _embedding_of(page.items[0].embedding_config), utc(now), monotonic())


def _embedding_of(config: Any) -> _Embedding | None:
    if config is None:
        return None
    return _Embedding(config.embedding_model, config.embedding_dim, config.embedding_endpoint)


async def _create(
    agent: Agent, target: Target, drafts: Sequence[Draft], begin: datetime
) -> tuple[list[Passage], datetime | None]:
    """Create passages in one request, all of them or none; return them and the server's time, if it shows it.

    The server gives all passages of a request one time, and lists those of one time by their random ids: to be
    listed in order, each gets another time, a microsecond apart.

    Raises:
        _NoArchiveError: The archive, which a former call found, is gone; nothing was created.
    """
    body: list[Any] = [
        {"text": text, "created_at": (begin + index * TICK).isoformat(), **({"tags": tags} if tags else {})}
        for index, (text, tags) in enumerate(drafts)
    ]

    def created(answer: Any) -> tuple[list[Passage], datetime | None]:
        rows = rows_of(answer)
        passages = [passage_of(row) for row in rows]
        if [passage.content for passage in passages] != [draft.content for draft in drafts]:
            raise ValueError("the passages of a batch did not come back in order")
        return passages, utc(rows[-1].updated_at) if rows[-1].updated_at else None

    def on_status(status: int) -> MemioError | None:
        return _NoArchiveError("archive") if status == MISSING and not target.read else None

    return await agent.request(
        lambda letta: letta.archives.passages.create_many(target.archive_id, passages=body),
        created,
        effect="create",
        on_status=on_status,
    )
