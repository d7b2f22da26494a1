"""The values of a statement, collected while its SQL is put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

    def array(self, values: Iterable[Any], kind: str) -> str:
        r"""Add an array, and return what stands for it.

        Args:
            values: Its elements.
            kind: The type of its elements.

        Example:
            >>> parameters = Parameters()
            >>> parameters.array([b"ab", None], "bytea"), parameters.values
            ('$1::text[]::bytea[]', [['\\x6162', None]])
        """
        return f"{self(as_texts(values))}::text[]" + ("" if kind == "text" else f"::{kind}[]")

    def rows(self, rows: Sequence[Sequence[Any]], **columns: str) -> str:
        """Add rows of values, and return what stands for them after FROM, with the name `n`.

        Args:
            rows: The rows.
            columns: The type of each column, by its name.

        Example:
            >>> Parameters().rows([(1, "a"), (2, "b")], number="bigint", name="text")
            'unnest($1::text[]::bigint[], $2::text[]) AS n(number, name)'
        """
        values = zip(*rows, strict=True) if rows else ((),) * len(columns)
        given = (self.array(column, kind) for column, kind in zip(values, columns.values(), strict=True))
        return f"unnest({', '.join(given)}) AS n({', '.join(columns)})"


def as_texts(values: Iterable[Any]) -> list[str | None]:
    """Return values as texts that PostgreSQL reads.

    Arrays are sent as arrays of texts: the driver would ask the server how to write any other, with several statements
    for each new connection.
    """
    return [
        f"\\x{value.hex()}" if isinstance(value, bytes) else None if value is None else str(value) for value in values
    ]
