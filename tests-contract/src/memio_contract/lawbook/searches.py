"""Laws about searching."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.models import Message
from memio_contract.expect import equal, once_each, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import FILTERED, HISTORY
from memio_contract.lawbook._places import key, modes
from memio_contract.lawbook.conversations import OTHER_ROLES
from memio_contract.place import Labels
from memio_contract.source import code
from memio_contract.values import QUERIES, TEXTS
from memio_contract.world import World

_GROUP = "searched"


@law(
    "search.own-text",
    means="A record's own text as the query finds it, when the limit covers all records.",
    look_at="how text becomes words: symbols, scripts without spaces, white space; and queries without any word",
    over=TEXTS,
)
async def own_text(w: World, texts: list[str]) -> None:
    added = [await w.subject.add(text, group=_GROUP) for text in texts]
    for record in added:
        for query in dict.fromkeys((w.subject.query(record), w.subject.text(record))):
            hits = await w.subject.search(query, limit=len(added), group=_GROUP)
            found = [w.subject.view(hit) for hit in hits]
            that(w.subject.view(record) in found, f"a search for the text of a record does not find it: {code(query)}")


@law(
    "search.only-stored",
    means="A search for any text at all returns nothing but stored records, as they are, each once.",
    look_at="queries that are taken as syntax, joins that repeat rows, and fields that search leaves out",
    over=TEXTS,
)
async def only_stored(w: World, queries: list[str]) -> None:
    texts = ("likes green tea", "lives in Lisbon", "likes green apples")
    stored = [w.subject.view(await w.subject.add(text, group=_GROUP)) for text in texts]
    for query in (*queries, *texts, f"{queries[0]} green"):
        hits = await w.subject.search(query, limit=10, group=_GROUP)
        for hit in map(w.subject.view, hits):
            that(hit in stored, f"a search for {query!r} returns what is not stored like that: {hit!r}")
        once_each((hit.id or w.subject.text(hit) for hit in hits), f"a search for {query!r}")


@law(
    "search.limit",
    means="A search returns at most `limit` records, and as many when enough match.",
    look_at="the limit of the statement, and records that are dropped after it was applied",
)
async def limited(w: World) -> None:
    for number in range(7):
        await w.subject.add(f"likes tea number {number}", group=_GROUP)
    for limit in (1, 3, 7, 50):
        hits = await w.subject.search("likes tea", limit=limit, group=_GROUP)
        that(len(hits) <= w.most_hits(limit, 7), f"a search with limit={limit} returns {len(hits)} records")
        equal(len(hits) >= min(limit, 7), True, f"whether limit={limit} of 7 records that match are found")


@law(
    "search.scores",
    needs=(Guarantee.SCORES,),
    means="Every hit has a score, and no hit has a higher one than the hit before it.",
    look_at="the sign of the score (higher is better) and the order of the result",
)
async def scores(w: World) -> None:
    for text in ("green tea", "green tea and cake", "tea", "a green bicycle with a bell", "nothing of that"):
        await w.subject.add(text, group=_GROUP)
    scored = [hit.score for hit in await w.subject.search("green tea", limit=10, group=_GROUP)]
    that(scored, "a search for the text of a record finds nothing")
    that(None not in scored, f"a hit has no score: {scored!r}")
    numbers = [score for score in scored if score is not None]
    equal(numbers, sorted(numbers, reverse=True), "the scores, in the order of the hits")


@law(
    "search.private-ranking",
    needs=(Guarantee.PRIVATE_RANKING, Feature.USER_SCOPE),
    means="What other users store changes neither the scores nor the order of what a user finds.",
    look_at="statistics over all owners: how many records have a word, how many there are, how long they are",
)
async def private_ranking(w: World) -> None:
    await _unmoved(w, w.user("alice"), w.user("bob"))


@law(
    "search.private-namespace",
    needs=(Guarantee.PRIVATE_RANKING, Feature.NAMESPACES),
    means="What other namespaces hold changes neither the scores nor the order of what is found in one.",
    look_at="statistics over all namespaces of an owner, where the search is confined to one",
)
async def private_namespace(w: World) -> None:
    await _unmoved(w, w.namespace("work"), w.namespace("home"))


async def _unmoved(w: World, mine: Labels, theirs: Labels) -> None:
    """Check that what is found in a scope stays as it is whatever another one stores."""
    for text in ("green tea", "black coffee", "green tea and black coffee with milk", "coffee", "tea"):
        await w.subject.add(text, owner=mine, group=_GROUP)

    async def found() -> list[list[tuple[Any, float | None]]]:
        await w.embedded()
        queries = ("green coffee", "black tea", "tea", "coffee milk")
        results = [await w.subject.search(query, limit=10, owner=mine, group=_GROUP) for query in queries]
        return [[(w.subject.view(hit), hit.score) for hit in hits] for hits in results]

    before = await found()
    that(any(before), "searches for words of records find nothing")
    added = [await w.subject.add("coffee", owner=theirs, group=_GROUP)]
    equal(await found(), before, f"what is found for {mine} after a short record was stored for {theirs}")
    for number in range(12):
        text = f"coffee with milk and {'sugar ' * number}{number}"
        added.append(await w.subject.add(text, owner=theirs, group=_GROUP))
    equal(await found(), before, f"what is found for {mine} after {len(added)} records were stored for {theirs}")


@law(
    "search.private-session",
    kinds=HISTORY,
    needs=(Guarantee.PRIVATE_RANKING,),
    means="What other sessions hold changes neither the scores nor the order of what is found in a session.",
    look_at="statistics over all sessions, where the search is restricted to one",
)
async def private_session(w: World) -> None:
    for text in ("green tea", "black coffee", "green tea and black coffee with milk"):
        await w.history.add(text, group="mine")

    async def found() -> list[tuple[Any, float | None]]:
        await w.embedded()
        inside = {"session_id": w.history.session("mine"), **w.home}
        hits = [
            hit
            for query in ("green coffee", "black tea", "green tea", "black coffee")  # words, and phrases
            for hit in w.history.added_only(await w.history.api.search(query=query, limit=10, **inside))
        ]
        return [(w.history.view(hit), hit.score) for hit in hits]

    before = await found()
    that(before, "searches for words of messages find nothing")
    for number in range(8):
        await w.history.add(f"coffee with milk {number}", group="other")
    equal(await found(), before, "what is found in a session after another has got messages")


@law(
    "search.best-first",
    means="A record whose text is the query comes before those that have no word of it.",
    look_at="the order of the result (best first), and the limit: it must keep the best",
)
async def best_first(w: World) -> None:
    for text in ("zebras run", "under water welding", "seven small houses"):
        await w.subject.add(text, group=_GROUP)
    wanted = await w.subject.add("grandmother bakes blueberry muffins", group=_GROUP)
    for text in ("old maps", "loud trumpets playing"):
        await w.subject.add(text, group=_GROUP)
    for limit in (1, 6):
        hits = await w.subject.search("grandmother bakes blueberry muffins", limit=limit, group=_GROUP)
        that(hits, f"a search for the text of a record finds nothing with limit={limit}")
        equal(w.subject.view(hits[0]), w.subject.view(wanted), f"the first hit with limit={limit}")


@law(
    "search.scope-before-limit",
    needs=(Feature.USER_SCOPE,),
    means="A search of a user finds that user's record behind any number of better ones of others.",
    look_at="an owner that is applied to the best results only: restrict inside the search",
)
async def scope_before_limit(w: World) -> None:
    for number in range(30):
        await w.subject.add(f"green tea green tea {number}", owner=w.user("bob"), group=_GROUP)
    wanted = await w.subject.add(
        "a note that mentions green tea among other words", owner=w.user("alice"), group=_GROUP
    )
    hits = await w.subject.search("green tea", limit=3, owner=w.user("alice"), group=_GROUP)
    equal([w.subject.view(hit) for hit in hits], [w.subject.view(wanted)], "what a search of alice finds")


@law(
    "search.one-session",
    kinds=HISTORY,
    means="A search in a session finds messages of that session only, and not fewer because others match better.",
    look_at="the condition on the session: inside the search, compared exactly",
)
async def one_session(w: World) -> None:
    for number in range(12):
        await w.history.add(f"green tea green tea {number}", group="other")
    wanted = await w.history.add("a long message that mentions green tea once", group="mine")
    await w.history.add("green tea", group="min")
    hits = await w.history.api.search(query="green tea", limit=3, session_id=w.history.session("mine"), **w.home)
    found = [w.history.view(hit) for hit in w.history.added_only(hits)]
    equal(found, [w.history.view(wanted)], "what a search in one session finds")


@law(
    "search.all-sessions",
    kinds=HISTORY,
    needs=(Feature.SEARCH_ALL_SESSIONS,),
    means="A search without a session finds messages of every session.",
    look_at="a session that is left out: it means all of them, not the latest and not none",
)
async def all_sessions(w: World) -> None:
    added = [await w.history.add(f"green tea in session {name}", group=name) for name in ("one", "two", "three")]
    hits = await w.history.search("green tea", limit=10)
    found = sorted(hit.session_id for hit in hits)
    equal(found, sorted(message.session_id for message in added), "the sessions of what is found")


@law(
    "search.query-is-data",
    means="No character or word of a query is syntax: a text finds its record, however much it looks like a query.",
    look_at="operators of the search engine (NOT, -, quotes, *, :): quote the query, or take words from it",
    over=QUERIES,
)
async def query_is_data(w: World, queries: list[str]) -> None:
    queries = [query for query in dict.fromkeys(queries) if w.fits(query)]
    for decoy in ("green tea", "black tea"):
        await w.subject.add(decoy, group=_GROUP)
    added = [await w.subject.add(query, group=_GROUP) for query in queries]
    for query, record in zip(queries, added, strict=True):
        hits = await w.subject.search(query, limit=len(added) + 2, group=_GROUP)
        found = [w.subject.view(hit) for hit in hits]
        that(w.subject.view(record) in found, f"a search for the text of a record does not find it: {code(query)}")


@law(
    "search.every-role",
    kinds=HISTORY,
    means="A search finds messages of every role that the store keeps.",
    look_at="an index that holds the messages of the user only",
)
async def every_role(w: World) -> None:
    roles: list[Any] = ["user", "assistant", *(OTHER_ROLES if w.has(Feature.ALL_ROLES) else ())]
    for role in roles:
        session = w.history.session(f"of-{role}")
        await w.history.append(session, Message(role=role, content=f"green tea for the {role}"))
        inside = {} if w.has(Feature.SEARCH_ALL_SESSIONS) else {"session_id": session}
        hits = await w.history.api.search(query=f"green tea for the {role}", limit=20, **inside, **w.home)
        found = [(hit.session_id, hit.role) for hit in hits]
        that((session, role) in found, f"a search for the text of a message of the {role} finds {found!r}")


@law(
    "search.session-of-user",
    kinds=HISTORY,
    needs=(Feature.USER_SCOPE,),
    means="A search in a session of a user finds messages of both only, whoever else has a session of that name.",
    look_at="the conditions on session and user: both, joined by AND, inside the search",
)
async def session_of_user(w: World) -> None:
    for name in ("alice", "bob"):
        for session in ("one", "two"):
            await w.history.append(
                w.history.session(session), Message(role="user", content="green tea"), owner=w.user(name)
            )
    for name in ("alice", "bob"):
        for session in ("one", "two"):
            hits = await w.history.api.search(
                query="green tea", limit=50, session_id=w.history.session(session), **w.user(name)
            )
            found = {(hit.user_id, hit.session_id) for hit in hits}
            equal(found, {(w.label(name), w.history.session(session))}, "owner and session of what is found")


@law(
    "search.confined-in-every-mode",
    kinds=FILTERED,
    needs=(Feature.USER_SCOPE,),
    means="Owner, session, filters and times confine a search in each of its modes.",
    look_at="the conditions of each statement that a search may use, of words and of vectors",
)
async def confined_in_every_mode(w: World) -> None:
    text = "a parrot on the balcony"
    alice, bob = w.user("alice"), w.user("bob")
    owners: list[Labels] = [alice, alice, bob]
    if w.has(Feature.AGENT_SCOPE):
        owners.append({**alice, "agent_id": w.label("scout")})
    if w.has(Feature.NAMESPACES):
        owners += [{**alice, "namespace": w.path("app")}, {**alice, "namespace": w.path("app", "notes")}]
    stored: list[Any] = []
    for number, owner in enumerate(owners):
        more: dict[str, Any] = {"metadata": {"k": number % 2}} if w.has(Feature.METADATA) else {}
        if w.has(Feature.MESSAGE_TIMESTAMPS):
            more["timestamp"] = datetime(2024, 5, 1 + number, tzinfo=UTC)
        stored.append(await w.subject.add(text, owner=owner, **more))
    await w.embedded()
    picks: list[dict[str, Any]] = [{}, *([{"filters": {"k": 1}}] if w.has(Feature.FILTERS) else [])]
    times = [_time(record) for record in stored]
    if w.has(Feature.TIME_RANGE) and times[1] is not None:
        picks += [{"since": times[1]}, {"until": times[1]}]
    if w.kind == "history":
        picks += [{"session_id": record.session_id} for record in stored[:2]]
    scopes = [alice, bob, *owners[3:5], *([{**alice, "namespace_prefix": w.path("app")}] if len(owners) > 4 else [])]  # noqa: PLR2004
    for scope, pick, mode in product(scopes, picks, modes(w)):
        if w.kind == "history" and "session_id" not in pick and not w.has(Feature.SEARCH_ALL_SESSIONS):
            continue
        wanted = [key(w, r) for r, owner in zip(stored, owners, strict=True) if _inside(r, owner, scope, **pick)]
        found = await w.subject.api.search(query=text, limit=100, **pick, **mode, **scope)
        hits = sorted(key(w, hit) for hit in found if w.kind != "history" or hit.role == "user")
        equal(hits, sorted(wanted), f"what a search for {scope} with {pick} and {mode} finds")


def _time(record: Any) -> datetime | None:
    """Return the time by which a record is selected."""
    time: datetime | None = record.timestamp if hasattr(record, "timestamp") else record.created_at
    return time


def _inside(record: Any, owner: Labels, scope: Labels, **pick: Any) -> bool:
    """Return whether a search in a scope, with filters, times or a session, may find a record."""
    prefix = scope.get("namespace_prefix", ())
    labels = {name: label for name, label in scope.items() if name != "namespace_prefix"}
    time = _time(record)
    return (
        all(owner.get(name) == label for name, label in labels.items())
        and owner.get("namespace", ())[: len(prefix)] == prefix
        and ("filters" not in pick or record.metadata["k"] == pick["filters"]["k"])
        and ("since" not in pick or (time is not None and time >= pick["since"]))
        and ("until" not in pick or (time is not None and time < pick["until"]))
        and ("session_id" not in pick or record.session_id == pick["session_id"])
    )
