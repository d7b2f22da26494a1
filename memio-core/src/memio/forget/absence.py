"""What a store shows of owners: everything before it is deleted, and what is left afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from memio._call.features import confinable
from memio._call.store import CheckedStore
from memio.capabilities import Feature
from memio.errors import NotFoundError
from memio.facades import FACADES
from memio.models import Page
from memio.owners import Owner, Scope

_QUERY = 200
"""Characters of a text that are searched for: enough to find it, and short enough for any backend."""


class Probe(NamedTuple):
    """A call of `get` that shows something, while it is there.

    Attributes:
        owner: Whose it is. Others in scope may have a session or a record of the same id.
        arguments: The arguments.
    """

    owner: Owner
    arguments: dict[str, Any]


@dataclass(slots=True)
class Found:
    """The records in scope before they are deleted: how many, and how to look for them afterwards.

    Attributes:
        count: Records, or sessions of a history.
        of_owners: What `get` shows: every session of a history, and the first record of each owner.
        last: The last record that `get` shows, when there are several.
        query: Words of one record, to search for; empty when no record has any.
    """

    count: int = 0
    of_owners: list[Probe] = field(default_factory=list[Probe])
    last: Probe | None = None
    query: str = ""

    @property
    def probes(self) -> Iterator[Probe]:
        """All calls of `get` that show something."""
        yield from self.of_owners
        if self.last is not None:
            yield self.last


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


async def list_all(store: CheckedStore, scope: Scope) -> Found:
    """Return what a store shows of the records in scope."""
    found = Found()
    owners: set[Owner] = set()
    async for record in _facade(store, scope).iter_all():
        found.count += 1
        owner = record.owner
        probe = Probe(owner, _arguments(store, record))  # not the record, which may be large
        if store.kind == "history" or owner not in owners:
            owners.add(owner)
            found.of_owners.append(probe)
            found.last = None
        else:
            found.last = probe
        if not found.query:
            found.query = await _words(store, record, probe)
    return found


def _arguments(store: CheckedStore, record: Any) -> dict[str, Any]:
    """Return the arguments with which `get` shows a record or a session, while it is there."""
    spec = store.spec
    if spec.name == "history":
        return {"session_id": record.id, "limit": 1}
    if spec.id in spec.methods["get"].core:
        return {spec.id: record.id}
    return {"entity": record.subject, "limit": 1}


async def _words(store: CheckedStore, record: Any, probe: Probe) -> str:
    """Return the beginning of a record's text; of a session, that of its latest message."""
    shown = await _get(store, probe) if store.kind == "history" else [record]
    return "".join(getattr(each, store.spec.texts[0])[:_QUERY] for each in shown)


async def look_for(store: CheckedStore, scope: Scope, before: Found | None) -> Left:
    """Read again, in every way that there is, and return what is still shown.

    Args:
        store: The store.
        scope: Whose records.
        before: What was there, where that is known.
    """
    before = before or Found()
    facade = _facade(store, scope)
    reads = {"listing": (await list_all(store, scope)).count}
    if before.count:
        reads["get"] = sum([len(await _get(store, probe)) for probe in before.probes])
    if before.query and store.features.issuperset(store.spec.methods["search"].omits.values()):
        reads["search"] = len(await facade.search(query=before.query))
    if Feature.COUNT in store.features:
        reads["count"] = await facade.count()
    if Feature.OWNERS in store.features:
        reads["owners"] = len(await facade.get_owners())
    words = ", ".join(f"its {name} still shows {count:,}" for name, count in reads.items() if count)
    return Left(max(reads.values()), words, tuple(reads))


async def _get(store: CheckedStore, probe: Probe) -> list[Any]:
    """Return the records that a probe still shows."""
    try:
        found: object = await _facade(store, confinable(Scope.of(probe.owner), store.features)).get(**probe.arguments)
    except NotFoundError:
        return []
    return cast("Page[Any]", found) if isinstance(found, Page) else [found]


def _facade(store: CheckedStore, scope: Scope) -> Any:
    return FACADES[store.kind](store, scope)
