"""Owners whose labels try to look like those of others, held to a model in memory."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memio import Message, NotFoundError, Owner, Triple
from memio.owners import ANY, Scope

LABELS = [
    *("a", "A", "a ", " a", "ab", "a'b", 'a"b', "a\\", "a,b", "{a,b}", "a;DROP TABLE fact", "$1", "%", "_", "a/b"),
    *(
        "\u00e9",
        "e\u0301",
        "\u202ea",
        "a\n",
        "NULL",
        "null",
        "()",
        "ß",
        "ss",
        "\U0001f600",
        "x" * 1000,
        "x" * 999 + "y",
    ),
]
labels = st.one_of(st.none(), st.sampled_from(LABELS))
namespaces = st.lists(st.sampled_from(LABELS), max_size=3).map(tuple)
owners = st.builds(Owner, labels, labels, namespaces)
some = st.lists(owners, min_size=2, max_size=8)


def test_nobody_meets_the_records_of_another(connect):
    runner = asyncio.Runner()
    memio = connect(pool_size=2)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(some, owners, st.data())
    def check(given, other, data):
        asked = data.draw(st.sampled_from([*given, other]))
        calls = scopes_of(data, asked)
        runner.run(hold(memio, given, asked, calls))

    try:
        check()
    finally:
        runner.run(memio.aclose())
        runner.close()


def scopes_of(data, owner):
    """Return the keywords of a call, and the scope that they mean."""
    names = data.draw(st.sets(st.sampled_from(["user_id", "agent_id", "namespace", "namespace_prefix"])))
    keywords, scope = {}, {}
    for name in ("user_id", "agent_id"):
        if name in names and getattr(owner, name) is not None:
            keywords[name] = scope[name] = getattr(owner, name)
    if "namespace_prefix" in names and owner.namespace:
        end = data.draw(st.integers(1, len(owner.namespace)))
        keywords["namespace_prefix"] = scope["prefix"] = owner.namespace[:end]
    elif "namespace" in names:
        keywords["namespace"] = scope["namespace"] = owner.namespace
    return keywords, Scope(**scope)


async def hold(memio, given, asked, calls):
    keywords, scope = calls
    for kind in (memio.facts, memio.documents, memio.history, memio.graph):
        await kind.delete_all()
    distinct = [*dict.fromkeys(given)]
    for number, owner in enumerate(distinct):
        await memio.facts.add(f"likes tea {number}", fact_id="same", owner=owner)
        await memio.documents.put(doc_id="same", content=f"likes tea {number}", owner=owner)
        await memio.history.add(
            session_id="same", messages=[Message(role="user", content=f"tea {number}")], owner=owner
        )
        await memio.graph.add(triples=[Triple(subject="a", predicate="is", object="tea")], owner=owner)
    inside = {owner for owner in distinct if scope.matches(owner)}
    for kind in (memio.facts, memio.documents, memio.graph):
        assert {each.owner for each in await kind.get_all(**keywords)} == inside
        found = await kind.search("tea", limit=100, **keywords)
        assert sorted(map(repr, (each.owner for each in found))) == sorted(map(repr, inside))
        assert await kind.count(**keywords) == len(inside)
        assert {*await kind.get_owners(**keywords)} == inside
    assert {each.owner for each in await memio.history.get_all(**keywords)} == inside
    assert {each.owner for each in await memio.history.search("tea", limit=100, **keywords)} == inside
    # Exactly one owner: its own record, or none.
    for kind in (memio.facts, memio.documents):
        try:
            assert (await kind.get("same", owner=asked)).owner == asked
        except NotFoundError:
            assert asked not in distinct
    # The scores of an owner are those of a database with nobody else in it.
    if asked in distinct:
        (alone,) = {each.score for each in await memio.facts.search("tea", owner=asked)}
        for owner in distinct:
            assert [each.score for each in await memio.facts.search("tea", owner=owner)] == [alone]
    await memio.facts.delete_all(**keywords)
    assert {each.owner for each in await memio.facts.get_all()} == {*distinct} - inside
    assert ANY not in keywords.values()
