"""Many passages at once.

The first passage of an agent makes its archive, and so is created alone. Passages are also created one by one where
the batch call would not embed them as the agent does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from memio.providers.letta._api.agent import Agent, only_usual_errors
from memio.providers.letta._api.answers import rows_of, utc
from memio.providers.letta._rows.passages import Passage, Passages, passage_of

if TYPE_CHECKING:
    from letta_client import AsyncLetta

BATCH = 500
"""Passages per request. The server takes about 9 ms for each, and answers when all are stored."""

BATCH_BYTES = 1_000_000
"""Bytes of text and tags per request, unless one passage has more. A server may embed all texts of a request at once:
OpenAI takes 300,000 tokens then, and Letta counts one for four bytes. It also bounds what a lost answer leaves open."""

TICK = timedelta(microseconds=1)
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
        drafts: What to create.
    """

    def __init__(self, passages: Passages, drafts: Sequence[Draft]) -> None:
        self.added: list[Passage] = []
        self.sent = 0
        self._passages = passages
        self._drafts = drafts

    async def run(self) -> None:
        """Create all of them. Four requests for what fits into one batch; one for a single passage."""
        drafts, added = self._drafts, self.added
        target = await _target(self._passages.agent) if len(drafts) > 1 else None
        while len(added) < len(drafts):
            if added and target is None:
                target = await _target(self._passages.agent)
            if target is None or target.embedding is None:
                draft, self.sent = drafts[len(added)], 1
                added.append(await self._passages.create(draft.content, draft.tags))
            else:
                begin = await self._begin(target)
                batch = _fitting(drafts[len(added) : len(added) + BATCH])
                self.sent = len(batch)
                added += await _create(self._passages.agent, target.archive_id, batch, begin)
            self.sent = 0

    async def _begin(self, target: _Target) -> datetime:
        """Return the time for the first passage of a request: after all that are stored, and never in the future."""
        if self.added:
            return self.added[-1].created_at + TICK
        newest = await self._passages.newest()
        # A passage that another program dated into the future does not count. The server's time, as its answers give
        # it, has whole seconds, and is late when the server is busy.
        if newest is None or newest.created_at > target.now + CLOCK_ERROR:
            return target.now
        return max(target.now, newest.created_at + TICK)


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


class _Target(NamedTuple):
    """An archive that a batch can be sent to.

    Attributes:
        archive_id: Its id.
        embedding: The model for both the batch and the agent; `None` where passages must be made one by one.
        now: The time of the server, without fractions of the second.
    """

    archive_id: str
    embedding: _Embedding | None
    now: datetime


async def _target(agent: Agent) -> _Target | None:
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


def _target_of(answer: Any) -> _Target | None:
    page, date = answer
    if not page.items:
        return None
    try:
        now = parsedate_to_datetime(date)
    except ValueError:
        now = datetime.now(UTC)  # a gateway removed the header
    return _Target(page.items[0].id, _embedding_of(page.items[0].embedding_config), utc(now))


def _embedding_of(config: Any) -> _Embedding | None:
    if config is None:
        return None
    return _Embedding(config.embedding_model, config.embedding_dim, config.embedding_endpoint)


async def _create(agent: Agent, archive_id: str, drafts: Sequence[Draft], begin: datetime) -> list[Passage]:
    """Create passages in one request: all of them, or none.

    The server gives all passages of a request one time, and lists those of one time by their random ids: to be
    listed in order, each gets another time, a microsecond apart.
    """
    body: list[Any] = [
        {"text": text, "created_at": (begin + index * TICK).isoformat(), **({"tags": tags} if tags else {})}
        for index, (text, tags) in enumerate(drafts)
    ]

    def created(answer: Any) -> list[Passage]:
        passages = [passage_of(row) for row in rows_of(answer)]
        if [passage.content for passage in passages] != [draft.content for draft in drafts]:
            raise ValueError("the passages of a batch did not come back in order")
        return passages

    return await agent.request(
        lambda letta: letta.archives.passages.create_many(archive_id, passages=body),
        created,
        effect="create",
        on_status=only_usual_errors,
    )
