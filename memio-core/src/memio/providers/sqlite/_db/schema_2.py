"""The migration from schema 1 to schema 2: owners with namespaces, versions, expiry, data, and counts.

The full-text indexes are left empty, and are filled after the last migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from sqlite3 import Connection

from memio.providers.sqlite._db.progress import Progress

_ROWS_AT_ONCE = 10_000
_COPIED = ("fact", "document", "session", "message", "triple")

_OWNER = """
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
"""

_OWNERS = """
CREATE TABLE old_owner (user INTEGER NOT NULL, agent INTEGER NOT NULL, owner INTEGER, PRIMARY KEY (user, agent))
WITHOUT ROWID;
INSERT INTO old_owner (user, agent)
SELECT user, agent FROM old_fact UNION SELECT user, agent FROM old_document
UNION SELECT user, 0 FROM old_session WHERE user >= 0 UNION SELECT user, 0 FROM old_triple;
INSERT INTO owner (user, agent, path, tags)
SELECT ifnull(u.text, ''), ifnull(a.text, ''), x'', ''
FROM old_owner p LEFT JOIN label u ON u.id = p.user LEFT JOIN label a ON a.id = p.agent ORDER BY p.user, p.agent;
UPDATE owner SET tags = 'o' || id
    || CASE user WHEN '' THEN '' ELSE ' u' || (SELECT min(id) FROM owner x WHERE x.user = owner.user) END
    || CASE agent WHEN '' THEN '' ELSE ' a' || (SELECT min(id) FROM owner x WHERE x.agent = owner.agent) END;
UPDATE old_owner SET owner = (
    SELECT o.id FROM owner o
    WHERE o.user = ifnull((SELECT text FROM label WHERE id = old_owner.user), '')
    AND o.agent = ifnull((SELECT text FROM label WHERE id = old_owner.agent), '')
)
"""

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
) STRICT
"""
_RECORD_ROWS = """
INSERT INTO {name} (seq, id, owner, version, created_at, updated_at, metadata, content)
SELECT r.seq, r.id, p.owner, r.seq, r.created_at, r.updated_at, r.metadata, r.content
FROM old_{name} r JOIN old_owner p ON p.user = r.user AND p.agent = r.agent
WHERE r.seq > ? AND r.seq <= ? ORDER BY r.seq
"""
_RECORD_INDEXES = """
CREATE INDEX {name}_owner ON {name} (owner);
CREATE INDEX {name}_expiry ON {name} (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX {name}_owner_expiry ON {name} (owner, expires_at) WHERE expires_at IS NOT NULL
"""

_MESSAGE = """
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
    UNIQUE (session, id)
) STRICT
"""
_MESSAGE_ROWS = """
INSERT INTO message (seq, session, id, role, name, timestamp, metadata, content)
SELECT seq, session, id, role, name, timestamp, metadata, content FROM old_message
WHERE seq > ? AND seq <= ? ORDER BY seq
"""
_MESSAGE_INDEXES = """
CREATE INDEX message_session ON message (session);
CREATE INDEX message_time ON message (session, timestamp)
"""

_SESSION = """
CREATE TABLE session (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    owner INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    UNIQUE (name, owner)
) STRICT
"""
# Sessions that are no longer there, and have kept a place in listings, have an owner below 0.
_SESSION_ROWS = """
INSERT INTO session (seq, name, owner, created_at, updated_at, messages)
SELECT s.seq, s.name, p.owner, min(m.timestamp), max(m.timestamp), count(*)
FROM old_session s JOIN old_owner p ON p.user = s.user AND p.agent = 0 JOIN message m ON m.session = s.seq
WHERE s.user >= 0 AND s.seq > ? AND s.seq <= ? GROUP BY s.seq ORDER BY s.seq
"""
_SESSION_INDEXES = """
CREATE INDEX session_owner ON session (owner);
CREATE INDEX session_activity ON session (updated_at);
CREATE INDEX session_owner_activity ON session (owner, updated_at)
"""

_TRIPLE = """
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
) STRICT
"""
# When a triple was added was not stored, and is not guessed.
_TRIPLE_ROWS = """
INSERT INTO triple (seq, id, owner, subject, predicate, object, metadata)
SELECT t.seq, t.id, p.owner, t.subject, t.predicate, t.object, t.metadata
FROM old_triple t JOIN old_owner p ON p.user = t.user AND p.agent = 0
WHERE t.seq > ? AND t.seq <= ? ORDER BY t.seq
"""
_TRIPLE_INDEXES = """
CREATE INDEX triple_subject ON triple (subject);
CREATE INDEX triple_object ON triple (object);
CREATE INDEX triple_owner_subject ON triple (owner, subject);
CREATE INDEX triple_owner_object ON triple (owner, object);
CREATE INDEX triple_owner ON triple (owner)
"""

_COUNTS = """
UPDATE owner SET
    facts = (SELECT count(*) FROM fact r WHERE r.owner = owner.id),
    documents = (SELECT count(*) FROM document r WHERE r.owner = owner.id),
    sessions = (SELECT count(*) FROM session r WHERE r.owner = owner.id),
    messages = (SELECT ifnull(sum(r.messages), 0) FROM session r WHERE r.owner = owner.id),
    triples = (SELECT count(*) FROM triple r WHERE r.owner = owner.id);
DELETE FROM owner WHERE facts = 0 AND documents = 0 AND sessions = 0 AND triples = 0
"""

_TOKENIZER = "tokenize=\"porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\""
_INDEX_COLUMNS = {
    "fact": "body",
    "document": "body",
    "message": "body, name, prev, prev2, date",
    "triple": "body",
}


def to_schema_2(db: Connection, progress: Progress) -> None:
    """Change the tables of schema 1. Runs inside a transaction."""
    for table, columns in _INDEX_COLUMNS.items():
        db.execute(f"DROP TABLE {table}_text")
        db.execute(f"CREATE VIRTUAL TABLE {table}_text USING fts5 ({columns}, tags, content='', {_TOKENIZER})")
    for table in _COPIED:
        db.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    _execute(db, _OWNER)
    _execute(db, _OWNERS)
    for table in ("fact", "document"):
        _copy(db, progress, table, _RECORDS.format(name=table), _RECORD_ROWS.format(name=table))
        _execute(db, _RECORD_INDEXES.format(name=table))
    _copy(db, progress, "message", _MESSAGE, _MESSAGE_ROWS)
    _execute(db, _MESSAGE_INDEXES)
    _copy(db, progress, "session", _SESSION, _SESSION_ROWS)
    _execute(db, _SESSION_INDEXES)
    _copy(db, progress, "triple", _TRIPLE, _TRIPLE_ROWS)
    _execute(db, _TRIPLE_INDEXES)
    _execute(db, _COUNTS)
    _execute(db, "DROP TABLE label;\nDROP TABLE old_owner")


def _copy(db: Connection, progress: Progress, table: str, create: str, insert: str) -> None:
    """Make a table in the place of the old one, with its rows and the highest number that a row ever had."""
    db.execute(create)
    (total,) = db.execute(f"SELECT count(*) FROM old_{table}").fetchone()  # noqa: S608  # a name from above
    for done, first, last in _parts(db, table):
        db.execute(insert, (first, last))
        progress(f"{table} rows copied", done, total)
    db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
    db.execute(
        "INSERT INTO sqlite_sequence (name, seq) SELECT ?, seq FROM sqlite_sequence WHERE name = ?",
        (table, f"old_{table}"),
    )
    db.execute(f"DROP TABLE old_{table}")


def _parts(db: Connection, table: str) -> Iterator[tuple[int, int, int]]:
    """Yield ranges of rows: how many are done with each, the number before its first row, and that of its last."""
    part = f"SELECT count(*), max(seq) FROM (SELECT seq FROM old_{table} WHERE seq > ? ORDER BY seq LIMIT ?)"  # noqa: S608  # as above
    done, first = 0, 0
    while True:
        number, last = db.execute(part, (first, _ROWS_AT_ONCE)).fetchone()
        if not number:
            return
        done += number
        yield done, first, last
        first = last


def _execute(db: Connection, script: str) -> None:
    for statement in script.split(";\n"):  # `executescript` would commit first
        if statement.strip():
            db.execute(statement)
