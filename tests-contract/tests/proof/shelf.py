"""The core of the good dict stores: rows in the order of insertion, with nothing clever about them.

The four stores differ in their rows and agree in everything else, so one shelf serves them all, and
a fault of a shelf is a fault of each kind. It awaits before and after every step, as a backend
behind a network does, and changes what is stored between two awaits: a call happens or not.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from uuid import uuid4

from memio.errors import ConflictError
from memio.models import Page
from memio.owners import ANYWHERE, Owner, Scope
from memio.toolkit import matches, only, same_json
from memio_contract.embedder import meanings


@dataclass(slots=True)
class Row:
    id: str
    text: str
    owner: Owner
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    data: Any = None
    expires_at: datetime | None = None
    version: str | None = None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class Backend:
    """What several clients share, as they would share a server.

    Attributes:
        rows: The rows by number, in the order of adding.
        last: The number of the row that was added last.
        places: By owner and session, the number of its first row, which may be deleted.
        others: The backends of the other kinds.
        notes: What a broken store keeps.
        lock: Held while records are added: stores are called from several threads.
    """

    rows: dict[int, Row] = field(default_factory=dict)
    last: int = 0
    places: dict[tuple[Owner, str], int] = field(default_factory=dict)
    others: list[Backend] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    lock: Any = field(default_factory=Lock)


Numbered = tuple[int, Row]


class Shelf:
    """Rows of one kind."""

    noun = "row"

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    # The single steps, each of which a broken store may do wrong.

    def matches_owner(self, row: Row, scope: Scope) -> bool:
        fixed = scope.fixed.items()
        return all(self.same_label(name, getattr(row.owner, name), label) for name, label in fixed) and self.below(
            row.owner.namespace, scope.prefix
        )

    def same_label(self, name: str, stored: Any, wanted: Any) -> bool:
        return stored == wanted

    def below(self, namespace: tuple[str, ...], prefix: tuple[str, ...]) -> bool:
        return namespace[: len(prefix)] == prefix

    def same_id(self, left: str, right: str) -> bool:
        return left == right

    def same_metadata(self, stored: Any, given: Any) -> bool:
        return same_json(stored, given)

    def same_data(self, stored: Any, given: Any) -> bool:
        return same_json(stored, given)

    def passes(self, metadata: dict[str, Any], filters: dict[str, Any] | None) -> bool:
        return matches(metadata, filters or {})

    def in_time(self, time: datetime, since: datetime | None, until: datetime | None) -> bool:
        return (since is None or since <= time) and (until is None or time < until)

    def expired(self, row: Row) -> bool:
        return row.expires_at is not None and row.expires_at <= self.now()

    def new_id(self, row: Row) -> str:
        return uuid4().hex

    def new_version(self, row: Row) -> str | None:
        return uuid4().hex

    def keep(self, row: Row) -> Row:
        """Return what is stored for a new row."""
        return deepcopy(row)

    def hand_out(self, row: Row) -> Row:
        """Return what a read gives."""
        return deepcopy(row)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def words(self, text: str) -> list[str]:
        return text.lower().split()

    def searched(self, row: Row) -> str:
        return row.text

    def own_texts(self, row: Row) -> tuple[str, ...]:
        return (self.searched(row),)

    def score(self, query: str, row: Row) -> float:
        text = self.searched(row)
        wanted, there = set(self.words(query)), self.words(text)
        hits = sum(word in wanted for word in there) / (len(there) or 1)
        return hits + len(wanted & set(there)) + (10.0 if query in self.own_texts(row) else 0.0)

    # What the stores are made of.

    async def pause(self) -> None:
        await asyncio.sleep(0)

    def every(self, scope: Scope) -> list[Numbered]:
        """Return the rows in scope, expired ones too."""
        return [(n, row) for n, row in sorted(self.backend.rows.copy().items()) if self.matches_owner(row, scope)]

    def scoped(self, scope: Scope, keep: Callable[[Row], bool] = lambda row: True) -> list[Numbered]:
        return [(n, row) for n, row in self.every(scope) if not self.expired(row) and keep(row)]

    def picked(
        self,
        scope: Scope,
        filters: dict[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Numbered]:
        return self.scoped(
            scope, lambda row: self.passes(row.metadata, filters) and self.in_time(row.created_at, since, until)
        )

    def one(self, row_id: str, scope: Scope) -> Numbered:
        return only(self.scoped(scope, lambda row: self.same_id(row.id, row_id)), self.noun, row_id)

    def mine(self, row: Row) -> list[Numbered]:
        """Return the row that has the id and the owner of another."""
        return [
            (n, found)
            for n, found in self.backend.rows.copy().items()
            if row.id and self.same_id(found.id, row.id) and found.owner == row.owner and not self.expired(found)
        ]

    def place(self, row: Row) -> Row:
        """Store a new row at the end."""
        row.id = row.id or self.new_id(row)
        self.backend.last += 1
        kept = self.keep(row)
        self.backend.rows[self.backend.last] = kept
        return kept

    def remove(self, number: int) -> None:
        del self.backend.rows[number]

    def check_version(self, row: Row, if_version: str | None) -> None:
        if if_version is not None and row.version != if_version:
            raise ConflictError(self.noun, row.id, reason="version")

    def page(self, found: list[tuple[int, Any]], limit: int, cursor: str | None) -> Page[Any]:
        """Cut a page out of numbered things: the cursor is the number of the last one."""
        rest = [(n, item) for n, item in found if cursor is None or n > int(cursor)]
        cut = rest[:limit]
        return Page([item for _, item in cut], str(cut[-1][0]) if len(rest) > limit else None)

    def page_newest(self, found: list[tuple[int, Any]], limit: int, cursor: str | None) -> Page[Any]:
        """Cut a page in the reverse order."""
        rest = [(n, item) for n, item in reversed(found) if cursor is None or n < int(cursor)]
        cut = rest[:limit]
        return Page([item for _, item in cut], str(cut[-1][0]) if len(rest) > limit else None)

    def hits(self, found: list[Numbered], query: str, limit: int, mode: str) -> list[tuple[float, Row]]:
        """Search by words, by meaning, or by words with the texts that have a synonym at the end."""
        if mode == "semantic":
            return self.nearest(found, query, limit)
        words = self.best(found, query, limit)
        synonyms = set(meanings(query)) - set(re.findall(r"\w+", query.lower()))
        if mode == "keyword" or not synonyms:
            return words
        named = [row for _, row in words]
        near = self.nearest(found, " ".join(synonyms), limit)
        return (words + [(0.0, row) for score, row in near if score > 0 and row not in named])[:limit]

    def meant(self, query: str, row: Row) -> float:
        """Return how near the meaning of a text is to that of a query."""
        wanted, there = set(meanings(query)), meanings(row.text)
        return len(wanted & set(there)) / (len(there) or 1)

    def nearest(self, found: list[Numbered], query: str, limit: int) -> list[tuple[float, Row]]:
        return sorted(((self.meant(query, row), row) for _, row in found), key=lambda hit: -hit[0])[:limit]

    def best(self, found: list[Numbered], query: str, limit: int) -> list[tuple[float, Row]]:
        scored = [(self.score(query, row), row) for _, row in found]
        hits = [(score, row) for score, row in scored if score > 0]
        return sorted(hits, key=lambda hit: -hit[0])[:limit]

    async def get_owners(self, *, limit: int, cursor: str | None, scope: Scope = ANYWHERE) -> Page[Owner]:
        await self.pause()
        names = {repr(owner): owner for owner in self.owners(scope)}
        rest = sorted(name for name in names if cursor is None or name > cursor)
        return Page([names[name] for name in rest[:limit]], rest[limit - 1] if len(rest) > limit else None)

    def owners(self, scope: Scope) -> list[Owner]:
        return [row.owner for _, row in self.scoped(scope)]

    async def delete_all(self, *, scope: Scope = ANYWHERE) -> None:
        await self.pause()
        for number, _ in self.every(scope):
            self.remove(number)

    async def aclose(self) -> None:
        await self.pause()
