"""Laws about owners: who a record belongs to, and who sees it."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from memio.capabilities import Feature
from memio.errors import ConflictError, NotFoundError
from memio_contract.expect import about, equal, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import BY_ID, FACTS, RECORDS
from memio_contract.values import NAMES
from memio_contract.world import World

_PATTERN = "exact comparison of owners: no prefix, no LIKE, no case folding, no joined keys"


@law(
    "owner.kept",
    needs=(Feature.ATTRIBUTION,),
    means="The owner given on add is stored and returned.",
    look_at="the owner columns of the insert, and of every select",
)
async def owner_kept(w: World) -> None:
    owner = w.user("alice")
    answer = await w.subject.add("likes coffee", owner=owner)
    equal(answer.user_id, owner["user_id"], "the user_id in the answer of add")
    for record in [
        *await w.subject.find(answer, owner=w.reading(owner)),
        *await w.subject.listed(owner=w.reading(owner)),
    ]:
        equal(record.user_id, owner["user_id"], "the user_id of a read")


@law(
    "owner.agent-kept",
    kinds=FACTS,
    needs=(Feature.ATTRIBUTION,),
    means="The agent given on add is stored and returned.",
    look_at="the agent column of the insert, and of every select",
)
async def agent_kept(w: World) -> None:
    owner = w.agent("scout")
    answer = await w.records.add("likes coffee", owner=owner)
    equal(answer.agent_id, owner["agent_id"], "the agent_id in the answer of add")
    for record in [*await w.records.find(answer), *await w.records.listed()]:
        equal(record.agent_id, owner["agent_id"], "the agent_id of a read")


@law(
    "owner.isolated",
    needs=(Feature.USER_SCOPE,),
    means="A user sees exactly the records of that user, however much the names of users look alike.",
    look_at=_PATTERN,
    over=NAMES,
)
async def owner_isolated(w: World, names: list[str]) -> None:
    names = list(dict.fromkeys(names))
    added = {name: await w.subject.add("the same words", owner=w.user(name)) for name in names}
    for name in names:
        owner = w.user(name)
        listed = await w.subject.listed(owner=owner)
        equal([record.user_id for record in listed], [owner["user_id"]], f"the owners of what user {name!r} lists")
        found = await w.subject.search("the same words", limit=10, owner=owner, group=_group(w, added[name]))
        owners = sorted({record.user_id for record in found})
        that(owners in ([], [owner["user_id"]]), f"user {name!r} searches, and finds records of the owners {owners!r}")
        if len(names) > 1:
            other = added[names[names.index(name) - 1]]
            seen = await w.subject.find(other, owner=owner)
            equal([record.user_id for record in seen if record.user_id != owner["user_id"]], [], "a foreign read by id")

    await w.subject.delete_all(owner=w.user(names[0]))
    left = [len(await w.subject.listed(owner=w.user(name))) for name in names]
    equal(left, [0, *[1] * (len(names) - 1)], f"the number of records of each user after delete_all of {names[0]!r}")


def _group(w: World, record: object) -> str | None:
    session = getattr(record, "session_id", None)
    return None if session is None else session.removeprefix(w.token)


@law(
    "owner.agents-isolated",
    kinds=FACTS,
    needs=(Feature.AGENT_SCOPE,),
    means="An agent sees exactly the records of that agent, however much the names of agents look alike.",
    look_at=_PATTERN,
    over=NAMES,
)
async def agents_isolated(w: World, names: list[str]) -> None:
    names = list(dict.fromkeys(names))
    for name in names:
        await w.records.add("the same words", owner=w.agent(name))
    for name in names:
        owner = w.agent(name)
        for place, records in (
            ("the listing", await w.records.listed(owner=owner)),
            ("search", await w.records.search("the same words", limit=10, owner=owner)),
        ):
            agents = [record.agent_id for record in records]
            equal(agents, [owner["agent_id"]], f"the agents of what {place} gives agent {name!r}")


@law(
    "owner.user-and-agent",
    kinds=FACTS,
    needs=(Feature.USER_SCOPE, Feature.AGENT_SCOPE),
    means="A user and an agent given together restrict to records of both.",
    look_at="the condition that joins user and agent: it must be AND, and both must be there",
)
async def user_and_agent(w: World) -> None:
    pairs = [(user, agent) for user in ("alice", "bob") for agent in ("scout", "scribe")]
    for user, agent in pairs:
        await w.records.add(f"{user} {agent}", owner={**w.user(user), **w.agent(agent), **w.user(user)})
    for user, agent in pairs:
        owner = {**w.agent(agent), **w.user(user)}
        for records in (
            await w.records.listed(owner=owner),
            await w.records.search(f"{user} {agent}", limit=10, owner=owner),
        ):
            seen = [(record.user_id, record.agent_id) for record in records]
            equal(seen, [(owner["user_id"], owner["agent_id"])], f"the owners that {user} with {agent} sees")
    await w.records.delete_all(owner={**w.agent("scout"), **w.user("alice")})
    left = [record.agent_id for record in await w.records.listed(owner=w.user("alice"))]
    equal(left, [w.label("scribe")], "the agents of alice's records after delete_all of alice with scout")


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
                await w.subject.search("words without an owner", limit=5, owner=w.user(name), group=_group(w, record)),
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
        await w.subject.add("the same words", owner=owner, group="all")
    expected = [w.label("alice"), w.label("bob"), None]
    equal([r.user_id for r in await w.subject.listed(owner={})], expected, "the owners of what is listed")
    hits = await w.subject.search("the same words", limit=20, owner={}, group="all")
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
    kinds=FACTS,
    needs=(Feature.AGENT_SCOPE,),
    means="Reading, updating and deleting by id for another agent find nothing.",
    look_at="the statements by id: they need the agent as well",
)
async def agent_guards(w: World) -> None:
    record = await w.records.add("words of scout", owner=w.agent("scout"))
    other = w.agent("scribe")
    await refused(w.records.get(record.id, owner=other), NotFoundError, "get of another agent's record")
    if w.has(Feature.UPDATE):
        await refused(
            w.records.update(record.id, "other words", owner=other), NotFoundError, "update of another agent's record"
        )
    await refused(w.records.delete(record, owner=other), NotFoundError, "delete of another agent's record")
    equal(
        [w.records.view(r) for r in await w.records.listed(owner=w.agent("scout"))],
        [w.records.view(record)],
        "what scout has",
    )


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
    error = await refused(w.subject.delete(chosen, owner={}), ConflictError, "delete of an id that two users have")
    about(error, w.subject.noun, chosen)
    if w.kind != "graph":
        await refused(w.records.get(chosen, owner={}), ConflictError, "get of an id that two users have")
    for name in ("alice", "bob"):
        equal(len(await w.subject.listed(owner=w.user(name))), 1, f"the number of records of {name}")
    await w.subject.delete(chosen, owner=w.user("alice"))
    equal(len(await w.subject.listed(owner=w.user("bob"))), 1, "the number of bob's records after alice deleted hers")
