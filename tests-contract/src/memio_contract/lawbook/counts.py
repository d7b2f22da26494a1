"""Laws about counts."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio_contract.expect import equal
from memio_contract.law import law
from memio_contract.lawbook._kinds import BY_ID, HISTORY, RECORDS
from memio_contract.lawbook.conversations import from_user
from memio_contract.lawbook.puts import fields
from memio_contract.place import Labels
from memio_contract.world import World

_COUNT = (Feature.COUNT,)
_LOOK = "the condition of the count: the same as that of the listing, and no limit"
_NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def _scopes(w: World) -> list[Labels]:
    """Return scopes of every form that the store takes."""
    scopes = [w.home]
    if w.has(Feature.USER_SCOPE):
        scopes += [w.user("alice"), w.user("bob"), w.user("nobody")]
    if w.has(Feature.AGENT_SCOPE):
        scopes += [w.agent("scout"), *([{**w.user("alice"), "agent_id": w.label("scout")}] if len(scopes) > 1 else [])]
    if w.has(Feature.NAMESPACES):
        scopes += [w.namespace("app"), {**w.home, "namespace_prefix": w.path("app")}, {**w.home, "namespace": ()}]
    return scopes


def _owners(w: World) -> list[Labels]:
    owners: list[Labels] = [w.home]
    if w.has(Feature.ATTRIBUTION):
        owners += [w.user("alice"), w.user("bob"), {**w.user("alice"), "agent_id": w.label("scout")}, w.agent("scout")]
    if w.has(Feature.NAMESPACES):
        owners += [w.namespace("app"), w.namespace("app", "notes"), w.namespace("apple")]
    return owners


@law(
    "count.equals-listing",
    kinds=BY_ID,
    needs=_COUNT,
    means="count is the number of records that a listing of the same scope, filters and times holds, in either order.",
    look_at=_LOOK,
)
async def count_equals_listing(w: World) -> None:
    subject: Any = w.subject
    equal(await subject.count(), 0, "the count of an empty store")
    added = [
        await subject.add(f"words {number}", owner=owner, **fields(w, metadata={"k": number % 3}))
        for number, owner in enumerate(_owners(w) * 2)
    ]
    picks: list[dict[str, Any]] = [{}]
    if w.kind in RECORDS and w.has(Feature.FILTERS):
        picks += [{"filters": {"k": 1}}, {"filters": {"k": 9}}, {"filters": {"k": "1"}}]
    if w.has(Feature.TIME_RANGE):
        middle = added[len(added) // 2].created_at
        picks += [{"since": middle}, {"until": middle}, {"since": middle, "until": middle}]
        picks += [{"since": middle, "filters": {"k": 1}}] if len(picks) > 4 else []  # noqa: PLR2004  # with both
    for scope in _scopes(w):
        for pick in picks:
            listed = await subject.listed(owner=scope, **pick)
            if w.has(Feature.NEWEST_FIRST):
                newest = await subject.listed(owner=scope, order="newest", **pick)
                equal(
                    [r.id for r in newest],
                    [r.id for r in listed[::-1]],
                    f"the ids newest first for {scope} with {pick}",
                )
            equal(await subject.count(owner=scope, **pick), len(listed), f"the count for {scope} with {pick}")


@law(
    "count.sessions",
    kinds=HISTORY,
    needs=_COUNT,
    means="count is the number of sessions that a listing of the same scope and times holds; times select sessions, "
    "and do not change their numbers.",
    look_at=_LOOK,
)
async def count_sessions(w: World) -> None:
    equal(await w.history.api.count(**w.home), 0, "the count of an empty store")
    await _talk(w, owners_of_each=2)
    for scope in _scopes(w):
        whole = await w.history.listed_sessions(owner=scope)
        for times in _times(w):
            listed = await w.history.listed_sessions(owner=scope, **times)
            changed = [session for session in listed if session not in whole]
            equal(changed, [], f"the sessions that are listed in another state for {scope} with {times}")
            counted = await w.history.api.count(**times, **scope)
            equal(counted, len(listed), f"the count of sessions for {scope} with {times}")


async def _talk(w: World, owners_of_each: int = 1) -> None:
    """Add sessions of one to three messages, each id for one owner or for several."""
    for number, owner in enumerate(_owners(w) * 2):
        for which in range(1 + number % 3):
            more: dict[str, Any] = {"metadata": {"k": which}} if w.has(Feature.METADATA) else {}
            if w.has(Feature.MESSAGE_TIMESTAMPS):
                more["timestamp"] = _NOON + timedelta(minutes=number * which)
            session = w.history.session(f"s{number // owners_of_each}")
            await w.history.append(session, from_user(f"words {which}", **more), owner=owner)


def _times(w: World) -> list[dict[str, Any]]:
    if not w.has(Feature.TIME_RANGE, Feature.MESSAGE_TIMESTAMPS):
        return [{}]
    later = _NOON + timedelta(minutes=9)
    return [{}, {"since": _NOON}, {"since": later}, {"until": later}, {"since": _NOON, "until": later}]


@law(
    "count.messages",
    kinds=HISTORY,
    needs=(Feature.COUNT, Guarantee.SILENT_APPEND),
    means="count_messages is the number of messages of the same scope, session, filters and times.",
    look_at=_LOOK,
)
async def count_messages(w: World) -> None:
    equal(await w.history.count(), 0, "the count of messages of an empty store")
    await _talk(w)
    filters: list[dict[str, Any]] = [{}, *([{"k": 1}, {"k": 9}] if w.has(Feature.FILTERS) else [])]
    for scope in _scopes(w):
        listed = await w.history.listed(owner=scope)
        for times in _times(w):
            inside = [message for message in listed if _inside(message, **times)]
            for wanted in filters:
                expected = [m for m in inside if not wanted or m.metadata == wanted]
                pick = {**times, **({"filters": wanted} if wanted else {})}
                counted = await w.history.count(owner=scope, **pick)
                equal(counted, len(expected), f"the count of messages for {scope} with {pick}")
    for session in await w.history.listed_sessions():
        scope = w.exactly(session.owner.labels)
        if "owner" in scope:
            read = await w.history.read(session.id, owner=scope)
            counted = await w.history.count(owner=scope, session_id=session.id)
            equal(counted, len(read), f"the count of messages of session {session.id!r} for {scope}")
    equal(await w.history.count(session_id=w.history.session("never")), 0, "the count of an unknown session")


def _inside(message: Any, since: datetime | None = None, until: datetime | None = None) -> bool:
    time = message.timestamp
    return (since is None or time >= since) and (until is None or time < until)


@law(
    "count.follows-writes",
    needs=_COUNT,
    means="A count follows every write: adds, repeated adds, updates and deletes.",
    look_at="a counter that is kept apart from the records",
)
async def count_follows_writes(w: World) -> None:
    subject: Any = w.subject
    expected = 0
    chosen = {"id": w.label("id-1")} if w.has(Feature.CLIENT_IDS) and w.kind != "graph" else {}
    records = [await subject.add(f"words {number}") for number in range(3)]
    expected += 3
    equal(await subject.api.count(**w.home), expected, "the count after three adds")
    if chosen:
        records.append(await subject.add("chosen words", group="chosen", **chosen))
        await subject.add("chosen words", group="chosen", **chosen)
        expected += 1
    equal(await subject.api.count(**w.home), expected, "the count after adding the same record twice")
    if w.kind in RECORDS and w.has(Feature.UPDATE):
        records[0] = await w.records.update(records[0].id, "new words")
        equal(await subject.api.count(**w.home), expected, "the count after an update")
    for record in records[:2]:
        await subject.delete(record)
        expected -= 1
        equal(await subject.api.count(**w.home), expected, "the count after a delete")
    await subject.delete_all()
    equal(await subject.api.count(**w.home), 0, "the count after delete_all")
