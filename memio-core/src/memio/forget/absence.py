"""What a store shows of an owner: all of it, before it is deleted, and whether any of it is still to be found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from memio.capabilities import Feature, Kind
from memio.errors import NotFoundError
from memio.kinds import BY_RECORD
from memio.models import Document, Fact, Page, Triple

_QUERY = 200
"""Characters of a text that are looked for again: enough to find it, and short enough for any backend."""


@dataclass(slots=True)
class Found:
    """What was there: how many records, and what to look for afterwards.

    Attributes:
        count: Records, or sessions of a history.
        probes: What to ask `get` for: every session of a history, and the first and the last record of other kinds.
        query: Words of one record, to search for; empty when nothing was there.
    """

    count: int = 0
    probes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    query: str = ""


class Left(NamedTuple):
    """What is still there.

    Attributes:
        records: How many are still shown by one read or another.
        words: What is wrong, in words; empty when nothing is left.
        reads: The reads that were made.
    """

    records: int
    words: str
    reads: tuple[str, ...]


async def take_stock(kind: Kind, facade: Any) -> Found:
    """Return what a façade that is confined to an owner shows."""
    found = Found()
    if kind == "history":
        found.probes = [{"session_id": session, "limit": 1} async for session in facade.iter_all()]
        found.count = len(found.probes)
        for probe in found.probes[:1]:
            for message in await facade.get(**probe):
                found.query = message.content[:_QUERY]
        return found
    async for record in facade.iter_all():
        found.count += 1
        if not found.query:
            found.query = (record.subject if isinstance(record, Triple) else record.content)[:_QUERY]
        found.probes = [*found.probes[:1], _probe(record)]  # by name only: a record may be large
    return found


def _probe(record: Fact | Document | Triple) -> dict[str, Any]:
    """Return what to ask `get` for, to see whether a record is still shown."""
    if isinstance(record, Triple):
        return {"entity": record.subject, "limit": 1}
    return {str(BY_RECORD[type(record)].id): record.id}


async def look_for(kind: Kind, facade: Any, before: Found | None) -> Left:
    """Read again, in every way that there is, and tell what is still shown.

    Args:
        kind: The kind of memory.
        facade: The façade, confined to the owner.
        before: What was there, where that is known.
    """
    listed = (await take_stock(kind, facade)).count
    reads = {"listing": listed}
    before = before or Found()
    if before.probes:
        reads["get"] = sum([await _shown(facade, probe) for probe in before.probes])
    if before.query and (kind != "history" or Feature.SEARCH_ALL_SESSIONS in facade.features):
        reads["search"] = len(await facade.search(query=before.query))
    words = ", ".join(f"its {name} still shows {count:,}" for name, count in reads.items() if count)
    return Left(max(reads.values()), words, tuple(reads))


async def _shown(facade: Any, probe: dict[str, Any]) -> int:
    """Return how much of what was there is still shown when it is asked for by name."""
    try:
        found: object = await facade.get(**probe)
    except NotFoundError:
        return 0
    return len(cast("Page[Any]", found)) if isinstance(found, Page) else 1
