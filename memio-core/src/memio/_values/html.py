"""A page as a table of HTML. Only notebooks ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import is_dataclass
from html import escape
from typing import Any

from memio._values.short import shown_fields


def table(page: Any) -> str:
    """Return a page of records as a table, with a column for each field that any of them has.

    Args:
        page: A page of anything: of records, sessions, owners or texts.
    """
    rows = [_fields(item) or {"": repr(item)} for item in page]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [_row("th", columns), *(_row("td", (row.get(name, "") for name in columns)) for row in rows)]
    more = "<p>More follow: pass <code>next_cursor</code> as <code>cursor</code>.</p>" if page.next_cursor else ""
    return f"<table>{''.join(lines)}</table>{more}" if rows else "<p>An empty page.</p>"


def _fields(item: object) -> dict[str, str]:
    return dict(shown_fields(item)) if is_dataclass(item) and not isinstance(item, type) else {}


def _row(cell: str, texts: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{cell}>{escape(text)}</{cell}>' for text in texts)}</tr>"
