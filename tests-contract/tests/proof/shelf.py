"""The core of the good dict stores: rows in the order of insertion, with nothing clever about them.

The four stores differ in their rows and agree in everything else, so one shelf serves them all, and
a fault of a shelf is a fault of each kind. It awaits before and after every step, as a backend
behind a network does, and changes what is stored between two awaits: a call happens or not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from uuid import uuid4

from memio.errors import ConflictError, NotFoundError
from memio.models import Page


@dataclass(slots=True)
class Row:
    id: str
    text: str
    owner: dict[str, str]
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class Backend:
    """What several clients share, as they would share a server.

    Attributes:
        rows: The rows by number, in the order of adding.
        last: The number of the row that was added last.
        places: By name of a session that any owner has: the number of its first row, which may be deleted.
        others: The backends of the other kinds.
        notes: What a broken store keeps.
        lock: Held while records are added: stores are called from several threads.
    """

    rows: dict[int, Row] = field(default_factory=dict)
    last: int = 0
    places: dict[str, int] = field(default_factory=dict)
    others: list[Backend] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    lock: Any = field(default_factory=Lock)


class Shelf:
    """Rows of one kind."""

    noun = "row"

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    # The single steps, each of which a broken store may do wrong.

    def matches_owner(self, row: Row, owner: dict[str, str]) -> bool:
        return all(row.owner.get(name) == value for name, value in owner.items())

    def same_id(self, left: str, right: str) -> bool:
        return left == right

    def same_metadata(self, stored: dict[str, Any], given: dict[str, Any]) -> bool:
        return same_json(stored, given)

    def new_id(self, row: Row) -> str:
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

    def scoped(self, owner: dict[str, str], keep: Callable[[Row], bool] = lambda row: True) -> list[tuple[int, Row]]:
        return [
            (n, row)
            for n, row in sorted(self.backend.rows.copy().items())
            if self.matches_owner(row, owner) and keep(row)
        ]

    def one(self, row_id: str, owner: dict[str, str]) -> tuple[int, Row]:
        found = self.scoped(owner, lambda row: self.same_id(row.id, row_id))
        if not found:
            raise NotFoundError(self.noun, row_id)
        if len(found) > 1:
            raise ConflictError(self.noun, row_id, hint="several owners have it: pass the owner")
        return found[0]

    def put(self, row: Row) -> Row:
        """Store a new row at the end."""
        row.id = row.id or self.new_id(row)
        self.backend.last += 1
        kept = self.keep(row)
        self.backend.rows[self.backend.last] = kept
        return kept

    def remove(self, number: int) -> None:
        del self.backend.rows[number]

    def page(self, found: list[tuple[int, Any]], limit: int, cursor: str | None) -> Page[Any]:
        """Cut a page out of numbered things: the cursor is the number of the last one."""
        rest = [(n, item) for n, item in found if cursor is None or n > int(cursor)]
        cut = rest[:limit]
        return Page([item for _, item in cut], str(cut[-1][0]) if len(rest) > limit else None)

    def best(self, found: list[tuple[int, Row]], query: str, limit: int) -> list[tuple[float, Row]]:
        scored = [(self.score(query, row), row) for _, row in found]
        hits = [(score, row) for score, row in scored if score > 0]
        return sorted(hits, key=lambda hit: -hit[0])[:limit]

    async def aclose(self) -> None:
        await self.pause()


def same_json(left: Any, right: Any) -> bool:
    """Compare two JSON values: numbers by value, and booleans equal no number."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def passes(metadata: dict[str, Any], filters: dict[str, Any] | None) -> bool:
    """Return whether metadata passes filters."""
    return all(key in metadata and same_json(metadata[key], value) for key, value in (filters or {}).items())
