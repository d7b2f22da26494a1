"""Text in the cell of a table."""

from __future__ import annotations


def cell(text: str) -> str:
    """Return a text as the cell of a Markdown table: in one line, with the marks of a table escaped."""
    return " ".join(text.split()).replace("|", r"\|")
