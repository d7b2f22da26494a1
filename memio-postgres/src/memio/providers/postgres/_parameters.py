"""The values of a statement, collected while its SQL is put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Parameters:
    """Collects values, and returns for each the text that stands for it in SQL.

    Example:
        >>> parameters = Parameters()
        >>> f"SELECT * FROM t WHERE a = {parameters('x')} AND b = {parameters(1)}", parameters.values
        ('SELECT * FROM t WHERE a = $1 AND b = $2', ['x', 1])
    """

    def __init__(self) -> None:
        self.values: list[Any] = []

    def copy(self) -> Parameters:
        """Return parameters with the same values, to which others are added."""
        made = Parameters()
        made.values = [*self.values]
        return made

    def __call__(self, value: Any) -> str:
        """Add a value, and return its place, such as `$3`."""
        self.values.append(value)
        return f"${len(self.values)}"

    def rows(self, rows: Sequence[Sequence[Any]], **columns: str) -> str:
        """Add rows of values, and return what stands for them after FROM, with the name `n`.

        Args:
            rows: The rows.
            columns: The type of each column, by its name.

        Example:
            >>> Parameters().rows([(1, "a"), (2, "b")], number="bigint", name="text")
            'unnest($1::bigint[], $2::text[]) AS n(number, name)'
        """
        values = zip(*rows, strict=True) if rows else ((),) * len(columns)
        given = (f"{self(list(column))}::{kind}[]" for column, kind in zip(values, columns.values(), strict=True))
        return f"unnest({', '.join(given)}) AS n({', '.join(columns)})"
