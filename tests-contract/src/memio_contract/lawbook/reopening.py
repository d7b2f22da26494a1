"""Laws about what is left after a client is closed and another one is opened."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError, NotFoundError
from memio.models import Message
from memio_contract.expect import equal, once_each, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import GRAPH, HISTORY, RECORDS
from memio_contract.lawbook.conversations import OTHER_ROLES, from_user, texts_of
from memio_contract.lawbook.puts import fields
from memio_contract.place import Labels
from memio_contract.subjects.conversations import HistorySubject
from memio_contract.subjects.records import RecordSubject
from memio_contract.subjects.triples import GraphSubject
from memio_contract.world import World

_DURABLE = (Guarantee.DURABLE,)
_LATER = datetime(2901, 2, 3, 4, 5, 6, 7, tzinfo=UTC)
_STATE = "state in the process: maps, caches, counters, and writes that wait for a flush or for a full batch"


async def _again(w: World) -> Any:
    """Close every client that is open, and return the store of a new one."""
    await w.close(w.newest)
    return w.subject_of(w.open())


def further_owners(w: World) -> list[Labels]:
    """Return owners with further labels than a user, where the store scopes them all."""
    if not w.has(Feature.USER_SCOPE, Feature.AGENT_SCOPE, Feature.NAMESPACES):
        return []
    carol = w.user("carol")
    return [{**carol, "agent_id": w.label("scout")}, {**carol, "namespace": w.path("app", "a/b")}]


@law(
    "durable.every-write",
    needs=_DURABLE,
    means="Each write is kept, whatever number of records there is, also the last one.",
    look_at="writes that are flushed two, ten or a hundred at a time, and what is flushed at the end",
)
async def every_write(w: World) -> None:
    subject: Any = w.subject
    added: list[Any] = []
    for more in (1, 1, 1, 4):
        for _ in range(more):
            added.append(await subject.add(f"words number {len(added)}"))
        subject = await _again(w)
        views = [subject.view(record) for record in await subject.listed()]
        equal(
            views, [subject.view(record) for record in added], f"what is listed after {len(added)} adds and reopening"
        )
    once_each((str(subject.view(record)) for record in added), "the list of records, added before and after reopening")
    await subject.delete(added.pop())
    subject = await _again(w)
    views = [subject.view(record) for record in await subject.listed()]
    equal(views, [subject.view(record) for record in added], "what is listed after a delete and reopening")
    await subject.delete_all()
    subject = await _again(w)
    equal(await subject.listed(), [], "what is listed after delete_all and reopening")


@law(
    "durable.everything",
    kinds=RECORDS,
    needs=_DURABLE,
    means="Reopening changes no field: metadata, owners, times, updates, deletes, order, filters, ids.",
    look_at=_STATE,
)
async def records_everything(w: World) -> None:  # one step per field and call
    owners: list[Labels] = [w.home]
    if w.has(Feature.USER_SCOPE):
        owners = [w.user("alice"), w.user("bob")]
    owners += further_owners(w)
    added: list[Any] = []
    for number in range(9):
        given = fields(
            w,
            metadata={"n": number, "share": number + 0.25, "deep": [{"x": None}]},
            data=["\0", number],
            expires_at=_LATER,
        )
        chosen = w.label(f"id-{number}") if w.has(Feature.CLIENT_IDS) and number % 3 == 0 else None
        owner = owners[number % len(owners)]
        added.append(await w.records.add(f"words number {number}", owner=owner, id=chosen, **given))
    if w.has(Feature.UPDATE):
        more = {"metadata": {"changed": True}} if w.has(Feature.METADATA) else {}
        await w.records.update(added[1].id, "changed words one", owner=owners[1 % len(owners)], **more)
        await w.records.update(added[2].id, "changed words two", owner=owners[2 % len(owners)])
    for number in (4, 8):
        await w.records.delete(added[number], owner=owners[number % len(owners)])
    before = {str(owner): await w.records.listed(owner=owner) for owner in owners}
    again: RecordSubject = w.records
    for _ in range(2):
        again = await _again(w)
        for owner in owners:
            equal(await again.listed(owner=owner), before[str(owner)], f"what {owner} lists after reopening")
            for record in before[str(owner)]:
                equal(await again.get(record.id, owner=owner), record, "the record that get returns after reopening")
                hits = await again.search(record.content, limit=20, owner=owner)
                that(record.id in [hit.id for hit in hits], "a search after reopening misses a record")
                stale = [hit for hit in hits if again.view(hit) not in [again.view(r) for r in before[str(owner)]]]
                equal(stale, [], "what a search finds after reopening that is not stored")
        gone = owners[4 % len(owners)]
        await refused(again.get(added[4].id, owner=gone), NotFoundError, "get of a deleted id after reopening")
        if w.has(Feature.FILTERS):
            wanted = [r.id for r in before[str(owners[0])] if r.metadata.get("n") == 0]
            found = [r.id for r in await again.listed(owner=owners[0], filters={"n": 0})]
            equal(found, wanted, "the ids that a filter lists after reopening")
    if w.has(Feature.CLIENT_IDS):
        await refused(
            again.add("other words", id=w.label("id-0"), owner=owners[0]), ConflictError, "add of a taken id, reopened,"
        )
    late = await again.add("late words", owner=owners[0])
    expected = [*(record.id for record in before[str(owners[0])]), late.id]
    equal([r.id for r in await again.listed(owner=owners[0])], expected, "the ids after an add to the reopened store")
    once_each(expected, "the list of ids")


@law(
    "durable.everything",
    kinds=HISTORY,
    needs=_DURABLE,
    means="Reopening changes no field: metadata, names, roles, times, owners, deletes, order, ids.",
    look_at=_STATE,
)
async def history_everything(w: World) -> None:  # noqa: C901  # one step per field and call
    owners: list[Labels] = [w.user("alice"), w.user("bob")] if w.has(Feature.USER_SCOPE) else [w.home]
    owners += further_owners(w)
    names = [w.history.session(name) for name in ("m", "z", "a", "gone")]
    for number in range(22):
        roles: list[Any] = ["user", "assistant"] if w.has(Guarantee.SILENT_APPEND) else ["user"]
        if w.has(Feature.ALL_ROLES):
            roles += OTHER_ROLES
        stored = Message(
            role=roles[number % len(roles)],
            content=f"words number {number}",
            name="Ann" if w.has(Feature.MESSAGE_NAMES) and number % 2 else None,
            metadata={"n": number, "share": number + 0.25, "deep": [None]} if w.has(Feature.METADATA) else {},
            data=["\ud800", number] if w.has(Feature.DATA) and number % 3 else None,
            timestamp=datetime(2024, 5, 1, 12, number, tzinfo=UTC) if w.has(Feature.MESSAGE_TIMESTAMPS) else None,
            id=f"m-{number}" if w.has(Feature.CLIENT_IDS) else None,
        )
        await w.history.append(names[number % 4], stored, owner=owners[number // 4 % len(owners)])
    for owner in owners:
        await w.history.delete(names[3], owner=owner)
    before = {(str(owner), name): await w.history.read(name, owner=owner) for owner in owners for name in names}
    sessions = {str(owner): await w.history.sessions(owner=owner) for owner in owners}
    again: HistorySubject = w.history
    for _ in range(2):
        again = await _again(w)
        for owner in owners:
            equal(await again.sessions(owner=owner), sessions[str(owner)], "the sessions that are listed, reopened")
            for name in names:
                read = await again.read(name, owner=owner)
                equal(read, before[str(owner), name], f"session {name!r} after reopening")
                for start in ("oldest", "latest"):
                    paged = await again.read(name, owner=owner, limit=1, start=start)
                    equal(paged, read, f"session {name!r} after reopening, read from {start!r} with limit=1")
    owner = owners[0]
    if w.has(Feature.CLIENT_IDS):
        first = before[str(owner), names[0]][0]
        again_added = Message(
            role=first.role,
            content=first.content,
            name=first.name,
            metadata=first.metadata,
            data=first.data,
            id=first.id,
            timestamp=first.timestamp if w.has(Feature.MESSAGE_TIMESTAMPS) else None,
        )
        if w.has(Guarantee.VERBATIM):
            await again.append(names[0], again_added, owner=owner)
    await again.append(names[0], from_user("late words"), owner=owner)
    await again.append(w.history.session("b"), from_user("late words"), owner=owner)
    texts = [*texts_of(before[str(owner), names[0]]), "late words"]
    if w.has(Guarantee.VERBATIM):
        equal(texts_of(await again.read(names[0], owner=owner)), texts, "the session after a retry and an add")
    expected = [*sessions[str(owner)], w.history.session("b")]
    equal(await again.sessions(owner=owner), expected, "the sessions after an add to the reopened store")


@law(
    "durable.everything",
    kinds=GRAPH,
    needs=_DURABLE,
    means="Reopening changes no field: parts, metadata, owners, deletes, order, ids, and what is identical.",
    look_at=_STATE,
)
async def graph_everything(w: World) -> None:
    owners: list[Labels] = [w.user("alice"), w.user("bob")] if w.has(Feature.USER_SCOPE) else [w.home]
    owners += further_owners(w)
    for number in range(9):
        more: dict[str, Any] = {"metadata": {"n": number + 0.25}} if w.has(Feature.METADATA) and number % 2 else {}
        if w.has(Feature.CLIENT_IDS) and number % 3 == 0:
            more["id"] = w.label(f"t-{number}")
        triple = w.graph.triple(f"entity {number % 4}", f"thing {number}", **more)
        await w.graph.put(triple, owner=owners[number // 4 % len(owners)])
    for owner in owners:
        await w.graph.api.delete_entity(entity="thing 3", **owner)
    await w.graph.delete((await w.graph.listed(owner=owners[0]))[1], owner=owners[0])
    before = {str(owner): await w.graph.listed(owner=owner) for owner in owners}
    again: GraphSubject = w.graph
    for _ in range(2):
        again = await _again(w)
        for owner in owners:
            equal(await again.listed(owner=owner), before[str(owner)], f"what {owner} lists after reopening")
            for entity in ("entity 0", "entity 3", "thing 3", "thing 8"):
                expected = [t for t in before[str(owner)] if entity in (t.subject, t.object)]
                equal(await again.of(entity, owner=owner), expected, f"the triples of {entity!r} after reopening")
    owner, stored = owners[0], before[str(owners[0])]
    twin = again.triple(stored[0].subject, stored[0].object, predicate=stored[0].predicate, metadata=stored[0].metadata)
    answer = await again.put(twin, again.triple("late", "thing"), owner=owner)
    equal(answer[0].id, stored[0].id, "the id of a triple that was stored before reopening")
    expected_ids = [*(t.id for t in stored), answer[1].id]
    equal([t.id for t in await again.listed(owner=owner)], expected_ids, "the ids after an add to the reopened store")
    once_each(expected_ids, "the list of ids")
