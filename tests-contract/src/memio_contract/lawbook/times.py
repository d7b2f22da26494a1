"""Laws about times of calls: `since` and `until`."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio_contract.expect import equal, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import BY_ID, HISTORY
from memio_contract.lawbook.conversations import from_user
from memio_contract.place import Labels
from memio_contract.world import World

_RANGE = (Feature.TIME_RANGE,)
_WORDS = "the same words"
_BORDERS = "the comparison of times: >= for since and < for until, to the microsecond, with years of four digits"
_TICK = timedelta(microseconds=1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
_STAMPS = tuple(
    NOON + offset
    for offset in (
        timedelta(),
        _TICK,
        -_TICK,
        timedelta(seconds=1),
        timedelta(days=-400),
        timedelta(),
        timedelta(days=365 * 300),
        timedelta(days=-365 * 1200),
        timedelta(hours=5),
    )
)


def _ranges(times: Iterable[datetime]) -> Iterator[dict[str, Any]]:
    """Yield ranges whose borders are at, just before and just after some times."""
    moments = sorted(set(times))
    yield {"since": datetime(1, 1, 1, tzinfo=UTC)}
    yield {"until": datetime(1, 1, 1, tzinfo=UTC)}
    yield {"since": datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)}
    yield {"until": datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)}
    for moment in moments:
        yield {"since": moment}
        yield {"until": moment}
        yield {"since": moment + _TICK}
        yield {"until": moment + _TICK}
        yield {"since": moment, "until": moment}
        yield {"since": moment, "until": moment + _TICK}
    yield {"since": moments[0], "until": moments[-1]}
    yield {"since": moments[-1], "until": moments[0]}


def _inside(time: datetime, since: datetime | None = None, until: datetime | None = None) -> bool:
    return (since is None or time >= since) and (until is None or time < until)


@law(
    "times.range",
    kinds=BY_ID,
    needs=_RANGE,
    means="since and until select records by created_at, the first inclusive and the second exclusive, in every call.",
    look_at=_BORDERS,
)
async def times_range(w: World) -> None:
    subject: Any = w.subject
    added = [await subject.add(_WORDS) for _ in range(5)]
    that(all(record.created_at for record in added), "a store with time_range returns no created_at")
    for times in _ranges(record.created_at for record in added):
        expected = [record.id for record in added if _inside(record.created_at, **times)]
        for limit in (2, 100):
            listed = [record.id for record in await subject.listed(limit=limit, **times)]
            equal(listed, expected, f"the ids that are listed with {times} and limit={limit}")
        hits = [hit.id for hit in await subject.search(_WORDS, limit=10, **times)]
        equal(sorted(hits), sorted(expected), f"the ids that a search for the text of all finds with {times}")
        if w.kind == "graph":
            found = [triple.id for triple in await w.graph.of(_WORDS, limit=2, **times)]
            equal(found, expected, f"the ids of the entity's triples with {times}")
        if w.has(Feature.COUNT):
            equal(await subject.count(**times), len(expected), f"the count with {times}")


@law(
    "times.messages",
    kinds=HISTORY,
    needs=(Feature.TIME_RANGE, Feature.MESSAGE_TIMESTAMPS, Guarantee.SILENT_APPEND),
    means="since and until select messages by timestamp, the first inclusive and the second exclusive.",
    look_at=_BORDERS,
)
async def times_messages(w: World) -> None:
    session = w.history.session("timed")
    for stamp in _STAMPS:
        await w.history.append(session, from_user(_WORDS, timestamp=stamp))
    for times in _ranges(_STAMPS):
        expected = sorted(stamp for stamp in _STAMPS if _inside(stamp, **times))
        places: tuple[dict[str, Any], ...] = ({}, {"session_id": session})
        for inside in places:
            if inside or w.has(Feature.SEARCH_ALL_SESSIONS):
                hits = await w.history.api.search(query=_WORDS, limit=50, **inside, **times, **w.home)
                equal(sorted(hit.timestamp for hit in hits), expected, f"the times of what a search finds with {times}")
            if w.has(Feature.COUNT):
                counted = await w.history.count(**inside, **times)
                equal(counted, len(expected), f"the count of messages with {times}")


@law(
    "times.sessions",
    kinds=HISTORY,
    needs=(Feature.TIME_RANGE, Feature.MESSAGE_TIMESTAMPS, Guarantee.SILENT_APPEND),
    means="since and until select sessions by updated_at, the greatest timestamp of their messages.",
    look_at="the time of the last message in the order of adding, or of the first, in the place of the greatest",
)
async def times_sessions(w: World) -> None:
    greatest: dict[str, datetime] = {}
    for number, stamp in enumerate(_STAMPS):
        session = w.history.session(f"s{number}")
        earlier = stamp - timedelta(hours=number)
        for time in (earlier, stamp, earlier) if number % 2 else (stamp, earlier):
            await w.history.append(session, from_user(_WORDS, timestamp=time))
        greatest[session] = stamp
    for times in _ranges(greatest.values()):
        expected = [session for session, stamp in greatest.items() if _inside(stamp, **times)]
        for limit in (2, 100):
            listed = await w.history.sessions(limit=limit, **times)
            equal(listed, expected, f"the sessions that are listed with {times} and limit={limit}")
        if w.has(Feature.COUNT):
            equal(await w.history.api.count(**times, **w.home), len(expected), f"the count of sessions with {times}")


@law(
    "times.before-limit",
    kinds=HISTORY,
    needs=(Feature.TIME_RANGE, Feature.MESSAGE_TIMESTAMPS),
    means="A search is limited after the range of time, so that a match is found behind better ones outside of it.",
    look_at="a range of time that is applied to the best results only: restrict inside the search",
)
async def times_before_limit(w: World) -> None:
    session = w.history.session("timed")
    early = [from_user(f"green tea green tea {number}", timestamp=NOON) for number in range(60)]
    await w.history.append(session, *early)
    text = "a note that mentions green tea once among many other words"
    wanted = (await w.history.append(session, from_user(text, timestamp=NOON + timedelta(days=1)))).stored[0]
    hits = await w.history.search("green tea", limit=3, group="timed", since=NOON + _TICK)
    found = [hit for hit in hits if hit.role == "user"]
    equal([w.history.text(hit) for hit in found], [w.history.text(wanted)], "what a search finds of a later time")


@law(
    "times.stay-in-scope",
    kinds=BY_ID,
    needs=(Feature.TIME_RANGE, Feature.USER_SCOPE),
    means="A range of time never widens the scope of a call.",
    look_at="the condition that joins owner and time: it must be AND",
)
async def times_stay_in_scope(w: World) -> None:
    subject: Any = w.subject
    users: list[Labels] = [w.user(name) for name in ("alice", "bob")]
    pairs = [(owner, await subject.add(_WORDS, owner=owner)) for owner in users]
    for owner, record in pairs:
        for times in _ranges([record.created_at for _, record in pairs]):
            expected = [record.id] if _inside(record.created_at, **times) else []
            listed = [found.id for found in await subject.listed(owner=owner, **times)]
            equal(listed, expected, f"the ids that {owner} lists with {times}")
            if w.has(Feature.COUNT):
                equal(await subject.count(owner=owner, **times), len(expected), f"the count of {owner} with {times}")
