"""Laws about filters by metadata."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from memio.capabilities import Feature, Guarantee
from memio_contract.expect import equal, same, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import FACTS, RECORDS
from memio_contract.values import Values
from memio_contract.world import World

_FILTERS = (Feature.FILTERS,)
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


def passes(metadata: dict[str, Any], filters: dict[str, Any]) -> bool:
    """Return whether metadata passes filters."""
    return all(key in metadata and same(metadata[key], value) for key, value in filters.items())


@law(
    "filters.exact",
    kinds=RECORDS,
    needs=_FILTERS,
    means="Filters keep exactly the records whose metadata holds every value: numbers by value, and types kept apart.",
    look_at="comparison as text (1 and '1'), booleans as numbers, null and missing keys, nested keys, and OR for AND",
    over=_PAIRS,
)
async def filters_exact(w: World, objects: list[dict[str, Any]]) -> None:
    objects = [*objects, {}, {"a": "other", "b": 9}]
    added = [await w.records.add(f"record {n}", metadata=metadata) for n, metadata in enumerate(objects)]
    wanted = [
        metadata for metadata in objects if not any(isinstance(value, (dict, list)) for value in metadata.values())
    ]
    for filters in wanted:
        expected = [r.id for r, metadata in zip(added, objects, strict=True) if passes(metadata, filters)]
        given: dict[str, Any] = {"filters": filters} if filters else {}
        for limit in (2, 100):
            listed = [r.id for r in await w.records.listed(limit=limit, **given)]
            equal(listed, expected, f"the ids that are listed with filters={filters!r} and limit={limit}")
        found = [r.id for r in await w.records.search("record", limit=len(added), **given)]
        strange = [record_id for record_id in found if record_id not in expected]
        equal(strange, [], f"ids of records that do not pass filters={filters!r}, and are found with it")


@law(
    "filters.before-limit",
    kinds=RECORDS,
    needs=_FILTERS,
    means="A search is limited after the filter, so that a match is found behind better ones that do not pass.",
    look_at="a filter that is applied to the best results only: filter inside the search",
)
async def before_limit(w: World) -> None:
    # Many enough that a store which looks at some times the limit misses the match, too.
    for number in range(60):
        await w.records.add(f"green tea green tea {number}", metadata={"group": "other"})
    wanted = await w.records.add(
        "a note that mentions green tea once among many other words", metadata={"group": "mine"}
    )
    hits = await w.records.search("green tea", limit=3, filters={"group": "mine"})
    equal([r.id for r in hits], [wanted.id], "the ids that a search finds whose filter only one record passes")
    page = await w.records.page(None, limit=3, filters={"group": "mine"})
    rest = [r.id for r in await w.records.listed(limit=3, filters={"group": "mine"})]
    equal(rest, [wanted.id], "the ids that are listed under that filter")
    that(len(page) <= 1, "a page holds records that do not pass its filter")


@law(
    "filters.stay-in-scope",
    kinds=RECORDS,
    needs=(Feature.FILTERS, Feature.USER_SCOPE),
    means="A filter never widens the scope of a call, also one that is named like an owner.",
    look_at="filters that are merged with the owner into one condition: the owner must win",
)
async def stay_in_scope(w: World) -> None:
    alice, bob = w.user("alice"), w.user("bob")
    for owner in (alice, bob):
        metadata = {"user_id": alice["user_id"], "owner": "x", "id": "x", "agent_id": None}
        await w.records.add("the same words", owner=owner, metadata=metadata)
    for filters in ({"user_id": alice["user_id"]}, {"owner": "x"}, {"id": "x"}, {"agent_id": None}):
        for place, records in (
            ("the listing", await w.records.listed(owner=bob, filters=filters)),
            ("search", await w.records.search("the same words", limit=10, owner=bob, filters=filters)),
        ):
            owners = [record.user_id for record in records]
            equal(owners, [bob["user_id"]], f"the owners of what {place} gives bob with filters={filters!r}")


@law(
    "filters.stay-in-agent",
    kinds=FACTS,
    needs=(Feature.FILTERS, Feature.AGENT_SCOPE),
    means="A filter never widens the scope of an agent, also one that is named like an agent or a user.",
    look_at="filters that are merged with the owner into one condition: the owner must win",
)
async def stay_in_agent(w: World) -> None:
    scout, scribe = w.agent("scout"), w.agent("scribe")
    metadata = {"agent_id": scout["agent_id"], "user_id": "mallory", "agent": "x", "id": "x"}
    for owner in (scout, scribe):
        await w.records.add("the same words", owner=owner, metadata=metadata)
    for name, value in metadata.items():
        for place, records in (
            ("the listing", await w.records.listed(owner=scribe, filters={name: value})),
            ("search", await w.records.search("the same words", limit=10, owner=scribe, filters={name: value})),
        ):
            agents = [record.agent_id for record in records]
            equal(agents, [scribe["agent_id"]], f"the agents of what {place} gives scribe with the filter {name!r}")
    equal(await w.records.listed(owner=scribe, filters={"agent": "y"}), [], "what a filter that none passes lists")


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
