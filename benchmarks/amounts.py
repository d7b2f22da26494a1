"""Figures as people read them: the name of a figure holds its unit, and three digits are enough."""

from __future__ import annotations


def unit(figure: str) -> str:
    """Return the unit of a figure: seconds, unless its name ends with another one in brackets."""
    return figure.rpartition(" [")[2].rstrip("]") if figure.endswith("]") else "s"


def bare(figure: str) -> str:
    """Return the name of a figure without its unit."""
    return figure.rpartition(" [")[0] if figure.endswith("]") else figure


def amount(value: float, of: str) -> str:
    """Return a value with three digits and the unit that suits it."""
    if of == "s":
        scale, name = next(((s, n) for s, n in ((1, "s"), (1e3, "ms"), (1e6, "µs")) if value * s >= 1), (1e6, "µs"))
        return f"{_digits(value * scale)} {name}"
    if of == "B":
        return f"{_digits(value / 1e6)} MB"
    return f"{value:.1f}" if of == "%" else _digits(value)


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # three digits
