"""The demo as a person sees it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from memio.capabilities import Kind
from memio.cli.commands.demo.story import OTHER_USER, USER
from memio.cli.io.output import console, visible
from memio.cli.io.records import Record, triple_text
from memio.models import Document, Fact, Message, Triple

if TYPE_CHECKING:
    from rich.text import Text

    from memio.cli.commands.demo.play import Chapter

_WIDEST = 110
"""Columns of a terminal; longer lines are harder to read."""

_TITLES: dict[Kind, str] = {
    "facts": "facts: what an assistant knows",
    "history": "history: a conversation",
    "documents": "documents: pages to look things up in",
    "graph": "graph: how things belong together",
}


def show_beginning(provider: str, kinds: Sequence[Kind]) -> None:
    """Say what is about to happen."""
    from rich.text import Text

    text = Text.assemble(("memio demo", "bold"), f" on {provider}: {', '.join(kinds)}")
    console().print(text, soft_wrap=True)


def show_chapter(chapter: Chapter) -> None:
    """Show what was stored in one kind of memory, what was asked, and what came back."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    out = console()
    table = Table(
        title=_TITLES[chapter.kind],
        title_justify="left",
        title_style="bold cyan",
        box=box.ROUNDED,
        show_header=False,
        width=min(out.width, _WIDEST),
    )
    # Wide enough for a role, a user and an arrow's head alike, so that the tables of all kinds line up.
    table.add_column(style="dim", width=max(len("assistant"), len(USER), len(OTHER_USER)), overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for record in chapter.stored:
        table.add_row(*_row(record))
    table.add_section()
    table.add_row("asked", Text(chapter.question, "bold"))
    for record in chapter.found:
        table.add_row("found", _row(record)[1], style="green")
    if not chapter.found:
        table.add_row("found", "nothing")
    if chapter.remark:
        table.add_row("", Text(visible(chapter.remark), "italic"))
    out.print()
    out.print(table)


def show_end(provider: str, path: Path | None, code: str) -> None:
    """Say where the data lies, how to do the same in Python, and where to go from here.

    Args:
        provider: The provider.
        path: The file that the data is in; `None` where nothing was left behind.
        code: The lines of Python.
    """
    from rich.syntax import Syntax
    from rich.text import Text

    out = console()
    out.print()
    if path is None:
        out.print(f"What the demo added to {provider} is removed again.", soft_wrap=True)
    else:
        out.print(
            f"It lies in {path.absolute()} ({path.stat().st_size // 1024} KiB), a plain SQLite file. Look again with",
            soft_wrap=True,
        )
        out.print(f"  MEMIO_SQLITE_PATH={quote(str(path))} memio facts search hazelnuts --user {USER}", soft_wrap=True)
    out.print()
    out.print(Text("The same in Python:", "bold"))
    out.print()
    # Whole lines at any width: they are there to be copied.
    out.print(Syntax("", "python", theme="ansi_dark").highlight(code), soft_wrap=True)
    if path is not None:
        out.print(Text("The same on Letta:", "bold"))
        out.print()
        out.print("  pip install memio-letta", soft_wrap=True)
        out.print("  export LETTA_AGENT_ID=agent-…                  # whose memory it is", soft_wrap=True)
        out.print(
            "  export LETTA_BASE_URL=http://localhost:8283    # or LETTA_API_KEY, for the hosted service",
            soft_wrap=True,
        )
        out.print('  memio demo --provider letta                    # in Python: STORE = "letta"', soft_wrap=True)


def _row(record: Record) -> tuple[str, Text]:
    """Return a short label and the text of a record."""
    from rich.text import Text

    match record:
        case Message():
            return record.role, Text(visible(record.content))
        case Triple():
            return record.user_id or "", triple_text(record)
        case Fact() | Document():
            return record.user_id or "", Text(visible(record.content))
        case str():
            return "", Text(visible(record))
