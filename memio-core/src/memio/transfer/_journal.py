"""What was sent to a target, on the disk: what makes a transfer safe to repeat, and its two sides comparable.

A row stands for a record of the source. It is written before its record is sent, and marked after the answer; what is
found not marked later was under way when something ended the transfer, and only the target can tell what became of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from memio.capabilities import Kind
from memio.errors import InvalidInputError, MemioError

APPLICATION_ID = 0x6D656D6A
"""Marks a file as a journal of memio: "memj"."""
VERSION = 1
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
    run INTEGER NOT NULL,
    place INTEGER NOT NULL,
    met INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX sent_target ON sent (target);
CREATE INDEX sent_likeness ON sent (likeness) WHERE target IS NULL;
CREATE TABLE before (kind TEXT, target BLOB, PRIMARY KEY (kind, target)) STRICT, WITHOUT ROWID;
"""


class State(IntEnum):
    """What became of a record."""

    UNDER_WAY = 0
    STORED = 1
    CONFLICT = 2
    TWIN = 3
    """The same record for the target as another one of the source, because a loss made them the same."""


class Row(NamedTuple):
    """A record that was sent."""

    seq: int
    name: str
    blocks: bytes
    state: int
    run: int
    place: int
    met: int


_COLUMNS = "seq, name, blocks, state, run, place, met"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the journal keeps of a record of the source.

    Attributes:
        source: What tells it from all others of the source.
        target: What tells it from all others of the target, where that is known before it is sent.
        name: Kind, user, agent, session and id, as JSON.
        likeness: What it has in common with its copy.
        blocks: The digests of its fields.
        place: Its number among the records of its kind.
    """

    kind: Kind
    source: bytes
    target: bytes | None
    name: str
    likeness: bytes
    blocks: bytes
    place: int


class Journal:
    """A journal in a file of its own, or in a temporary one.

    Args:
        path: The file; `None` makes one that is gone when it is closed.

    Raises:
        InvalidInputError: The file is no journal, or cannot be made.
        MemioError: It is in use, or cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        try:
            if path is not None:
                path.touch(mode=0o600)  # it names users and sessions
                _refuse_other_formats(path)
            # Threads use it, one after the other.
            self._db = sqlite3.connect(
                "" if path is None else path, isolation_level=None, timeout=0, check_same_thread=False
            )
        except OSError as error:
            raise InvalidInputError(
                f"the journal {path} cannot be made: {error.strerror}", argument="journal"
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
            raise _no_journal(self.path) from None

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
            raise InvalidInputError(f"{self.path} is no journal of this version: choose another path")
        self.run = int(self._meta("run")) + 1
        db.execute("UPDATE meta SET value = ? WHERE key = 'run'", (str(self.run),))
        db.execute("COMMIT")
        db.execute("BEGIN IMMEDIATE")

    def _meta(self, key: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return "" if row is None else str(row[0])

    def bind(self, kind: Kind, about: str) -> None:
        """Say what the journal is about, for one kind.

        Raises:
            InvalidInputError: It is about something else.
        """
        key = f"about {kind}"
        self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (key, about))
        if (before := self._meta(key)) != about:
            raise InvalidInputError(
                f"the journal {self.path} is about {before}, and this is about {about}: choose another path, or "
                "delete the journal when it is needed no more",
                argument="journal",
            )

    def save(self) -> None:
        """Let what was written survive whatever ends this process."""
        self._db.execute("COMMIT")
        self._db.execute("BEGIN IMMEDIATE")

    def knows_what_was_before(self, kind: Kind) -> bool:
        """Tell whether the target's records of a kind were noted before the first one was sent."""
        return self._meta(f"before {kind}") != ""

    def note_before(self, kind: Kind, target: bytes) -> None:
        """Note a record that the target had before."""
        self._db.execute("INSERT OR IGNORE INTO before VALUES (?, ?)", (kind, target))

    def all_before_noted(self, kind: Kind) -> None:
        """Note that all of them are noted."""
        self._db.execute("INSERT INTO meta VALUES (?, 'noted')", (f"before {kind}",))
        self.save()

    def was_before(self, kind: Kind, target: bytes) -> bool:
        """Tell whether the target had a record before the first one was sent."""
        return self._one("SELECT 1 FROM before WHERE kind = ? AND target = ?", kind, target) is not None

    def find(self, entry: Entry) -> Row | None:
        """Return the row of a record of the source."""
        row = self._one(f"SELECT {_COLUMNS} FROM sent WHERE source = ?", entry.source)  # noqa: S608  # constants
        return None if row is None else Row._make(row)

    def begin(self, entries: Iterable[Entry], state: State = State.UNDER_WAY) -> None:
        """Note records that are about to be sent; one that is there is noted anew."""
        self._db.executemany(
            "INSERT INTO sent (kind, source, target, name, likeness, blocks, state, run, place) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET target = excluded.target, "
            "likeness = excluded.likeness, blocks = excluded.blocks, state = excluded.state, run = excluded.run, "
            "place = excluded.place",
            ((e.kind, e.source, e.target, e.name, e.likeness, e.blocks, state, self.run, e.place) for e in entries),
        )

    def mark(self, entry: Entry, state: State, target: bytes | None = None, target_id: str | None = None) -> None:
        """Note what became of a record."""
        self._db.execute(
            "UPDATE sent SET state = ?, target = coalesce(?, target), target_id = coalesce(?, target_id) "
            "WHERE source = ?",
            (state, target, target_id, entry.source),
        )

    def touch(self, entry: Entry, row: Row) -> None:
        """Note that a record that was sent before belongs to this transfer, too."""
        self._db.execute("UPDATE sent SET run = ?, place = ? WHERE seq = ?", (self.run, entry.place, row.seq))

    def forget(self, entries: Iterable[Entry]) -> None:
        """Forget records that were not stored after all."""
        self._db.executemany("DELETE FROM sent WHERE source = ?", ((entry.source,) for entry in entries))

    def under_way(self, kind: Kind) -> int:
        """Return how many records were under way when an earlier transfer ended."""
        row = self._one("SELECT count(*) FROM sent WHERE kind = ? AND state = ?", kind, State.UNDER_WAY)
        return int(row[0]) if row else 0

    def settle(self, kind: Kind) -> int:
        """Forget the records that were under way and that the target does not have; return how many."""
        done = self._db.execute("DELETE FROM sent WHERE kind = ? AND state = ?", (kind, State.UNDER_WAY))
        self._db.execute("UPDATE sent SET met = 0")
        self.save()
        return done.rowcount

    def claimed(self, target: bytes) -> Row | None:
        """Return the row whose copy a record of the target is."""
        query = f"SELECT {_COLUMNS} FROM sent WHERE target = ? AND state < ?"  # noqa: S608  # constants
        row = self._one(query, target, State.CONFLICT)
        return None if row is None else Row._make(row)

    def like(self, likeness: bytes) -> Row | None:
        """Return the first row of this likeness whose copy is not known by its id; what is stored comes first."""
        query = (
            f"SELECT {_COLUMNS} FROM sent WHERE likeness = ? AND target IS NULL AND state < ? "  # noqa: S608  # constants
            "ORDER BY state DESC, seq LIMIT 1"
        )
        row = self._one(query, likeness, State.CONFLICT)
        return None if row is None else Row._make(row)

    def is_known(self, likeness: bytes) -> bool:
        """Tell whether any record that was sent in this transfer has this likeness."""
        return self._one("SELECT 1 FROM sent WHERE likeness = ? AND run = ?", likeness, self.run) is not None

    def learn(self, row: Row, target: bytes, target_id: str | None) -> None:
        """Note which record of the target is the copy of a row."""
        self._db.execute(
            "UPDATE sent SET target = ?, target_id = ?, state = ? WHERE seq = ?",
            (target, target_id, State.STORED, row.seq),
        )

    def meet(self, row: Row) -> None:
        """Note that the copy of a row was met in the target."""
        self._db.execute("UPDATE sent SET met = ? WHERE seq = ?", (self.run, row.seq))

    def of_this_run(self, kind: Kind) -> Iterator[Row]:
        """Yield the rows of this transfer, in the order of the source."""
        query = f"SELECT {_COLUMNS} FROM sent WHERE kind = ? AND run = ? ORDER BY seq"  # noqa: S608  # constants
        yield from map(Row._make, self._db.execute(query, (kind, self.run)))

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
                with suppress(sqlite3.Error):  # what is lost by that, the target is asked for
                    self._db.execute("COMMIT")
        finally:
            self._db.close()


def _refuse_other_formats(path: Path) -> None:
    """Refuse a file that SQLite would take for an empty one, because it is too short to be a database."""
    with path.open("rb") as file:
        begin = file.read(len(_SQLITE))
    if begin and begin != _SQLITE:
        raise _no_journal(path)


def _no_journal(path: Path | None) -> InvalidInputError:
    return InvalidInputError(f"{path} is no journal of memio: choose another path", argument="journal")


def told(name: str) -> str:
    """Return how a record is called in messages."""
    kind, user, agent, session, record_id = json.loads(name)
    parts = {"user": user, "agent": agent, "session": session}
    of = "".join(f", {word} {value!r}" for word, value in parts.items() if value is not None)
    return f"{kind} {record_id!r}{of}"
