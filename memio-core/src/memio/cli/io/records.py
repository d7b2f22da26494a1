"""The output of records: JSON objects, or tables.

A table folds what is too long for a line and never cuts it, so at any width everything is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from memio.capabilities import Kind
from memio.cli.io.output import console, reporting, visible, write_json
from memio.kinds import SPECS
from memio.models import Document, Fact, Message, Page, Triple, Turn

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

Record = Fact | Document | Message | Triple | str

_NAME_WIDTH = len("assistant")


def json_of(record: Record) -> Any:
    """Return a record as JSON: every field, times in ISO 8601; a session id is a string."""
    if isinstance(record, str):
        return record
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def show_one(kind: Kind, record: Record, *, as_json: bool, done: str = "") -> None:
    """Print one record.

    Args:
        kind: The kind of memory that it comes from.
        record: The record.
        as_json: Whether to print JSON.
        done: What the command did, as in `the fact is stored`; empty if it only read the record.
    """
    with reporting(done):
        if as_json:
            write_json(json_of(record))
        else:
            console().print(table(kind, [record]))


def show_many(kind: Kind, records: Sequence[Record], what: str, *, as_json: bool) -> None:
    """Print records, and after a page how to continue.

    Args:
        kind: The kind of memory that they come from.
        records: The records: a page of a listing, or the result of a search.
        what: The plural of the records, such as `facts`.
        as_json: Whether to print JSON: one document with `items`, and `next_cursor` for a page.
    """
    if as_json:
        document: dict[str, Any] = {"items": [json_of(record) for record in records]}
        if isinstance(records, Page):
            document["next_cursor"] = records.next_cursor
        write_json(document)
        return
    out = console()
    if records:
        out.print(table(kind, records))
    else:
        out.print(f"no {what}")
    if isinstance(records, Page) and records.next_cursor is not None:
        out.print(f"There are more {what}: --all lists everything, and the next page begins at", soft_wrap=True)
        out.print(f"--cursor '{records.next_cursor}'", soft_wrap=True)


def show_turn(turn: Turn, *, as_json: bool) -> None:
    """Print the messages that were added to a session, and the replies of the backend."""
    with reporting("the message is stored"):
        if as_json:
            write_json(
                {
                    "stored": [json_of(message) for message in turn.stored],
                    "replies": [json_of(message) for message in turn.replies],
                }
            )
        else:
            console().print(table("history", [*turn.stored, *turn.replies]))


class Stream:
    """Prints the records of a long listing in batches.

    Args:
        kind: The kind of memory that they come from.
        what: The plural of the records, such as `facts`.
        as_json: Whether to print JSON: one object a line.
    """

    def __init__(self, kind: Kind, what: str, *, as_json: bool) -> None:
        self.kind: Kind = kind
        self.what = what
        self.as_json = as_json
        self.shown = 0

    def show(self, records: Sequence[Record]) -> None:
        """Print a batch."""
        if self.as_json:
            for record in records:
                write_json(json_of(record), indent=None)
        elif records:
            console().print(table(self.kind, records, heading=self.shown == 0))
        self.shown += len(records)

    def end(self) -> None:
        """Print a line if there were no records."""
        if not self.as_json and not self.shown:
            console().print(f"no {self.what}")


def table(kind: Kind, records: Iterable[Record], *, heading: bool = True) -> Table:
    """Return records as a table that is as wide as the terminal."""
    from rich import box
    from rich.table import Table

    rows = list(records)
    speaker = ("who",) if kind == "history" else ()
    columns = ("session",) if rows and isinstance(rows[0], str) else (*speaker, SPECS[kind].noun)
    made = Table(box=box.SIMPLE_HEAD, expand=True, show_header=heading, pad_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        if name == "who":
            made.add_column(name, style="cyan", overflow="fold", width=_NAME_WIDTH)
        else:
            made.add_column(name, overflow="fold", ratio=1)
    for record in rows:
        made.add_row(*_cells(record))
    return made


def triple_text(triple: Triple) -> Text:
    """Return a triple as it is read: subject, predicate, object."""
    from rich.text import Text

    return Text.assemble(visible(triple.subject), (f"  {visible(triple.predicate)}  ", "dim"), visible(triple.object))


def _cells(record: Record) -> list[Text]:
    match record:
        case str():
            return [_text(record)]
        case Message():
            return [_text(record.name or record.role), _with_details(record, _text(record.content))]
        case Triple():
            return [_with_details(record, triple_text(record))]
        case _:
            return [_with_details(record, _text(record.content))]


def _with_details(record: Fact | Document | Message | Triple, text: Text) -> Text:
    """Return the text of a record, and below it, dimmed, its other fields."""
    from rich.text import Text

    return Text("\n").join([text, _text(" · ".join(_details(record)), "dim")])


def _details(record: Fact | Document | Message | Triple) -> Iterable[str]:
    values = {
        "id": record.id,
        "session": getattr(record, "session_id", None),
        "role": record.role if isinstance(record, Message) and record.name else None,
        "user": record.user_id,
        "agent": getattr(record, "agent_id", None),
        "time": getattr(record, "timestamp", None),
        "added": (added := getattr(record, "created_at", None)),
        "changed": changed if (changed := getattr(record, "updated_at", None)) != added else None,
        "score": None if record.score is None else f"{record.score:.3g}",
        "metadata": json.dumps(record.metadata, ensure_ascii=False) if record.metadata else None,
    }
    for name, value in values.items():
        if value is not None:
            yield f"{name} {_moment(value) if isinstance(value, datetime) else value}"


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _text(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(visible(text), style)
