"""Metadata filters: what SQL and the index leave out beforehand never passes, and long reads can be cancelled."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from memio import Memio, Message
from memio.providers.sqlite import SqliteFactAdapter
from memio.providers.sqlite._rows import selection
from memio.providers.sqlite._rows.filters import certain_condition_of_filter, condition_of_filter
from memio.toolkit import matches
from memio.toolkit.values import metadata_text

BIG = 2**63
NUMBERS = (
    *(0, -0.0, 1, 1.0, -1, 2.5, 0.1, 0.1 + 2**-55, 1 / 3, 1e23, 1e-7, 123456789.123456789, 5e-324, -5e-324, 2.2e-308),
    *(BIG, -BIG, BIG - 1, -BIG - 1, BIG + 1, float(BIG), 2**53 + 1, 10**30, 10**400, -(10**400)),
    *(1.7976931348623157e308, -1.7976931348623157e308, 9007199254740993),
)
TEXTS = (
    "",
    " ",
    "a",
    "A",
    "b",
    "é",
    "e\u0301",
    "1",
    "true",
    "null",
    '"',
    "\\",
    "\\u0041",
    "\n",
    "\x7f",
    "\U0001f375",
    "~",
)
OTHERS = (None, True, False, [], [1], ["a"], {}, {"a": 1}, {"k": "k"})
KEYS = ("k", "a b", "a.b", "$x", "[0]", '"', "\\", "é", "", "k\n", "K", "'", "#", "a]")
ORDERED = (*NUMBERS, *TEXTS)
SCALARS = (*ORDERED, None, True, False)


def filters_of(key: str) -> list[dict[str, Any]]:
    """Return a filter for each operator and operand."""
    found: list[Any] = [*SCALARS]
    found += [{name: value} for name, value in product(("$gt", "$gte", "$lt", "$lte"), SCALARS)]
    found += [{name: value} for name, value in product(("$eq", "$ne"), SCALARS)]
    found += [{name: values} for name in ("$in", "$nin") for values in ([], ["a", 1, None], [*SCALARS])]
    found += [{"$exists": True}, {"$exists": False}]
    plain = [{key: value} for value in found]
    return [
        *plain,
        *({"$not": each} for each in plain),
        *({"$or": [each, {"other": 1}]} for each in plain),
        {"$and": plain[:3]},
        {"$or": plain[::7]},
        {"$not": {"$not": plain[5]}},
    ]


@pytest.mark.parametrize("key", [key for key in KEYS if not key.startswith("$")])
def test_what_sql_leaves_out_does_not_pass_and_what_it_is_certain_of_does(key: str) -> None:
    stored: list[dict[str, Any]] = [{}, {"other": 1}, *({other: 1} for other in KEYS)]
    stored += [{key: value} for value in (*ORDERED, *OTHERS)]
    left_out = certain = 0
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE row (number INTEGER PRIMARY KEY, metadata TEXT)")
        db.executemany("INSERT INTO row VALUES (?, ?)", ((n, metadata_text(each)) for n, each in enumerate(stored)))
        for filters in filters_of(key):
            sql, values = condition_of_filter(filters, "metadata")
            found = {n for (n,) in db.execute(f"SELECT number FROM row WHERE {sql}", values)}  # noqa: S608  # from above
            passing = {n for n, each in enumerate(stored) if matches(each, filters)}
            assert passing <= found, filters
            left_out += len(stored) - len(found)
            if known := certain_condition_of_filter(filters, "metadata"):
                found = {n for (n,) in db.execute(f"SELECT number FROM row WHERE {known.sql}", known.values)}  # noqa: S608  # as above
                assert found <= passing, filters
                certain += len(found)
    # SQLite cannot look for the others.
    assert (left_out > 1_000) is (certain > 1_000) is (key not in ("", '"', "\\", "k\n"))


@pytest.mark.parametrize("few", [0, 10**9], ids=["by tokens", "without tokens"])
def test_every_value_is_found_by_a_filter_for_it_and_by_no_other(
    few: int, both: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "_FEW", few)

    async def body(memio: Memio) -> None:
        values = (*NUMBERS[::2], *TEXTS[::2], 1.0, "1", None, True, False)
        await memio.facts.add_many([{"content": "tea", "metadata": {"k": v}, "user_id": "u"} for v in values])
        for value in values:
            wanted = [v for v in values if matches({"k": v}, {"k": value})]
            for filters in ({"k": value}, {"k": {"$in": [value]}}, {"$not": {"k": {"$ne": value}}}):
                found = await memio.facts.get_all(user_id="u", filters=filters, limit=1000)
                assert [fact.metadata["k"] for fact in found] == wanted
            hits = await memio.facts.search("tea", user_id="u", filters={"k": value}, limit=1000)
            assert len(hits) == len(wanted)

    both(body)


def nested(word: str, levels: int) -> dict[str, Any]:
    filters: dict[str, Any] = {"a": {"$gte": 1}}
    for _ in range(levels):
        filters = {word: filters if word == "$not" else [filters, {"a": 1}]}
    return filters


@pytest.mark.parametrize(
    "filters",
    [
        *(pytest.param(nested(word, 40), id=f"{word} nested") for word in ("$and", "$or", "$not")),
        pytest.param({"$or": [{"a": {"$gte": number}} for number in range(3_000)]}, id="$or of ranges"),
        pytest.param({"$or": [{"a": number} for number in range(3_000)]}, id="$or of values"),
        pytest.param({"$or": [{"$or": [{"a": n * m} for n in range(30)]} for m in range(30)]}, id="$or of $or"),
        pytest.param({"$and": [{"a": {"$lt": number}} for number in range(2, 3_000)]}, id="$and of ranges"),
        pytest.param({"$and": [{"a": 1}] * 3_000}, id="$and of values"),
        pytest.param({"a": {"$in": [*range(3_000)]}}, id="$in"),
        pytest.param({f"k{number}": {"$exists": False} for number in range(3_000)}, id="keys"),
    ],
)
def test_a_filter_may_be_as_deep_and_as_wide_as_the_client_allows(filters: dict[str, Any], both: Any) -> None:
    # defect: SQLite refuses an expression that is too large
    async def body(memio: Memio) -> None:
        for kind in (memio.facts, memio.documents):
            await kind.add_many([{"content": "tea", "metadata": {"a": value}} for value in (1, "x")])
            passing = [value for value in (1, "x") if matches({"a": value}, filters)]
            assert [found.metadata["a"] for found in await kind.get_all(filters=filters)] == passing
            assert len(await kind.search("tea", filters=filters)) == await kind.count(filters=filters) == len(passing)
        messages = [Message(role="user", content="tea", metadata={"a": value}) for value in (1, "x")]
        await memio.history.add(session_id="s", messages=messages)
        assert len(await memio.history.search("tea", filters=filters)) == len(passing)

    both(body)


@pytest.mark.parametrize("way", ["get_all", "search", "count"])
def test_a_read_that_judges_many_rows_leaves_lookups_alone_and_ends_when_it_is_cancelled(
    way: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = 0
    begun, go_on = threading.Event(), threading.Event()

    def judge(metadata: Any, filters: Any) -> bool:
        nonlocal judged
        judged += 1
        begun.set()
        assert go_on.wait(60)
        return False

    monkeypatch.setattr(selection, "matches", judge)

    async def main() -> None:
        store = SqliteFactAdapter(path=path)
        await store.add_many(items=[{"content": "tea", "metadata": {"n": number}} for number in range(2_000)])
        filters = {'"': {"$exists": False}}  # which SQL cannot judge
        calls: dict[str, Any] = {
            "get_all": lambda: store.get_all(limit=1, filters=filters),
            "search": lambda: store.search(query="tea", limit=1, filters=filters),
            "count": lambda: store.count(filters=filters),
        }
        call = asyncio.ensure_future(calls[way]())
        assert await asyncio.to_thread(begun.wait, 60)
        assert len(await store.get_all(limit=1)) == 1
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        go_on.set()
        await store.aclose()

    asyncio.run(main())
    assert 1 <= judged <= 300


def nested(operator: str, levels: int, *, last: bool) -> dict[str, Any]:
    """Return a filter that nests so deep, in the last or the first of two places."""
    found: dict[str, Any] = {"n": 3}
    for level in range(levels):
        other = {"n": {"$in": [level, level + 1]}}
        found = {operator: [other, found] if last else [found, other]}
    return found


LARGE: dict[str, dict[str, Any]] = {
    "alternatives": {"$or": [{"n": number} for number in range(3, 1503)]},
    "conditions": {"$and": [{"n": {"$gte": -number}} for number in range(1500)]},
    "equal conditions": {"$and": [{"n": 3}] * 1500},
    "keys": {f"k{number}": {"$exists": False} for number in range(1500)} | {"n": 3},
    "one list": {"n": {"$in": [None, True, "3", *range(1500)]}},
    "one list of texts": {"n": {"$in": [f"{number}\u00e9'" for number in range(1500)]}},
    "one key": {"$or": [{"n": number} for number in (*range(3, 1503), "x", None)]},
    "lists": {"$and": [{"n": {"$in": [*range(30)]}} for _ in range(100)]},
    "negations": {"$not": {"$or": [{"n": number} for number in range(1500)]}},
    **{
        f"{operator} in {'last' if last else 'first'} place": nested(operator, 45, last=last)
        for operator in ("$or", "$and")
        for last in (True, False)
    },
}


@pytest.mark.parametrize("name", LARGE)
def test_filters_that_are_too_large_for_sql_are_exact(name: str, run: Callable[..., Any]) -> None:
    filters = LARGE[name]

    async def body(memory: Memio) -> None:
        stored = [{"n": number} for number in range(-2, 6)] + [{}]
        await memory.facts.add_many([{"content": "tea", "metadata": metadata} for metadata in stored])
        messages = [Message(role="user", content="tea", metadata=metadata) for metadata in stored]
        await memory.history.add(session_id="s", messages=messages)
        expected = [metadata for metadata in stored if matches(metadata, filters)]

        assert [fact.metadata for fact in await memory.facts.get_all(filters=filters)] == expected
        assert await memory.facts.count(filters=filters) == len(expected)
        assert await memory.history.count_messages(filters=filters) == len(expected)
        for found in (
            await memory.facts.search("tea", filters=filters),
            await memory.history.search("tea", filters=filters),
            await memory.history.search("tea", filters=filters, session_id="s"),
        ):
            assert sorted(map(str, (each.metadata for each in found))) == sorted(map(str, expected))

    run(body)
