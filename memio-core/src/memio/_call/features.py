"""Which features a call asks for, and the advice for a caller whose provider lacks one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from memio.capabilities import Feature
from memio.kinds import RESTORE, KindSpec

HINTS: dict[str, str] = {
    Feature.ATTRIBUTION: "leave the owner out, or use a provider that records owners",
    Feature.USER_SCOPE: "leave user_id out and the call spans every user, or use a provider that keeps users apart",
    Feature.AGENT_SCOPE: "leave agent_id out and the call spans every agent, or use a provider that keeps agents apart",
    Feature.METADATA: "leave metadata out, or use a provider that keeps it",
    Feature.FILTERS: "leave filters out and select among the results, or use a provider that filters",
    Feature.CLIENT_IDS: "leave the id out and take the one that add returns",
    Feature.UPDATE: "add the new text and delete the old record",
    Feature.MESSAGE_NAMES: "leave Message.name out, or name the speaker in the content",
    Feature.MESSAGE_TIMESTAMPS: "leave Message.timestamp out: the provider takes the time of storing",
    Feature.ALL_ROLES: "add only messages whose role is 'user' or 'assistant'",
    Feature.SEARCH_ALL_SESSIONS: "pass session_id",
}
"""What a caller can do instead, by feature. The `hints` of a store win over these."""


def asked_for(spec: KindSpec, method: str, keywords: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each feature that a call asks for, with the words of the call that ask for it."""
    described = spec.methods[method]
    if described.needs:
        yield described.needs, f"{spec.name}.{method}"
    for name in keywords:
        if feature := described.features.get(name):
            yield feature, name
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
    for name in spec.owners if restored else ():
        if getattr(record, name) is not None:
            yield Feature.ATTRIBUTION, f"{where}.{name}"


def scope_features(spec: KindSpec, owners: Iterable[str]) -> Iterator[tuple[str | None, str]]:
    """Yield the features that a scoped client needs; `None` where a kind has no such owner at all."""
    for name in owners:
        for method in ("add", "get"):
            yield spec.methods[method].features.get(name), name
