"""The store under test with the same methods for every kind, so that one law can hold for all.

A *record* is what a caller keeps: a fact, a document, a triple, and for conversations one message,
which has its own session unless a law puts several into one group.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from memio.owners import Owner
from memio_contract.place import Labels


class Subject(Protocol):
    """What every kind of store can do."""

    noun: str
    """What errors call its records."""
    api: Any
    """The store as callers see it."""

    async def add(
        self,
        text: str,
        *,
        owner: Labels | None = None,
        metadata: Mapping[str, Any] | None = None,
        id: str | None = None,  # the public word
        group: str | None = None,
        **more: Any,
    ) -> Any:
        """Add one record, with further fields; without `owner` it belongs to the example's home."""
        ...

    async def add_together(self, texts: list[str], *, owner: Labels | None = None, group: str = "together") -> int:
        """Add in one call, all or none, and return how many records that makes."""
        ...

    async def find(self, record: Any, *, owner: Labels | None = None) -> list[Any]:
        """Return the record as a read by its id gives it, or nothing."""
        ...

    async def listed(self, *, owner: Labels | None = None, limit: int = 100) -> list[Any]:
        """Return every record in scope, by following the listing to its end."""
        ...

    async def search(
        self, query: str, *, limit: int, owner: Labels | None = None, group: str | None = None, **pick: Any
    ) -> list[Any]:
        """Search, in one group where the store cannot search all. `pick` holds filters and times."""
        ...

    async def count(self, *, owner: Labels | None = None, **pick: Any) -> int:
        """Count the records in scope."""
        ...

    async def owners(self, *, owner: Labels | None = None, limit: int = 100) -> list[Owner]:
        """Return every owner in scope that has records, by following the listing to its end."""
        ...

    async def delete(self, record: Any, *, owner: Labels | None = None) -> None:
        """Delete one record."""
        ...

    async def delete_all(self, *, owner: Labels | None = None) -> None:
        """Delete every record in scope."""
        ...

    def text(self, record: Any) -> str:
        """Return the text that a record was made from."""
        ...

    def query(self, record: Any) -> str:
        """Return all the text of a record."""
        ...

    def view(self, record: Any) -> dict[str, Any]:
        """Return what the store promises to keep of a record."""
        ...
