"""The table of owners: their numbers, the tags of their records, and how many records each has.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection
from typing import Any, NamedTuple

from memio.owners import Owner
from memio.providers.sqlite._columns.namespaces import below, to_path
from memio.providers.sqlite._search.tags import tag

_EMPTY = "facts = 0 AND documents = 0 AND sessions = 0 AND messages = 0 AND triples = 0"


class OwnerRow(NamedTuple):
    """An owner in the file.

    Attributes:
        id: The number of the row.
        tags: The tags of the owner's records in full-text indexes, with spaces between them: `o` and the number of
            the owner; `u` and `a` for a user and an agent; `e` for exactly its namespace, and a `p` for each namespace
            at or above it but the root, from the top. A missing label, and the root as a namespace, has the number 0.
    """

    id: int
    tags: str


def find_owner(db: Connection, owner: Owner) -> OwnerRow | None:
    """Return the row of an owner, or `None` when no record has it."""
    found = db.execute("SELECT id, tags FROM owner WHERE user = ? AND agent = ? AND path = ?", _columns(owner))
    row = found.fetchone()
    return OwnerRow._make(row) if row else None


def intern_owner(db: Connection, owner: Owner) -> OwnerRow:
    """Return the row of an owner, and add the row where it is new.

    It is looked up in each transaction anew, because another process may have deleted the row since.
    """
    found = find_owner(db, owner)
    if found is not None:
        return found
    added = db.execute("INSERT INTO owner (user, agent, path, tags) VALUES (?, ?, ?, '') RETURNING id", _columns(owner))
    (number,) = added.fetchone()
    tags = " ".join(_new_tags(db, number, owner))
    db.execute("UPDATE owner SET tags = ? WHERE id = ?", (tags, number))
    return OwnerRow(number, tags)


def tags_of(db: Connection, owner: int) -> str:
    """Return the tags of an owner."""
    return str(db.execute("SELECT tags FROM owner WHERE id = ?", (owner,)).fetchone()[0])


def user_tag(db: Connection, user: str) -> str | None:
    """Return the tag of the records of a user, or `None` when there are none."""
    return _tag(db, "u", "user = ?", (user,))


def agent_tag(db: Connection, agent: str) -> str | None:
    """Return the tag of the records of an agent, or `None` when there are none."""
    return _tag(db, "a", "agent = ?", (agent,))


def namespace_tag(db: Connection, path: bytes) -> str | None:
    """Return the tag of the records of exactly a namespace, or `None` when there are none."""
    return _tag(db, "e", "path = ?", (path,))


def prefix_tag(db: Connection, prefix: tuple[str, ...]) -> str | None:
    """Return the tag of the records of a namespace and all below it, or `None` when there are none."""
    return _tag(db, "p", "path >= ? AND path < ?", below(prefix), len(prefix) - 1)


def add_to_count(db: Connection, column: str, owner: int, number: int) -> None:
    """Note that an owner has so many records more of one kind."""
    db.execute(f"UPDATE owner SET {column} = {column} + ? WHERE id = ?", (number, owner))  # noqa: S608  # a name of the schema


def subtract_from_count(db: Connection, column: str, owner: int, number: int) -> None:
    """Note that an owner has so many records fewer of one kind.

    One that has no record any more is deleted, so that nothing of it stays in the file.
    """
    add_to_count(db, column, owner, -number)
    db.execute(f"DELETE FROM owner WHERE id = ? AND {_EMPTY}", (owner,))  # noqa: S608  # as above


def clear_count(db: Connection, column: str) -> None:
    """Note that no owner has records of one kind any more, and delete those that have no record at all."""
    db.execute(f"UPDATE owner SET {column} = 0 WHERE {column} > 0")  # noqa: S608  # as above
    db.execute(f"DELETE FROM owner WHERE {_EMPTY}")  # noqa: S608  # as above


def _columns(owner: Owner) -> tuple[str, str, bytes]:
    return owner.user_id or "", owner.agent_id or "", to_path(owner.namespace)


def _new_tags(db: Connection, number: int, owner: Owner) -> Iterable[str]:
    """Yield the tags of an owner whose row was just added.

    A label gets the number of the first owner that had it, and keeps it for as long as any owner has it.
    """
    user, agent, path = _columns(owner)
    yield tag("o", number)
    yield (user_tag(db, user) or tag("u", number)) if user else tag("u", 0)
    yield (agent_tag(db, agent) or tag("a", number)) if agent else tag("a", 0)
    yield (namespace_tag(db, path) or tag("e", number)) if path else tag("e", 0)
    for level in range(1, len(owner.namespace) + 1):
        yield prefix_tag(db, owner.namespace[:level]) or tag("p", f"{number}x{level}")


def _tag(db: Connection, letter: str, condition: str, values: tuple[Any, ...], place: int = 0) -> str | None:
    """Return the tag with a letter that the owners for which a condition holds have at a place among such tags."""
    row = db.execute(f"SELECT tags FROM owner WHERE {condition} AND tags <> '' LIMIT 1", values).fetchone()  # noqa: S608  # a text from above
    return [each for each in row[0].split() if each.startswith(tag(letter, ""))][place] if row else None
