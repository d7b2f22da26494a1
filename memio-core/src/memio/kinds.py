"""What each kind of memory is, described once.

The check of stores, the checks of arguments, features and results, middleware, moving data, forgetting, the command
line and the contract suite look here. A new keyword or method is added here, in the façade and in the stores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from memio.capabilities import Feature, Kind
from memio.models import Document, Fact, Message, Page, Triple, Turn

Answer = Literal["record", "page", "list", "turn", "count", "nothing"]
"""What a method of a store returns: a record of its kind, a `Page`, a `list`, a `Turn`, an `int`, or `None`."""

ANSWERS: dict[Answer, type] = {
    "record": object,
    "page": Page,
    "list": list,
    "turn": Turn,
    "count": int,
    "nothing": object,
}
"""The class of each answer; `object` where a store may return any record."""

RESTORE = "restore_records"
"""The method of `SupportsRestore`. It has no façade: moving data calls it, applications do not."""


def supports(store: object, method: str) -> bool:
    """Return whether a store has an optional method: `add_many`, `erase` or `restore_records`.

    It is looked up as a call looks it up, so that a method counts which a wrapper hands on through `__getattr__`.
    From Python 3.12 on, `isinstance` with a protocol does not see such a method. `None` in place of a method counts
    as its absence.
    """
    return getattr(store, method, None) is not None


Repeat = Literal["always", "named", "unnamed", "never"]
"""When a call may be repeated although it is unknown whether an earlier attempt was carried out.

- `always`: a second call changes nothing that the first one did not.
- `named`: when the caller chose the id of every record, and the store keeps records apart by it.
- `unnamed`: when the store chooses the ids, and so never uses one again. Otherwise another writer may have stored
  something under the id between the two calls, and the second one would delete that.
- `never`: another writer's change between the two calls would be lost.
"""


@dataclass(frozen=True)
class Method:
    """One method of the stores of a kind.

    Attributes:
        core: The keywords that a store always gets.
        features: The keywords that a store gets when it declares the feature.
        needs: The feature that the whole method belongs to.
        writes: Whether it changes what is stored.
        optional: Whether a store may lack it, because the client can do without.
        internal: Whether only memio calls it, so that façades do not have it.
        omits: The features that a call asks for by passing `None` for a keyword of `core`.
        returns: What it answers with.
        repeat: When a call may be repeated although it is unknown whether an earlier attempt was carried out.
    """

    core: tuple[str, ...]
    features: Mapping[str, Feature] = field(default_factory=dict[str, Feature])
    needs: Feature | None = None
    writes: bool = False
    optional: bool = False
    internal: bool = False
    omits: Mapping[str, Feature] = field(default_factory=dict[str, Feature])
    returns: Answer = "record"
    repeat: Repeat = "always"

    @cached_property
    def keywords(self) -> tuple[str, ...]:
        """All keywords, those of features last."""
        return (*self.core, *self.features)

    @cached_property
    def many(self) -> str | None:
        """The keyword under which a call takes several records or items, if it does."""
        return next((name for name in self.core if name in ("items", "messages", "triples", "records")), None)

    @cached_property
    def records(self) -> str | None:
        """The keyword under which a call takes a list of records, if it does; `items` holds dicts instead."""
        return None if self.many == "items" else self.many


@dataclass(frozen=True)
class KindSpec:
    """One kind of memory.

    Attributes:
        name: The kind.
        noun: What a record is called in messages.
        store: The name of the protocol of its stores, in `memio.protocols`.
        record: The class of its records.
        id: The keyword that names one record; `None` for history, whose calls name a session.
        fields: The fields of a record, in the order in which an export file has them.
        texts: The fields that hold the record's text.
        required: The fields that a stored record always has.
        times: The fields that hold a time.
        same: The fields in which a record that is added again must equal the stored one.
        asks: The features that a record asks for by what it holds, by field; see `asked_by`.
        batch: The keyword under which one call takes several records; `items` holds dicts, the others hold records.
        methods: The methods of its stores, by name.
    """

    name: Kind
    noun: str
    store: str
    record: type[Any]
    id: str | None
    fields: tuple[str, ...]
    texts: tuple[str, ...]
    required: frozenset[str]
    times: frozenset[str]
    same: tuple[str, ...]
    asks: Mapping[str, Feature]
    batch: str
    methods: Mapping[str, Method]

    def asked_by(self, record: Any) -> Iterator[tuple[str, Feature]]:
        """Yield each field of a record that asks for a feature, and the feature."""
        for name, feature in self.asks.items():
            if getattr(record, name) not in _ASKS_NOTHING.get(name, (None,)):
                yield name, feature

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The fields that name a record, what it belongs to, or who speaks: short texts, never empty."""
        return tuple(name for name in ("name", "id", "session_id", *OWNERS) if name in self.fields)

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """The labels of an owner that its records have."""
        return tuple(name for name in OWNERS if name in self.fields)

    @cached_property
    def features(self) -> frozenset[str]:
        """Every feature that any call can ask for."""
        found = set(self.asks.values())
        for method in self.methods.values():
            found.update(method.features.values(), method.omits.values(), (method.needs,) if method.needs else ())
        return frozenset(found)


_ASKS_NOTHING: dict[str, tuple[object, ...]] = {"metadata": ({},), "role": ("user", "assistant")}
"""The values of a field that every store can hold, where `None` is not the only one."""

OWNERS = ("user_id", "agent_id")
"""The labels of an owner, in the order in which they are listed."""

_ATTRIBUTION = {"user_id": Feature.ATTRIBUTION}
_SCOPE = {"user_id": Feature.USER_SCOPE}
_METADATA = {"metadata": Feature.METADATA}
_FILTERS = {"filters": Feature.FILTERS}
_HELD = {"metadata": Feature.METADATA, "id": Feature.CLIENT_IDS}


def _common(scope: Mapping[str, Feature]) -> dict[str, Method]:
    """Return the methods that every kind has in the same form."""
    return {
        "delete_all": Method((), scope, writes=True, returns="nothing"),
        "erase": Method((), scope, writes=True, optional=True, internal=True, returns="list"),
        RESTORE: Method(("records",), writes=True, optional=True, internal=True, returns="count", repeat="named"),
    }


def _record_methods(
    record_id: str, attribution: Mapping[str, Feature], scope: Mapping[str, Feature]
) -> dict[str, Method]:
    """Return the methods of facts and documents."""
    return {
        "add": Method(
            ("content",), {**_METADATA, **attribution, record_id: Feature.CLIENT_IDS}, writes=True, repeat="named"
        ),
        "get": Method((record_id,), scope),
        "get_all": Method(("limit", "cursor"), {**scope, **_FILTERS}, returns="page"),
        "search": Method(("query", "limit"), {**scope, **_FILTERS}, returns="list"),
        "update": Method((record_id, "content"), {**_METADATA, **scope}, Feature.UPDATE, writes=True, repeat="never"),
        "delete": Method((record_id,), scope, writes=True, returns="nothing", repeat="unnamed"),
        "add_many": Method(("items",), writes=True, optional=True, returns="list", repeat="named"),
        **_common(scope),
    }


_SPECS = (
    KindSpec(
        name="facts",
        noun="fact",
        store="FactStore",
        record=Fact,
        id="fact_id",
        fields=("id", "user_id", "agent_id", "content", "metadata", "created_at", "updated_at"),
        texts=("content",),
        required=frozenset({"id", "content"}),
        times=frozenset({"created_at", "updated_at"}),
        same=("content", "metadata"),
        asks=_HELD,
        batch="items",
        methods=_record_methods(
            "fact_id",
            {**_ATTRIBUTION, "agent_id": Feature.ATTRIBUTION},
            {**_SCOPE, "agent_id": Feature.AGENT_SCOPE},
        ),
    ),
    KindSpec(
        name="history",
        noun="message",
        store="HistoryStore",
        record=Message,
        id=None,
        fields=("session_id", "user_id", "id", "role", "name", "content", "metadata", "timestamp"),
        texts=("content",),
        required=frozenset({"session_id", "role", "content"}),
        times=frozenset({"timestamp"}),
        same=("role", "content", "name", "metadata"),
        asks={
            **_HELD,
            "name": Feature.MESSAGE_NAMES,
            "timestamp": Feature.MESSAGE_TIMESTAMPS,
            "role": Feature.ALL_ROLES,
        },
        batch="messages",
        methods={
            "add": Method(("session_id", "messages"), _ATTRIBUTION, writes=True, returns="turn", repeat="named"),
            "get": Method(("session_id", "limit", "cursor", "start"), _SCOPE, returns="page"),
            "get_all": Method(("limit", "cursor"), _SCOPE, returns="page"),
            "search": Method(
                ("query", "limit", "session_id"),
                _SCOPE,
                omits={"session_id": Feature.SEARCH_ALL_SESSIONS},
                returns="list",
            ),
            "delete": Method(("session_id",), _SCOPE, writes=True, returns="nothing", repeat="never"),
            **_common(_SCOPE),
        },
    ),
    KindSpec(
        name="documents",
        noun="document",
        store="DocumentStore",
        record=Document,
        id="doc_id",
        fields=("id", "user_id", "content", "metadata", "created_at", "updated_at"),
        texts=("content",),
        required=frozenset({"id", "content"}),
        times=frozenset({"created_at", "updated_at"}),
        same=("content", "metadata"),
        asks=_HELD,
        batch="items",
        methods=_record_methods("doc_id", _ATTRIBUTION, _SCOPE),
    ),
    KindSpec(
        name="graph",
        noun="triple",
        store="GraphStore",
        record=Triple,
        id="triple_id",
        fields=("id", "user_id", "subject", "predicate", "object", "metadata"),
        texts=("subject", "predicate", "object"),
        required=frozenset({"subject", "predicate", "object"}),
        times=frozenset(),
        same=("subject", "predicate", "object", "metadata"),
        asks=_HELD,
        batch="triples",
        methods={
            "add": Method(("triples",), _ATTRIBUTION, writes=True, returns="list", repeat="named"),
            "get": Method(("entity", "limit", "cursor"), _SCOPE, returns="page"),
            "get_all": Method(("limit", "cursor"), _SCOPE, returns="page"),
            "search": Method(("query", "limit"), _SCOPE, returns="list"),
            "delete": Method(("triple_id",), _SCOPE, writes=True, returns="nothing", repeat="unnamed"),
            "delete_entity": Method(("entity",), _SCOPE, writes=True, returns="nothing", repeat="never"),
            **_common(_SCOPE),
        },
    ),
)

SPECS: dict[Kind, KindSpec] = {spec.name: spec for spec in _SPECS}
"""The kinds, by name, in the order of `KINDS`."""

BY_RECORD: dict[type[Any], KindSpec] = {spec.record: spec for spec in _SPECS}
"""The kinds, by the class of their records."""


def spec_of(record: Any) -> KindSpec:
    """Return the kind of a record; the class of the record may be a subclass of memio's."""
    return next(BY_RECORD[each] for each in type(record).__mro__ if each in BY_RECORD)
