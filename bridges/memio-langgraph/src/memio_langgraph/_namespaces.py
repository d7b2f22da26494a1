"""Which namespaces a listing of them names."""

from __future__ import annotations

from collections.abc import Iterable

from langgraph.store.base import ListNamespacesOp, MatchCondition

from memio import InvalidInputError

Namespace = tuple[str, ...]

ANY = "*"
"""The element of a pattern that matches one element of any text."""


def pattern_of(condition: MatchCondition) -> tuple[str, ...]:
    """Return the pattern of a condition.

    Raises:
        InvalidInputError: Its match type is unknown.
    """
    if condition.match_type not in ("prefix", "suffix"):
        raise InvalidInputError(
            f"match_type is {condition.match_type!r}: it must be 'prefix' or 'suffix'", argument="match_conditions"
        )
    path: object = condition.path
    return (path,) if isinstance(path, str) else tuple(condition.path)


def common_prefix(op: ListNamespacesOp) -> Namespace:
    """Return the longest prefix without a wildcard that all namespaces of a listing have."""
    prefix: Namespace = ()
    for condition in op.match_conditions or ():
        path = pattern_of(condition)
        if condition.match_type == "prefix":
            literal = path[: path.index(ANY)] if ANY in path else path
            prefix = max(prefix, literal, key=len)
    return prefix


def named(op: ListNamespacesOp, namespaces: Iterable[Namespace]) -> list[Namespace]:
    """Return those namespaces that match, cut to the depth, each once, in order, from offset to limit."""
    found = {namespace[: op.max_depth] for namespace in namespaces if _matches(op, namespace)}
    return sorted(found)[op.offset : op.offset + op.limit]


def _matches(op: ListNamespacesOp, namespace: Namespace) -> bool:
    for condition in op.match_conditions or ():
        path = pattern_of(condition)
        if len(path) > len(namespace):
            return False
        part = namespace[: len(path)] if condition.match_type == "prefix" else namespace[len(namespace) - len(path) :]
        if not all(wanted in (ANY, element) for wanted, element in zip(path, part, strict=True)):
            return False
    return True
