"""The statement of a search returns what its description says, computed here from sets of words."""

import asyncio
import os
from collections import Counter
from datetime import UTC, datetime
from hashlib import blake2b
from types import SimpleNamespace

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memio import Message, Owner, Triple
from memio.providers.postgres._parameters import Parameters
from memio.providers.postgres._search import INDEXES, Search, Spoken, conversation_words, search_rows, words_of
from memio.toolkit import LENGTHS, NAMED_SPEAKER, date_words, index_words, query_terms, weights
from memio.toolkit.stems import stem

WORDS = [
    "milk",
    "tea",
    "Coffee",
    "likes",
    "liked",
    "went",
    "go",
    "Bob",
    "Ann",
    "東京都",
    "都",
    "a" * 3000,
    "can't",
    "ß",
]
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
queries = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
names = st.sampled_from([None, "Bob", "Ann Lee"])
day = date_words(datetime(2023, 5, 8, tzinfo=UTC))


def key(text):
    return blake2b(text.encode(), digest_size=16).digest()


@pytest.fixture(scope="module")
def table(dsn):
    name = f"ranking_{os.getpid()}"
    runner = asyncio.Runner()
    connection = runner.run(asyncpg.connect(dsn, statement_cache_size=0))
    columns = "owner bytea, session bytea, seq bigint, length int, id text, content text, words tsvector"
    runner.run(connection.execute(f"CREATE TABLE {name} ({columns})"))
    for index in INDEXES:
        runner.run(connection.execute(index.format(name=name, table=name)))
    yield SimpleNamespace(name=name, run=runner.run, connection=connection)
    runner.run(connection.execute(f"DROP TABLE {name}"))
    runner.run(connection.close())
    runner.close()


def store(table, rows):
    table.run(table.connection.execute(f"TRUNCATE {table.name}"))
    insert = f"INSERT INTO {table.name} VALUES ($1, $2, $3, $4, $5, $6, $7::text::tsvector)"
    values = [
        (key(owner), key("s"), seq, words.length, str(seq), content, words.vector)
        for seq, (owner, content, words) in enumerate(rows)
    ]
    table.run(table.connection.executemany(insert, values))


def search(table, query, limit, *, owner=None, accept=None, pick="TRUE", conversation=False):
    parameters = Parameters()
    place = parameters(key(owner)) if owner else ""
    request = Search(
        table=table.name,
        key="r.seq",
        columns="r.seq",
        joined="",
        span=f"r.owner = {place}::bytea" if owner else "TRUE",
        pick=pick,
        text="r.content",
        parameters=parameters,
        accept=accept,
        conversation=conversation,
        owners=f"ARRAY[{place}::bytea]" if owner else "",
    )

    async def read(sql, values):
        return await table.connection.fetch(sql, *values)

    return [(row["seq"], score) for row, score in table.run(search_rows(read, request, query, limit))]


def has(words, term):
    if term.prefix:
        return any(word.startswith(term.text) for word in words)
    return any(stem(form) in words for form in (term.text, *term.forms))


def stems(text):
    return {stem(word.lower()) for word in index_words(text)}


def expected(query, rows):
    """Rows are (seq, own words, words of the context, words of the name, class of the length)."""
    terms = query_terms(query)
    sums = Counter()
    for term in terms:
        having = [(seq, has(own, term), has(context, term)) for seq, own, context, _, _ in rows]
        having = [row for row in having if row[1] or row[2]]
        weight = weights(len(rows), len(having))
        for seq, own, context in having:
            sums[seq] += weight.both if own and context else weight.own if own else weight.context
    lengths = {row[0]: row[4] for row in rows}
    named = {row[0] for row in rows if any(has(row[3], term) for term in terms)}
    scores = {
        seq: total / LENGTHS[lengths[seq]] * (NAMED_SPEAKER if seq in named else 1) for seq, total in sums.items()
    }
    return sorted(scores.items(), key=lambda item: (item[1], item[0]), reverse=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), texts), max_size=20), queries, st.integers(1, 5))
def test_facts_are_ranked_among_those_of_their_owner(table, facts, query, limit):
    store(table, [(owner, content, words_of(content)) for owner, content in facts])
    for owner in ("a", None):
        rows = [
            (seq, stems(content), set(), set(), words_of(content).length)
            for seq, (whose, content) in enumerate(facts)
            if owner in (None, whose)
        ]
        assert search(table, query, limit, owner=owner) == expected(query, rows)[:limit]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(texts, names), max_size=12), queries)
def test_messages_are_also_ranked_by_their_neighbours_and_their_speakers(table, messages, query):
    spoken = [Spoken(content, name, day) for content, name in messages]
    words = conversation_words([], spoken, [])
    store(table, [("a", each.content, found) for each, found in zip(spoken, words, strict=True)])

    def own(each):
        return stems(each.content) | stems(day) | stems(each.name or "")

    def as_context(each):
        return stems(f"{each.name}: {each.content[:400]}" if each.name else each.content[:400])

    rows = []
    for seq, each in enumerate(spoken):
        near = [spoken[at] for at in (seq - 2, seq - 1, seq + 1) if 0 <= at < len(spoken)]
        context = set().union(*map(as_context, near)) if len(each.content) <= 1000 else set()
        rows.append((seq, own(each), context, stems(each.name or ""), words[seq].length))
    found = search(table, query, 100, owner="a", conversation=True)
    assert found == expected(query, rows)


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_the_words_of_some_messages_are_those_that_they_have_among_all(data):
    messages = data.draw(st.lists(st.builds(Spoken, texts, names, st.just("8 May 2023")), max_size=12))
    every = conversation_words([], messages, [])
    first = data.draw(st.integers(0, len(messages)))
    end = data.draw(st.integers(first, len(messages)))
    before, after = messages[max(0, first - 2) : first], messages[end : end + 1]
    assert conversation_words(before, messages[first:end], after) == every[first:end]


def test_what_may_not_be_returned_counts_and_makes_room_for_others(table):
    facts = [("a", f"likes tea number{number}", words_of(f"likes tea number{number}")) for number in range(300)]
    store(table, facts)
    every = search(table, "tea", 300, owner="a")
    assert [seq for seq, _ in every] == [*range(299, -1, -1)]
    few = [row for row in every if row[0] < 5]
    assert search(table, "tea", 10, owner="a", pick="r.seq < 5") == few
    assert search(table, "tea", 10, owner="a", accept=lambda row: row["seq"] < 5) == few
    assert search(table, "tea", 3, owner="a", accept=lambda row: row["seq"] < 5) == few[:3]


def test_a_query_without_words_finds_what_contains_it_the_shortest_first(table):
    contents = ["a !! b c", "!!", "!", "x !!"]
    store(table, [("a", content, words_of(content)) for content in contents])
    assert search(table, "!!", 2, owner="a") == [(1, 1.0), (3, 0.5)]
    assert search(table, "!!", 9, owner="a", accept=lambda row: row["seq"] != 1) == [(3, 0.5), (0, 0.25)]


LABELS = [{}, {"user_id": "ann"}, {"user_id": "ann", "agent_id": "x"}, {"owner": Owner("ann")}]


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("query", ["!!", "tea"])
def test_every_kind_is_searched_with_any_labels_with_and_without_words(connect, query, labels):
    async def scenario():
        async with connect() as memio:
            owner = Owner("ann", labels.get("agent_id"))
            await memio.facts.add("tea !!", owner=owner, metadata={"a": 1})
            await memio.documents.add("tea !!", owner=owner, metadata={"a": 1})
            message = Message(role="user", content="tea !!", metadata={"a": 1})
            await memio.history.add(session_id="s", messages=[message], owner=owner)
            await memio.graph.add(triples=[Triple(subject="tea", predicate="is", object="!!")], owner=owner)
            since = datetime(2000, 1, 1, tzinfo=UTC)
            for kind in (memio.facts, memio.documents, memio.history):
                for picked in ({}, {"filters": {"a": 1}}, {"filters": {"a": {"$ne": 2}}}, {"since": since}):
                    assert len(await kind.search(query, **picked, **labels)) == 1
            assert len(await memio.graph.search(query, since=since, **labels)) == 1
            assert len(await memio.history.search(query, session_id="s", **labels)) == 1

    asyncio.run(scenario())


def test_a_row_with_a_megabyte_of_words_is_found_by_each_of_them(table):
    wide = " ".join(f"w{number:07x}" for number in range(130_000)) + " 東京"
    narrow = " ".join(f"v{number:07x}" for number in range(300_000))
    store(table, [("a", content, words_of(content)) for content in (wide, narrow, "w0000001 東京", "other")])
    for query, found in (("w0000001", {0, 2}), ("w001f000", {0}), ("v0000001", {1}), ("v00493df", {1}), ("東", {0, 2})):
        assert found <= {seq for seq, _ in search(table, query, 9, owner="a")}, query
    assert 3 not in {seq for seq, _ in search(table, "w0000001 v0000001", 9, owner="a")}
    assert sum(0 in dict(search(table, f"x{number:07x}", 9, owner="a")) for number in range(40)) <= 2


def test_long_queries_are_answered(table):
    store(table, [("a", "tea with milk", words_of("tea with milk"))])
    for conversation in (False, True):
        query = " ".join(f"word{number}" for number in range(3_000)) + " milk"
        assert [seq for seq, _ in search(table, query, 5, owner="a", conversation=conversation)] == [0]


@pytest.mark.parametrize("query", ["'", "a' | 'b", "\\", "!a & b:*", "a:B", "<->", "'':*", "#", "~", "$1", "%s {0}"])
def test_nothing_in_a_query_is_syntax(table, query):
    store(table, [("a", query, words_of(query)), ("a", "other", words_of("other"))])
    assert search(table, query, 5, owner="a")[0][0] == 0
