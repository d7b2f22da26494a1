"""The output of records, sessions and owners: JSON objects, or tables.

A table folds what is too long for a line and never cuts it, so at any width everything is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from memio.cli.io.labels import LABEL_WORDS, written
from memio.cli.io.output import console, counted, reporting, visible, write_json
from memio.kinds import spec_of
from memio.models import Message, Page, Record, Session, Triple, Turn
from memio.owners import Owner

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

Listed = Record | Session | Owner
"""What a listing may hold."""

_NAME_WIDTH = len("assistant")

_WORDS = {
    **LABEL_WORDS,
    "session_id": "session",
    "timestamp": "time",
    "created_at": "added",
    "updated_at": "changed",
    "expires_at": "expires",
}
"""What a field of a record is called in a table, where that is not its name."""

_SESSION_WORDS = {**LABEL_WORDS, "message_count": "messages", "created_at": "first", "updated_at": "last"}
"""The same for a session."""


def json_of(record: Listed) -> dict[str, Any]:
    """Return a record as JSON: every field, times in ISO 8601."""
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def show_one(record: Record, *, as_json: bool, done: str = "") -> None:
    """Print one record.

    Args:
        record: The record.
        as_json: Whether to print JSON.
        done: What the command did, as in `the fact is stored`; empty if it only read the record.
    """
    with reporting(done):
        if as_json:
            write_json(json_of(record))
        else:
            console().print(table([record]))


def show_many(records: Sequence[Listed], what: str, *, as_json: bool) -> None:
    """Print records, and after a page how to continue.

    Args:
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
        out.print(table(records))
    else:
        out.print(f"no {what}")
    if isinstance(records, Page) and records.next_cursor is not None:
        out.print(f"There are more {what}: --all lists everything, and the next page begins at", soft_wrap=True)
        out.print(f"--cursor '{records.next_cursor}'", soft_wrap=True)


def show_turn(turn: Turn, *, as_json: bool) -> None:
    """Print the messages that were added to a session, and the replies of the backend."""
    with reporting("the messages are stored" if len(turn.stored) > 1 else "the message is stored"):
        if as_json:
            write_json(
                {
                    "stored": [json_of(message) for message in turn.stored],
                    "replies": [json_of(message) for message in turn.replies],
                }
            )
        else:
            console().print(table([*turn.stored, *turn.replies]))


class Stream:
    """Prints the records of a long listing in batches.

    Args:
        what: The plural of the records, such as `facts`.
        as_json: Whether to print JSON: one object a line.
    """

    def __init__(self, what: str, *, as_json: bool) -> None:
        self.what = what
        self.as_json = as_json
        self.shown = 0

    def show(self, records: Sequence[Listed]) -> None:
        """Print a batch."""
        if self.as_json:
            for record in records:
                write_json(json_of(record), indent=None)
        elif records:
            console().print(table(records, heading=self.shown == 0))
        self.shown += len(records)

    def end(self) -> None:
        """Print a line if there were no records."""
        if not self.as_json and not self.shown:
            console().print(f"no {self.what}")


def show_deleted(messages: Sequence[Message], *, as_json: bool) -> None:
    """Print the messages that were deleted from a session."""
    with reporting("the messages are deleted" if messages else ""):
        if as_json:
            write_json({"deleted": [json_of(message) for message in messages]})
        elif messages:
            console().print(f"deleted {counted(len(messages), 'message')}:")
            console().print(table(messages))
        else:
            console().print("no messages; nothing was deleted")


def table(records: Iterable[Listed], *, heading: bool = True) -> Table:
    """Return records of one class, at least one, as a table that is as wide as the terminal."""
    rows = list(records)
    made = _table(_columns(rows[0]), heading=heading)
    best = max((score for record in rows if (score := getattr(record, "score", None)) is not None), default=None)
    for record in rows:
        made.add_row(*_cells(record, best))
    return made


def plain_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return texts as a table that is as wide as the terminal."""
    made = _table(columns, heading=True)
    for row in rows:
        made.add_row(*map(_text, row))
    return made


def triple_text(triple: Triple) -> Text:
    """Return a triple as it is read: subject, predicate, object."""
    from rich.text import Text

    return Text.assemble(visible(triple.subject), (f"  {visible(triple.predicate)}  ", "dim"), visible(triple.object))


def _table(columns: Sequence[str], *, heading: bool) -> Table:
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, expand=True, show_header=heading, pad_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        if name == "who":
            made.add_column(name, style="cyan", overflow="fold", width=_NAME_WIDTH)
        else:
            made.add_column(name, overflow="fold", ratio=1)
    return made


def _columns(record: Listed) -> tuple[str, ...]:
    match record:
        case Owner():
            return ("user", "agent", "namespace")
        case Session():
            return ("session",)
        case Message():
            return ("who", spec_of(record).noun)
        case _:
            return (spec_of(record).noun,)


def _cells(record: Listed, best: float | None) -> list[Text]:
    """Return the cells of a record; `best` is the highest score of the search that found it."""
    match record:
        case Owner():
            return [_text(record.user_id or ""), _text(record.agent_id or ""), _text(written(record.namespace))]
        case Session():
            return [_with_details(record, _text(record.id), best)]
        case Message():
            return [_text(record.name or record.role), _with_details(record, _text(record.content), best)]
        case Triple():
            return [_with_details(record, triple_text(record), best)]
        case _:
            return [_with_details(record, _text(record.content), best)]


def _with_details(record: Record | Session, text: Text, best: float | None) -> Text:
    """Return the text of a record, and below it, dimmed, its other fields."""
    from rich.text import Text

    details = _text(" · ".join(_details(record, best)), "dim")
    return Text("\n").join([text, details]) if text else details


def _details(record: Record | Session, best: float | None) -> Iterator[str]:
    """Yield the other fields of a record that hold something, each with its word."""
    for name in _detail_names(record):
        value: Any = getattr(record, name, None)
        if value is not None and (value or name not in ("metadata", "namespace")):
            yield f"{_word(record, name)} {_written(name, value)}"
    score: float | None = getattr(record, "score", None)
    # Scores of two providers, and of two searches, cannot be compared; those of one search can.
    if score is not None and best is not None and best > 0:
        yield "best match" if score == best else f"{max(score / best, 0):.0%} of the best match"


def _detail_names(record: Record | Session) -> Iterator[str]:
    if isinstance(record, Session):
        yield from ("user_id", "agent_id", "namespace", "message_count", "created_at", "updated_at")
        return
    spec = spec_of(record)
    # Of a speaker, the first column has the name, or else the role.
    shown = {*spec.texts, "name", *(["role"] if isinstance(record, Message) and record.name is None else [])}
    if getattr(record, "updated_at", None) == getattr(record, "created_at", None):
        shown.add("updated_at")
    yield from (name for name in (*spec.fields, "version") if name not in shown)


def _word(record: Record | Session, name: str) -> str:
    return (_SESSION_WORDS if isinstance(record, Session) else _WORDS).get(name, name)


def _written(name: str, value: Any) -> str:
    if name == "namespace":
        return written(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M %Z}"
    return json.dumps(value, ensure_ascii=False) if name in ("metadata", "data") else str(value)


def _text(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(visible(text), style)
