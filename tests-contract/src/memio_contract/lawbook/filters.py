"""Laws about filters by metadata."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from memio.capabilities import Feature, Guarantee
from memio.toolkit import matches
from memio_contract.expect import equal, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import FILTERED, RECORDS
from memio_contract.place import Labels
from memio_contract.values import Values
from memio_contract.world import World

_FILTERS = (Feature.FILTERS,)
_WORDS = "the same words"
_GROUP = "filtered"
_NUMBER = "number of the record"
"""A key of metadata by which a law knows its records."""
_KEYS = ("a", "b", "A", "a.b", "user_id", "caf\u00e9")
_VALUES = (
    1,
    1.0,
    1.5,
    0,
    True,
    False,
    None,
    "1",
    "1.0",
    "true",
    "null",
    "",
    "A",
    "a",
    "a ",
    "%",
    "x'y",
    2**53,
    2**53 + 1,
    -(2**53) - 1,
    10**30,
    10**30 + 1,
    "x" * 260 + "a",
    "x" * 260 + "b",
)
_NUMBERS = (0.1, 0.10000000000000002, 0.30000000000000004, 0.3, 1e-300, 1e300, 2**63, 2**64 + 1, -1, 9007199254740992.0)
_PAIRS = Values(
    (
        *({"a": value} for value in (*_VALUES, *_NUMBERS)),
        {},
        {"b": 1},
        {"a": 1, "b": 2},
        {"a": 1, "b": 3},
        {"A": 1},
        {"a": {"b": 1}},
        {"a.b": 1},
        {"a": [1]},
        {"user_id": "mallory"},
    ),
    st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(_VALUES), max_size=3),
    most=6,
)


@law(
    "filters.exact",
    kinds=FILTERED,
    needs=_FILTERS,
    means="Filters keep exactly the records whose metadata holds every value: numbers by value, and types kept apart.",
    look_at="comparison as text (1 and '1'), booleans as numbers, null and missing keys, nested keys, and OR for AND",
    over=_PAIRS,
)
async def filters_exact(w: World, objects: list[dict[str, Any]]) -> None:
    objects = [*objects, {}, {"a": "other", "b": 9}]
    wanted = [
        metadata for metadata in objects if not any(isinstance(value, (dict, list)) for value in metadata.values())
    ]
    await _expect_passing(w, objects, wanted)


async def _expect_passing(w: World, objects: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    """Add records with metadata, and expect each filter to keep those that `memio.toolkit.matches` lets pass."""
    for number, metadata in enumerate(objects):
        await w.subject.add(_WORDS, metadata={**metadata, _NUMBER: number}, group=_GROUP)
    for which, filters in enumerate(wanted):
        expected = [number for number, metadata in enumerate(objects) if matches(metadata, filters)]
        given: dict[str, Any] = {"filters": filters} if filters else {}
        if w.kind in RECORDS:
            limit = 100 if which % 5 else 2
            listed = _numbers(await w.records.listed(limit=limit, **given))
            equal(listed, expected, f"the records that are listed with filters={filters!r} and limit={limit}")
        hits = await w.subject.search(_WORDS, limit=len(objects), group=_GROUP, **given)
        equal(sorted(_numbers(hits)), expected, f"the records whose text is searched, with filters={filters!r}")
        if w.has(Feature.COUNT) and w.has(Guarantee.SILENT_APPEND) | (w.kind != "history"):
            equal(await w.subject.count(**given), len(expected), f"the count with filters={filters!r}")


def _numbers(records: list[Any]) -> list[int]:
    return [record.metadata[_NUMBER] for record in records]


_STORED: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 1.0, 1.5, 18, 65, 64.5, 2**53, 2**53 + 1, 2**63, 2**64 + 1, -(2**70), 10**30, 1e300),
    *("", "a", "A", "b", "ab", "1", "18", "caf\u00e9", "\uffff", "\U0001f600", "x'y", 'x"y'),
    *([], [18], {}, {"$gt": 1}, {"a": 18}),
)
_COMPARED: tuple[Any, ...] = (
    *(None, True, 1, 18.0, 64.5, 2**53 + 1, float(2**53), 2**64 + 1, -1e300),
    *("", "a", "1", "\uffff", "\U0001f600", "x'y"),
)
_ORDERED = ("$gt", "$gte", "$lt", "$lte")
_QUOTED = ("k.l", "it's", 'a "b"', "a[0]", ".a", "")
_METADATA: tuple[dict[str, Any], ...] = (
    *({"k": value} for value in _STORED),
    *({"k": value, "m": 1} for value in (18, "a", None)),
    {key: number for number, key in enumerate(_QUOTED)},
    dict.fromkeys(_QUOTED, 9),
    {},
)
_SHAPES: tuple[dict[str, Any], ...] = (
    *({"k": {name: value}} for value in _COMPARED for name in ("$ne", *_ORDERED)),
    *({"k": {"$eq": value}} for value in _COMPARED[::4]),
    *({"k": {"$in": [value, "a"]}} for value in _COMPARED[::2]),
    *({"k": {"$nin": [value, 18]}} for value in _COMPARED[::4]),
    *({key: {"$exists": there}} for there in (True, False) for key in ("k", "m")),
    {"k": {"$in": []}},
    {"k": {"$nin": []}},
    {"k": {"$gte": 1, "$lt": 65}},
    {"k": {"$gt": "A", "$ne": "b", "$lte": "ab"}},
    {"$or": [{"k": 18}, {"k": "a"}]},
    {"$or": [{"k": {"$lt": 0}}, {"m": 1}], "k": {"$ne": 18}},
    {"$and": [{"k": {"$gte": 1}}, {"$or": [{"k": {"$lt": 18}}, {"k": {"$gt": 64}}]}]},
    {"$and": [{"k": {"$gte": 1}}, {"k": {"$lte": 65}}, {"k": {"$ne": 18}}]},
    {"$or": [{"k": "a"}, {"m": 1}, {"k": 65}]},
    {"$not": {"k": {"$gt": 1}}},
    {"$not": {"k": 1, "m": 1}},
    {"$not": {"$not": {"k": "a"}}},
    {"$not": {}},
    {"$or": [{}, {"k": 1}]},
    *({key: {"$gte": 1}, "$or": [{key: {"$in": [1, 2, 3]}}, {"k": {"$exists": False}}]} for key in _QUOTED),
)


def _filters() -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for any filter with operators."""
    scalars = st.sampled_from(_COMPARED)
    operators: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(("$eq", "$ne", *_ORDERED), scalars)
    operators |= dict.fromkeys(("$in", "$nin"), st.lists(scalars, max_size=3))
    operators["$exists"] = st.booleans()
    one = st.sampled_from(sorted(operators)).flatmap(lambda name: st.fixed_dictionaries({name: operators[name]}))
    comparisons = st.lists(one, min_size=1, max_size=2).map(
        lambda found: {k: v for each in found for k, v in each.items()}
    )
    conditions: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
        st.sampled_from(("k", "m", *_QUOTED)), scalars | comparisons, max_size=2
    )

    def combined(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        several = st.lists(inner, min_size=1, max_size=3)
        return st.one_of(
            st.fixed_dictionaries({"$and": several}),
            st.fixed_dictionaries({"$or": several}),
            st.fixed_dictionaries({"$not": inner}),
            st.tuples(conditions, st.fixed_dictionaries({"$or": several})).map(lambda pair: {**pair[0], **pair[1]}),
        )

    return st.recursive(conditions, combined, max_leaves=4)


_GENERATED = st.dictionaries(st.sampled_from(("k", "m", *_QUOTED)), st.sampled_from(_STORED), max_size=3)


@law(
    "filters.operators",
    kinds=FILTERED,
    needs=(Feature.FILTER_OPERATORS,),
    means="Filters with operators keep exactly the records that `memio.toolkit.matches` lets pass.",
    look_at="order of text by UTF-16 or locale, of mixed types, of large integers as doubles; missing keys under $ne",
    over=Values(tuple(({}, filters) for filters in _SHAPES), st.tuples(_GENERATED, _filters()), most=6),
)
async def filter_operators(w: World, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    # Every filter meets all of these, so that one that fails does so alone.
    more = [metadata for metadata, _ in pairs if metadata]
    await _expect_passing(w, [*_METADATA, *more], [filters for _, filters in pairs])


@law(
    "filters.before-limit",
    kinds=FILTERED,
    needs=_FILTERS,
    means="A search is limited after the filter, so that a match is found behind better ones that do not pass.",
    look_at="a filter that is applied to the best results only: filter inside the search",
)
async def before_limit(w: World) -> None:
    # Many enough that a store which looks at some times the limit misses the match, too.
    for number in range(60):
        await w.subject.add(f"green tea green tea {number}", metadata={"group": "other"}, group=_GROUP)
    text = "a note that mentions green tea once among many other words"
    wanted = await w.subject.add(text, metadata={"group": "mine"}, group=_GROUP)
    hits = await w.subject.search("green tea", limit=3, group=_GROUP, filters={"group": "mine"})
    found = [w.subject.view(hit) for hit in hits]
    equal(found, [w.subject.view(wanted)], "what a search finds whose filter only one record passes")
    if w.kind == "history":
        return
    page = await w.records.page(None, limit=3, filters={"group": "mine"})
    rest = [r.id for r in await w.records.listed(limit=3, filters={"group": "mine"})]
    equal(rest, [wanted.id], "the ids that are listed under that filter")
    that(len(page) <= 1, "a page holds records that do not pass its filter")


@law(
    "filters.stay-in-scope",
    kinds=FILTERED,
    needs=(Feature.FILTERS, Feature.USER_SCOPE),
    means="A filter never widens the scope of a call, also one that is named like an owner.",
    look_at="filters that are merged with the owner into one condition: the owner must win",
)
async def stay_in_scope(w: World) -> None:
    pairs = [(w.user("alice"), w.user("bob"))]
    if w.has(Feature.AGENT_SCOPE):
        pairs.append((w.agent("scout"), w.agent("scribe")))
    if w.has(Feature.NAMESPACES):
        pairs.append((w.namespace("app"), w.namespace("app", "notes")))
    for mine, other in pairs:
        await _stays_in_scope(w, mine, other)


async def _stays_in_scope(w: World, mine: Labels, other: Labels) -> None:
    (label,) = mine.keys() - w.home.keys() or ("user_id",)
    value = mine[label] if isinstance(mine[label], str) else mine[label][0]
    for owner in (mine, other):
        metadata = {"owner": "x", "id": "x", "session_id": "x", label: value}
        await w.subject.add(_WORDS, owner=owner, metadata=metadata, group=f"{_GROUP}-{label}")
    for filters in ({label: value}, {"owner": "x"}, {"id": "x"}, {"session_id": "x"}):
        hits = await w.subject.search(_WORDS, limit=10, owner=other, filters=filters, group=f"{_GROUP}-{label}")
        reads = [("search", hits)]
        if w.kind != "history":
            reads.append(("the listing", await w.records.listed(owner=other, filters=filters)))
        for place, records in reads:
            seen = [getattr(record, label) for record in records]
            equal(seen, [other[label]], f"each {label} of what {place} gives {other} with filters={filters!r}")
    listed = await w.subject.search(_WORDS, limit=10, owner=other, filters={"owner": "y"}, group=f"{_GROUP}-{label}")
    equal(listed, [], "what a search with a filter that none passes finds")


@law(
    "filters.after-update",
    kinds=RECORDS,
    needs=(Feature.FILTERS, Feature.UPDATE),
    relaxes=(Guarantee.STABLE_IDS,),
    means="A filter sees the metadata that is stored now: after an update the new one, after a delete none.",
    look_at="a separate index of metadata, which an update or a delete leaves as it was",
)
async def after_update(w: World) -> None:
    first = await w.records.add("first words", metadata={"k": "old"})
    kept = await w.records.add("other words", metadata={"k": "old"})
    updated = await w.records.update(first.id, "new words", metadata={"k": "new"})
    for value, expected in (("old", [kept.id]), ("new", [updated.id])):
        listed = [r.id for r in await w.records.listed(filters={"k": value})]
        equal(listed, expected, f"the ids that are listed with the filter {value!r}")
        hits = [r.id for r in await w.records.search("words", limit=10, filters={"k": value})]
        equal(hits, expected, f"the ids that a search finds with the filter {value!r}")
    await w.records.delete(kept)
    equal(await w.records.listed(filters={"k": "old"}), [], "what is listed with a filter after the delete")
