"""Output while records are moved: the losses before it begins, then the progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from memio.cli.io.output import console, note, visible, write_event

if TYPE_CHECKING:
    from memio.transfer import Announce, Intent, Listener, Progress

PERIOD = 1.0
"""Seconds between two JSON events; the first and the last one of each kind in each stage are written at once."""


class Watch(NamedTuple):
    """The callbacks for a transfer."""

    announce: Announce
    progress: Listener | None


@contextmanager
def watching(*, as_json: bool) -> Generator[Watch]:
    """Yield callbacks that write JSON lines to standard error, or show a progress bar there if it is a terminal."""
    if as_json:
        yield Watch(_announce_as_json, _events())
    elif sys.stderr.isatty():
        with _bar() as watch:
            yield watch
    else:
        yield Watch(_announcing(note), None)


def _announce_as_json(intent: Intent) -> None:
    losses = [finding._asdict() for finding in intent.losses]
    counts = {str(kind): count for kind, count in intent.counts.items()}
    sent = {"sent": {str(kind): place for kind, place in intent.sent.items()}} if intent.sent else {}
    write_event("intent", {"counts": counts, "losses": losses, **sent})


def _announcing(write: Callable[[str], None]) -> Announce:
    def announce(intent: Intent) -> None:
        for finding in intent.losses:
            write(f"will be lost, as accepted: {finding}")
        for kind, destination in intent.sent.items():
            write(f"the texts of {intent.counts[kind]} {kind} will be sent to {destination}, to be embedded")

    return announce


def _events() -> Listener:
    """Return a listener that writes an event at most once per `PERIOD`."""
    last: tuple[str, str] | None = None
    due = 0.0

    def listen(state: Progress) -> None:
        nonlocal last, due
        now = monotonic()
        if (state.stage, state.kind) != last or now >= due or state.done == state.total:
            last, due = (state.stage, state.kind), now + PERIOD
            write_event("progress", asdict(state))

    return listen


@contextmanager
def _bar() -> Generator[Watch]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console(stderr=True), transient=True) as bar:
        tasks: dict[tuple[str, str], Any] = {}

        def show(state: Progress) -> None:
            key = (state.stage, state.kind)
            if key not in tasks:
                tasks[key] = bar.add_task(f"{state.stage} {state.kind}", total=state.total)
            bar.update(tasks[key], completed=state.done)

        def write(message: str) -> None:
            # Through the bar, which then stays below the message.
            bar.console.print(Text(visible(message), "dim"), soft_wrap=True)

        yield Watch(_announcing(write), show)
