"""The values of a statement, collected while its SQL is put together."""

from __future__ import annotations

from typing import Any


class Parameters:
    """Collects values, and returns for each the text that stands for it in SQL.

    Example:
        >>> parameters = Parameters()
        >>> f"SELECT * FROM t WHERE a = {parameters('x')} AND b = {parameters(1)}", parameters.values
        ('SELECT * FROM t WHERE a = $1 AND b = $2', ['x', 1])
    """

    def __init__(self, *values: Any) -> None:
        self.values: list[Any] = list(values)

    def __call__(self, value: Any) -> str:
        """Add a value, and return its place, such as `$3`."""
        self.values.append(value)
        return f"${len(self.values)}"
