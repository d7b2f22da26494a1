"""The migration from schema 2 to schema 3: indexes of membership, vectors, and the offset from UTC of messages.

The indexes before kept where in a text a word stands, and neighbours of messages in columns. A missing label of an
owner had no tag. The indexes are left empty, and are filled after the last migration.
"""

from __future__ import annotations

from sqlite3 import Connection

from memio.providers.sqlite._db.progress import Progress

_INDEX = (
    "CREATE VIRTUAL TABLE {0}_text USING fts5 (words, content='', detail=none, columnsize=0, "
    "tokenize=\"porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\")"
)
_INDEXED = ("fact", "document", "message", "triple")

# A mark is before each tag, so that no word of a text is one.
_TAGS = """
UPDATE owner SET tags = char(57344) || replace(
    tags || CASE user WHEN '' THEN ' u0' ELSE '' END || CASE agent WHEN '' THEN ' a0' ELSE '' END
    || CASE path WHEN x'' THEN ' e0' ELSE '' END,
    ' ', ' ' || char(57344)
)
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
) STRICT
"""
_VECTORS = (
    """
CREATE TABLE {0}_vector (
    key INTEGER PRIMARY KEY,
    stamp INTEGER NOT NULL,
    vector BLOB NOT NULL
) STRICT
""",
    "CREATE INDEX {0}_vector_stamp ON {0}_vector (stamp)",
    """
CREATE TABLE {0}_queue (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    model INTEGER NOT NULL,
    record INTEGER NOT NULL,
    due INTEGER NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0,
    UNIQUE (record, model)
) STRICT
""",
    "CREATE INDEX {0}_queue_due ON {0}_queue (model, due)",
)
_EMBEDDED = ("fact", "document", "message")


def to_schema_3(db: Connection, progress: Progress) -> None:  # noqa: ARG001  # the steps take no time
    """Change the tables of schema 2. Runs inside a transaction."""
    for table in _INDEXED:
        db.execute(f"DROP TABLE {table}_text")
        db.execute(_INDEX.format(table))
    db.execute("ALTER TABLE message ADD COLUMN utc_offset INTEGER NOT NULL DEFAULT 0")
    db.execute(_TAGS)
    db.execute(_MODELS)
    for table in _EMBEDDED:
        for statement in _VECTORS:
            db.execute(statement.format(table))
