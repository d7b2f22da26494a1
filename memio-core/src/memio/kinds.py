"""What each kind of memory is, described once.

The check of stores, the checks of arguments, features and results, middleware, moving data, forgetting, the command
line and the contract suite look here. A new keyword or method is added here, in the façade and in the stores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, cast

from memio.capabilities import Feature, Kind
from memio.models import Document, Fact, Message, Page, Triple, Turn
from memio.owners import OWNERS

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
    """Return whether a store has an optional method, such as `add_many` or `use_embedder`.

    It is looked up as a call looks it up, so that a method counts which a wrapper hands on through `__getattr__`.
    From Python 3.12 on, `isinstance` with a protocol does not see such a method. `None` in place of a method counts
    as its absence.
    """
    return getattr(store, method, None) is not None


Repeat = Literal["always", "named", "unnamed", "versioned", "never"]
"""When a call may be repeated although it is unknown whether an earlier attempt was carried out.

- `always`: a second call changes nothing that the first one did not.
- `named`: when the caller chose the id of every record, and the store keeps records apart by it.
- `unnamed`: when the store chooses the ids, and so never uses one again, or when the call names a version. Otherwise
  another writer may have stored something under the id between the two calls, and the second one would delete that.
- `versioned`: when the call names a version, so that the second one changes nothing that another writer stored.
- `never`: another writer's change between the two calls would be lost.
"""

Whose = Literal["owner", "scope", "span", "none"]
"""Whose records a method is about, and what its stores get.

- `owner`: it adds records, and gets their `owner`.
- `scope`: it is about one record, session or entity, and gets a `scope`; callers name labels or an owner.
- `span`: it is about many records, and gets a `scope`; callers may also pass `namespace_prefix`.
- `none`: it gets neither.
"""

RECORDED_BY: dict[str, Feature] = {
    "user_id": Feature.ATTRIBUTION,
    "agent_id": Feature.ATTRIBUTION,
    "namespace": Feature.NAMESPACES,
}
"""The feature by which a store records each label of an owner."""

SCOPED_BY: dict[str, Feature] = {
    "user_id": Feature.USER_SCOPE,
    "agent_id": Feature.AGENT_SCOPE,
    "namespace": Feature.NAMESPACES,
}
"""The feature by which a call can be confined to each label of an owner."""

TAKES: dict[Whose, frozenset[Feature]] = {
    "owner": frozenset(RECORDED_BY.values()),
    "scope": frozenset(SCOPED_BY.values()),
    "span": frozenset(SCOPED_BY.values()),
    "none": frozenset(),
}
"""The features of which a store declares one at least when its methods take `owner`, or `scope`."""


@dataclass(frozen=True)
class Method:
    """One method of the stores of a kind.

    Attributes:
        core: The keywords that a store always gets.
        features: The keywords that a store gets when it declares the feature and the caller gave them.
        given: The keywords that a store gets when the caller gave them, without a feature of their own.
        by_value: The keywords of which some values ask for a feature, with these. Another value asks for nothing, and a
            store does not get it.
        nullable: The keywords among all of these that may be `None`.
        whose: Whose records it is about.
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
    given: tuple[str, ...] = ()
    by_value: Mapping[str, Mapping[str, Feature]] = field(default_factory=dict[str, Mapping[str, Feature]])
    nullable: frozenset[str] = frozenset()
    whose: Whose = "scope"
    writes: bool = False
    optional: bool = False
    internal: bool = False
    omits: Mapping[str, Feature] = field(default_factory=dict[str, Feature])
    returns: Answer = "record"
    repeat: Repeat = "always"

    @cached_property
    def keywords(self) -> tuple[str, ...]:
        """All keywords but the owner or the scope: those of `core` first, those of features last."""
        return (*self.core, *self.given, *self.by_value, *self.features)

    @cached_property
    def optional_keywords(self) -> tuple[tuple[str, Feature], ...]:
        """The keywords that a store takes where it declares a feature, each with a feature that it is for."""
        by_value = ((name, feature) for name, asks in self.by_value.items() for feature in asks.values())
        return (*self.features.items(), *by_value)

    @cached_property
    def many(self) -> str | None:
        """The keyword under which a call takes several records or items, if it does."""
        return next((name for name in self.core if name in ("items", "messages", "triples", "records")), None)

    @cached_property
    def lists(self) -> tuple[str, ...]:
        """The keywords under which a caller may pass any iterable, which can perhaps be read only once."""
        return tuple(name for name in self.core if name in (self.many, "message_ids"))

    @cached_property
    def records(self) -> str | None:
        """The keyword under which a call takes a list of records, if it does; `items` holds dicts instead."""
        return None if self.many == "items" else self.many

    @cached_property
    def stores_texts(self) -> bool:
        """Whether it stores or changes texts."""
        return self.writes and (self.records is not None or bool({"content", "items"} & {*self.core, *self.given}))

    @cached_property
    def takes(self) -> str | None:
        """The keyword by which a store learns whose records a call is about, where it declares a feature for it."""
        return {"owner": "owner", "scope": "scope", "span": "scope"}.get(self.whose)


@dataclass(frozen=True)
class KindSpec:
    """One kind of memory.

    Attributes:
        name: The kind.
        noun: What a record is called in messages.
        store: The name of the protocol of its stores, in `memio.protocols`.
        record: The class of its records.
        id: The keyword that names one record; `None` for history, whose calls name a session.
        fields: The fields of a record that an export file has, in this order. Versions and scores are not exported.
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
        return tuple(name for name in ("name", "id", "session_id", "user_id", "agent_id") if name in self.fields)

    @cached_property
    def asked_by_value(self) -> frozenset[str]:
        """The features that calls ask for by the value of a keyword that is named in `Method.by_value`."""
        asked = (asks for method in self.methods.values() for asks in method.by_value.values())
        return frozenset(feature for asks in asked for feature in asks.values())

    @cached_property
    def features(self) -> frozenset[str]:
        """Every feature that any call can ask for."""
        found = {*self.asks.values(), *RECORDED_BY.values(), *SCOPED_BY.values()}
        for method in self.methods.values():
            found.update(feature for _, feature in method.optional_keywords)
            found.update(method.omits.values(), (method.needs,) if method.needs else ())
        if Feature.FILTERS in found:
            found.add(Feature.FILTER_OPERATORS)  # which the value of `filters` asks for
        return frozenset(found)


_ASKS_NOTHING: dict[str, tuple[object, ...]] = {"metadata": ({},), "role": ("user", "assistant")}
"""The values of a field that every store can hold, where `None` is not the only one."""

_METADATA = {"metadata": Feature.METADATA}
_DATA = {"data": Feature.DATA}
_EXPIRES = {"expires_at": Feature.EXPIRY}
_IF_VERSION = {"if_version": Feature.VERSIONS}
_FILTERS = {"filters": Feature.FILTERS}
_TIMES = {"since": Feature.TIME_RANGE, "until": Feature.TIME_RANGE}
_ORDER = {"order": {"newest": Feature.NEWEST_FIRST}}
_MODE = {"mode": {"keyword": Feature.KEYWORD_SEARCH, "semantic": Feature.SEMANTIC_SEARCH}}
_HELD = {"metadata": Feature.METADATA, "id": Feature.CLIENT_IDS}

_CURSOR = frozenset({"cursor"})


def _common() -> dict[str, Method]:
    """Return the methods that every kind has in the same form."""
    return {
        "delete_all": Method((), whose="span", writes=True, returns="nothing"),
        "get_owners": Method(("limit", "cursor"), needs=Feature.OWNERS, nullable=_CURSOR, whose="span", returns="page"),
        "erase": Method((), whose="span", writes=True, optional=True, internal=True, returns="list"),
        RESTORE: Method(
            ("records",), whose="none", writes=True, optional=True, internal=True, returns="count", repeat="named"
        ),
    }


def _record_methods(record_id: str, data: Mapping[str, Feature]) -> dict[str, Method]:
    """Return the methods of facts and documents.

    Args:
        record_id: The keyword that names a record.
        data: The keyword for its data, where its records have some.
    """
    held = {**_METADATA, **data, **_EXPIRES}
    pick = {**_FILTERS, **_TIMES}
    return {
        "add": Method(
            ("content",), {**held, record_id: Feature.CLIENT_IDS}, whose="owner", writes=True, repeat="named"
        ),
        "put": Method(
            (record_id, "content"),
            {**held, **_IF_VERSION},
            Feature.PUT,
            whose="owner",
            writes=True,
            repeat="versioned",
        ),
        "get": Method((record_id,)),
        "get_all": Method(("limit", "cursor"), pick, by_value=_ORDER, nullable=_CURSOR, whose="span", returns="page"),
        "search": Method(("query", "limit"), pick, by_value=_MODE, whose="span", returns="list"),
        "count": Method((), pick, Feature.COUNT, whose="span", returns="count"),
        "update": Method(
            (record_id,),
            {**held, **_IF_VERSION},
            Feature.UPDATE,
            given=("content",),
            nullable=frozenset({"expires_at", *data}),
            writes=True,
            repeat="versioned",
        ),
        "delete": Method((record_id,), _IF_VERSION, writes=True, returns="nothing", repeat="unnamed"),
        "add_many": Method(("items",), whose="none", writes=True, optional=True, returns="list", repeat="named"),
        "purge": Method((), needs=Feature.EXPIRY, whose="none", writes=True, internal=True, returns="count"),
        **_common(),
    }


_SPECS = (
    KindSpec(
        name="facts",
        noun="fact",
        store="FactStore",
        record=Fact,
        id="fact_id",
        fields=("id", *OWNERS, "content", "metadata", "created_at", "updated_at", "expires_at"),
        texts=("content",),
        required=frozenset({"id", "content"}),
        times=frozenset({"created_at", "updated_at", "expires_at"}),
        same=("content", "metadata"),
        asks={**_HELD, **_EXPIRES},
        batch="items",
        methods=_record_methods("fact_id", {}),
    ),
    KindSpec(
        name="history",
        noun="message",
        store="HistoryStore",
        record=Message,
        id=None,
        fields=("session_id", *OWNERS, "id", "role", "name", "content", "metadata", "data", "timestamp"),
        texts=("content",),
        required=frozenset({"session_id", "role", "content"}),
        times=frozenset({"timestamp"}),
        same=("role", "content", "name", "metadata", "data"),
        asks={
            **_HELD,
            **_DATA,
            "name": Feature.MESSAGE_NAMES,
            "timestamp": Feature.MESSAGE_TIMESTAMPS,
            "role": Feature.ALL_ROLES,
        },
        batch="messages",
        methods={
            "add": Method(("session_id", "messages"), whose="owner", writes=True, returns="turn", repeat="named"),
            "get": Method(("session_id", "limit", "cursor", "start"), nullable=_CURSOR, returns="page"),
            "get_all": Method(
                ("limit", "cursor"), _TIMES, by_value=_ORDER, nullable=_CURSOR, whose="span", returns="page"
            ),
            "search": Method(
                ("query", "limit", "session_id"),
                {**_FILTERS, **_TIMES},
                by_value=_MODE,
                nullable=frozenset({"session_id"}),
                whose="span",
                omits={"session_id": Feature.SEARCH_ALL_SESSIONS},
                returns="list",
            ),
            "count": Method((), _TIMES, Feature.COUNT, whose="span", returns="count"),
            "count_messages": Method(
                (), {**_FILTERS, **_TIMES}, Feature.COUNT, given=("session_id",), whose="span", returns="count"
            ),
            "delete_messages": Method(
                ("session_id", "last", "message_ids"),
                needs=Feature.DELETE_MESSAGES,
                nullable=frozenset({"last", "message_ids"}),
                writes=True,
                returns="list",
                repeat="never",
            ),
            "delete": Method(("session_id",), writes=True, returns="nothing", repeat="never"),
            **_common(),
        },
    ),
    KindSpec(
        name="documents",
        noun="document",
        store="DocumentStore",
        record=Document,
        id="doc_id",
        fields=("id", *OWNERS, "content", "metadata", "data", "created_at", "updated_at", "expires_at"),
        texts=("content",),
        required=frozenset({"id", "content"}),
        times=frozenset({"created_at", "updated_at", "expires_at"}),
        same=("content", "metadata", "data"),
        asks={**_HELD, **_DATA, **_EXPIRES},
        batch="items",
        methods=_record_methods("doc_id", _DATA),
    ),
    KindSpec(
        name="graph",
        noun="triple",
        store="GraphStore",
        record=Triple,
        id="triple_id",
        fields=("id", *OWNERS, "subject", "predicate", "object", "metadata", "created_at"),
        texts=("subject", "predicate", "object"),
        required=frozenset({"subject", "predicate", "object"}),
        times=frozenset({"created_at"}),
        same=("subject", "predicate", "object", "metadata"),
        asks=_HELD,
        batch="triples",
        methods={
            "add": Method(("triples",), whose="owner", writes=True, returns="list", repeat="named"),
            "get": Method(("entity", "limit", "cursor"), _TIMES, nullable=_CURSOR, whose="span", returns="page"),
            "get_all": Method(
                ("limit", "cursor"), _TIMES, by_value=_ORDER, nullable=_CURSOR, whose="span", returns="page"
            ),
            "search": Method(("query", "limit"), _TIMES, whose="span", returns="list"),
            "count": Method((), _TIMES, Feature.COUNT, whose="span", returns="count"),
            "delete": Method(("triple_id",), writes=True, returns="nothing", repeat="unnamed"),
            "delete_entity": Method(("entity",), writes=True, returns="nothing", repeat="never"),
            **_common(),
        },
    ),
)

SPECS: dict[Kind, KindSpec] = {spec.name: spec for spec in _SPECS}
"""The kinds, by name, in the order of `KINDS`."""

EMBEDDABLE: tuple[Kind, ...] = tuple(
    name for name, spec in SPECS.items() if Feature.SEMANTIC_SEARCH in spec.asked_by_value
)
"""The kinds whose texts can be embedded."""

BY_RECORD: dict[type[Any], KindSpec] = {spec.record: spec for spec in _SPECS}
"""The kinds, by the class of their records."""


def spec_of(record: Any) -> KindSpec:
    """Return the kind of a record; the class of the record may be a subclass of memio's."""
    found = BY_RECORD.get(cast("type[Any]", type(record)))
    return found or next(BY_RECORD[each] for each in type(record).__mro__ if each in BY_RECORD)
