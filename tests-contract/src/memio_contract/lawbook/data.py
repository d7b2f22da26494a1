"""Laws about data: the JSON value beside the text of a message or document."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError
from memio_contract.expect import equal, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import DATA, RECORDS
from memio_contract.lawbook._places import reads
from memio_contract.values import OBJECTS, Values
from memio_contract.world import World

_NEEDS = (Feature.DATA,)
_STRINGS = (
    "",
    "text",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff",
    "a\udc00b\ud83d",
    "\ude00\ud83d",
    "\U0001f600",
    "\ufffd",
    "\ufeff",
    "\uffff",
    "null",
    "\\u0000",
    "\\ud800",
)
_ANY_STRING = st.text(st.characters(exclude_categories=()), max_size=8)
_SCALARS = st.one_of(
    st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False), _ANY_STRING
)
DATAS = Values(
    (
        *_STRINGS,
        *(True, False, 0, 1, -1, 1.5, 1.0, 0.1, 2**53 + 1, 2**63, 2**64 + 1, -(2**70), 10**30, 10**400, 5e-324),
        *([], {}, [None], [[]], [True, 1, "1", None], {"": None}, {"a": {"b": [1, {"c": None}]}}),
        *({text: text} for text in _STRINGS),
        list(_STRINGS),
        {"tool_calls": [{"id": "c1", "function": {"name": "weather", "arguments": '{"city": "Paris\\u0000"}'}}]},
        [
            {"type": "text", "text": "look"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0="}},
        ],
        *OBJECTS.specimens,
    ),
    st.recursive(
        _SCALARS,
        lambda inner: (
            st.lists(inner | st.none(), max_size=3) | st.dictionaries(_ANY_STRING, inner | st.none(), max_size=3)
        ),
        max_leaves=6,
    ),
)
"""Any JSON value but null, in whose strings every character is legal."""


@law(
    "data.unchanged",
    kinds=DATA,
    needs=_NEEDS,
    means="Any JSON value comes back equal as data: NUL and lone surrogates in its strings, and integers of any size.",
    look_at="how data is written and read: as JSON in ASCII, which keeps every character; not as UTF-8, not as JSONB",
    over=DATAS,
)
async def data_unchanged(w: World, values: list[Any]) -> None:
    for number, data in enumerate(values):
        record = await w.subject.add(f"record {number}", data=data)
        equal(record.data, data, "the data in the answer of add")
        for place, found in (("a read by id", await w.subject.find(record)),):
            equal([read.data for read in found], [data], f"the data that {place} returns")
        if w.kind in RECORDS and w.has(Feature.UPDATE, Guarantee.STABLE_IDS):
            changed = await w.records.update(record.id, data={"other": number})
            equal(changed.data, {"other": number}, "the data in the answer of update")
            changed = await w.records.update(record.id, data=data)
            equal(changed.data, data, "the data in the answer of update")
    equal([record.data for record in await w.subject.listed()], values, "the data that is listed")
    hits = await w.subject.search("record 0", limit=len(values), group="session-1")
    strange = [hit.data for hit in hits if not any(hit.data == data for data in values)]
    equal(strange, [], "the data that only a search returns")


@law(
    "data.without-text",
    kinds=DATA,
    needs=_NEEDS,
    means="A record with data may have empty content; it comes back empty from every call, and other searches work.",
    look_at="NOT NULL and length checks, an index of words that wants some, and '' that becomes null",
)
async def data_without_text(w: World) -> None:
    record = await w.subject.add("", data={"tool": "weather"}, group="mixed")
    other = await w.subject.add("words about the weather", group="mixed")
    equal((record.content, record.data), ("", {"tool": "weather"}), "content and data in the answer of add")
    found = [read for read in await w.subject.find(record) if read.data is not None]
    equal(
        [(read.content, read.data) for read in found], [("", {"tool": "weather"})], "content and data of a read by id"
    )
    listed = [(read.content, read.data) for read in await w.subject.listed()]
    equal(listed, [("", {"tool": "weather"}), (w.subject.text(other), None)], "content and data of what is listed")
    if w.has(Feature.COUNT) and w.has(Guarantee.SILENT_APPEND) | (w.kind != "history"):
        equal(await w.subject.count(), 2, "the count of a record without text and one with text")
    hits = await w.subject.search(w.subject.text(other), limit=5, group="mixed")
    that(w.subject.view(other) in [w.subject.view(hit) for hit in hits], "a search misses the record that has text")
    if w.kind in RECORDS and w.has(Feature.UPDATE, Guarantee.STABLE_IDS):
        changed = await w.records.update(other.id, "", data=[1])
        equal((changed.content, changed.data), ("", [1]), "content and data in the answer of update")
        changed = await w.records.update(other.id, "words again")
        equal(w.records.view(await w.records.get(other.id)), w.records.view(changed), "the record that get returns")


@law(
    "data.not-filtered",
    kinds=DATA,
    needs=(Feature.DATA, Feature.FILTERS),
    means="Filters see metadata and never data.",
    look_at="data and metadata that share a column or an index",
)
async def data_not_filtered(w: World) -> None:
    text = "the same words"
    await w.subject.add(text, data={"k": 1}, group="filtered")
    wanted = await w.subject.add(text, metadata={"k": 1}, data={"k": 2}, group="filtered")
    for filters, expected in (({"k": 1}, [w.subject.view(wanted)]), ({"k": 2}, [])):
        hits = await w.subject.search(text, limit=10, group="filtered", filters=filters)
        equal([w.subject.view(hit) for hit in hits], expected, f"what a search with filters={filters!r} finds")
        if w.kind in RECORDS:
            listed = [w.subject.view(found) for found in await w.records.listed(filters=filters)]
            equal(listed, expected, f"what is listed with filters={filters!r}")


@law(
    "data.snapshot",
    kinds=DATA,
    needs=_NEEDS,
    means="Records are snapshots of data too: changing what was returned changes nothing stored.",
    look_at="references to a cached record that are handed out: copy",
)
async def data_snapshot(w: World) -> None:
    added = await w.subject.add("a tea pot", data={"tags": ["a"]})
    w.journal.note("# … then the data of each record that came back is changed")
    for record in [added, *await w.subject.find(added), *await w.subject.listed()]:
        record.data["tags"].append("b")
        equal([read.data for read in await w.subject.find(added)], [{"tags": ["a"]}], "the stored data")


_SAME: tuple[tuple[Any, Any], ...] = (
    ({"n": 1}, {"n": 1.0}),
    (2**53, float(2**53)),
    ({"a": 1, "b": [2]}, {"b": [2.0], "a": 1}),
    ("\0", "\0"),
    ("\ud800", "\ud800"),
)
_OTHER: tuple[tuple[Any, Any], ...] = (
    ({"n": 1}, {"n": True}),
    (1, "1"),
    (0, False),
    ({"n": None}, {}),
    ([1, 2], [2, 1]),
    ({"n": 2**53}, {"n": 2**53 + 1}),
    ("a", "a\0"),
    ("\ud800", "\ufffd"),
    ("\ud800", "\udc00"),
    ({"n": 1}, None),
    (None, {"n": 1}),
)


@law(
    "ids.data-compared",
    kinds=DATA,
    needs=(Feature.DATA, Feature.CLIENT_IDS),
    means="Data is part of what makes a record the same: equal by value it is a retry, other data is a conflict.",
    look_at="the comparison with what is stored: data by value, 1 equals 1.0, and true equals no number",
)
async def data_compared(w: World) -> None:
    for number, (stored, again) in enumerate((*_SAME, *_OTHER)):
        chosen, group = w.label(f"id-{number}"), f"g{number}"
        given = {} if stored is None else {"data": stored}
        first = await w.subject.add("the same words", id=chosen, group=group, **given)
        call = w.subject.add("the same words", id=chosen, group=group, **({} if again is None else {"data": again}))
        if number < len(_SAME):
            equal(w.subject.view(await call), w.subject.view(first), f"the answer of an add with {again!r}")
        else:
            await refused(call, ConflictError, f"add with the data {again!r} under the id of {stored!r}")
        equal([read.data for read in await w.subject.find(first)], [stored], "the data that is stored after that")
    equal(len(await w.subject.listed()), len(_SAME) + len(_OTHER), "the number of records")


@law(
    "data.large",
    kinds=DATA,
    needs=_NEEDS,
    means="Data is kept whole up to the limit that content and data have together, with and without content.",
    look_at="the size of the column, and limits on the number or depth of values",
    sized=True,
)
async def data_large(w: World) -> None:
    deep: Any = 1
    for _ in range(90):
        deep = [deep]
    most = w.content_bytes
    values: list[Any] = [
        "x" * (most - 12),
        {"list": list(range(most // 10))},
        {"deep": deep},
        "\ud800" * ((most - 12) // 6),
    ]
    for content, few in (("words", values), ("", values[:1])):
        for data in few:
            record = await w.subject.add(content, data=data)
            that(record.data == data, "the answer of add does not have the whole data")
            places = await reads(w, record) if content else [("a read by id", await w.subject.find(record))]
            for place, found in places:
                that(all(read.data == data for read in found), f"{place} does not have the whole data")
