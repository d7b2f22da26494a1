"""What a store shows of an owner: everything before it is deleted, and what is left afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from memio.errors import NotFoundError
from memio.kinds import KindSpec
from memio.models import Page

_QUERY = 200
"""Characters of a text that are searched for: enough to find it, and short enough for any backend."""


@dataclass(slots=True)
class Found:
    """The records of an owner before they are deleted: how many, and how to look for them afterwards.

    Attributes:
        count: Records, or sessions of a history.
        probes: Arguments of `get`: for every session of a history, and the first and the last record of other kinds.
        query: Words of one record, to search for; empty when there was no record.
    """

    count: int = 0
    probes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    query: str = ""


class Left(NamedTuple):
    """What is left.

    Attributes:
        records: How many records a read still shows: the largest number of all reads.
        words: A message about them; empty when nothing is left.
        reads: The names of the reads that were made.
    """

    records: int
    words: str
    reads: tuple[str, ...]


async def list_all(spec: KindSpec, facade: Any) -> Found:
    """Return what a façade that is confined to an owner shows."""
    found = Found()
    if spec.name == "history":
        found.probes = [{"session_id": session.id, "limit": 1} async for session in facade.iter_all()]
        found.count = len(found.probes)
        for probe in found.probes[:1]:
            for message in await facade.get(**probe):
                found.query = message.content[:_QUERY]
        return found
    async for record in facade.iter_all():
        found.count += 1
        if not found.query:
            found.query = getattr(record, spec.texts[0])[:_QUERY]
        found.probes = [*found.probes[:1], _probe(spec, record)]  # not the record, which may be large
    return found


def _probe(spec: KindSpec, record: Any) -> dict[str, Any]:
    """Return the arguments with which `get` shows a record, while it is there."""
    get = spec.methods["get"]
    if spec.id in get.core:
        return {spec.id: record.id}
    return {"entity": record.subject, "limit": 1}


async def look_for(spec: KindSpec, facade: Any, before: Found | None) -> Left:
    """Read again, in every way that there is, and return what is still shown.

    Args:
        spec: The kind of memory.
        facade: The façade, confined to the owner.
        before: What was there, where that is known.
    """
    listed = (await list_all(spec, facade)).count
    reads = {"listing": listed}
    before = before or Found()
    if before.probes:
        reads["get"] = sum([await _shown(facade, probe) for probe in before.probes])
    if before.query and facade.features.issuperset(spec.methods["search"].omits.values()):
        reads["search"] = len(await facade.search(query=before.query))
    words = ", ".join(f"its {name} still shows {count:,}" for name, count in reads.items() if count)
    return Left(max(reads.values()), words, tuple(reads))


async def _shown(facade: Any, probe: dict[str, Any]) -> int:
    """Return how many records `get` still shows."""
    try:
        found: object = await facade.get(**probe)
    except NotFoundError:
        return 0
    return len(cast("Page[Any]", found)) if isinstance(found, Page) else 1
