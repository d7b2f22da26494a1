"""Pages of rows, and the one record that an id means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from memio.errors import ConflictError, NotFoundError
from memio.models import Page

Row = TypeVar("Row")
Record = TypeVar("Record")


def page_of(
    rows: Sequence[Row], limit: int, record: Callable[[Row], Record], cursor: Callable[[Row], str]
) -> Page[Record]:
    """Return a page of rows that were read with one more than its limit.

    Args:
        rows: The rows after the place of the cursor, at most `limit + 1`; more than `limit` mean another page.
        limit: How many records the page has at most.
        record: Makes a record of a row.
        cursor: Returns the place of a row, from which the next page goes on.

    Example:
        >>> from memio.toolkit import page_of
        >>> page = page_of([1, 2, 3], limit=2, record=str, cursor=lambda row: f"after-{row}")
        >>> list(page), page.next_cursor
        (['1', '2'], 'after-2')
    """
    return Page([record(row) for row in rows[:limit]], cursor(rows[limit - 1]) if len(rows) > limit else None)


def only(rows: Sequence[Row], noun: str, record_id: str) -> Row:
    """Return the one row that an id means.

    Args:
        rows: The rows in scope that have the id; two are enough to see that there are several.
        noun: What errors call a record: `fact`, `document`, `triple`, `session`.
        record_id: The id.

    Raises:
        NotFoundError: There is none.
        ConflictError: There are several, of different owners.

    Example:
        >>> from memio.toolkit import only
        >>> only(["row"], "fact", "f1")
        'row'
    """
    if not rows:
        raise NotFoundError(noun, record_id)
    if len(rows) > 1:
        raise ConflictError(noun, record_id, reason="owners")
    return rows[0]
