"""What a case hands over."""

from __future__ import annotations

from collections.abc import Mapping

Samples = dict[str, list[float]]
"""By figure, what was measured: seconds, unless the figure's name ends with another unit, such as `[B]`."""

Columns = Mapping[str, Mapping[str, list[float] | str]]
"""By column of the table, most often the one peer; a text instead of samples is the reason why there are none."""


class Skipped(Exception):  # noqa: N818  # it is not an error
    """There is nothing to measure; the text is the reason."""
