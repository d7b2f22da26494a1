"""What `forget` answers with: a receipt for each store, and the one for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from memio.capabilities import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreReceipt:
    """What was forgotten in one store.

    Attributes:
        kind: The kind of memory that it holds.
        provider: The name of its provider.
        before: How many records of the owner it listed before: facts, documents, triples, or sessions of a
            history. What has expired is deleted, and not counted. `None` when that could not be read, or the store
            was skipped.
        after: How many it still shows afterwards. `None` when that could not be read, or the store was skipped.
        verified: What was read afterwards, and found empty: `listing`, `get`, `search`, `count`, `owners`.
        remains: What stays outside of what memio can reach, or may stay, and why. Empty when nothing does.
        seconds: How long the calls of this store took together.
        skipped: Why it was not touched, or `None`.
        error: What failed, or what is left, or `None`.
    """

    kind: Kind
    provider: str
    before: int | None = None
    after: int | None = None
    verified: tuple[str, ...] = ()
    remains: tuple[str, ...] = ()
    seconds: float = 0.0
    skipped: str | None = None
    error: str | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing of the owner is to be read in this store any more."""
        return self.skipped is None and self.error is None and self.after == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetReceipt:
    """What was forgotten.

    Attributes:
        labels: Whose records: the labels that were named, by their names, and `namespace_prefix` where one was.
        stores: One receipt for each configured store, also for those that were skipped.
        started_at: When it began, in UTC.
        seconds: How long it took.
    """

    labels: Mapping[str, Any]
    stores: tuple[StoreReceipt, ...]
    started_at: datetime
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether nothing of the owner is to be read in any store any more, and none was skipped."""
        return all(store.complete for store in self.stores)
