"""Laws about size: many records, long text, large metadata and long names."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.kinds import supports
from memio_contract.expect import equal, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import BY_ID, FILTERED, GRAPH, HISTORY, RECORDS
from memio_contract.lawbook._places import modes, reads
from memio_contract.lawbook.conversations import from_user, texts_of
from memio_contract.place import Labels
from memio_contract.world import World

_LOOPS = "loops over the backend's pages that end after the first, or after a thousand records"
_CUT = "columns, indexes and keys with a length: compare the whole name; state no limit below 1,000 characters"
_NAME = 1000
"""The longest name that the client passes on, in characters."""
_METADATA_BYTES = 1024 * 1024
"""The largest metadata that the client passes on, in bytes of JSON in ASCII without spaces."""
_PART_BYTES = 64 * 1024
"""The longest part of a triple that the client passes on, in bytes of UTF-8."""


@law(
    "size.many",
    kinds=BY_ID,
    means="Listings, searches and delete_all are complete, however many records there are.",
    look_at=_LOOPS,
)
async def many(w: World) -> None:
    mine, other = _two_owners(w)
    subject: Any = w.subject
    kept = await subject.add("a record that stays", owner=other) if other != mine else None
    added = [record.id for record in await subject.fill(w.profile.large, owner=mine)]
    last = await subject.add("the very last record", owner=mine)
    listed = [record.id for record in await subject.listed(owner=mine, limit=1000)]
    equal(listed, [*added, last.id], "the ids that are listed with limit=1000")
    if w.has(Feature.NEWEST_FIRST):
        newest = [record.id for record in await subject.listed(owner=mine, limit=1000, order="newest")]
        equal(newest, listed[::-1], "the ids that are listed newest first with limit=1000")
    if w.has(Feature.COUNT):
        equal(await subject.count(owner=mine), len(listed), "the count")
    hits = [hit.id for hit in await subject.search(subject.query(last), limit=1000, owner=mine)]
    that(last.id in hits, f"a search for the text of the last of {len(listed)} records does not find it")
    equal([record.id for record in await subject.find(last, owner=mine)], [last.id], "the id of the last record, read")
    await subject.delete_all(owner=mine)
    equal(len(await subject.listed(owner=mine)), 0, f"the number of records after delete_all of {len(listed)}")
    equal(len(await subject.find(last, owner=mine)), 0, "the number of records that a read of the last one returns")
    if kept is not None:
        equal([r.id for r in await subject.listed(owner=other)], [kept.id], "the ids that another user lists then")


@law(
    "size.many",
    kinds=HISTORY,
    means="The listing of sessions and delete_all are complete, however many sessions there are.",
    look_at=_LOOPS,
)
async def many_sessions(w: World) -> None:
    mine, other = _two_owners(w)
    kept = await w.history.add("a message that stays", owner=other, group="kept") if other != mine else None
    names = [w.history.session(f"s{number}") for number in range(w.profile.large)]
    for begin in range(0, len(names), 50):
        # The first of each part alone, so that the order of the parts is known.
        await w.history.append(names[begin], from_user("words"), owner=mine)
        rest = names[begin + 1 : begin + 50]
        await asyncio.gather(*(w.history.append(name, from_user("words"), owner=mine) for name in rest))
    listed = await w.history.sessions(owner=mine, limit=1000)
    equal(sorted(listed), sorted(names), "the sessions that are listed, sorted")
    equal([name for name in listed if name in names[::50]], names[::50], "the order of every fiftieth session")
    if w.has(Feature.NEWEST_FIRST):
        newest = await w.history.sessions(owner=mine, limit=1000, order="newest")
        equal(sorted(newest), sorted(names), "the sessions that are listed newest first, sorted")
    if w.has(Feature.COUNT):
        equal(await w.history.api.count(**mine), len(names), "the count of sessions")
    await w.history.delete_all(owner=mine)
    equal(len(await w.history.sessions(owner=mine)), 0, f"the number of sessions after delete_all of {len(names)}")
    equal(texts_of(await w.history.read(names[-1], owner=mine)), [], "the texts of the last session then")
    if kept is not None:
        equal(await w.history.sessions(owner=other), [kept.session_id], "the sessions that another user lists then")


def _two_owners(w: World) -> tuple[Labels, Labels]:
    """Return two users, or the same owner twice where the store has no users."""
    return (w.user("alice"), w.user("bob")) if w.has(Feature.USER_SCOPE) else (w.home, w.home)


@law(
    "size.session",
    kinds=HISTORY,
    means="A session is read, searched and deleted completely, however long it is.",
    look_at=_LOOPS,
)
async def long_session(w: World) -> None:
    session = w.history.session("long")
    kept = await w.history.add("words that stay", group="kept")
    texts = [f"words {number}" for number in range(w.profile.large)]
    for begin in range(0, len(texts), 335):
        await w.history.append(session, *(from_user(text) for text in texts[begin : begin + 335]))
    for limit, start in ((1000, "oldest"), (300, "latest")):
        read = texts_of(await w.history.read(session, limit=limit, start=start))
        equal(read, texts, f"the session, read with limit={limit} from {start!r}")
    hits = texts_of(await w.history.search(texts[-1], limit=1000, group="long"))
    that(texts[-1] in hits, f"a search for the last of {len(texts)} messages does not find it")
    if w.has(Feature.COUNT, Guarantee.SILENT_APPEND):
        equal(await w.history.count(session_id=session), len(texts), "the count of messages of the session")
    if w.has(Feature.DELETE_MESSAGES, Guarantee.SILENT_APPEND):
        await _delete_many(w, session, texts)
    await w.history.delete(session)
    equal(texts_of(await w.history.read(session)), [], "the texts of the session after it was deleted")
    equal(await w.history.sessions(), [kept.session_id], "the sessions that are listed then")
    hits = texts_of(await w.history.search("words", limit=1000, group="long"))
    equal([text for text in hits if text in texts], [], "the deleted messages that a search finds")


async def _delete_many(w: World, session: str, texts: list[str]) -> None:
    """Delete the last messages of a session, and then its first ones by their ids: more than a usual page of each."""
    many = w.profile.many // 2 if len(texts) < 2 * w.profile.many else w.profile.many
    gone = texts_of(await w.history.api.delete_messages(session, last=many, **w.home))
    equal(gone, texts[-many:], f"the answer of delete_messages with last={many}")
    first = await w.history.page(session, None, limit=many, start="oldest")
    ids = [message.id for message in first]
    gone = texts_of(await w.history.api.delete_messages(session, message_ids=ids, **w.home))
    equal(gone, texts[: len(ids)], f"the answer of delete_messages with {len(ids)} ids")
    left = texts_of(await w.history.read(session, limit=1000))
    equal(left, texts[len(ids) : -many], "the session after messages were deleted")


@law(
    "size.entity",
    kinds=GRAPH,
    means="The triples of an entity are read and deleted completely, however many there are.",
    look_at=_LOOPS,
)
async def large_entity(w: World) -> None:
    half = w.profile.large // 2
    out = [w.graph.triple("hub", f"end {number}") for number in range(half)]
    back = [w.graph.triple(f"start {number}", "hub") for number in range(w.profile.large - half)]
    await w.graph.put(w.graph.triple("far", "away"))
    added = [triple.id for triple in await w.graph.put(*out, *back)]
    for limit in (1000, 300):
        found = [triple.id for triple in await w.graph.of("hub", limit=limit)]
        equal(found, added, f"the ids of the entity's triples, with limit={limit}")
    await w.graph.api.delete_entity(entity="hub", **w.home)
    equal(len(await w.graph.of("hub")), 0, f"the number of triples after delete_entity of {len(added)}")
    equal([t.subject for t in await w.graph.listed()], ["far"], "the subjects that are listed then")


@law(
    "size.owners",
    needs=(Feature.OWNERS, Feature.ATTRIBUTION, Feature.AGENT_SCOPE, Feature.USER_SCOPE),
    means="The listing of owners is complete, however many owners there are.",
    look_at=_LOOPS + "; and facets or groups, of which a backend returns the first",
)
async def many_owners(w: World) -> None:
    alice = w.user("alice")
    # More than the largest page where one call adds them.
    batch = w.kind in RECORDS and supports(w.memio.stores[w.kind], "add_many")
    agents = [w.label(f"agent {number}") for number in range(w.profile.large if batch else w.profile.many)]
    if batch:
        await w.records.api.add_many([{"content": "words", "agent_id": agent} for agent in agents], **alice)
    else:
        for agent in agents:
            await w.subject.add("words", owner={**alice, "agent_id": agent})
    for limit in (100, 1000):
        found = [str(owner.agent_id) for owner in await w.subject.owners(owner=alice, limit=limit)]
        equal(sorted(found), sorted(agents), f"the agents in the listing of owners with limit={limit}, sorted")


@law(
    "search.alike",
    kinds=FILTERED,
    means="A search whose limit covers all records finds every one whose text it is given, in each of its modes.",
    look_at="a largest number of hits, or of nearest neighbours, that is less than the limit",
)
async def many_alike(w: World) -> None:
    text = "a parrot on the balcony"
    if w.kind == "history":
        session = w.history.session("alike")
        await w.history.append(session, *[from_user(text)] * w.profile.many)
    else:
        await w.records.api.add_many([text] * w.profile.many, **w.home)
    await w.embedded()
    for mode in modes(w):
        hits = await w.subject.search(text, limit=1000, group="alike", **mode)
        found = sum(w.subject.text(hit) == text for hit in hits) if w.has(Guarantee.VERBATIM) else len(hits)
        equal(found, w.profile.many, f"the number of records with one text that a search for it finds, with {mode}")


@law(
    "content.whole-everywhere",
    needs=(Guarantee.VERBATIM,),
    means="Every way to read, of every order and mode, returns records whole: long text and every other field.",
    look_at="the columns of each query, previews in listings and hits, and chunks in an index of vectors",
    sized=True,
)
async def whole_everywhere(w: World) -> None:
    more = _every_field(w)
    owner = w.user("alice") if w.has(Feature.USER_SCOPE) else w.home
    if w.has(Feature.USER_SCOPE, Feature.AGENT_SCOPE, Feature.NAMESPACES):
        owner = {**owner, "agent_id": w.label("scout"), "namespace": w.path("app", "notes")}
    text = ("a long text about a parrot\n" * 2_500)[
        : w.content_bytes - (len(json.dumps(more["data"])) if "data" in more else 0)
    ]
    await w.subject.add("a short text about a parrot", owner=owner, group="whole")
    added = await w.subject.add(text, owner=owner, group="whole", **more)
    await w.subject.add("a short text about a parrot", owner=owner, group="whole")
    await w.embedded()
    whole = w.subject.view(added)
    content = {"subject": text} if w.kind == "graph" else {"content": text}
    given = {name: value for name, value in more.items() if name != "timestamp"}
    equal(whole, {**whole, **content, **given}, "the answer of add")
    for place, records in await _every_read(w, added, owner):
        # A hit may be missing, because that is what other laws are about.
        for record in [r for r in records if r.id == added.id or w.subject.text(r) == text]:
            equal(w.subject.view(record), whole, f"the record in {place}")
            for name in ("created_at", "updated_at", "timestamp", "version"):
                if getattr(added, name, None) is not None:
                    equal(getattr(record, name), getattr(added, name), f"{name} in {place}")
    if w.kind in RECORDS:
        (batched,) = await w.records.api.add_many([{"content": text, **more}], **owner)
        await _same_but_id(w, batched, whole, owner, "add_many")
    if w.kind in RECORDS and w.has(Feature.PUT):
        for way in ("creates a record", "replaces one"):
            put = await w.records.put(w.label("put"), text, owner=owner, **more)
            await _same_but_id(w, put, whole, owner, f"a put that {way}")
    if w.kind == "history" and w.has(Feature.DELETE_MESSAGES, Guarantee.SILENT_APPEND):
        gone = await w.history.api.delete_messages(added.session_id, last=2, **owner)
        equal(w.subject.view(gone[0]), whole, "the message in the answer of delete_messages")


async def _same_but_id(w: World, answer: Any, whole: dict[str, Any], owner: Labels, call: str) -> None:
    """Expect a record that another call has stored to be what add stores, but for its id."""
    for place, records in (
        ("the answer of", [answer]),
        ("what is stored by", await w.subject.find(answer, owner=owner)),
    ):
        that(records, f"a read by id does not find the answer of {call}")
        equal({**w.subject.view(records[0]), "id": whole["id"]}, whole, f"{place} {call}")
        equal(records[0].version, answer.version, f"the version of {place} {call}")


def _every_field(w: World) -> dict[str, Any]:
    """Return a value for each field that the store keeps."""
    values: dict[str, tuple[str, Any]] = {
        "metadata": (Feature.METADATA, {"text": "x" * 300, "number": 1, "list": [None, {}]}),
        "data": (Feature.DATA, {"text": "y" * 300, "list": []}),
        "expires_at": (Feature.EXPIRY, datetime(2190, 5, 1, 12, 30, 15, 123456, UTC)),
        "name": (Feature.MESSAGE_NAMES, "Ann"),
        "timestamp": (Feature.MESSAGE_TIMESTAMPS, datetime(2024, 5, 1, 12, 30, 15, 123456, UTC)),
    }
    return {name: value for name, (feature, value) in values.items() if w.has(feature)}


async def _every_read(w: World, added: Any, owner: Labels) -> list[tuple[str, list[Any]]]:
    """Return what every way to read has; of listings also pages after the first."""
    subject: Any = w.subject
    found: list[tuple[str, list[Any]]] = [("a read by id", await subject.find(added, owner=owner))]
    picks = [{"filters": {"number": 1}}] if w.has(Feature.FILTERS) else []
    orders: list[dict[str, Any]] = [{}, *([{"order": "newest"}] if w.has(Feature.NEWEST_FIRST) else [])]
    for limit in (1, 100):
        if w.kind == "history":
            for start in ("oldest", "latest"):
                read = await subject.read(added.session_id, owner=owner, limit=limit, start=start)
                found.append((f"a read from the {start} with limit={limit}", read))
            continue
        for more in (*orders, *(picks if w.kind in RECORDS else [])):
            listed = await subject.listed(owner=owner, limit=limit, **more)
            found.append((f"the listing with limit={limit} {more}", listed))
        if w.kind == "graph":
            found.append(("a read of the subject", await subject.of(added.subject, owner=owner, limit=limit)))
    for more in (*(modes(w) if w.kind != "graph" else [{}]), *picks):
        hits = await subject.search("a long text about a parrot", limit=10, owner=owner, group="whole", **more)
        found.append((f"a search with {more}", hits))
    return found


@law(
    "filters.many",
    kinds=RECORDS,
    needs=(Feature.FILTERS,),
    means="A filter finds its records, however many others lie before them.",
    look_at=_LOOPS + "; and filters that are applied to a page that was read before",
)
async def filters_many(w: World) -> None:
    items = [{"content": f"record number {n}", "metadata": {"part": "first"}} for n in range(w.profile.large)]
    await w.records.api.add_many(items, **w.home)
    wanted = [await w.records.add(f"late record {n}", metadata={"part": "last"}) for n in range(3)]
    for limit in (2, 1000):
        listed = [r.id for r in await w.records.listed(limit=limit, filters={"part": "last"})]
        equal(listed, [r.id for r in wanted], f"the ids that are listed with a filter and limit={limit}")
    hits = sorted(r.id for r in await w.records.search("record", limit=5, filters={"part": "last"}))
    equal(hits, sorted(r.id for r in wanted), "the ids that a search with that filter finds, sorted")


@law(
    "content.long",
    needs=(Guarantee.VERBATIM,),
    means="Text up to the stated limit is kept whole and returned whole by every call, each record once.",
    look_at="the size of columns, buffers, previews and chunks; state a limit as `max_content_bytes` if there is one",
    sized=True,
)
async def content_long(w: World) -> None:
    lines = "".join(f"line {number} of a long text\n" for number in range(w.content_bytes // 22 + 1))
    wide = "\u65e5\u672c" * (min(w.content_bytes, 256 * 1024) // 6)
    sizes = sorted({min(size, w.content_bytes) for size in (150, 300, 1_100, 4_200, 33_000, w.content_bytes)})
    for whole in (*(lines[:size] for size in sizes), wide):
        record = await w.subject.add(whole)
        _check_whole("the answer of add", [record], whole, w)
        for place, found in await reads(w, record):
            that(found or place == "search", f"{place} does not have a record of {len(whole.encode()):,} bytes")
            that(len(found) <= 1, f"{place} returns one record of {len(whole.encode()):,} bytes {len(found)} times")
            _check_whole(place, found, whole, w)
        if w.kind in RECORDS and w.has(Feature.UPDATE):
            longer = whole[1:] + whole[:1]
            record = await w.records.update(record.id, longer)
            _check_whole("the answer of update", [record], longer, w)
            _check_whole("a read by id after an update", await w.records.find(record), longer, w)
        await w.subject.delete(record)


def _check_whole(place: str, records: list[Any], whole: str, w: World) -> None:
    for record in records:
        read = w.subject.text(record)
        size, expected = len(read.encode()), len(whole.encode())
        that(read == whole, f"{place} has {size:,} bytes of {expected:,}, or they are not the same")


@law(
    "metadata.large",
    needs=(Feature.METADATA,),
    means="Metadata is kept whole: long text, many keys, long keys, long lists.",
    look_at="the size of the column, and limits on the number or length of keys and values",
)
async def metadata_large(w: World) -> None:
    objects: list[dict[str, Any]] = [
        {"text": "x" * 300},
        {"text": "words and " * 7_000},
        {f"key {number}": number for number in range(300)},
        {"k" * 300: 1, "k" * 299: 2, "k" * 64: 3, "k" * 63: 4},
        {"list": list(range(1_200)), "texts": [f"item {number}" for number in range(300)]},
        {"deep": {"deeper": {"text": "y" * 1_500, "list": [[0] * 200] * 3}}},
    ]
    room = _stated(w, "max_metadata_bytes", _METADATA_BYTES) - len(',"changed":true')
    for number, metadata in enumerate(objects):
        if len(json.dumps(metadata, separators=(",", ":"))) > room:
            continue
        record = await w.subject.add(f"record {number}", metadata=metadata)
        equal(record.metadata, metadata, "the metadata in the answer of add")
        for place, found in await reads(w, record):
            for read in found:
                equal(read.metadata, metadata, f"the metadata that {place} returns")
        if w.kind in RECORDS and w.has(Feature.UPDATE):
            changed = {**metadata, "changed": True}
            record = await w.records.update(record.id, f"changed {number}", metadata=changed)
            equal(record.metadata, changed, "the metadata in the answer of update")
            for read in await w.records.find(record):
                equal(read.metadata, changed, "the metadata that a read by id returns after an update")


@law(
    "metadata.at-limit",
    needs=(Feature.METADATA,),
    means="Metadata of exactly the largest size is stored and returned: 1 MiB of JSON, or what the store states.",
    look_at="the size of the column or request; state less as `max_metadata_bytes` if there is a limit",
)
async def metadata_at_limit(w: World) -> None:
    most = _stated(w, "max_metadata_bytes", _METADATA_BYTES)
    metadata = {"text": "x" * (most - len('{"text":""}'))}
    record = await w.subject.add("words", metadata=metadata)
    that(record.metadata == metadata, f"the answer of add does not have the metadata of {most:,} bytes")
    for place, found in (("a read by id", await w.subject.find(record)), ("the listing", await w.subject.listed())):
        that(len(found) == 1 and found[0].metadata == metadata, f"{place} does not have the metadata of {most:,} bytes")


@law(
    "add.parts-at-limit",
    kinds=GRAPH,
    needs=(Guarantee.VERBATIM,),
    means="Parts of triples of exactly the largest size are stored and returned: 64 KiB, or what the store states.",
    look_at="the size of columns, keys and indexes; state less as `max_part_bytes` if there is a limit",
)
async def parts_at_limit(w: World) -> None:
    most = _stated(w, "max_part_bytes", _PART_BYTES)
    # One part has characters of three bytes, so that the limit is that of bytes.
    parts = ("s" * most, "p" * most, "\u65e5" * (most // 3) + "o" * (most % 3))
    added = (await w.graph.put(w.graph.triple(parts[0], parts[2], predicate=parts[1])))[0]
    reads = [
        ("the answer of add", [added]),
        ("the listing", await w.graph.listed()),
        ("a read of its subject", await w.graph.of(parts[0])),
        ("a read of its object", await w.graph.of(parts[2])),
    ]
    for place, found in reads:
        whole = [(triple.subject, triple.predicate, triple.object) == parts for triple in found]
        that(whole == [True], f"{place} does not have the triple whose parts have {most:,} bytes each")
    again = (await w.graph.put(w.graph.triple(parts[0], parts[2], predicate=parts[1])))[0]
    equal(again.id, added.id, "the id in the answer of a repeated add")
    await w.graph.delete(added)
    equal(len(await w.graph.listed()), 0, "the number of triples after the delete")


def _stated(w: World, limit: str, most: int) -> int:
    """Return the limit that a store states, or that of the client."""
    return min(getattr(w.memio.stores[w.kind], limit, None) or most, most)


@law(
    "search.many-words",
    means="A text of very many different words is stored, and is found by its text and by its words.",
    look_at="one condition, parameter or token per word of a query: backends limit their number",
)
async def many_words(w: World) -> None:
    words = [f"w{number:x}q" for number in range(min(2_000, w.content_bytes // 6))]
    record = await w.subject.add(" ".join(words), group="words")
    for query in (w.subject.query(record), " ".join(words[:300]), words[0]):
        hits = await w.subject.search(query, limit=10, group="words")
        that(len(hits) == 1, f"a search for {len(query.split()):,} words of the only record finds {len(hits)}")
        equal(w.subject.view(hits[0]), w.subject.view(record), "the record that is found")


def long_names(w: World) -> list[str]:
    """Return names of the greatest length, of which two differ in their last character and two in their first."""
    room = _NAME - len(w.token) - 1
    wide = "\U0001f600" * room
    return ["x" * room + "a", "x" * room + "b", "a" + "x" * room, "b" + "x" * room, wide + "a", wide + "b", "x" * 64]


@law(
    "owner.long-names",
    needs=(Feature.USER_SCOPE,),
    means="Users are distinguished by their whole names, of up to 1,000 characters of any kind.",
    look_at=_CUT,
)
async def owner_long(w: World) -> None:
    names = long_names(w)
    for name in names:
        await w.subject.add("the same words", owner=w.user(name))
    for name in names:
        owner = w.user(name)
        for limit in (1, 100):
            owners = [record.user_id for record in await w.subject.listed(owner=owner, limit=limit)]
            equal(owners, [owner["user_id"]], f"the owners of what a user with a long name lists with limit={limit}")
    await w.subject.delete_all(owner=w.user(names[0]))
    left = [len(await w.subject.listed(owner=w.user(name))) for name in names]
    equal(left, [0, *[1] * (len(names) - 1)], "the number of records of each user after delete_all of the first")


@law(
    "owner.long-agents",
    needs=(Feature.AGENT_SCOPE,),
    means="Agents are distinguished by their whole names, of up to 1,000 characters of any kind.",
    look_at=_CUT,
)
async def agents_long(w: World) -> None:
    names = long_names(w)
    for name in names:
        await w.subject.add("the same words", owner=w.agent(name))
    for name in names:
        agents = [record.agent_id for record in await w.subject.listed(owner=w.agent(name))]
        equal(agents, [w.label(name)], "the agents of what an agent with a long name lists")


@law(
    "owner.long-namespaces",
    needs=(Feature.NAMESPACES,),
    means="Namespaces are distinguished by all of their elements, up to 16 of up to 1,000 characters of any kind.",
    look_at=_CUT,
)
async def namespaces_long(w: World) -> None:
    names = long_names(w)
    paths = [w.path(*path) for name in names for path in ((name,), ("p", name), (*"abcdefghijklmno", name))]
    paths += [w.path(*"abcdefghijklmnop"[:length]) for length in (10, 11, 15, 16)]
    for path in paths:
        await w.subject.add("the same words", owner={**w.home, "namespace": path})
    for path in paths:
        found = [record.namespace for record in await w.subject.listed(owner={**w.home, "namespace": path})]
        equal(found, [path], "the namespaces of what a long namespace lists")


@law(
    "ids.long",
    needs=(Feature.CLIENT_IDS,),
    means="Ids are distinguished by their whole length, of up to 1,000 characters of any kind.",
    look_at=_CUT,
)
async def ids_long(w: World) -> None:
    ids = [w.label(name) for name in long_names(w)]
    if w.kind == "history":
        session = w.history.session("session")
        await w.history.append(session, *(from_user(f"words {n}", id=id_) for n, id_ in enumerate(ids)))
        read = [(found.id, found.content) for found in await w.history.read(session)]
        equal([id_ for id_, _ in read], ids, "the ids in the session")
        again = await w.history.append(session, from_user("words 1", id=ids[1]))
        equal([found.id for found in again.stored], [ids[1]], "the id in the answer of a repeated add")
        equal(len(await w.history.read(session)), len(ids), "the number of messages after the repeated add")
        return
    for number, id_ in enumerate(ids):
        added = await w.subject.add(f"words {number}", id=id_)
        equal(added.id, id_, "the id in the answer of add")
    equal([record.id for record in await w.subject.listed(limit=2)], ids, "the ids that are listed")
    if w.kind != "graph":
        equal([(await w.records.get(id_)).id for id_ in ids], ids, "the ids of the records, read by id")
    await w.subject.delete(ids[0])
    equal([record.id for record in await w.subject.listed()], ids[1:], "the ids that are listed after a delete")


@law(
    "sessions.long-names",
    kinds=HISTORY,
    means="Sessions are distinguished by their whole ids, of up to 1,000 characters of any kind.",
    look_at=_CUT,
)
async def sessions_long(w: World) -> None:
    names = [w.history.session(name) for name in long_names(w)]
    added = [await w.history.append(name, from_user(f"words {number}")) for number, name in enumerate(names)]
    equal(await w.history.sessions(limit=2), names, "the sessions that are listed")
    for name, turn in zip(names, added, strict=True):
        found = [w.history.view(read) for read in await w.history.read(name)]
        equal(found, [w.history.view(stored) for stored in turn.stored], "what a session with a long id holds")
    await w.history.delete(names[0])
    equal(await w.history.sessions(), names[1:], "the sessions that are listed after the first was deleted")


@law(
    "get.long-entity",
    kinds=GRAPH,
    needs=(Guarantee.VERBATIM,),
    means="Entities and predicates are distinguished by their whole text.",
    look_at=_CUT,
)
async def long_entity(w: World) -> None:
    names = [name for name in (*long_names(w), "y" * 3_000 + "a", "y" * 3_000 + "b") if w.fits(name)]
    for name in names:
        await w.graph.put(w.graph.triple(name, "thing"), w.graph.triple("thing", "other", predicate=name))
    equal(len(await w.graph.listed()), 2 * len(names), "the number of triples, of which no two are identical")
    for name in names:
        found = [(triple.subject == name, triple.object) for triple in await w.graph.of(name)]
        equal(found, [(True, "thing")], f"the triples of an entity of {len(name):,} characters")
    await w.graph.api.delete_entity(entity=names[0], **w.home)
    equal([len(await w.graph.of(name)) for name in names], [0, *[1] * (len(names) - 1)], "the triples of each then")
