"""What was sent to a target, on the disk: it makes a transfer safe to repeat, and both sides comparable.

There is a row for each record of the source. It is written before the record is sent, and marked after the answer. If a
row is not marked, the answer did not arrive, and only the target shows whether the record was stored.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from memio.capabilities import Kind
from memio.errors import InvalidInputError, MemioError
from memio.owners import is_none

APPLICATION_ID = 0x6D656D6A
"""The application id of a journal in the SQLite header: "memj"."""
VERSION = 2
_SQLITE = b"SQLite format 3\0"

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sent (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    source BLOB NOT NULL UNIQUE,
    target BLOB,
    target_id TEXT,
    name TEXT NOT NULL,
    likeness BLOB NOT NULL,
    blocks BLOB NOT NULL,
    state INTEGER NOT NULL,
    expires REAL,
    run INTEGER NOT NULL,
    place INTEGER NOT NULL,
    met INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX sent_target ON sent (target);
CREATE INDEX sent_likeness ON sent (likeness) WHERE target IS NULL;
CREATE TABLE before (kind TEXT, target BLOB, PRIMARY KEY (kind, target)) STRICT, WITHOUT ROWID;
"""


class State(IntEnum):
    """The state of a record that was sent."""

    UNANSWERED = 0
    STORED = 1
    CONFLICT = 2
    TWIN = 3
    """For the target it is the same record as another one of the source, because a loss made them equal."""


class JournalRow(NamedTuple):
    """A record that was sent, as the journal has it.

    Attributes:
        seq: The number of the row.
        name: Kind, user, agent, namespace, session and id in the source, as JSON.
        digests: The digests of its fields.
        state: A `State`.
        expires: When its copy will be gone from the target, in seconds since 1970; `None` for never.
        run: The last transfer that it was part of.
        order: Its number among the records of its kind, in that transfer.
        found_in: The last transfer whose comparison found its copy; 0 for none.
    """

    seq: int
    name: str
    digests: bytes
    state: int
    expires: float | None
    run: int
    order: int
    found_in: int


_COLUMNS = "seq, name, blocks, state, expires, run, place, met"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A record of the source that is about to be sent, as the journal keeps it.

    Attributes:
        kind: The kind of memory.
        source_key: What identifies it in the source.
        target_key: What identifies it in the target; `None` where that is not known before it is sent.
        name: Kind, user, agent, namespace, session and id, as JSON.
        content_key: What it has in common with its copy.
        digests: The digests of its fields.
        expires_at: When its copy will be gone from the target; `None` for never.
        order: Its number among the records of its kind.
    """

    kind: Kind
    source_key: bytes
    target_key: bytes | None
    name: str
    content_key: bytes
    digests: bytes
    expires_at: datetime | None
    order: int


class Journal:
    """A journal in a file that is kept, or in a temporary one.

    Args:
        path: The file; `None` for a temporary one, which is removed when it is closed.

    Raises:
        InvalidInputError: The file is not a journal, or cannot be created.
        MemioError: It is in use, or cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        try:
            if path is not None:
                path.touch(mode=0o600)  # it names users and sessions
                _refuse_other_formats(path)
            # Several threads use it, one at a time.
            self._db = sqlite3.connect(
                "" if path is None else path, isolation_level=None, timeout=0, check_same_thread=False
            )
        except OSError as error:
            raise InvalidInputError(
                f"the journal {path} cannot be created: {error.strerror}", argument="journal"
            ) from error
        try:
            self._open()
        except BaseException:
            self._db.close()
            raise

    def _open(self) -> None:
        try:
            self._prepare()
        except sqlite3.OperationalError as error:
            path = self.path
            raise MemioError(f"the journal {path} cannot be used: {error}; is another transfer using it?") from error
        except sqlite3.DatabaseError:
            raise _not_a_journal(self.path) from None

    def _prepare(self) -> None:
        db = self._db
        if self.path is None:
            db.execute("PRAGMA journal_mode = OFF")
        else:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN EXCLUSIVE")
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if application == 0 and db.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
            for statement in filter(str.strip, _TABLES.split(";\n")):
                db.execute(statement)
            db.execute("INSERT INTO meta VALUES ('run', '0')")
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {VERSION}")
        elif (application, version) != (APPLICATION_ID, VERSION):
            raise InvalidInputError(
                f"{self.path} is not a journal of this version of memio: finish that transfer with the memio that "
                "began it, or choose another path",
                argument="journal",
            )
        self.run = int(self._meta("run")) + 1
        db.execute("UPDATE meta SET value = ? WHERE key = 'run'", (str(self.run),))
        db.execute("COMMIT")
        db.execute("BEGIN IMMEDIATE")

    def _meta(self, key: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return "" if row is None else str(row[0])

    def bind(self, kind: Kind, about: str) -> None:
        """Record which source and target the journal is for, for one kind.

        Args:
            kind: The kind of memory.
            about: Both, as errors show them.

        Raises:
            InvalidInputError: It is for another source or target.
        """
        key = f"about {kind}"
        self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (key, about))
        if (before := self._meta(key)) != about:
            raise InvalidInputError(
                f"the journal {self.path} is for {before}, and not for {about}: choose another path, or delete the "
                "journal if that transfer will not be repeated",
                argument="journal",
            )

    def save(self) -> None:
        """Commit what was written, so that it survives the end of this process."""
        self._db.execute("COMMIT")
        self._db.execute("BEGIN IMMEDIATE")

    def knows_what_was_before(self, kind: Kind) -> bool:
        """Return whether the target's records of a kind were listed before the first one was sent."""
        return self._meta(f"before {kind}") != ""

    def note_before(self, kind: Kind, target_key: bytes) -> None:
        """Record that the target had a record before."""
        self._db.execute("INSERT OR IGNORE INTO before VALUES (?, ?)", (kind, target_key))

    def all_before_noted(self, kind: Kind) -> None:
        """Record that the list of what the target had before is complete."""
        self._db.execute("INSERT INTO meta VALUES (?, 'noted')", (f"before {kind}",))
        self.save()

    def was_before(self, kind: Kind, target_key: bytes) -> bool:
        """Return whether the target had a record before the first one was sent."""
        return self._one("SELECT 1 FROM before WHERE kind = ? AND target = ?", kind, target_key) is not None

    def find(self, outgoing: Outgoing) -> JournalRow | None:
        """Return the row of a record of the source."""
        row = self._one(f"SELECT {_COLUMNS} FROM sent WHERE source = ?", outgoing.source_key)  # noqa: S608  # constants
        return None if row is None else JournalRow._make(row)

    def begin(self, records: Iterable[Outgoing], state: State = State.UNANSWERED) -> None:
        """Write the rows of records that are about to be sent; a row that exists is replaced."""
        self._db.executemany(
            "INSERT INTO sent (kind, source, target, name, likeness, blocks, state, expires, run, place) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET target = excluded.target, "
            "likeness = excluded.likeness, blocks = excluded.blocks, state = excluded.state, "
            "expires = excluded.expires, run = excluded.run, place = excluded.place",
            (
                (
                    *(r.kind, r.source_key, r.target_key, r.name, r.content_key, r.digests, state),
                    *(None if r.expires_at is None else r.expires_at.timestamp(), self.run, r.order),
                )
                for r in records
            ),
        )

    def mark_stored(self, outgoing: Outgoing, target_key: bytes | None = None, target_id: str | None = None) -> None:
        """Record that a record was stored.

        Args:
            outgoing: The record.
            target_key: What identifies its copy, where that is known.
            target_id: The id of its copy, where that is known.
        """
        self._db.execute(
            "UPDATE sent SET state = ?, target = coalesce(?, target), target_id = coalesce(?, target_id) "
            "WHERE source = ?",
            (State.STORED, target_key, target_id, outgoing.source_key),
        )

    def touch(self, outgoing: Outgoing, row: JournalRow) -> None:
        """Record that a record that was sent before is part of this transfer, too."""
        self._db.execute("UPDATE sent SET run = ?, place = ? WHERE seq = ?", (self.run, outgoing.order, row.seq))

    def remove(self, records: Iterable[Outgoing]) -> None:
        """Delete the rows of records that were not stored."""
        self._db.executemany("DELETE FROM sent WHERE source = ?", ((outgoing.source_key,) for outgoing in records))

    def unanswered(self, kind: Kind) -> int:
        """Return how many records were sent by an earlier transfer that ended before the answer."""
        row = self._one("SELECT count(*) FROM sent WHERE kind = ? AND state = ?", kind, State.UNANSWERED)
        return int(row[0]) if row else 0

    def remove_unanswered(self, kind: Kind) -> int:
        """Delete the rows without an answer whose records the target does not have; return how many."""
        done = self._db.execute("DELETE FROM sent WHERE kind = ? AND state = ?", (kind, State.UNANSWERED))
        self._db.execute("UPDATE sent SET met = 0")
        self.save()
        return done.rowcount

    def row_of_copy(self, target_key: bytes) -> JournalRow | None:
        """Return the row whose copy a record of the target is."""
        query = f"SELECT {_COLUMNS} FROM sent WHERE target = ? AND state < ?"  # noqa: S608  # constants
        row = self._one(query, target_key, State.CONFLICT)
        return None if row is None else JournalRow._make(row)

    def row_with_content(self, content_key: bytes) -> JournalRow | None:
        """Return the first row with this content whose copy is not known by its id, one that is stored if possible."""
        query = (
            f"SELECT {_COLUMNS} FROM sent WHERE likeness = ? AND target IS NULL AND state < ? "  # noqa: S608  # constants
            "ORDER BY state DESC, seq LIMIT 1"
        )
        row = self._one(query, content_key, State.CONFLICT)
        return None if row is None else JournalRow._make(row)

    def has_content(self, content_key: bytes) -> bool:
        """Return whether a record of this transfer has this content."""
        return self._one("SELECT 1 FROM sent WHERE likeness = ? AND run = ?", content_key, self.run) is not None

    def set_copy(self, row: JournalRow, target_key: bytes, target_id: str | None) -> None:
        """Record which record of the target is the copy of a row."""
        self._db.execute(
            "UPDATE sent SET target = ?, target_id = ?, state = ? WHERE seq = ?",
            (target_key, target_id, State.STORED, row.seq),
        )

    def mark_found(self, row: JournalRow) -> None:
        """Record that the comparison found the copy of a row in the target."""
        self._db.execute("UPDATE sent SET met = ? WHERE seq = ?", (self.run, row.seq))

    def of_this_run(self, kind: Kind) -> Iterator[JournalRow]:
        """Yield the rows of this transfer, in the order of the source."""
        query = f"SELECT {_COLUMNS} FROM sent WHERE kind = ? AND run = ? ORDER BY seq"  # noqa: S608  # constants
        yield from map(JournalRow._make, self._db.execute(query, (kind, self.run)))

    def _one(self, query: str, *values: Any) -> Any:
        return self._db.execute(query, values).fetchone()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._db.execute("COMMIT")
            else:
                with suppress(sqlite3.Error):  # the next transfer looks in the target for what this loses
                    self._db.execute("COMMIT")
        finally:
            self._db.close()


def _refuse_other_formats(path: Path) -> None:
    """Refuse a file that is too short to be a database, which SQLite would treat as an empty one."""
    with path.open("rb") as file:
        begin = file.read(len(_SQLITE))
    if begin and begin != _SQLITE:
        raise _not_a_journal(path)


def _not_a_journal(path: Path | None) -> InvalidInputError:
    return InvalidInputError(f"{path} is not a journal of memio: choose another path", argument="journal")


def shown_name(name: str) -> str:
    """Return how messages name a record.

    Args:
        name: The `name` of its row.
    """
    kind, user, agent, namespace, session, record_id = json.loads(name)
    parts = {"user": user, "agent": agent, "namespace": tuple(namespace), "session": session}
    of = "".join(f", {word} {value!r}" for word, value in parts.items() if not is_none(value))
    return f"{kind} {record_id!r}{of}"
