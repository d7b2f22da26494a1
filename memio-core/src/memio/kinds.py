"""The methods of each kind, and which feature each keyword belongs to.

One table, read by the check of stores at construction, by the enforcement of features before each
call, and by the tests that prove both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from memio.capabilities import Feature
from memio.models import Kind


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a store.

    Attributes:
        core: The keywords that it always takes.
        features: The keywords that it takes when the store declares the feature.
        needs: The feature that the method as a whole belongs to.
        writes: Whether it changes what is stored.
        optional: Whether a store may lack it, because the client can do without.
    """

    core: tuple[str, ...]
    features: Mapping[str, Feature] = field(default_factory=dict[str, Feature])
    needs: Feature | None = None
    writes: bool = False
    optional: bool = False


_ATTRIBUTION = {"user_id": Feature.ATTRIBUTION}
_SCOPE = {"user_id": Feature.USER_SCOPE}
_METADATA = {"metadata": Feature.METADATA}
_FILTERS = {"filters": Feature.FILTERS}


def _records(record_id: str, attribution: Mapping[str, Feature], scope: Mapping[str, Feature]) -> dict[str, Method]:
    return {
        "add": Method(("content",), {**_METADATA, **attribution, record_id: Feature.CLIENT_IDS}, writes=True),
        "get": Method((record_id,), scope),
        "get_all": Method(("limit", "cursor"), {**scope, **_FILTERS}),
        "search": Method(("query", "limit"), {**scope, **_FILTERS}),
        "update": Method((record_id, "content"), {**_METADATA, **scope}, Feature.UPDATE, writes=True),
        "delete": Method((record_id,), scope, writes=True),
        "delete_all": Method((), scope, writes=True),
        "add_many": Method(("items",), writes=True, optional=True),
        "erase": Method((), scope, writes=True, optional=True),
    }


RESTORE = "restore_records"
"""The method of `SupportsRestore`. It has no façade: moving data calls it, applications do not."""

_RESTORE = Method(("records",), writes=True)


def method_of(kind: Kind, name: str) -> Method:
    """Return what is known about a method of a kind."""
    return _RESTORE if name == RESTORE else METHODS[kind][name]


METHODS: dict[Kind, dict[str, Method]] = {
    "facts": _records(
        "fact_id",
        {**_ATTRIBUTION, "agent_id": Feature.ATTRIBUTION},
        {**_SCOPE, "agent_id": Feature.AGENT_SCOPE},
    ),
    "history": {
        "add": Method(("session_id", "messages"), _ATTRIBUTION, writes=True),
        "get": Method(("session_id", "limit", "cursor", "start"), _SCOPE),
        "get_all": Method(("limit", "cursor"), _SCOPE),
        "search": Method(("query", "limit", "session_id"), _SCOPE),
        "delete": Method(("session_id",), _SCOPE, writes=True),
        "delete_all": Method((), _SCOPE, writes=True),
        "erase": Method((), _SCOPE, writes=True, optional=True),
    },
    "documents": _records("doc_id", _ATTRIBUTION, _SCOPE),
    "graph": {
        "add": Method(("triples",), _ATTRIBUTION, writes=True),
        "get": Method(("entity", "limit", "cursor"), _SCOPE),
        "get_all": Method(("limit", "cursor"), _SCOPE),
        "search": Method(("query", "limit"), _SCOPE),
        "delete": Method(("triple_id",), _SCOPE, writes=True),
        "delete_entity": Method(("entity",), _SCOPE, writes=True),
        "delete_all": Method((), _SCOPE, writes=True),
        "erase": Method((), _SCOPE, writes=True, optional=True),
    },
}
