"""The output of the demo on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from memio.capabilities import Kind
from memio.cli.commands.demo.story import OTHER_USER, USER
from memio.cli.io.output import console, visible
from memio.cli.io.records import triple_text
from memio.models import Document, Fact, Message, Record, Triple

if TYPE_CHECKING:
    from rich.text import Text

_WIDEST = 110
"""Columns of a terminal; longer lines are harder to read."""

_TITLES: dict[Kind, str] = {
    "facts": "facts: what an assistant knows",
    "history": "history: a conversation",
    "documents": "documents: pages to look things up in",
    "graph": "graph: how things belong together",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """What the demo did with one kind of memory.

    Attributes:
        kind: The kind.
        stored: What it added, as the store returned it.
        question: What it searched for afterwards.
        found: The answer.
        remark: A remark about the answer, or an empty string.
    """

    kind: Kind
    stored: Sequence[Record]
    question: str
    found: Sequence[Record]
    remark: str = ""


def show_beginning(provider: str, kinds: Sequence[Kind]) -> None:
    """Print the provider and its kinds."""
    from rich.text import Text

    text = Text.assemble(("memio demo", "bold"), f" on {provider}: {', '.join(kinds)}")
    console().print(text, soft_wrap=True)


def show_chapter(chapter: Chapter) -> None:
    """Print what was stored in one kind of memory, what was searched for, and what was found."""
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


def show_end(provider: str, path: Path | None, variable: str | None, program: str) -> None:
    """Print where the data is, a program that does the same, and what to try next.

    Args:
        provider: The provider.
        path: The file that the data is in; `None` where the data was removed.
        variable: The environment variable that makes the provider use this file.
        program: A Python program.
    """
    from rich.syntax import Syntax
    from rich.text import Text

    out = console()
    out.print()
    if path is None:
        out.print(f"The demo removed from {provider} what it had added.", soft_wrap=True)
    else:
        size = path.stat().st_size // 1024
        out.print(f"The data is in {path.absolute()} ({size} KiB). To search it again:", soft_wrap=True)
        setting = f"{variable}={quote(str(path))} " if variable else ""
        out.print(f"  {setting}memio facts search hazelnuts --user {USER}", soft_wrap=True)
    out.print()
    out.print(Text("The same in Python:", "bold"))
    out.print()
    # Whole lines at any width, because they are meant to be copied.
    out.print(Syntax("", "python", theme="ansi_dark").highlight(program), soft_wrap=True)
    out.print(Text("The same on another backend:", "bold"))
    out.print()
    out.print("  memio providers                  # those that are installed, and those that can be", soft_wrap=True)
    out.print("  memio demo --provider NAME       # with its settings in the environment", soft_wrap=True)


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
