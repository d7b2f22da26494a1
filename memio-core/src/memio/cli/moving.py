"""The common parts of `export`, `import` and `copy`: options, progress, and the output at the end."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from memio.cli.io.exit import ExitCode
from memio.cli.io.input import as_utf8
from memio.cli.io.output import console, counted, note, reporting, visible, write_json, write_line
from memio.cli.io.watching import Watch, watching
from memio.errors import MemioError
from memio.kinds import SPECS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memio.transfer import Moved, Transfer

T = TypeVar("T")

Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        callback=as_utf8,
        metavar="LOSS",
        help="Continue although the target cannot hold this, such as ids,created_at. A refusal lists every loss.",
        show_default=False,
    ),
]
JournalFile = Annotated[
    Path | None,
    typer.Option(
        "--journal",
        metavar="PATH",
        help="The file that keeps track of what is stored, when the target chooses ids.",
        show_default=False,
    ),
]


def losses(accept: Sequence[str] | None) -> list[str]:
    """Return the names of the accepted losses; an argument may contain several, separated by commas."""
    return [name.strip() for text in accept or () for name in text.split(",")]


def run(work: Callable[[Watch], Coroutine[Any, Any, T]], *, as_json: bool) -> T:
    """Run a transfer, and show its progress.

    Raises:
        MemioError: It failed. The notes of the error were printed.
    """
    import asyncio

    with watching(as_json=as_json) as watch:
        try:
            return asyncio.run(work(watch))
        except MemioError as error:
            for text in getattr(error, "__notes__", ()):
                note(text, as_json=as_json)
            raise


def show_transfer(done: Transfer, *, as_json: bool) -> ExitCode:
    """Print what was moved and the comparison of both sides, and return the exit code."""
    with reporting("the records are stored"):
        if as_json:
            values = asdict(done) | {"losses": [finding._asdict() for finding in done.losses]}
            write_json({"equal": not done.differences, **values})
        else:
            _show(done)
    return ExitCode.NEGATIVE if done.differences else ExitCode.OK


def _show(done: Transfer) -> None:
    from rich import box
    from rich.table import Table

    out = console()
    rows = [_row(moved, journal=done.journal is not None) for moved in done.kinds]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold", justify="left" if name in ("kind", "content") else "right")
    for row in rows:
        table.add_row(*map(str, row.values()))
    if done.kinds:
        out.print(table)
    else:
        out.print("no records to move")
    for line in _remarks(done):
        write_line(visible(line))
    if done.differences:
        out.print(f"the sides differ: {counted(len(done.differences), 'difference')}")
    elif done.kinds:
        out.print("both sides are equal, except for the accepted losses" if done.losses else "both sides are equal")


def _row(moved: Moved, *, journal: bool) -> dict[str, object]:
    """Return a line of the table, by column: numbers of records, and whether both sides hold the same."""
    source, target = moved.source, moved.target
    before = {"stored by an earlier run": moved.known} if journal else {}  # only a journal knows
    return {
        "kind": moved.kind,
        "in source": source.count,
        "in target": target.count,
        **before,
        "left out": moved.left_out,
        "only in target": moved.others,
        "content": "equal" if source == target else "differs",
    }


def _remarks(done: Transfer) -> Iterator[str]:
    """Yield the lines below the table."""
    yield from (f"accepted: {finding}" for finding in done.losses)
    yield from map(str, done.differences)
    for kind, count in done.expired.items():
        were = "it was" if count == 1 else "they were"
        yield f"expired: {counted(count, SPECS[kind].noun)}: {were} not stored, or gone from the target by now"
    if done.recovered:
        yield f"the target has {counted(done.recovered, 'record')} that an earlier run had sent without an answer"
    if done.journal is not None:
        yield f"{done.journal} keeps track of what was stored: keep the file as long as this may be repeated"
