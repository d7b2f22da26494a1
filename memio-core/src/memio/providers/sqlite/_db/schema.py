"""The tables, and how a file is marked as memio's.

An owner is a row of `owner`; records refer to it by its number, which is never used again. `''` is no user or no
agent, and `path` is the namespace (see `_columns.namespaces`), empty for the root. `tags` has the tags by which the
records of the owner are found in the full-text indexes (see `_columns.owners`). The other columns count the records of
each kind, expired ones included. An owner without records is deleted.

Listings are in the order of `seq`, which only grows (AUTOINCREMENT), so a cursor never leads to a record that was
added later in the place of another. Versions are numbers of the same sequence. Times are microseconds since 1970 in
UTC; a message also has the offset from UTC where it was sent, in seconds. A record without `expires_at` does not
expire. Metadata is JSON, and NULL when empty; `data` is JSON in ASCII, and
NULL for none. Large texts come last in a row, so that what is before them is read without them.

A row of `model` is an embedder whose vectors a table has, or is getting: `source` is the table, and `upto` the last of
its rows that was ever claimed for embedding. What was added later is pending, without any trace of its own, so that a
write costs nothing more. What was claimed or changed since is in the queue of the table until its vectors are there:
`due` is when it may be claimed, in microseconds, and the greatest integer where the embedder has refused it for good.
The key of a vector is its record, its model and its window (see `_meaning.models`).

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

VERSION = 3
"""The version of the schema, kept as the file's `user_version`. `migrations` has a step to each version after 1."""


class OwnedTable(NamedTuple):
    """A table whose rows have owners, in a column `owner` with an index.

    Attributes:
        name: The table.
        kind: The kind of memory whose records it has.
        column: The column of `owner` that counts its rows.
    """

    name: str
    kind: str
    column: str


OWNED_TABLES = (
    OwnedTable("fact", "facts", "facts"),
    OwnedTable("session", "history", "sessions"),
    OwnedTable("document", "documents", "documents"),
    OwnedTable("triple", "graph", "triples"),
)

_TEXT_INDEX = (
    "CREATE VIRTUAL TABLE {name}_text USING fts5 (words, content='', detail=none, columnsize=0, "
    "tokenize=\"porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc' tokenchars '\x1a'\")"
)
_INDEXED = ("fact", "document", "message", "triple")

_RECORDS = """
CREATE TABLE {name} (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    owner INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER,
    metadata TEXT,
    content TEXT NOT NULL,
    data TEXT,
    UNIQUE (id, owner)
) STRICT;
CREATE INDEX {name}_owner ON {name} (owner);
CREATE INDEX {name}_expiry ON {name} (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX {name}_owner_expiry ON {name} (owner, expires_at) WHERE expires_at IS NOT NULL;
"""

_OTHERS = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE owner (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user TEXT NOT NULL,
    agent TEXT NOT NULL,
    path BLOB NOT NULL,
    tags TEXT NOT NULL,
    facts INTEGER NOT NULL DEFAULT 0,
    documents INTEGER NOT NULL DEFAULT 0,
    sessions INTEGER NOT NULL DEFAULT 0,
    messages INTEGER NOT NULL DEFAULT 0,
    triples INTEGER NOT NULL DEFAULT 0,
    UNIQUE (user, agent, path)
) STRICT;
CREATE INDEX owner_agent ON owner (agent);
CREATE INDEX owner_path ON owner (path);

CREATE TABLE session (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    owner INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    UNIQUE (name, owner)
) STRICT;
CREATE INDEX session_owner ON session (owner);
CREATE INDEX session_activity ON session (updated_at);
CREATE INDEX session_owner_activity ON session (owner, updated_at);

CREATE TABLE message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL,
    id TEXT NOT NULL,
    role TEXT NOT NULL,
    name TEXT,
    timestamp INTEGER NOT NULL,
    metadata TEXT,
    content TEXT NOT NULL,
    data TEXT,
    utc_offset INTEGER NOT NULL DEFAULT 0,
    UNIQUE (session, id)
) STRICT;
CREATE INDEX message_session ON message (session);
CREATE INDEX message_time ON message (session, timestamp);

CREATE TABLE triple (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    owner INTEGER NOT NULL,
    subject TEXT NOT NULL,
    predicate TEXT NOT NULL,
    object TEXT NOT NULL,
    created_at INTEGER,
    metadata TEXT,
    UNIQUE (id, owner),
    UNIQUE (owner, subject, predicate, object)
) STRICT;
CREATE INDEX triple_subject ON triple (subject);
CREATE INDEX triple_object ON triple (object);
CREATE INDEX triple_owner_subject ON triple (owner, subject);
CREATE INDEX triple_owner_object ON triple (owner, object);
CREATE INDEX triple_owner ON triple (owner);
"""

_MODELS = """
CREATE TABLE model (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    slot INTEGER NOT NULL,
    current INTEGER NOT NULL,
    dimensions INTEGER NOT NULL DEFAULT 0,
    upto INTEGER NOT NULL DEFAULT 0,
    stamp INTEGER NOT NULL DEFAULT 0,
    centre BLOB NOT NULL DEFAULT x'',
    UNIQUE (source, name),
    UNIQUE (source, slot)
) STRICT;
"""

_VECTORS = """
CREATE TABLE {name}_vector (
    key INTEGER PRIMARY KEY,
    stamp INTEGER NOT NULL,
    vector BLOB NOT NULL
) STRICT;
CREATE INDEX {name}_vector_stamp ON {name}_vector (stamp);
CREATE TABLE {name}_queue (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    model INTEGER NOT NULL,
    record INTEGER NOT NULL,
    due INTEGER NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0,
    UNIQUE (record, model)
) STRICT;
CREATE INDEX {name}_queue_due ON {name}_queue (model, due);
"""
EMBEDDED = ("fact", "document", "message")
"""The tables whose texts can be embedded."""


def create(db: Connection) -> None:
    """Make the tables, inside a transaction that is already begun."""
    script = "".join((_RECORDS.format(name="fact"), _RECORDS.format(name="document"), _OTHERS, _MODELS))
    script += "".join(_VECTORS.format(name=name) for name in EMBEDDED)
    for statement in script.split(";\n"):  # `executescript` would commit first
        if statement.strip():
            db.execute(statement)
    for table in _INDEXED:
        db.execute(_TEXT_INDEX.format(name=table))
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
