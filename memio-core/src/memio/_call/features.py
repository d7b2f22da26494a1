"""Which features a call asks for, and what to tell a caller whose provider lacks one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from memio.capabilities import Feature
from memio.kinds import METHODS, method_of
from memio.models import Document, Fact, Kind, Message, Triple

HINTS: dict[str, str] = {
    Feature.ATTRIBUTION: "leave the owner out, or use a provider that records owners",
    Feature.USER_SCOPE: "leave user_id out and the call spans every user, or use a provider that keeps users apart",
    Feature.AGENT_SCOPE: "leave agent_id out and the call spans every agent, or use a provider that keeps agents apart",
    Feature.METADATA: "leave metadata out, or use a provider that keeps it",
    Feature.FILTERS: "leave filters out and select among the results, or use a provider that filters",
    Feature.CLIENT_IDS: "leave the id out and take the one that add returns",
    Feature.UPDATE: "add the new text and delete the old record",
    Feature.MESSAGE_NAMES: "leave Message.name out, or say in the content who speaks",
    Feature.MESSAGE_TIMESTAMPS: "leave Message.timestamp out: the provider takes the time of storing",
    Feature.ALL_ROLES: "add only messages whose role is 'user' or 'assistant'",
    Feature.SEARCH_ALL_SESSIONS: "pass session_id",
}
"""What a caller can do instead, where the store does not say it better in its own `hints`."""


_INSIDE: dict[Kind, set[Feature]] = {
    "history": {
        Feature.METADATA,
        Feature.CLIENT_IDS,
        Feature.MESSAGE_NAMES,
        Feature.MESSAGE_TIMESTAMPS,
        Feature.ALL_ROLES,
        Feature.SEARCH_ALL_SESSIONS,
    },
    "graph": {Feature.METADATA, Feature.CLIENT_IDS},
}
"""What is asked for by what a message or triple holds, or by leaving something out."""


def all_of(kind: Kind) -> frozenset[str]:
    """Return every feature that any call of a kind can ask for."""
    methods = METHODS[kind].values()
    found = {feature for method in methods for feature in (method.needs, *method.features.values()) if feature}
    return frozenset(found | _INSIDE.get(kind, set()))


def asked_for(kind: Kind, method: str, keywords: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each feature that a call asks for, with the words of the call that ask for it."""
    spec = method_of(kind, method)
    if spec.needs:
        yield spec.needs, f"{kind}.{method}"
    for name in keywords:
        if feature := spec.features.get(name):
            yield feature, name
    for many, words_of in _MANY.items():
        for index, record in enumerate(keywords.get(many, ())):
            yield from words_of(record, f"{many}[{index}]")
    if kind == "history" and method == "search" and keywords["session_id"] is None:
        yield Feature.SEARCH_ALL_SESSIONS, "a search without session_id"


def scope_features(kind: Kind, owners: Iterable[str]) -> Iterator[tuple[str | None, str]]:
    """Yield the features that a scoped client needs; `None` where a kind has no such owner at all."""
    for name in owners:
        for method in ("add", "get"):
            yield METHODS[kind][method].features.get(name), name


def _of_restored(record: Fact | Document | Message | Triple, where: str) -> Iterator[tuple[str, str]]:
    yield from _of_message(record, where) if isinstance(record, Message) else _of_record(record, where)
    for name in ("user_id", "agent_id"):
        if getattr(record, name, None) is not None:
            yield Feature.ATTRIBUTION, f"{where}.{name}"


def _of_message(message: Message, where: str) -> Iterator[tuple[str, str]]:
    yield from _of_record(message, where)
    if message.name is not None:
        yield Feature.MESSAGE_NAMES, f"{where}.name"
    if message.timestamp is not None:
        yield Feature.MESSAGE_TIMESTAMPS, f"{where}.timestamp"
    if message.role not in ("user", "assistant"):
        yield Feature.ALL_ROLES, f"{where}.role {message.role!r}"


def _of_record(record: Fact | Document | Message | Triple, where: str) -> Iterator[tuple[str, str]]:
    if record.metadata:
        yield Feature.METADATA, f"{where}.metadata"
    if record.id is not None:
        yield Feature.CLIENT_IDS, f"{where}.id"


_MANY: dict[str, Callable[[Any, str], Iterator[tuple[str, str]]]] = {
    "messages": _of_message,
    "triples": _of_record,
    "records": _of_restored,
}
"""By the name of an argument that holds records, what each of them asks for."""
