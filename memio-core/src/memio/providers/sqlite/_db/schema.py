"""The tables, and how a file is marked as memio's.

Owners are interned as integers (`label`), because the full-text indexes hold them as tokens. An integer
is never used again; 0 means that a record has no owner. Listings are in the order of `seq`, which only grows
(AUTOINCREMENT), so a cursor never leads to a record that was added later in the place of another. Times are
microseconds since 1970 in UTC; a message also has the offset from UTC where it was sent, in seconds. Metadata is JSON,
and NULL when empty.

Each kind has a full-text index that does not keep its content (`content=''`): a row is removed from it by passing
exactly what was added. So what an index holds must follow from the tables alone. It keeps which rows have a word and
nothing else (`detail=none`, `columnsize=0`), because that is all that ranking needs; see `_search`.
"""

from __future__ import annotations

from os import urandom
from sqlite3 import Connection
from typing import NamedTuple

from memio.providers.sqlite._db.errors import migrated_meanwhile, newer_schema

APPLICATION_ID = 0x6D656D6F
"""Marks a file as memio's: "memo"."""

VERSION = 2
"""The version of the schema, kept as the file's `user_version`. `migrations` has a step to each version after 1."""


class OwnedTable(NamedTuple):
    """A table whose rows have owners.

    Attributes:
        name: The table.
        kind: The kind of memory whose records it has.
        owners: The columns that hold the number of a label, each with an index.
    """

    name: str
    kind: str
    owners: tuple[str, ...]


OWNED_TABLES = (
    OwnedTable("fact", "facts", ("user", "agent")),
    OwnedTable("session", "history", ("user",)),
    OwnedTable("document", "documents", ("user",)),
    OwnedTable("triple", "graph", ("user",)),
)

TEXT_INDEX = (
    "CREATE VIRTUAL TABLE {name}_text USING fts5 (words, content='', detail=none, columnsize=0, "
    "tokenize=\"porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\")"
)
"""Makes the full-text index of a table."""

INDEXED_TABLES = ("fact", "document", "message", "triple")

_RECORDS = """
CREATE TABLE {name} (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    user INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    content TEXT NOT NULL,
    metadata TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (id, user, agent)
) STRICT;
CREATE INDEX {name}_user ON {name} (user);
CREATE INDEX {name}_agent ON {name} (agent) WHERE agent > 0;
"""

_OTHERS = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE label (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE session (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    user INTEGER NOT NULL,
    UNIQUE (name, user)
) STRICT;
CREATE INDEX session_name ON session (name);
CREATE INDEX session_user ON session (user);

CREATE TABLE message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL,
    id TEXT NOT NULL,
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    name TEXT,
    metadata TEXT,
    timestamp INTEGER NOT NULL,
    utc_offset INTEGER NOT NULL DEFAULT 0,
    UNIQUE (session, id)
) STRICT;
CREATE INDEX message_session ON message (session);

CREATE TABLE triple (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    user INTEGER NOT NULL,
    subject TEXT NOT NULL,
    predicate TEXT NOT NULL,
    object TEXT NOT NULL,
    metadata TEXT,
    UNIQUE (id, user),
    UNIQUE (user, subject, predicate, object)
) STRICT;
CREATE INDEX triple_subject ON triple (subject);
CREATE INDEX triple_object ON triple (object);
CREATE INDEX triple_user_subject ON triple (user, subject);
CREATE INDEX triple_user_object ON triple (user, object);
CREATE INDEX triple_user ON triple (user);
"""


def create(db: Connection) -> None:
    """Make the tables, inside a transaction that is already begun."""
    script = "".join((_RECORDS.format(name="fact"), _RECORDS.format(name="document"), _OTHERS))
    for statement in script.split(";\n"):  # `executescript` would commit first
        if statement.strip():
            db.execute(statement)
    for table in INDEXED_TABLES:
        db.execute(TEXT_INDEX.format(name=table))
    db.execute("INSERT INTO meta (key, value) VALUES ('identity', ?)", (urandom(4).hex(),))
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {VERSION}")


def mark(db: Connection) -> tuple[int, int]:
    """Return the application id and the schema version that the file has; both are 0 in a new file."""
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return application, version


def is_empty(db: Connection) -> bool:
    """Return whether the file has no table at all."""
    return db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def check_not_newer(version: int, path: str) -> None:
    """Raise when a file has a newer schema than this memio knows.

    Raises:
        ProviderError: It has.
    """
    if version > VERSION:
        raise newer_schema(path, version, VERSION)


def check_unchanged(db: Connection, path: str) -> None:
    """Raise when the file has got another schema since it was opened. Called first in each transaction.

    A newer memio in another process may migrate the file while this one has it open. This one would then write rows
    that the newer one does not understand.

    Raises:
        ProviderError: It has.
    """
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version != VERSION:
        raise migrated_meanwhile(path, version, VERSION)
