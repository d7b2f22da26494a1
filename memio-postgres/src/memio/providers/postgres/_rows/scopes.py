"""Scopes as conditions in SQL."""

from __future__ import annotations

from memio.owners import ANY, ANYWHERE, Scope
from memio.providers.postgres._parameters import Parameters
from memio.providers.postgres._rows.keys import label_key, namespace_key, owner_key

EVERYTHING = "TRUE"


def all_of(*conditions: str) -> str:
    """Return what holds where all of some conditions hold."""
    return " AND ".join(each for each in conditions if each != EVERYTHING) or EVERYTHING


def labels_in(scope: Scope, parameters: Parameters) -> str:
    """Return the condition for the rows `o` of the table of owners that are in a scope."""
    owner = scope.owner
    if owner is not None:
        return f"o.owner = {parameters(owner_key(owner))}::bytea"
    parts: list[str] = []
    if scope.user_id is not ANY:
        parts.append(f"o.user_key = {parameters(label_key(scope.user_id))}::bytea")
    if scope.agent_id is not ANY:
        parts.append(f"o.agent_key = {parameters(label_key(scope.agent_id))}::bytea")
    if scope.namespace is not ANY:
        parts.append(f"o.namespace_key = {parameters(namespace_key(scope.namespace))}::bytea")
    if scope.prefix:
        parts.append(f"o.prefixes @> ARRAY[{parameters(namespace_key(scope.prefix))}::bytea]")
    return all_of(*parts)


def owned_in(schema: str, scope: Scope, parameters: Parameters) -> str:
    """Return the condition for rows `r` whose owner is in a scope."""
    owner = scope.owner
    if owner is not None:
        return f"r.owner = {parameters(owner_key(owner))}::bytea"
    if scope == ANYWHERE:
        return EVERYTHING
    # An array, computed once, so that the rows of each owner are looked up.
    return f"r.owner = ANY({owners_in(schema, scope, parameters)})"


def owners_in(schema: str, scope: Scope, parameters: Parameters) -> str:
    """Return the owners in a scope as an array in SQL; empty for all owners."""
    owner = scope.owner
    if owner is not None:
        return f"ARRAY[{parameters(owner_key(owner))}::bytea]"
    if scope == ANYWHERE:
        return ""
    return f"ARRAY(SELECT o.owner FROM {schema}.owner o WHERE {labels_in(scope, parameters)})"


def within(column: str, since: int | None, until: int | None, parameters: Parameters) -> str:
    """Return the condition that a time is `since` or later, and before `until`; all in microseconds."""
    bounds = ((">=", since), ("<", until))
    return all_of(*(f"{column} {sign} {parameters(bound)}::bigint" for sign, bound in bounds if bound is not None))
