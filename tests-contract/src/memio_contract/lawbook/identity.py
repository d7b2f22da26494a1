"""Laws about what makes a record the same record: retries, conflicts, and ids that are used again."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from memio.capabilities import Feature, Guarantee, Kind
from memio.errors import ConflictError, MemioError, NotFoundError
from memio_contract.expect import equal, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import BY_ID, GRAPH, HISTORY, RECORDS
from memio_contract.lawbook.conversations import from_user, texts_of
from memio_contract.world import World

_IDS = (Feature.CLIENT_IDS,)
_SAME = "the comparison with what is stored: every field, exactly, and of what is stored now"
_ALIKE: tuple[tuple[str, str], ...] = (
    ("Green Tea", "green tea"),
    ("green tea", "green tea "),
    ("green tea", " green tea"),
    ("green tea", "green  tea"),
    ("green\ntea", "green\r\ntea"),
    ("green\ntea", "green\\ntea"),
    ("caf\u00e9", "cafe\u0301"),
    ("stra\u00dfe", "strasse"),
    ("\ufb01ne", "fine"),
    ("1", "1.0"),
    ("x" * 2_000 + "a", "x" * 2_000 + "b"),
)
"""Texts that a loose comparison takes for the same."""
_OTHER: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"n": 1}, {"n": True}),
    ({"n": 1}, {"n": "1"}),
    ({"n": 0}, {"n": False}),
    ({"n": 1.0}, {"n": True}),
    ({"n": [{"m": 1}]}, {"n": [{"m": True}]}),
    ({"n": None}, {}),
    ({"n": {}}, {"n": []}),
    ({"n": [1, 2]}, {"n": [2, 1]}),
    ({"n": "a"}, {"n": "A"}),
    ({"n": 1}, {"n": 1, "m": 2}),
    ({"n": 1, "m": 2}, {"n": 1}),
    ({"n": {"deep": [1]}}, {"n": {"deep": [2]}}),
    ({"n": 2**53}, {"n": 2**53 + 1}),
    ({"n": float(2**53)}, {"n": 2**53 + 1}),
    ({"N": 1}, {"n": 1}),
)
"""Metadata that a loose comparison takes for the same."""
_SAME_VALUE: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"n": 1}, {"n": 1.0}),
    ({"n": 1.0}, {"n": 1}),
    ({"n": 0}, {"n": -0.0}),
    ({"n": 2**53}, {"n": float(2**53)}),
    ({"n": 1e22}, {"n": 10**22}),
    ({"n": [1, {"m": 2}]}, {"n": [1.0, {"m": 2.0}]}),
    ({"n": 1, "m": True}, {"m": True, "n": 1.0}),
    ({"n": {"a": 1, "b": 2}}, {"n": {"b": 2, "a": 1}}),
)
"""Metadata of the same value: numbers of another type, keys in another order."""


@law(
    "ids.conflict-exact",
    kinds=RECORDS,
    needs=_IDS,
    means="A record under a taken id conflicts when its text or metadata differs at all, in case or type only as well.",
    look_at=_SAME,
)
async def conflict_exact(w: World) -> None:
    cases: list[tuple[dict[str, Any], dict[str, Any]]] = []
    if w.has(Guarantee.VERBATIM):
        cases += [({"text": stored}, {"text": other}) for stored, other in _ALIKE if w.fits(stored)]
    if w.has(Feature.METADATA):
        cases += [({"text": "t", "metadata": stored}, {"text": "t", "metadata": other}) for stored, other in _OTHER]
    for number, (stored, other) in enumerate(cases):
        chosen = w.label(f"id-{number}")
        first = await w.records.add(**stored, id=chosen)
        await refused(w.records.add(**other, id=chosen), ConflictError, f"add of {other!r} under the id of {stored!r}")
        equal(await w.records.get(chosen), first, "the record that get returns after the conflict")


@law(
    "ids.conflict-exact",
    kinds=HISTORY,
    needs=_IDS,
    means="A message under a taken id conflicts when its text, role, name or metadata differs at all.",
    look_at=_SAME,
)
async def message_conflict_exact(w: World) -> None:
    cases = [(from_user(stored), from_user(other)) for stored, other in _ALIKE if w.fits(stored)]
    if not w.has(Guarantee.VERBATIM):
        cases = []
    if w.has(Feature.METADATA):
        cases += [(from_user("t", metadata=stored), from_user("t", metadata=other)) for stored, other in _OTHER]
    if w.has(Feature.MESSAGE_NAMES):
        cases += [(from_user("t", name="Ann"), from_user("t", name=other)) for other in ("ann", "Ann ", None)]
    cases.append((from_user("t"), replace(from_user("t"), role="assistant")))
    session = w.history.session("session")
    for number, (stored, other) in enumerate(cases):
        chosen = f"m-{number}"
        await w.history.append(session, replace(stored, id=chosen))
        call = w.history.append(session, replace(other, id=chosen))
        await refused(call, ConflictError, f"add of {other!r} under the id of {stored!r}")
    expected = [f"m-{number}" for number in range(len(cases))]
    equal([found.id for found in await w.history.read(session)], expected, "the ids in the session")


@law(
    "add.conflict-exact",
    kinds=GRAPH,
    needs=(Feature.METADATA,),
    means="A triple that is stored conflicts with the same one when their metadata differs at all.",
    look_at=_SAME,
)
async def triple_conflict_exact(w: World) -> None:
    for number, (stored, other) in enumerate(_OTHER):
        first = (await w.graph.put(w.graph.triple("Alice", f"end {number}", metadata=stored)))[0]
        call = w.graph.put(w.graph.triple("Alice", f"end {number}", metadata=other))
        await refused(call, ConflictError, f"add of a stored triple with {other!r} in the place of {stored!r}")
        found = [w.graph.view(triple) for triple in await w.graph.of(f"end {number}")]
        equal(found, [w.graph.view(first)], "what is stored after the conflict")


@law(
    "ids.same-by-value",
    kinds=("facts", "history", "documents"),
    needs=(Feature.CLIENT_IDS, Feature.METADATA),
    means="Metadata is compared by value when a record is added again: 1 equals 1.0, and the order of keys is ignored.",
    look_at="a comparison of JSON texts, of digests, or of the types of numbers",
)
async def same_by_value(w: World) -> None:
    for number, (stored, again) in enumerate(_SAME_VALUE):
        chosen = w.label(f"id-{number}")
        first = await w.subject.add("the same words", metadata=stored, id=chosen, group=f"g{number}")
        answer = await w.subject.add("the same words", metadata=again, id=chosen, group=f"g{number}")
        equal(w.subject.view(answer), w.subject.view(first), f"the answer of an add with {again!r} after {stored!r}")
    equal(len(await w.subject.listed()), len(_SAME_VALUE), "the number of records after each was added twice")


@law(
    "add.same-by-value",
    kinds=GRAPH,
    needs=(Feature.METADATA,),
    means="Metadata is compared by value when a triple is added again: 1 equals 1.0, and the order of keys is ignored.",
    look_at="a comparison of JSON texts, of digests, or of the types of numbers",
)
async def triple_same_by_value(w: World) -> None:
    for number, (stored, again) in enumerate(_SAME_VALUE):
        first = (await w.graph.put(w.graph.triple("Alice", f"end {number}", metadata=stored)))[0]
        answer = (await w.graph.put(w.graph.triple("Alice", f"end {number}", metadata=again)))[0]
        equal(w.graph.view(answer), w.graph.view(first), f"the answer of an add with {again!r} after {stored!r}")
    equal(len(await w.graph.listed()), len(_SAME_VALUE), "the number of triples after each was added twice")


@law(
    "ids.same-at-another-time",
    kinds=HISTORY,
    needs=(Feature.CLIENT_IDS, Feature.MESSAGE_TIMESTAMPS),
    means="A message that is added again with another time, or without one, is the same: the stored time stays.",
    look_at="times in the comparison with what is stored, and a repeated add that writes the new time",
)
async def same_at_another_time(w: World) -> None:
    session = w.history.session("session")
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    await w.history.append(session, from_user("words", id="m-1", timestamp=noon))
    await w.history.append(session, from_user("words without a time", id="m-2"))
    before = await w.history.read(session)
    for time in (noon + timedelta(microseconds=1), noon - timedelta(days=400), None):
        again = (
            from_user("words", id="m-1", timestamp=time),
            from_user("words without a time", id="m-2", timestamp=time),
        )
        turn = await w.history.append(session, *again)
        equal(
            [m.timestamp for m in turn.stored], [m.timestamp for m in before], f"the times in the answer, given {time}"
        )
        equal(await w.history.read(session), before, f"the session after both were added again with the time {time}")


@law(
    "ids.conflict-is-discreet",
    needs=_IDS,
    means="A ConflictError shows neither the text nor the metadata of what is stored.",
    look_at="errors that quote the stored record, or the backend's message about it",
)
async def discreet(w: World) -> None:
    secret: dict[str, Any] = {"pin": "swordfish-4711"} if w.has(Feature.METADATA) else {}
    chosen = w.label("id-1")
    if w.kind == "history":
        session = w.history.session("session")
        await w.history.append(session, from_user("the secret is xyzzy", metadata=secret, id=chosen))
        call = w.history.append(session, from_user("other words", id=chosen))
    elif w.kind == "graph":
        await w.graph.put(w.graph.triple("the secret", "xyzzy", metadata=secret, id=chosen))
        call = w.graph.put(w.graph.triple("other", "words", id=chosen))
    else:
        await w.records.add("the secret is xyzzy", id=chosen, metadata=secret or None)
        call = w.records.add("other words", id=chosen)
    error = await refused(call, ConflictError, "add of another record under an id that is taken")
    _shows_nothing(error)
    if w.kind == "graph" and secret:
        again = w.graph.put(w.graph.triple("the secret", "xyzzy", metadata={"pin": "other"}))
        error = await refused(again, ConflictError, "add of a stored triple with other metadata")
        that("swordfish-4711" not in f"{error!r} {vars(error)!r}", f"the ConflictError shows stored metadata: {error}")


def _shows_nothing(error: MemioError) -> None:
    shown = f"{error} {error!r} {vars(error)!r} {error.args!r}"
    for secret in ("swordfish-4711", "xyzzy"):
        that(secret not in shown, f"the ConflictError shows what is stored: {error}")


@law(
    "ids.after-update",
    kinds=RECORDS,
    needs=(Feature.CLIENT_IDS, Feature.UPDATE, Guarantee.STABLE_IDS, Guarantee.VERBATIM),
    means="After an update, adding the new text under the id is a retry, and adding the old text a conflict.",
    look_at="a digest or a log of what was added, in the place of what is stored now",
)
async def after_update(w: World) -> None:
    chosen = w.label("id-1")
    await w.records.add("first words", id=chosen)
    updated = await w.records.update(chosen, "second words")
    await refused(w.records.add("first words", id=chosen), ConflictError, "add of the text from before an update")
    equal(await w.records.add("second words", id=chosen), updated, "the answer of an add of the text of the update")
    equal(await w.records.listed(), [updated], "what is listed")
    await w.records.delete(chosen)
    await w.records.add("first words", id=chosen)
    equal([r.content for r in await w.records.listed()], ["first words"], "the texts that are listed after a delete")


@law(
    "ids.again-after-delete",
    needs=_IDS,
    means="What was deleted can be added again as it was, under its id, and is stored again.",
    look_at="marks of deletion and records of retries that outlive the record",
)
async def again_after_delete(w: World) -> None:
    chosen = w.label("id-1")
    if w.kind == "history":
        session = w.history.session("session")
        for everything in (False, True, False):
            await w.history.append(session, from_user("the same words", id=chosen))
            equal(len(await w.history.read(session)), 1, "the number of messages in the session")
            await (w.history.delete_all() if everything else w.history.delete(session))
            equal(len(await w.history.read(session)), 0, "the number of messages after it was deleted")
        return
    owner = w.user("alice") if w.has(Feature.USER_SCOPE) else w.home
    triple = w.graph.triple("Alice", "Bob", id=chosen) if w.kind == "graph" else None
    for delete in ("delete", "delete_all", "delete_entity" if triple else "delete", "delete"):
        if triple is not None:
            await w.graph.put(triple, owner=owner)
        else:
            await w.records.add("the same words", id=chosen, owner=owner)
        equal([r.id for r in await w.subject.listed(owner=owner)], [chosen], f"the ids that are listed before {delete}")
        if delete == "delete_entity":
            await w.graph.api.delete_entity(entity="Bob", **owner)
        elif delete == "delete_all":
            await w.subject.delete_all(owner=owner)
        else:
            await w.subject.delete(chosen, owner=owner)
        equal(await w.subject.listed(owner=owner), [], f"what is listed after {delete}")


@law(
    "add.again-after-delete",
    kinds=GRAPH,
    means="A triple that was deleted can be added again as it was, and is stored again.",
    look_at="marks of deletion, and caches of what is stored",
)
async def triple_again(w: World) -> None:
    knows = w.graph.triple("Alice", "Bob", predicate="knows")
    for delete in ("delete", "delete_entity", "delete_all", "delete"):
        added = (await w.graph.put(knows))[0]
        equal([t.id for t in await w.graph.of("Bob")], [added.id], f"the ids of the triples before {delete}")
        if delete == "delete_entity":
            await w.graph.api.delete_entity(entity="Alice", **w.home)
        elif delete == "delete_all":
            await w.graph.delete_all()
        else:
            await w.graph.delete(added)
        equal(await w.graph.listed(), [], f"what is listed after {delete}")


@law(
    "ids.retry-keeps-place",
    needs=_IDS,
    means="Adding again what is there leaves its place and its times as they are.",
    look_at="a retry that is written as an update, or as a delete and an insert",
)
async def retry_keeps_place(w: World) -> None:
    ids = [w.label(f"id-{number}") for number in range(3)]
    if w.kind == "history":
        session = w.history.session("session")
        for number, id_ in enumerate(ids):
            await w.history.append(session, from_user(f"words {number}", id=id_))
        before = await w.history.read(session)
        await w.history.append(session, from_user("words 0", id=ids[0]))
        await w.history.append(session, from_user("words 1", id=ids[1]), from_user("words 0", id=ids[0]))
        equal(await w.history.read(session), before, "the session after two retries")
        return

    async def add(number: int) -> Any:
        if w.kind == "graph":
            return (await w.graph.put(w.graph.triple(f"words {number}", "end", id=ids[number])))[0]
        return await w.records.add(f"words {number}", id=ids[number])

    for number in range(3):
        await add(number)
    before = await w.subject.listed()
    for number in (0, 1):
        equal(await add(number), before[number], "the answer of a repeated add")
    equal(await w.subject.listed(), before, "what is listed after two retries")


@law(
    "owner.same-id-update",
    kinds=RECORDS,
    needs=(Feature.CLIENT_IDS, Feature.USER_SCOPE, Feature.UPDATE),
    means="An update by an id that two users have, without a user, raises ConflictError and changes nothing.",
    look_at="the condition of the update, and the number of rows that it matches",
)
async def same_id_update(w: World) -> None:
    chosen = w.label("shared-id")
    for name in ("alice", "bob"):
        await w.records.add(f"words of {name}", owner=w.user(name), id=chosen)
    if not w.home:
        await refused(w.records.update(chosen, "new", owner={}), ConflictError, "update of an id that two users have")
    for name in ("alice", "bob"):
        texts = [r.content for r in await w.records.listed(owner=w.user(name))]
        if w.has(Guarantee.VERBATIM):
            equal(texts, [f"words of {name}"], f"the texts of {name}")
    updated = await w.records.update(chosen, "alice's new words", owner=w.user("alice"))
    equal(updated.user_id, w.label("alice"), "the owner of the updated record")
    if w.has(Guarantee.VERBATIM):
        bobs = [r.content for r in await w.records.listed(owner=w.user("bob"))]
        equal(bobs, ["words of bob"], "the texts of bob after alice updated hers")


@law(
    "owner.one-left",
    kinds=BY_ID,
    needs=(Feature.CLIENT_IDS, Feature.USER_SCOPE),
    means="An id that two users had means one record again, also without a user, once the other one is deleted.",
    look_at="marks of ids that are shared, and rows that are only marked as deleted",
    alone=True,
)
async def one_left(w: World) -> None:
    for name in ("alice", "bob"):
        await w.subject.add(f"words of {name}", owner=w.user(name), id="shared-id")
    await w.subject.delete("shared-id", owner=w.user("alice"))
    if w.kind != "graph":
        equal((await w.records.get("shared-id", owner={})).user_id, "bob", "the owner of the record that is left")
    await w.subject.delete("shared-id", owner={})
    equal(await w.subject.listed(owner={}), [], "what is listed after the other one was deleted as well")
    await refused(w.subject.delete("shared-id", owner={}), NotFoundError, "delete of an id that no user has")


@law(
    "kinds.same-id",
    kinds=BY_ID,
    needs=(Feature.CLIENT_IDS, Guarantee.SEPARATE_KINDS),
    means="Records of different kinds may have one id; each call means the record of its kind.",
    look_at="a table or collection that several kinds share: its key needs the kind",
    together=True,
)
async def kinds_same_id(w: World) -> None:
    chosen = w.label("one-id")
    others: list[Kind] = [kind for kind in w.memio.kinds if kind != w.kind and kind in (w.target.kinds or (kind,))]
    subjects: list[Any] = [
        w.other_kind(kind) for kind in others if Feature.CLIENT_IDS in getattr(w.memio, kind).features
    ]
    for subject in subjects:
        await subject.add(f"words of a {subject.noun}", id=chosen)
    mine = await w.subject.add(f"words of a {w.subject.noun}", id=chosen)
    equal([w.subject.view(r) for r in await w.subject.listed()], [w.subject.view(mine)], f"the {w.kind} listed")
    for subject in subjects:
        texts = [subject.text(record) for record in await subject.listed()]
        equal(texts, [f"words of a {subject.noun}"], f"the texts of each {subject.noun} that is listed")
    await w.subject.delete(chosen)
    equal(await w.subject.find(mine), [], "what a read by id returns after the delete")
    for subject in subjects:
        equal(len(await subject.listed()), 1, f"the number of {subject.noun}s after a {w.subject.noun} was deleted")


@law(
    "ids.conflict-keeps-all",
    kinds=HISTORY,
    needs=_IDS,
    means="After a conflict the messages of the refused call can be added, and have their places.",
    look_at="messages of a refused call that are stored, or whose ids stay taken",
)
async def conflict_keeps_all(w: World) -> None:
    session = w.history.session("session")
    await w.history.append(session, from_user("one", id="m-1"))
    call = w.history.append(session, from_user("two", id="m-2"), from_user("other", id="m-1"))
    await refused(call, ConflictError, "add of another message under an id that is taken")
    await w.history.append(session, from_user("two, changed", id="m-2"), from_user("three"))
    equal(texts_of(await w.history.read(session)), ["one", "two, changed", "three"], "the texts of the session")
