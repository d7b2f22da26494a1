"""The records of a span, in SQL."""

from __future__ import annotations

from typing import NamedTuple

from memio.providers.sqlite._columns.scopes import Condition


class Members(NamedTuple):
    """The records of a span.

    Attributes:
        tables: The tables in which they are read, in SQL. The one of the records comes first or last.
        row: The name of their rows there.
        condition: Which rows of these; none for all records of the table.
        size: How many there are.
    """

    tables: str
    row: str
    condition: Condition
    size: int
