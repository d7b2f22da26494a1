"""Laws about owners: who a record belongs to, and who sees it."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from itertools import product
from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError, NotFoundError
from memio.owners import OWNERS, Owner, Scope
from memio_contract.expect import about, equal, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import BY_ID, HISTORY, RECORDS
from memio_contract.lawbook._places import group_of
from memio_contract.lawbook.conversations import from_user, texts_of
from memio_contract.place import Labels
from memio_contract.subjects import Subject
from memio_contract.values import NAMES, Values
from memio_contract.world import World

ALL_LABELS = (Feature.USER_SCOPE, Feature.AGENT_SCOPE, Feature.NAMESPACES)
"""What a store declares that scopes every label of an owner."""
_PATTERN = "exact comparison of labels: no prefix, no LIKE, no case folding, no joined keys"
_WORDS = "the same words"
_SOME_NAMES = Values(NAMES.specimens[:32], NAMES.strategy, alike=True)
"""The names that most stores have confused; all of them are tried as users."""


@law(
    "owner.kept",
    needs=(Feature.ATTRIBUTION,),
    means="The user given on add is stored and returned.",
    look_at="the owner columns of the insert, and of every select",
)
async def owner_kept(w: World) -> None:
    await _kept(w, w.user("alice"), "user_id")


@law(
    "owner.agent-kept",
    needs=(Feature.ATTRIBUTION,),
    means="The agent given on add is stored and returned.",
    look_at="the agent column of the insert, and of every select",
)
async def agent_kept(w: World) -> None:
    await _kept(w, w.agent("scout"), "agent_id")


@law(
    "owner.namespace-kept",
    needs=(Feature.NAMESPACES,),
    means="The namespace given on add is stored and returned, element by element, and the root stays the root.",
    look_at="how the tuple is stored: its elements may hold any character, and the root has none",
)
async def namespace_kept(w: World) -> None:
    deepest = tuple(f"level {number}" for number in range(16))
    for path in (("app",), ("app", "notes"), ("a/b", "c.d", '"', "[1]", "", "x")[:4], (" ", "\u65e5"), deepest):
        await _kept(w, w.namespace(*path), "namespace")
    await _kept(w, {**w.home, "namespace": ()}, "namespace")


async def _kept(w: World, owner: Labels, label: str) -> None:
    """Expect a label in the answer of add, and in every read."""
    answer = await w.subject.add(f"likes coffee {w.number()}", owner=owner)
    equal(getattr(answer, label), owner[label], f"the {label} in the answer of add")
    reading = w.reading(owner)
    listed = [record for record in await w.subject.listed(owner=reading) if w.subject.text(record) == _text(w, answer)]
    hits = await w.subject.search(w.subject.query(answer), limit=50, owner=reading, group=group_of(w, answer))
    found = [hit for hit in hits if w.subject.text(hit) == _text(w, answer)]
    for place, records in (
        ("a read by id", await w.subject.find(answer, owner=reading)),
        ("the listing", listed),
        ("search", found),
    ):
        for record in records:
            equal(getattr(record, label), owner[label], f"the {label} that {place} returns")


def _text(w: World, record: Any) -> str:
    return w.subject.text(record)


@law(
    "owner.isolated",
    needs=(Feature.USER_SCOPE,),
    means="A user sees exactly the records of that user, however much the names of users look alike.",
    look_at=_PATTERN,
    over=NAMES,
)
async def owner_isolated(w: World, names: list[str]) -> None:
    await _isolated(w, "user_id", [w.user(name) for name in dict.fromkeys(names)])


@law(
    "owner.agents-isolated",
    needs=(Feature.AGENT_SCOPE,),
    means="An agent sees exactly the records of that agent, however much the names of agents look alike.",
    look_at=_PATTERN,
    over=_SOME_NAMES,
)
async def agents_isolated(w: World, names: list[str]) -> None:
    await _isolated(w, "agent_id", [w.agent(name) for name in dict.fromkeys(names)])


@law(
    "owner.namespaces-isolated",
    needs=(Feature.NAMESPACES,),
    means="A namespace holds exactly its own records, not those below it or those whose elements look alike.",
    look_at="comparison of whole tuples: no joined paths, no prefix, no LIKE, no case folding",
    over=_SOME_NAMES,
)
async def namespaces_isolated(w: World, names: list[str]) -> None:
    names = list(dict.fromkeys(names))
    paths: list[tuple[str, ...]] = [(name,) for name in names]
    some = names[: min(8, w.profile.separators // 4)]
    for first, second in zip(some, [*some[1:], "b"], strict=True):
        paths += [(first, second), (f"{first}/{second}",), (f"{first}.{second}",), (first, second, first)]
    await _isolated(w, "namespace", [w.namespace(*path) for path in dict.fromkeys(paths)])


async def _isolated(w: World, label: str, owners: list[Labels]) -> None:
    """Expect each owner to see its own record, and to delete no other."""
    added = [await w.subject.add(_WORDS, owner=owner) for owner in owners]
    for number, owner in enumerate(owners):
        wanted = owner[label]
        listed = [getattr(record, label) for record in await w.subject.listed(owner=owner)]
        equal(listed, [wanted], f"each {label} of what {wanted!r} lists")
        hits = await w.subject.search(_WORDS, limit=10, owner=owner, group=group_of(w, added[number]))
        found = [getattr(hit, label) for hit in hits]
        that(found in ([], [wanted]), f"{wanted!r} searches, and finds records of each {label} of {found!r}")
        if len(owners) > 1:
            seen = await w.subject.find(added[number - 1], owner=owner)
            equal([r for r in seen if getattr(r, label) != wanted], [], "a foreign read by id")
    await w.subject.delete_all(owner=owners[0])
    left = [len(await w.subject.listed(owner=owner)) for owner in owners]
    what = f"the number of records of each {label} after delete_all of {owners[0][label]!r}"
    equal(left, [0, *[1] * (len(owners) - 1)], what)


@law(
    "owner.labels-together",
    needs=ALL_LABELS,
    means="Labels given together restrict to the records that have all of them.",
    look_at="the condition that joins the labels: it must be AND, and each must be there",
)
async def labels_together(w: World) -> None:
    every = [
        {**w.user(user), "agent_id": w.label(agent), "namespace": w.path(name)}
        for user, agent, name in product(("alice", "bob"), ("scout", "scribe"), ("work", "home"))
    ]
    for labels in every:
        await w.subject.add(_WORDS, owner=labels, group="together")
    for names in (("user_id", "agent_id"), ("user_id", "namespace"), ("user_id", "agent_id", "namespace")):
        for labels in every:
            scope = {name: labels[name] for name in names}
            expected = [other for other in every if all(other[name] == scope[name] for name in names)]
            listed = [_labels(record) for record in await w.subject.listed(owner=scope)]
            equal(listed, expected, f"the owners of what {scope} lists")
            if w.kind != "history" or len(expected) == 1:
                hits = await w.subject.search(_WORDS, limit=20, owner=scope, group="together")
                equal(_sorted(map(_labels, hits)), _sorted(expected), f"the owners of what {scope} finds")
    gone = every[0]
    await w.subject.delete_all(owner={name: gone[name] for name in ("user_id", "agent_id")})
    left = [_labels(record) for record in await w.subject.listed(owner=w.user("alice"))]
    expected = [labels for labels in every[:4] if labels["agent_id"] != gone["agent_id"]]
    equal(left, expected, "the owners of alice's records after delete_all of alice with scout")


def _labels(record: Any) -> Labels:
    return {"user_id": record.user_id, "agent_id": record.agent_id, "namespace": record.namespace}


def _sorted(labels: Iterable[Labels]) -> list[Labels]:
    return sorted(labels, key=str)


@law(
    "owner.exactly",
    needs=ALL_LABELS,
    means="An owner means the records with exactly its labels in every call: a label that it lacks is none, not any.",
    look_at="a label of a scope that is None or (): it is compared as nothing, and never left out",
    alone=True,
)
async def owner_exactly(w: World) -> None:
    owners = _every_owner()
    chosen: Labels = {"id": "the-id"} if w.has(Feature.CLIENT_IDS) else {}
    added = [await w.subject.add(_WORDS, owner={"owner": owner}, group="shared", **chosen) for owner in owners]
    for owner, record in zip(owners, added, strict=True):
        await _expect_only(w, w.subject, {"owner": owner}, [owner], record)
        for name, change in _changes(w, record, {"owner": owner}).items():
            await change()
            equal(len(await w.subject.listed(owner={})), len(owners), f"the number of records after {name}")
            await _expect_only(w, w.subject, {"owner": owner}, [owner], record)
    left = list(owners)
    for number, (owner, record) in enumerate(zip(owners, added, strict=True)):
        if number % 2:
            await w.subject.delete_all(owner={"owner": owner})
        elif w.kind == "history" and w.has(Feature.DELETE_MESSAGES, Guarantee.SILENT_APPEND) and number % 4:
            await w.history.api.delete_messages(record.session_id, last=1, owner=owner)
        elif w.kind == "graph" and number % 4:
            await w.graph.api.delete_entity(entity=record.object, owner=owner)
        else:
            await w.subject.delete(record, owner={"owner": owner})
        left.remove(owner)
        found = [record.owner for record in await w.subject.listed(owner={})]
        equal(_by_repr(found), _by_repr(left), f"the owners that have records after those of {owner!r} were deleted")


def _every_owner() -> list[Owner]:
    """Return an owner for each set of labels."""
    return [
        Owner(user, agent, namespace) for user, agent, namespace in product((None, "u"), (None, "a"), ((), ("n", "m")))
    ]


def _changes(w: World, record: Any, labels: Labels) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Return the calls that change a record and leave its text."""
    changes: dict[str, Callable[[], Awaitable[Any]]] = {}
    if w.kind in RECORDS and w.has(Feature.UPDATE, Guarantee.STABLE_IDS):
        changes["update"] = lambda: w.records.update(record.id, _WORDS, owner=labels)
    if w.kind in RECORDS and w.has(Feature.PUT):
        changes["put"] = lambda: w.records.put(record.id, _WORDS, owner=labels)
    return changes


async def _expect_only(w: World, subject: Subject, scope: Labels, owners: list[Owner], record: Any = None) -> None:
    """Expect exactly the records of some owners in a scope, in every read."""
    listed = [found.owner for found in await subject.listed(owner=scope)]
    equal(_by_repr(listed), _by_repr(owners), f"the owners of what is listed for {scope}")
    api: Any = subject.api
    everywhere = w.kind != "history" or w.has(Feature.SEARCH_ALL_SESSIONS)
    inside = {} if w.kind != "history" else {"session_id": w.label("shared")}
    if everywhere or len(owners) == 1:
        hits = await api.search(query=_WORDS, limit=50, **({} if everywhere else inside), **scope)
        equal(_by_repr(hit.owner for hit in hits), _by_repr(owners), f"the owners of what is found for {scope}")
    if w.has(Feature.COUNT):
        equal(await api.count(**scope), len(owners), f"the count for {scope}")
        if w.kind == "history" and w.has(Guarantee.SILENT_APPEND):
            equal(await subject.count(owner=scope), len(owners), f"the count of messages for {scope}")
    if w.has(Feature.OWNERS):
        found = await subject.owners(owner=scope)
        equal(_by_repr(found), _by_repr(owners), f"the owners that are listed for {scope}")
    if record is not None:
        equal([found.owner for found in await subject.find(record, owner=scope)], owners, f"a read by id for {scope}")
        if w.kind == "history":
            hits = await api.search(query=_WORDS, limit=50, **inside, **scope)
            equal([hit.owner for hit in hits], owners, f"the owners of what is found in the session for {scope}")
            if w.has(Feature.COUNT, Guarantee.SILENT_APPEND):
                equal(await api.count_messages(**inside, **scope), 1, f"the count of the session for {scope}")


def _by_repr(owners: Iterable[Owner]) -> list[str]:
    return sorted(map(repr, owners))


@law(
    "owner.without-a-label",
    needs=ALL_LABELS,
    means="A scope of the records without one label, whatever the others are, holds exactly these in every call.",
    look_at="a label of a scope that is None or () while others are open: it is compared, and never left out",
    alone=True,
)
async def without_a_label(w: World) -> None:
    owners = _every_owner()
    added = [await w.subject.add(_WORDS, owner={"owner": owner}, group="shared") for owner in owners]
    scopes = (Scope(user_id=None), Scope(agent_id=None), Scope(namespace=()))
    for scope, name in zip(scopes, OWNERS, strict=True):
        without = [owner for owner in owners if scope.matches(owner)]
        subject = w.subject_of(w.memio.confined(scope))
        await _expect_only(w, subject, {}, without)
        if w.kind != "history":
            for owner, record in zip(owners, added, strict=True):
                seen = [found.owner for found in await subject.find(record)]
                equal(seen, [owner] if owner in without else [], f"a read by id without {name}")
                if owner not in without:
                    await refused(subject.delete(record), NotFoundError, f"delete without {name}")
        await subject.delete_all()
        left = [owner for owner in owners if owner not in without]
        found = [record.owner for record in await w.subject.listed(owner={})]
        equal(_by_repr(found), _by_repr(left), f"the owners that have records after delete_all without {name}")
        await w.subject.delete_all(owner={})
        added = [await w.subject.add(_WORDS, owner={"owner": owner}, group="shared") for owner in owners]


@law(
    "owner.prefix",
    needs=(Feature.NAMESPACES,),
    means="A namespace prefix spans that namespace and all below it, by whole elements, in every call that takes it.",
    look_at="the condition of a prefix: element by element, not on a joined text, without wildcards, at any depth",
)
async def prefix(w: World) -> None:
    paths: tuple[tuple[str, ...], ...] = (
        *(("app",), ("app", "notes"), ("app", "notes", "old"), ("app", "note"), ("app", "notes2"), ("apple",), ("ap",)),
        *(
            ("app/notes",),
            ("app.notes",),
            ("app%",),
            ("app%", "x"),
            ("a_p", "x"),
            ("App",),
            ("App", "notes"),
            ("notes", "app"),
            ("x", "app", "notes"),
        ),
    )
    owners = {path: w.namespace(*path) for path in paths}
    for owner in owners.values():
        await w.subject.add(_WORDS, owner=owner)
    begins = (("app",), ("app", "notes"), ("app", "notes", "old"), ("app", "not"), ("App",), ("app/notes",))
    for begin in (*begins, ("a_p",), ("app%",)):
        scope = {**w.home, "namespace_prefix": w.path(*begin)}
        wanted = [owner["namespace"] for path, owner in owners.items() if path[: len(begin)] == begin]
        await _expect_namespaces(w, scope, wanted)
    await w.subject.delete_all(owner={**w.home, "namespace_prefix": w.path("app", "notes")})
    left = [len(await w.subject.listed(owner=owner)) for owner in owners.values()]
    expected = [int(path[:2] != ("app", "notes")) for path in paths]
    equal(left, expected, f"the number of records of {paths} after delete_all of the prefix ('app', 'notes')")


async def _expect_namespaces(w: World, scope: Labels, wanted: list[tuple[str, ...]]) -> None:
    listed = [record.namespace for record in await w.subject.listed(owner=scope, limit=2)]
    equal(listed, wanted, f"the namespaces of what is listed for {scope}")
    if w.kind != "history" or w.has(Feature.SEARCH_ALL_SESSIONS):
        hits = await w.subject.search(_WORDS, limit=50, owner=scope)
        equal(sorted(hit.namespace for hit in hits), sorted(wanted), f"the namespaces of what is found for {scope}")
    if w.has(Feature.COUNT):
        equal(await w.subject.api.count(**scope), len(wanted), f"the count for {scope}")
    if w.has(Feature.COUNT) and (w.kind != "history" or w.has(Guarantee.SILENT_APPEND)):
        equal(await w.subject.count(owner=scope), len(wanted), f"the count of records for {scope}")
    if w.has(Feature.OWNERS):
        found = sorted(owner.namespace for owner in await w.subject.owners(owner=scope, limit=2))
        equal(found, sorted(wanted), f"the namespaces of the owners that are listed for {scope}")


@law(
    "owner.prefix-and-user",
    needs=(Feature.NAMESPACES, Feature.USER_SCOPE),
    means="A namespace prefix given with a user spans the records of that user below it, and no others.",
    look_at="the condition that joins the prefix with the other labels: it must be AND",
)
async def prefix_and_user(w: World) -> None:
    for user, name in product(("alice", "bob"), ("work", "home")):
        await w.subject.add(_WORDS, owner={**w.user(user), "namespace": w.path(name, "x")})
    scope = {**w.user("alice"), "namespace_prefix": w.path("work")}
    listed = [(record.user_id, record.namespace) for record in await w.subject.listed(owner=scope)]
    equal(listed, [(w.label("alice"), w.path("work", "x"))], f"the owners of what is listed for {scope}")
    await w.subject.delete_all(owner=scope)
    left = [len(await w.subject.listed(owner=w.user(user))) for user in ("alice", "bob")]
    equal(left, [1, 2], "the number of records of alice and bob after delete_all of alice below one namespace")


@law(
    "owner.unowned-is-nobodys",
    needs=(Feature.USER_SCOPE,),
    means="A record that was added without an owner belongs to no user: none sees, changes or deletes it.",
    look_at="how a missing owner is stored: as nothing, never as an empty or a default name",
    alone=True,
)
async def unowned_is_nobodys(w: World) -> None:
    record = await w.subject.add("words without an owner", owner={})
    for name in ("alice", "default", "None", "null", "anonymous", "user", "*", "-", "_", "0", "undefined"):
        for place, found in (
            ("the listing", await w.subject.listed(owner=w.user(name))),
            (
                "search",
                await w.subject.search(
                    "words without an owner", limit=5, owner=w.user(name), group=group_of(w, record)
                ),
            ),
            ("a read by id", await w.subject.find(record, owner=w.user(name))),
        ):
            equal(len(found), 0, f"the number of records that {place} gives user {name!r}")
        await w.subject.delete_all(owner=w.user(name))
        if w.kind != "history":
            await refused(w.subject.delete(record, owner=w.user(name)), NotFoundError, f"delete by user {name!r}")
    equal([r.user_id for r in await w.subject.listed(owner={})], [None], "the owners of what is listed without a user")


@law(
    "owner.omitted-spans-all",
    needs=(Feature.ATTRIBUTION,),
    means="A call without an owner spans the records of all owners.",
    look_at="a missing owner that is compared like a value, or replaced by a default one",
    alone=True,
)
async def omitted_spans_all(w: World) -> None:
    owners = [w.user("alice"), w.user("bob"), {}]
    for owner in owners:
        await w.subject.add(_WORDS, owner=owner)
    expected = [w.label("alice"), w.label("bob"), None]
    equal([r.user_id for r in await w.subject.listed(owner={})], expected, "the owners of what is listed")
    if w.kind != "history" or w.has(Feature.SEARCH_ALL_SESSIONS):
        hits = await w.subject.search(_WORDS, limit=20, owner={})
        found = sorted(str(record.user_id) for record in hits)
        equal(found, sorted(map(str, expected)), "the owners of what is found by the text that all of them have")
    await w.subject.delete_all(owner={})
    equal(await w.subject.listed(owner={}), [], "what is listed after delete_all without an owner")


@law(
    "owner.delete-all",
    needs=(Feature.USER_SCOPE,),
    means="delete_all of a user deletes the records of that user and no others.",
    look_at="the condition of the delete: it needs the owner, compared exactly",
)
async def owner_delete_all(w: World) -> None:
    names = ("a", "ab", "A", "a%", "_")
    for name in names:
        await w.subject.add(f"words of {name}", owner=w.user(name))
    await w.subject.delete_all(owner=w.user("a"))
    for name in names:
        equal(
            len(await w.subject.listed(owner=w.user(name))), int(name != "a"), f"the number of records of user {name!r}"
        )
    await w.subject.delete_all(owner=w.user("_"))
    equal(len(await w.subject.listed(owner=w.user("a%"))), 1, "the number of records of user 'a%'")


@law(
    "owner.guards-get",
    kinds=RECORDS,
    needs=(Feature.USER_SCOPE,),
    means="Reading a record by id for another user finds nothing.",
    look_at="the select by id: it needs the owner as well",
)
async def guards_get(w: World) -> None:
    record = await w.records.add("alice's words", owner=w.user("alice"))
    error = await refused(w.records.get(record.id, owner=w.user("bob")), NotFoundError, "get of alice's record by bob")
    about(error, w.records.noun, record.id)
    equal((await w.records.get(record.id, owner=w.user("alice"))).id, record.id, "the id that alice reads")


@law(
    "owner.guards-update",
    kinds=RECORDS,
    needs=(Feature.UPDATE, Feature.USER_SCOPE),
    means="Updating a record by id for another user finds nothing and changes nothing.",
    look_at="the update by id: it needs the owner as well",
)
async def guards_update(w: World) -> None:
    record = await w.records.add("alice's words", owner=w.user("alice"))
    stolen = w.records.update(record.id, "bob's words", owner=w.user("bob"))
    await refused(stolen, NotFoundError, "update of alice's record by bob")
    equal(
        [w.records.view(r) for r in await w.records.listed(owner=w.user("alice"))],
        [w.records.view(record)],
        "what alice has",
    )
    equal(await w.records.listed(owner=w.user("bob")), [], "what bob has")


@law(
    "owner.guards-delete",
    kinds=BY_ID,
    needs=(Feature.USER_SCOPE,),
    means="Deleting a record by id for another user finds nothing and deletes nothing.",
    look_at="the delete by id: it needs the owner as well",
)
async def guards_delete(w: World) -> None:
    record = await w.subject.add("alice's words", owner=w.user("alice"))
    await refused(w.subject.delete(record, owner=w.user("bob")), NotFoundError, "delete of alice's record by bob")
    equal(
        [w.subject.view(r) for r in await w.subject.listed(owner=w.user("alice"))],
        [w.subject.view(record)],
        "what alice has",
    )


@law(
    "owner.agent-guards",
    kinds=BY_ID,
    needs=(Feature.AGENT_SCOPE,),
    means="Reading, updating and deleting by id for another agent find nothing.",
    look_at="the statements by id: they need the agent as well",
)
async def agent_guards(w: World) -> None:
    await _guards(w, w.agent("scout"), w.agent("scribe"))


@law(
    "owner.namespace-guards",
    kinds=BY_ID,
    needs=(Feature.NAMESPACES,),
    means="Reading, updating and deleting by id in another namespace find nothing, above and below it as well.",
    look_at="the statements by id: they need the namespace as well, compared as a whole",
)
async def namespace_guards(w: World) -> None:
    mine = w.namespace("app", "notes")
    for other in (("app",), ("app", "notes", "old"), ("app", "Notes"), ("other", "notes")):
        await _guards(w, mine, w.namespace(*other))
    await _guards(w, mine, {**w.home, "namespace": ()})


async def _guards(w: World, mine: Labels, other: Labels) -> None:
    record = await w.subject.add("words of mine", owner=mine)
    if w.kind in RECORDS:
        await refused(w.records.get(record.id, owner=other), NotFoundError, "get of another owner's record")
    if w.kind in RECORDS and w.has(Feature.UPDATE):
        call = w.records.update(record.id, "other words", owner=other)
        await refused(call, NotFoundError, "update of another owner's record")
    await refused(w.subject.delete(record, owner=other), NotFoundError, "delete of another owner's record")
    listed = [w.subject.view(found) for found in await w.subject.listed(owner=mine)]
    equal(listed, [w.subject.view(record)], "what the owner has")
    await w.subject.delete(record, owner=mine)


@law(
    "owner.same-id",
    kinds=BY_ID,
    needs=(Feature.CLIENT_IDS, Feature.USER_SCOPE),
    means="Two users may have records of one id; a call by that id without a user raises ConflictError.",
    look_at="uniqueness of ids: it is per owner; and what a statement by id does when two rows match",
)
async def same_id(w: World) -> None:
    chosen = w.label("shared-id")
    for name in ("alice", "bob"):
        record = await w.subject.add(f"words of {name}", owner=w.user(name), id=chosen)
        equal((record.id, record.user_id), (chosen, w.label(name)), f"id and owner of the record added for {name}")
    await _in_conflict(w, chosen, {})
    for name in ("alice", "bob"):
        equal(len(await w.subject.listed(owner=w.user(name))), 1, f"the number of records of {name}")
    await w.subject.delete(chosen, owner=w.user("alice"))
    equal(len(await w.subject.listed(owner=w.user("bob"))), 1, "the number of bob's records after alice deleted hers")


async def _in_conflict(w: World, chosen: str, scope: Labels) -> None:
    """Expect every call by an id that several owners in a scope have to raise ConflictError, and to change nothing."""
    before = [w.subject.view(record) for record in await w.subject.listed(owner=scope)]
    # Each is made when its turn comes: a call that is made and not awaited, after another one failed, is a warning.
    calls: dict[str, Callable[[], Awaitable[Any]]] = {"delete": lambda: w.subject.delete(chosen, owner=scope)}
    if w.kind in RECORDS:
        calls["get"] = lambda: w.records.get(chosen, owner=scope)
        if w.has(Feature.UPDATE):
            calls["update"] = lambda: w.records.update(chosen, "new words", owner=scope)
        if w.has(Feature.UPDATE, Feature.EXPIRY):
            calls["update of the expiry"] = lambda: w.records.update(chosen, expires_at=None, owner=scope)
    for name, call in calls.items():
        error = await refused(call(), ConflictError, f"{name} of an id that several owners have")
        about(error, w.subject.noun, chosen)
        equal(error.reason, "owners", "the `reason` of the ConflictError")
    equal([w.subject.view(record) for record in await w.subject.listed(owner=scope)], before, "what is listed then")


@law(
    "owner.same-id-labels",
    kinds=BY_ID,
    needs=(Feature.CLIENT_IDS, *ALL_LABELS),
    means="Owners that differ in one label may each have a record of one id; a call that means several raises.",
    look_at="uniqueness of ids: over all three labels; and statements by id that match two rows",
)
async def same_id_labels(w: World) -> None:
    chosen, alice = w.label("shared-id"), w.user("alice")
    agents = {**alice, "agent_id": w.label("scout")}, {**alice, "agent_id": w.label("scribe")}
    places = {**alice, "namespace": w.path("work")}, {**alice, "namespace": w.path("work", "old")}
    owners: list[Labels] = [*agents, *places, alice]
    for owner in owners:
        await w.subject.add(f"words {w.number()}", owner=owner, id=chosen)
    await _in_conflict(w, chosen, alice)
    await _in_conflict(w, chosen, {**alice, "namespace": ()})
    if w.kind in RECORDS:
        for owner in owners:
            read = await w.records.get(chosen, owner=w.exactly(owner))
            equal(read.owner, Owner(**owner), "the owner of the record that get returns for exactly this owner")
    for number, owner in enumerate(owners, 1):
        await w.subject.delete(chosen, owner=w.exactly(owner))
        left = [record.owner for record in await w.subject.listed(owner=alice)]
        equal(left, [Owner(**other) for other in owners[number:]], "the owners of what is left after a delete")


@law(
    "owner.same-session",
    kinds=HISTORY,
    needs=(Feature.USER_SCOPE,),
    means="Two users may have a session of one id; a call by that id that means both raises ConflictError.",
    look_at="uniqueness of sessions: over owner and id; and what a call by id does when two sessions match",
)
async def same_session(w: World) -> None:
    session = w.history.session("default")
    alice, bob = w.user("alice"), w.user("bob")
    for number, owner in enumerate((alice, bob, alice, bob)):
        await w.history.append(session, from_user(f"words {number}"), owner=owner)
    equal(texts_of(await w.history.read(session, owner=alice)), ["words 0", "words 2"], "the session of alice")
    equal(texts_of(await w.history.read(session, owner=bob)), ["words 1", "words 3"], "the session of bob")
    await sessions_in_conflict(w, session, {})
    if w.alone:
        listed = [(found.id, found.user_id) for found in await w.history.listed_sessions(owner={}, limit=1)]
        expected = [(session, w.label("alice")), (session, w.label("bob"))]
        equal(listed, expected, "the sessions that are listed without a user, with limit=1")
    await w.history.delete(session, owner=alice)
    equal(texts_of(await w.history.read(session, owner=alice)), [], "the session of alice after she deleted it")
    equal(texts_of(await w.history.read(session, owner=bob)), ["words 1", "words 3"], "the session of bob after that")
    if w.alone:
        equal(texts_of(await w.history.read(session, owner={})), ["words 1", "words 3"], "the one session that is left")


async def sessions_in_conflict(w: World, session: str, scope: Labels) -> None:
    """Expect every call by a session id that several owners in a scope have to raise ConflictError."""
    api = w.history.api
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "get from the latest": lambda: api.get(session, start="latest", **scope),
        "get from the oldest": lambda: api.get(session, start="oldest", **scope),
        "search": lambda: api.search("words", session_id=session, **scope),
        "delete": lambda: api.delete(session, **scope),
    }
    if w.has(Feature.COUNT):
        calls["count_messages"] = lambda: api.count_messages(session_id=session, **scope)
    if w.has(Feature.DELETE_MESSAGES):
        calls["delete_messages"] = lambda: api.delete_messages(session, last=1, **scope)
    for name, call in calls.items():
        error = await refused(call(), ConflictError, f"{name} of a session that several owners have")
        about(error, "session", session)
        equal(error.reason, "owners", "the `reason` of the ConflictError")


@law(
    "owner.same-session-labels",
    kinds=HISTORY,
    needs=ALL_LABELS,
    means="Owners that differ in one label may each have a session of one id; a call that means several raises.",
    look_at="uniqueness of sessions: over all three labels and the id",
)
async def same_session_labels(w: World) -> None:
    session, alice = w.history.session("default"), w.user("alice")
    owners: list[Labels] = [
        alice,
        {**alice, "agent_id": w.label("scout")},
        {**alice, "namespace": w.path("work")},
        {**alice, "namespace": w.path("work", "old")},
    ]
    for number, owner in enumerate(owners):
        chosen = "m-1" if w.has(Feature.CLIENT_IDS) else None
        await w.history.append(session, from_user(f"words {number}", id=chosen), owner=owner)
    await sessions_in_conflict(w, session, alice)
    listed = [found.owner for found in await w.history.listed_sessions(owner=alice, limit=1)]
    equal(listed, [Owner(**owner) for owner in owners], "the owners of the sessions that are listed")
    for number, owner in enumerate(owners):
        read = texts_of(await w.history.read(session, owner=w.exactly(owner)))
        equal(read, [f"words {number}"], f"the session of exactly {owner}")
    for number, owner in enumerate(owners, 1):
        await w.history.delete(session, owner=w.exactly(owner))
        left = [found.owner for found in await w.history.listed_sessions(owner=alice)]
        equal(left, [Owner(**other) for other in owners[number:]], "the owners of the sessions that are left")
