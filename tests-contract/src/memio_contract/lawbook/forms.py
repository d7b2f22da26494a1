"""Laws about labels that a store may confuse: joined to one key, made into file names, quoted, or trimmed."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio_contract.expect import equal
from memio_contract.law import law
from memio_contract.lawbook._kinds import BY_ID, GRAPH, HISTORY, RECORDS
from memio_contract.lawbook.conversations import from_user
from memio_contract.place import Labels
from memio_contract.values import NAMES, SEPARATORS
from memio_contract.world import World

_JOINED = "keys that are joined from several labels: keep each label in a column, or quote what joins them"


def _pairs(w: World) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield two pairs of labels per separator that become one text when each pair is joined with it."""
    for number, separator in enumerate(_separators(w)):
        first, middle, last = f"a{number}", "b", "c"
        yield (first, f"{middle}{separator}{last}"), (f"{first}{separator}{middle}", last)


def _separators(w: World) -> tuple[str, ...]:
    return SEPARATORS[: w.profile.separators]


@law(
    "sessions.not-joined",
    kinds=HISTORY,
    needs=(Feature.USER_SCOPE,),
    means="User and session together name a conversation, whatever characters they contain.",
    look_at=_JOINED,
)
async def sessions_not_joined(w: World) -> None:
    pairs = [pair for both in _pairs(w) for pair in both]
    added: dict[tuple[str, str], Any] = {}
    for number, (user, session) in enumerate(pairs):
        turn = await w.history.append(w.history.session(session), from_user(f"words {number}"), owner=w.user(user))
        added[user, session] = turn.stored[0]
    for user, session in pairs:
        await _expect_alone(w, user, session, added)
    for (user, session), other in _pairs(w):
        await w.history.delete(w.history.session(session), owner=w.user(user))
        await _expect_alone(w, *other, added)


async def _expect_alone(w: World, user: str, session: str, added: dict[tuple[str, str], Any]) -> None:
    """Expect a session of a user to hold its one message."""
    read = [w.history.view(found) for found in await w.history.read(w.history.session(session), owner=w.user(user))]
    equal(read, [w.history.view(added[user, session])], f"the messages of session {session!r} of user {user!r}")


@law(
    "owner.not-joined",
    needs=(Feature.USER_SCOPE, Feature.AGENT_SCOPE, Feature.NAMESPACES),
    means="User, agent and namespace together name an owner, whatever characters they contain.",
    look_at=_JOINED,
)
async def owners_not_joined(w: World) -> None:
    pairs = [pair for both in _pairs(w) for pair in both]
    owners: list[Labels] = [{**w.agent(agent), **w.user(user)} for user, agent in pairs]
    usual = pairs[: min(24, w.profile.separators)]
    owners += [{**w.agent(agent), "namespace": w.path(name)} for agent, name in usual]
    owners += [w.namespace(*names) for names in usual]
    owners += [w.namespace(separator.join(("p", "q"))) for separator in _separators(w)]
    owners.append(w.namespace("p", "q"))
    owners = [owner for number, owner in enumerate(owners) if owner not in owners[:number]]
    for owner in owners:
        await w.subject.add("the same words", owner=owner)
    for owner in owners:
        found = [r.owner.labels for r in await w.subject.listed(owner=owner)]
        equal(found, [owner], "the owners of what one owner lists")


@law(
    "ids.not-joined",
    kinds=BY_ID,
    needs=(Feature.CLIENT_IDS, Feature.USER_SCOPE),
    means="Owner and id together name a record, whatever characters they contain.",
    look_at=_JOINED,
)
async def ids_not_joined(w: World) -> None:
    subject: Any = w.subject
    pairs = [pair for both in _pairs(w) for pair in both]
    added: dict[tuple[str, str], dict[str, Any]] = {}
    for number, (user, id_) in enumerate(pairs):
        record = await subject.add(f"words {number}", owner=w.user(user), id=w.label(id_))
        equal(record.id, w.label(id_), "the id in the answer of add")
        added[user, id_] = subject.view(record)
    for user, id_ in pairs:
        listed = [subject.view(record) for record in await subject.listed(owner=w.user(user))]
        equal(listed, [added[user, id_]], f"what user {user!r} lists")
        if w.kind != "graph":
            read = subject.view(await subject.get(w.label(id_), owner=w.user(user)))
            equal(read, added[user, id_], f"the record {id_!r} of user {user!r}")
    for (user, id_), other in _pairs(w):
        await subject.delete(w.label(id_), owner=w.user(user))
        left = [subject.view(record) for record in await subject.listed(owner=w.user(other[0]))]
        equal(left, [added[other]], f"what user {other[0]!r} lists after another record was deleted")


@law(
    "ids.not-joined",
    kinds=HISTORY,
    needs=(Feature.CLIENT_IDS,),
    means="Session and id together name a message, whatever characters they contain.",
    look_at=_JOINED,
)
async def message_ids_not_joined(w: World) -> None:
    pairs = [pair for both in _pairs(w) for pair in both]
    added: list[Any] = []
    for number, (session, id_) in enumerate(pairs):
        turn = await w.history.append(w.history.session(session), from_user(f"words {number}", id=id_))
        added.append(turn.stored[0])
    for (session, id_), stored in zip(pairs, added, strict=True):
        read = [(found.id, w.history.view(found)) for found in await w.history.read(w.history.session(session))]
        equal(read, [(id_, w.history.view(stored))], f"what session {session!r} holds")


@law(
    "ids.chosen",
    kinds=HISTORY,
    needs=(Feature.CLIENT_IDS,),
    means="A message has exactly the id that the caller chose, however much ids look alike.",
    look_at="exact comparison of ids: no case folding, trimming, normalising or patterns",
    over=NAMES,
)
async def message_ids_chosen(w: World, names: list[str]) -> None:
    names = list(dict.fromkeys(names))
    session = w.history.session("session")
    turn = await w.history.append(session, *(from_user(f"words {n}", id=name) for n, name in enumerate(names)))
    equal([stored.id for stored in turn.stored], names, "the ids in the answer of add")
    read = [(found.id, found.content) for found in await w.history.read(session)]
    equal(read, [(name, f"words {n}") for n, name in enumerate(names)], "ids and texts of the session")


@law(
    "add.not-joined",
    kinds=GRAPH,
    needs=(Guarantee.VERBATIM,),
    means="Triples are identical when each of their parts is, whatever characters the parts contain.",
    look_at="uniqueness of triples over three columns, not over one text that is joined from them",
)
async def parts_not_joined(w: World) -> None:
    triples: list[tuple[str, str, str]] = []
    for number, s in enumerate(_separators(w)):
        a = f"a{number}"
        triples += [(f"{a}{s}b", "c", "d"), (a, f"b{s}c", "d"), (a, "b", f"c{s}d")]
    triples = list(dict.fromkeys(triples))
    await w.graph.put(*(w.graph.triple(subject, end, predicate=is_) for subject, is_, end in triples))
    found = [(t.subject, t.predicate, t.object) for t in await w.graph.listed()]
    equal(found, triples, "the parts of the triples that are listed")


@law(
    "add.distinct-parts",
    kinds=GRAPH,
    needs=(Guarantee.VERBATIM,),
    means="Triples that look alike in one part are different triples.",
    look_at="uniqueness of triples: exact comparison of each part, no case folding, trimming or normalising",
    over=NAMES,
)
async def distinct_parts(w: World, names: list[str]) -> None:
    names = list(dict.fromkeys(names))
    for part in ("subject", "predicate", "object"):
        before = len(await w.graph.listed())
        for name in names:
            parts = {"subject": f"a {part}", "predicate": "is", "object": "that", part: name}
            await w.graph.put(w.graph.triple(parts["subject"], parts["object"], predicate=parts["predicate"]))
        added = (await w.graph.listed())[before:]
        equal([getattr(t, part) for t in added], names, f"each {part} of triples that are alike otherwise")


_KEYS = (
    *(
        "a",
        "A",
        "a ",
        " a",
        "a.b",
        "a.b.c",
        "a[0]",
        "a/b",
        "a:b",
        "a b",
        "a-b",
        "$a",
        "$set",
        "$.a",
        "@a",
        "_a",
        "__a__",
    ),
    *(
        "a'b",
        'a"b',
        "'",
        '"',
        "''",
        "`a`",
        "a\\",
        "a\\n",
        "a\n",
        "a%",
        "%",
        "*",
        "?",
        "a,b",
        "a=b",
        "a;b",
        "(a)",
        "{a}",
        "a#",
        "",
    ),
    *(
        " ",
        "0",
        "1",
        "null",
        "true",
        "id",
        "content",
        "metadata",
        "caf\u00e9",
        "cafe\u0301",
        "\U0001f600",
        "k" * 300,
        "select",
        "--",
    ),
)
"""Keys of metadata that are syntax for some query language, or names of columns."""


@law(
    "filters.any-key",
    kinds=RECORDS,
    needs=(Feature.FILTERS,),
    means="A filter compares the key that it names, whatever characters the key contains.",
    look_at="paths such as a.b or $.a that are built from keys, keys put into a query unquoted, and names of columns",
)
async def any_key(w: World) -> None:
    decoys: list[dict[str, Any]] = [
        {"a": {"b": 1, "b.c": 1}, "a.b": {"c": 1}},
        {"a": [1]},
        {"other": "a"},
        {"a=b": "c"},
        {"a": "b=c"},
    ]
    for number, metadata in enumerate(decoys):
        await w.records.add(f"decoy record {number}", metadata=metadata)
    added = {key: (await w.records.add("a record", metadata={key: 1, "else": 2})).id for key in _KEYS}
    for key, record_id in added.items():
        if key.startswith("$"):
            continue  # it is stored, and in a filter it would be an operator
        listed = [r.id for r in await w.records.listed(filters={key: 1})]
        equal(listed, [record_id], f"the ids that are listed with the filter {{{key!r}: 1}}")
        hits = [r.id for r in await w.records.search("a record", limit=100, filters={key: 1})]
        equal(hits, [record_id], f"the ids that a search finds with the filter {{{key!r}: 1}}")
        equal(await w.records.listed(filters={key: 2}), [], f"what is listed with the filter {{{key!r}: 2}}")
    equal(await w.records.listed(filters={"a=b": "b=c"}), [], "what is listed with the filter {'a=b': 'b=c'}")


@law(
    "filters.any-text",
    kinds=RECORDS,
    needs=(Feature.FILTERS,),
    means="A filter compares text exactly, whatever characters it contains.",
    look_at="values put into a query unquoted, patterns, case folding, trimming and normalising",
    over=NAMES,
)
async def any_text(w: World, names: list[str]) -> None:
    names = list(dict.fromkeys([*names, "", " "]))
    added = {name: (await w.records.add("a record", metadata={"k": name})).id for name in names}
    for name, record_id in added.items():
        listed = [r.id for r in await w.records.listed(filters={"k": name})]
        equal(listed, [record_id], f"the ids that are listed with the filter {{'k': {name!r}}}")
