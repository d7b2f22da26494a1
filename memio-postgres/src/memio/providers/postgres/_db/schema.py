"""The tables, as SQL.

Every key begins with `owner`, a hash of the three labels of an owner (see `_rows.keys`), so that each table can be
partitioned by its hash, and a system that spreads tables over machines can use it as well. Ids, names of sessions and
parts of triples have hashes in keys too, because an index entry of PostgreSQL holds 2,704 bytes at most, and stand
beside them as text. Hashes have 16 bytes.

`owner` is a directory of the owners that records refer to. A row stays when its last record is deleted, until `purge`
or `erase` remove it (see `_rows.owners`). NULL is no user or no agent. `prefixes` has the hash of each namespace at or
above that of the owner.

Listings are in the order of `seq`, which comes from a sequence of the table, as do versions. Times are microseconds
since 1970 in UTC; a message also has the offset from UTC where it was sent, in seconds. A record without `expires_at`
does not expire. `text_seq` is the number of the content of a fact or document: its `seq`, until the content is changed
and gets a number of its own, so that no two texts ever have the same one. Metadata is JSON, and NULL when empty; `tags`
has those of its entries that filters compare (see `_rows.tags`). `data` is JSON in ASCII, and NULL for none. For
`words` and `length`, see `_search`.

The tables of vectors are apart, in `vector_statements`: they need the extension `vector`, and are made when an embedder
is used for the first time. A row of `fact_vector` is the vector of a window of a text (`part`), for a model. It counts
only as long as its `text_seq` is that of the record, and is deleted with it. The row of the first window is there from
the moment when the text is claimed to be embedded: `due` is when others may claim it (in microseconds; the greatest
number once the embedder has refused it for good), and NULL when the text is done. All texts with numbers up to the
`upto` of a model have such a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from memio.providers.postgres._search import INDEXES

VERSION = 2
"""The version of the schema, kept in `meta`. `migrations` has a step to each version after 1."""

SEARCHED = ("fact", "document", "message", "triple")
"""The tables with words."""

OWNED = {"fact": "facts", "session": "history", "document": "documents", "triple": "graph"}
"""The tables whose rows have owners of their own, each with its kind; messages have the owner of their session."""


class Embeddable(NamedTuple):
    """A table whose texts can be embedded.

    Attributes:
        identity: The columns of its key.
        number: The column with the number of its text.
    """

    identity: tuple[str, ...]
    number: str


EMBEDDED = {
    "fact": Embeddable(("owner", "key"), "text_seq"),
    "document": Embeddable(("owner", "key"), "text_seq"),
    "message": Embeddable(("owner", "session", "key"), "seq"),  # its content stays as it is
}
"""The tables whose texts can be embedded."""

TABLES = ("owner", "fact", "document", "session", "message", "triple")
"""All tables that can be partitioned."""

_RECORDS = """
    owner bytea NOT NULL,
    key bytea NOT NULL,
    seq bigint NOT NULL,
    version bigint NOT NULL,
    text_seq bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    expires_at bigint,
    length integer NOT NULL,
    id text NOT NULL,
    metadata text,
    tags jsonb,
    content text NOT NULL,
    data text,
    words tsvector NOT NULL,
    PRIMARY KEY (owner, key)
"""

_COLUMNS = {
    "owner": """
    owner bytea NOT NULL,
    user_key bytea NOT NULL,
    agent_key bytea NOT NULL,
    namespace_key bytea NOT NULL,
    prefixes bytea[] NOT NULL,
    user_id text,
    agent_id text,
    namespace text[] NOT NULL,
    PRIMARY KEY (owner)
""",
    "fact": _RECORDS,
    "document": _RECORDS,
    "session": """
    owner bytea NOT NULL,
    key bytea NOT NULL,
    seq bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    messages bigint NOT NULL,
    id text NOT NULL,
    PRIMARY KEY (owner, key)
""",
    "message": """
    owner bytea NOT NULL,
    session bytea NOT NULL,
    key bytea NOT NULL,
    seq bigint NOT NULL,
    timestamp bigint NOT NULL,
    utc_offset integer NOT NULL,
    length integer NOT NULL,
    role text NOT NULL,
    id text NOT NULL,
    name text,
    metadata text,
    tags jsonb,
    content text NOT NULL,
    data text,
    words tsvector NOT NULL,
    PRIMARY KEY (owner, session, key)
""",
    "triple": """
    owner bytea NOT NULL,
    key bytea NOT NULL,
    id_key bytea NOT NULL,
    subject_key bytea NOT NULL,
    object_key bytea NOT NULL,
    seq bigint NOT NULL,
    created_at bigint NOT NULL,
    length integer NOT NULL,
    id text NOT NULL,
    subject text NOT NULL,
    predicate text NOT NULL,
    object text NOT NULL,
    metadata text,
    words tsvector NOT NULL,
    PRIMARY KEY (owner, key),
    UNIQUE (owner, id_key)
""",
}

_RECORD_INDEXES = (
    "CREATE INDEX {name}_key ON {table} (key)",
    "CREATE INDEX {name}_seq ON {table} (seq)",
    "CREATE INDEX {name}_owner_seq ON {table} (owner, seq)",
    "CREATE INDEX {name}_expiry ON {table} (expires_at) WHERE expires_at IS NOT NULL",
    "CREATE INDEX {name}_owner_expiry ON {table} (owner, expires_at) WHERE expires_at IS NOT NULL",
)

_INDEXES = {
    "owner": (
        "CREATE INDEX {name}_user ON {table} (user_key)",
        "CREATE INDEX {name}_agent ON {table} (agent_key)",
        "CREATE INDEX {name}_namespace ON {table} (namespace_key)",
        "CREATE INDEX {name}_prefixes ON {table} USING gin (prefixes)",
    ),
    "fact": _RECORD_INDEXES,
    "document": _RECORD_INDEXES,
    "session": (
        "CREATE INDEX {name}_key ON {table} (key)",
        "CREATE INDEX {name}_seq ON {table} (seq)",
        "CREATE INDEX {name}_owner_seq ON {table} (owner, seq)",
        "CREATE INDEX {name}_activity ON {table} (updated_at, seq)",
        "CREATE INDEX {name}_owner_activity ON {table} (owner, updated_at, seq)",
    ),
    "message": (
        "CREATE INDEX {name}_place ON {table} (owner, session, seq)",
        "CREATE INDEX {name}_time ON {table} (owner, session, timestamp)",
    ),
    "triple": (
        "CREATE INDEX {name}_id ON {table} (id_key)",
        "CREATE INDEX {name}_seq ON {table} (seq)",
        "CREATE INDEX {name}_owner_seq ON {table} (owner, seq)",
        "CREATE INDEX {name}_owner_subject ON {table} (owner, subject_key)",
        "CREATE INDEX {name}_owner_object ON {table} (owner, object_key)",
        "CREATE INDEX {name}_subject ON {table} (subject_key)",
        "CREATE INDEX {name}_object ON {table} (object_key)",
    ),
}


def statements(schema: str, partitions: int = 0) -> Iterator[str]:
    """Yield the statements that make the tables in a schema that is there.

    Args:
        schema: The name of the schema.
        partitions: Into how many partitions each table is divided, by the hash of the owner; 0 for plain tables.
    """
    yield f"CREATE TABLE {schema}.meta (key text PRIMARY KEY, value text NOT NULL)"
    for name in TABLES:
        if name != "owner":
            yield f"CREATE SEQUENCE {schema}.{name}_numbers"
        yield from _table(schema, name, _COLUMNS[name], partitions)
        for index in (*_INDEXES[name], *(INDEXES if name in SEARCHED else ())):
            yield index.format(name=name, table=f"{schema}.{name}")
    yield f"INSERT INTO {schema}.meta (key, value) VALUES ('schema', '{VERSION}')"


def vector_statements(schema: str, partitions: int = 0, vector: str = "halfvec") -> Iterator[str]:
    """Yield the statements that make the tables of vectors, where the others are there.

    Args:
        schema: The name of the schema.
        partitions: Into how many partitions each table is divided.
        vector: The type of the vectors, of the extension `vector`.
    """
    yield f"CREATE SEQUENCE {schema}.model_numbers"
    yield (
        f"CREATE TABLE {schema}.model (source text, number integer, name text NOT NULL, current boolean NOT NULL, "
        "dimensions integer NOT NULL, upto bigint NOT NULL, PRIMARY KEY (source, number), UNIQUE (source, name))"
    )
    for name, (identity, number) in EMBEDDED.items():
        keys = ", ".join(identity)
        columns = (
            f"{', '.join(f'{column} bytea NOT NULL' for column in identity)}, model integer NOT NULL, "
            "part smallint NOT NULL, text_seq bigint NOT NULL, refused smallint NOT NULL DEFAULT 0, due bigint, "
            f"vector {vector}, PRIMARY KEY ({keys}, model, part), "
            f"FOREIGN KEY ({keys}) REFERENCES {schema}.{name} ON DELETE CASCADE"
        )
        yield from _table(schema, f"{name}_vector", columns, partitions)
        yield f"CREATE INDEX {name}_vector_due ON {schema}.{name}_vector (model, due) WHERE due IS NOT NULL"
        yield f"CREATE INDEX {name}_text ON {schema}.{name} ({number})"


def _table(schema: str, name: str, columns: str, partitions: int) -> Iterator[str]:
    table = f"{schema}.{name}"
    if not partitions:
        yield f"CREATE TABLE {table} ({columns})"
        return
    yield f"CREATE TABLE {table} ({columns}) PARTITION BY HASH (owner)"
    for number in range(partitions):
        yield (
            f"CREATE TABLE {table}_{number} PARTITION OF {table} "
            f"FOR VALUES WITH (MODULUS {partitions}, REMAINDER {number})"
        )
