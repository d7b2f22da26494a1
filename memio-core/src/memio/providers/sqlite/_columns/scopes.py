"""Scopes in SQL and in the tags of full-text indexes, and how many records there are in one.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from sqlite3 import Connection
from typing import Any, NamedTuple

from memio.owners import ANY, Scope
from memio.providers.sqlite._columns.namespaces import below, to_path
from memio.providers.sqlite._columns.owners import agent_tag, namespace_tag, prefix_tag, user_tag
from memio.providers.sqlite._search.tags import all_of as all_tags
from memio.providers.sqlite._search.tags import tag

_OWNERS_AS_TAGS = 16
"""Up to how many owners are listed in an expression: its cost grows with its length."""


class Condition(NamedTuple):
    """A condition in SQL, and the values of its parameters."""

    sql: str = "TRUE"
    values: tuple[Any, ...] = ()


def all_of(*conditions: Condition) -> Condition:
    """Return what holds where all of some conditions hold."""
    restricting = [condition for condition in conditions if condition.values]
    if not restricting:
        return Condition()
    sql = " AND ".join(condition.sql for condition in restricting)
    return Condition(sql, tuple(value for condition in restricting for value in condition.values))


def any_of(*conditions: Condition) -> Condition:
    """Return what holds where one of some conditions holds."""
    if not all(condition.values for condition in conditions):
        return Condition()  # one of them holds everywhere
    sql = " OR ".join(f"({condition.sql})" for condition in conditions)
    return Condition(f"({sql})", tuple(value for condition in conditions for value in condition.values))


def within(column: str, since: int | None, until: int | None) -> Condition:
    """Return the condition that a time is `since` or later, and before `until`; all in microseconds."""
    bounds = ((f"{column} >= ?", since), (f"{column} < ?", until))
    return all_of(*(Condition(sql, (bound,)) for sql, bound in bounds if bound is not None))


class Reach(NamedTuple):
    """The rows of a scope.

    Attributes:
        owner: The number of the owner whose rows they all are, where there is one.
        tags: An expression that exactly these rows of an index match; empty for all rows.
    """

    owner: int | None = None
    tags: str = ""


_EVERYTHING = Reach()


def condition_of(scope: Scope) -> Condition:
    """Return the condition for the owners `o` in a scope."""
    parts: list[str] = []
    values: list[Any] = []
    if scope.user_id is not ANY:
        parts.append("o.user = ?")
        values.append(scope.user_id or "")
    if scope.agent_id is not ANY:
        parts.append("o.agent = ?")
        values.append(scope.agent_id or "")
    if scope.namespace is not ANY:
        parts.append("o.path = ?")
        values.append(to_path(scope.namespace))
    if scope.prefix:
        parts.append("o.path >= ? AND o.path < ?")
        values.extend(below(scope.prefix))
    return Condition(" AND ".join(parts), tuple(values)) if parts else Condition()


def reach_of(db: Connection, scope: Scope) -> Reach | None:
    """Return how the rows of a scope are found, or `None` when there are none.

    A tag that all rows have makes a search several times slower, so it is left out.
    """
    condition = condition_of(scope)
    if not condition.values:
        return _EVERYTHING
    found = db.execute(
        f"SELECT o.id FROM owner o WHERE {condition.sql} LIMIT {_OWNERS_AS_TAGS + 1}",  # noqa: S608  # columns from above
        condition.values,
    )
    owners = [owner for (owner,) in found]
    if not owners:
        return None
    if len(owners) == 1:
        return Reach(owners[0], tag("o", owners[0]) if _has_others(db, "id", owners[0], owners[0]) else "")
    labels = [label for label in _labels_of(scope) if _has_others(db, *label[:3])]
    if len(labels) > 1 and len(owners) <= _OWNERS_AS_TAGS:
        return Reach(tags=f"({' OR '.join(tag('o', owner) for owner in owners)})")
    return Reach(tags=all_tags(*(label.tag(db) or "" for label in labels)))


def total(db: Connection, column: str, scope: Scope) -> int:
    """Return how many records of one kind the owners in a scope have, expired ones included.

    Args:
        db: The connection.
        column: The column of `owner` that counts them.
        scope: The scope.
    """
    owners = condition_of(scope)
    found = db.execute(f"SELECT ifnull(sum(o.{column}), 0) FROM owner o WHERE {owners.sql}", owners.values)  # noqa: S608  # a column of the schema
    return int(found.fetchone()[0])


class _Label(NamedTuple):
    """What a scope restricts: the values of a column of `owner`, and what returns the tag of their records."""

    column: str
    first: Any
    last: Any
    tag: Callable[[Connection], str | None]


def _labels_of(scope: Scope) -> list[_Label]:
    labels: list[_Label] = []
    if scope.user_id is not ANY:
        user = scope.user_id or ""
        labels.append(_Label("user", user, user, partial(user_tag, user=user)))
    if scope.agent_id is not ANY:
        agent = scope.agent_id or ""
        labels.append(_Label("agent", agent, agent, partial(agent_tag, agent=agent)))
    if scope.namespace is not ANY:
        path = to_path(scope.namespace)
        labels.append(_Label("path", path, path, partial(namespace_tag, path=path)))
    if scope.prefix:
        labels.append(_Label("path", *below(scope.prefix), partial(prefix_tag, prefix=scope.prefix)))
    return labels


def _has_others(db: Connection, column: str, first: Any, last: Any) -> bool:
    """Return whether there is an owner outside of the range of a column. Each half is a look-up in an index."""
    found = db.execute(
        f"SELECT EXISTS (SELECT 1 FROM owner WHERE {column} < ?) "  # noqa: S608  # a column from above
        f"OR EXISTS (SELECT 1 FROM owner WHERE {column} > ?)",
        (first, last),
    )
    return bool(found.fetchone()[0])
