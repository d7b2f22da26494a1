"""The places at which a caller reads a record."""

from __future__ import annotations

from typing import Any

from memio.capabilities import Feature
from memio_contract.world import World


def key(w: World, record: Any) -> str:
    """Return what names a record in its namespace: its id, and for a message the session that it has alone."""
    return str(record.session_id if w.kind == "history" else record.id)


def group_of(w: World, record: Any) -> str | None:
    """Return the name of a message's session, without what `World.label` adds."""
    session = getattr(record, "session_id", None)
    return None if session is None else session.removeprefix(w.token)


async def reads(w: World, record: Any, *, limit: int = 200) -> list[tuple[str, list[Any]]]:
    """Return what each read has of a record: a read by id, the listing, and a search for its text.

    A search may miss the record, because such laws are not about searching; the listing and a read by id may not.
    """
    subject = w.subject
    listed = [found for found in await subject.listed() if key(w, found) == key(w, record)]
    query = subject.query(record)[:200]
    hits = await subject.search(query, limit=limit, group=group_of(w, record))
    return [
        ("a read by id", await subject.find(record)),
        ("the listing", listed),
        ("search", [hit for hit in hits if key(w, hit) == key(w, record)]),
    ]


def metadata_of(w: World, value: dict[str, Any]) -> dict[str, Any] | None:
    """Return metadata where the store keeps it."""
    return value if w.has(Feature.METADATA) else None


def modes(w: World) -> list[dict[str, Any]]:
    """Return the keywords of a search for each mode that the store declares, its own choice first."""
    declared = {"keyword": Feature.KEYWORD_SEARCH, "semantic": Feature.SEMANTIC_SEARCH}
    return [{}, *({"mode": mode} for mode, feature in declared.items() if w.has(feature))]
