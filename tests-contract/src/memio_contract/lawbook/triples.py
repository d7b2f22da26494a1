"""Laws about triples only."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

import asyncio
from dataclasses import replace

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError
from memio.models import Triple
from memio_contract.expect import about, equal, once_each, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import GRAPH
from memio_contract.values import NAMES, TEXTS
from memio_contract.world import World

_VERBATIM = (Guarantee.VERBATIM,)


def _parts(triples: list[Triple]) -> list[tuple[str, str, str]]:
    return [(triple.subject, triple.predicate, triple.object) for triple in triples]


@law(
    "content.every-part",
    kinds=GRAPH,
    needs=_VERBATIM,
    means="Subject, predicate and object each come back exactly as they were given.",
    look_at="entities that are normalised, trimmed or interned with case folded, and parts that are joined into a key",
    over=TEXTS,
)
async def every_part(w: World, texts: list[str]) -> None:
    texts = list(dict.fromkeys(texts))
    triples = [Triple(subject=text, predicate=text, object=text) for text in texts]
    triples += [Triple(subject="Alice", predicate=text, object="Bob") for text in texts]
    await w.graph.put(*triples)
    equal(_parts(await w.graph.listed()), _parts(triples), "the parts of the triples that are listed")


@law(
    "add.in-order",
    kinds=GRAPH,
    means="add answers with one triple per triple given, in their order, and each has an id.",
    look_at="the order of the answer, and triples that were there already: they belong into the answer as well",
)
async def in_order(w: World) -> None:
    triples = [w.graph.triple(f"entity {n}", "thing") for n in range(5)]
    await w.graph.put(triples[3])
    answer = await w.graph.put(*triples)
    equal([t.subject for t in answer], [t.subject for t in triples], "the subjects in the answer of add")
    once_each([t.id for t in answer], "the list of ids in the answer of add")
    that(all(t.id for t in answer), "a triple in the answer of add has no id")
    equal(len(await w.graph.listed()), len(triples), "the number of triples")


@law(
    "add.identical-is-one",
    kinds=GRAPH,
    means="An identical triple of one owner is one triple: adding it again returns it, within one call too.",
    look_at="uniqueness over owner, subject, predicate and object",
)
async def identical_is_one(w: World) -> None:
    knows = w.graph.triple("Alice", "Bob", predicate="knows")
    first = await w.graph.put(knows)
    again = await w.graph.put(knows, knows)
    equal([t.id for t in again], [first[0].id] * 2, "the ids in the answer of the repeated add")
    others = (
        w.graph.triple("Bob", "Alice", predicate="knows"),
        w.graph.triple("Alice", "Bob", predicate="Knows"),
        w.graph.triple("Alice", "Bobby", predicate="knows"),
        w.graph.triple("Alic", "Bob", predicate="eknows"),
    )
    for other in others:
        await w.graph.put(other)
    equal(len(await w.graph.listed()), 1 + len(others), "the number of triples, of which no two are identical")


@law(
    "add.conflict",
    kinds=GRAPH,
    needs=(Feature.METADATA,),
    means="The same triple with other metadata raises ConflictError, and nothing of the call is stored.",
    look_at="upserts and conflicts that are ignored, and triples of one call that are stored one by one",
)
async def conflict(w: World) -> None:
    knows = w.graph.triple("Alice", "Bob", predicate="knows", metadata={"since": 2020})
    first = (await w.graph.put(knows))[0]
    others = [w.graph.triple("Alice", f"friend {number}", predicate="knows") for number in range(w.profile.many)]
    call = w.graph.put(*others, replace(knows, metadata={"since": 2021}))
    await refused(call, ConflictError, "add of a stored triple with other metadata")
    equal([w.graph.view(t) for t in await w.graph.listed()], [w.graph.view(first)], "what is stored after the conflict")


@law(
    "ids.conflict",
    kinds=GRAPH,
    needs=(Feature.CLIENT_IDS,),
    means="Another triple under a taken id raises ConflictError and stores nothing of the call; the same is fine.",
    look_at="upserts, conflicts that are ignored, and triples of one call that are stored one by one",
)
async def ids_conflict(w: World) -> None:
    chosen = w.label("t-1")
    knows = w.graph.triple("Alice", "Bob", predicate="knows", id=chosen)
    first = (await w.graph.put(knows))[0]
    equal(await w.graph.put(knows), [first], "the answer of the repeated add")
    call = w.graph.put(w.graph.triple("Alice", "Carol"), w.graph.triple("Alice", "Dave", id=chosen))
    about(await refused(call, ConflictError, "add of another triple under an id that is taken"), "triple", chosen)
    equal([w.graph.view(t) for t in await w.graph.listed()], [w.graph.view(first)], "what is stored after the conflict")
    again = w.graph.put(replace(knows, id=w.label("t-2")))
    await refused(again, ConflictError, "add of a stored triple under another id")
    equal([t.id for t in await w.graph.listed()], [chosen], "the ids that are stored then")


@law(
    "get.either-end",
    kinds=GRAPH,
    means="get returns the triples that have an entity as subject or as object, each once, in the order of adding.",
    look_at="the condition of get: subject or object, not the predicate; and a triple that has the entity at both ends",
)
async def either_end(w: World) -> None:
    await w.graph.put(
        w.graph.triple("Alice", "Bob", predicate="knows"),
        w.graph.triple("Carol", "Dave", predicate="Alice"),
        w.graph.triple("Bob", "Alice", predicate="likes"),
        w.graph.triple("Alice", "Alice", predicate="is"),
        w.graph.triple("Bob", "Carol", predicate="knows"),
    )
    expected = [("Alice", "knows", "Bob"), ("Bob", "likes", "Alice"), ("Alice", "is", "Alice")]
    for limit in (1, 2, 100):
        equal(_parts(await w.graph.of("Alice", limit=limit)), expected, f"the triples of Alice, with limit={limit}")
    equal(await w.graph.of("knows"), [], "the triples of an entity that is none")


@law(
    "get.exact-entity",
    kinds=GRAPH,
    needs=_VERBATIM,
    means="get and delete_entity mean exactly the entity that is named, however much entities look alike.",
    look_at="exact comparison of entities: no prefix, no LIKE, no case folding, no normalising",
    over=NAMES,
)
async def exact_entity(w: World, names: list[str]) -> None:
    names = list(dict.fromkeys(names))
    for number, name in enumerate(names):
        await w.graph.put(w.graph.triple(name, f"thing {number}"), w.graph.triple(f"thing {number}", name))
    for name in names:
        ends = [(t.subject if t.subject == name else t.object) for t in await w.graph.of(name)]
        equal(ends, [name, name], f"the entity in the triples of {name!r}")
    await w.graph.api.delete_entity(entity=names[0], **w.home)
    left = {t.subject for t in await w.graph.listed()} & set(names)
    equal(sorted(left), sorted(names[1:]), f"the entities that are left after delete_entity of {names[0]!r}")


@law(
    "delete-entity.either-end",
    kinds=GRAPH,
    means="delete_entity deletes every triple that has the entity at either end, and no other, from every read.",
    look_at="the condition of the delete: subject or object, not the predicate; and the search index",
)
async def delete_either_end(w: World) -> None:
    await w.graph.put(
        w.graph.triple("Alice", "Bob", predicate="knows"),
        w.graph.triple("Bob", "Alice", predicate="likes"),
        w.graph.triple("Alice", "Alice", predicate="is"),
        w.graph.triple("Carol", "Dave", predicate="Alice"),
        w.graph.triple("Bob", "Carol", predicate="knows"),
    )
    await w.graph.api.delete_entity(entity="Alice", **w.home)
    kept = [("Carol", "Alice", "Dave"), ("Bob", "knows", "Carol")]
    equal(_parts(await w.graph.listed()), kept, "the triples that are listed after delete_entity of Alice")
    hits = _parts(await w.graph.search("Alice", limit=10))
    equal([hit for hit in hits if hit not in kept], [], "deleted triples that a search finds")
    await w.graph.api.delete_entity(entity="Zoe", **w.home)
    equal(len(await w.graph.listed()), 2, "the number of triples after delete_entity of an unknown entity")


@law(
    "delete-entity.in-scope",
    kinds=GRAPH,
    needs=(Feature.USER_SCOPE,),
    means="get and delete_entity of a user touch triples of that user only; without a user, those of all.",
    look_at="the conditions of get and delete_entity: (subject or object) AND owner, with the brackets",
)
async def delete_in_scope(w: World) -> None:
    alice, bob = w.user("alice"), w.user("bob")
    for owner in (alice, bob):
        await w.graph.put(
            w.graph.triple("Tea", "drink"), w.graph.triple("shelf", "Tea", predicate="holds"), owner=owner
        )
    equal(
        [t.user_id for t in await w.graph.of("Tea", owner=alice)], [alice["user_id"]] * 2, "the owners of alice's Tea"
    )
    equal(
        len(await w.graph.of("Tea", owner=w.reading(alice))),
        4 if w.target.alone else 2,
        "the triples of Tea, read widely",
    )
    await w.graph.api.delete_entity(entity="Tea", **alice)
    equal(await w.graph.listed(owner=alice), [], "what alice has after delete_entity")
    equal(len(await w.graph.listed(owner=bob)), 2, "the number of bob's triples after delete_entity of alice")


@law(
    "owner.same-triple",
    kinds=GRAPH,
    needs=(Feature.USER_SCOPE,),
    means="Two users may have the same triple; each has its own.",
    look_at="uniqueness of triples: the owner belongs to it",
)
async def same_triple(w: World) -> None:
    knows = w.graph.triple("Alice", "Bob", predicate="knows")
    first = (await w.graph.put(knows, owner=w.user("alice")))[0]
    second = (await w.graph.put(knows, owner=w.user("bob")))[0]
    equal([first.user_id, second.user_id], [w.label("alice"), w.label("bob")], "the owners in the answers of add")
    await w.graph.delete(first, owner=w.user("alice"))
    equal(await w.graph.listed(owner=w.user("alice")), [], "what alice has after she deleted hers")
    equal(_parts(await w.graph.listed(owner=w.user("bob"))), [("Alice", "knows", "Bob")], "what bob has then")


@law(
    "concurrent.identical",
    kinds=GRAPH,
    means="An identical triple that is added at once by many is one triple, and all get its id.",
    look_at="the look for the triple, and the insert: they need one transaction, or a unique index",
)
async def concurrent_identical(w: World) -> None:
    knows = w.graph.triple("Alice", "Bob", predicate="knows")
    answers = await asyncio.gather(*(w.graph.put(knows) for _ in range(w.profile.tasks)))
    ids = {answer[0].id for answer in answers}
    listed = [triple.id for triple in await w.graph.listed()]
    equal(len(listed), 1, "the number of triples after one was added many times at once")
    equal(sorted(map(str, ids)), sorted(map(str, listed)), "the ids in the answers")


@law(
    "search.any-part",
    kinds=GRAPH,
    means="A search finds a triple by the words of any of its three parts.",
    look_at="the columns of the search index: subject, predicate and object",
)
async def search_any_part(w: World) -> None:
    wanted = (await w.graph.put(w.graph.triple("Alice", "swordfish", predicate="photographed")))[0]
    await w.graph.put(w.graph.triple("Bob", "parrot", predicate="keeps"))
    for query in ("Alice", "photographed", "swordfish"):
        found = [w.graph.view(hit) for hit in await w.graph.search(query, limit=10)]
        that(w.graph.view(wanted) in found, f"a search for {query!r} does not find the triple that has the word")
