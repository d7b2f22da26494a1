"""Laws about the listing of owners."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from typing import Any

from memio.capabilities import Feature, Guarantee
from memio.owners import Owner
from memio_contract.expect import equal, once_each
from memio_contract.law import law
from memio_contract.place import Labels
from memio_contract.values import NAMES
from memio_contract.world import World

_OWNERS = (Feature.OWNERS,)


def _shown(owners: Any) -> list[str]:
    return sorted(map(repr, owners))


@law(
    "owners.once-each",
    needs=_OWNERS,
    means="Each owner that has records is listed once, however many records it has and however pages are cut.",
    look_at="DISTINCT over all three labels, owners without a label, and the border between two pages",
    over=NAMES,
    alone=True,
)
async def owners_once_each(w: World, names: list[str]) -> None:
    named: list[Labels] = [w.user(name) for name in dict.fromkeys(names)]
    named += [{}, {"user_id": "alice", "agent_id": "scout"}, {"agent_id": "scout"}]
    if w.has(Feature.NAMESPACES):
        named += [{"namespace": ("a", "b")}, {"namespace": ("a/b",)}, {"user_id": "alice", "namespace": ("a",)}]
    for number, labels in enumerate(named):
        for _ in range(1 + number % 3):
            await w.subject.add("the same words", owner=labels)
    for limit in (1, 3, 100):
        found = await w.subject.owners(owner={}, limit=limit)
        once_each(found, f"the listing of owners with limit={limit}")
        equal(_shown(found), _shown({Owner(**labels) for labels in named}), f"the owners listed with limit={limit}")


@law(
    "owners.in-scope",
    needs=(Feature.OWNERS, Feature.USER_SCOPE),
    means="A listing of owners in a scope has the owners that the scope matches, and no others.",
    look_at="the condition of the listing of owners: all labels of the scope, and the prefix",
)
async def owners_in_scope(w: World) -> None:
    alice, bob = w.user("alice"), w.user("bob")
    named: list[Labels] = [alice, bob, {**alice, "agent_id": w.label("scout")}, {**bob, "agent_id": w.label("scout")}]
    if w.has(Feature.NAMESPACES):
        named += [{**alice, "namespace": w.path(*path)} for path in (("app",), ("app", "notes"), ("apple",))]
    for labels in named:
        await w.subject.add("the same words", owner=labels)
    scopes: list[Labels] = [alice, bob]
    if w.has(Feature.AGENT_SCOPE):
        scopes.append({**alice, "agent_id": w.label("scout")})
    if w.has(Feature.NAMESPACES):
        scopes += [{**alice, "namespace": w.path("app")}, {**alice, "namespace": ()}]
        scopes.append({**alice, "namespace_prefix": w.path("app")})
    for scope in scopes:
        begin = scope.get("namespace_prefix", ())
        fixed = {name: label for name, label in scope.items() if name != "namespace_prefix"}
        expected = [
            owner
            for owner in (Owner(**labels) for labels in named)
            if all(getattr(owner, name) == label for name, label in fixed.items())
            and owner.namespace[: len(begin)] == begin
        ]
        for limit in (1, 100):
            found = await w.subject.owners(owner=scope, limit=limit)
            equal(_shown(found), _shown(expected), f"the owners that are listed for {scope} with limit={limit}")


@law(
    "owners.follow-deletes",
    needs=_OWNERS,
    means="An owner is listed as long as it has a record, and not after its last one is deleted.",
    look_at="a separate table of owners, which deletes leave as it was",
    alone=True,
)
async def owners_follow_deletes(w: World) -> None:
    alice, bob = w.user("alice"), w.user("bob")
    records = [await w.subject.add(f"words {number}", owner=alice) for number in range(2)]
    await w.subject.add("words of bob", owner=bob)
    both, one = [Owner(**alice), Owner(**bob)], [Owner(**bob)]
    for record, expected in zip(records, (both, one), strict=True):
        await w.subject.delete(record)
        equal(_shown(await w.subject.owners(owner={})), _shown(expected), "the owners after a record was deleted")
    if w.kind == "history" and w.has(Feature.DELETE_MESSAGES, Guarantee.SILENT_APPEND):
        message = await w.subject.add("words", owner=alice)
        await w.history.api.delete_messages(message.session_id, last=1)
        equal(_shown(await w.subject.owners(owner={})), _shown(one), "the owners after the only message was deleted")
    await w.subject.delete_all(owner={})
    equal(await w.subject.owners(owner={}), [], "the owners after delete_all")
    await w.subject.add("words again", owner=alice)
    equal(_shown(await w.subject.owners(owner={})), _shown(both[:1]), "the owners after alice added again")


@law(
    "owners.while-deleting",
    needs=(Feature.OWNERS, Feature.USER_SCOPE, Feature.AGENT_SCOPE),
    means="A listing of owners is complete while the records of owners that were listed are deleted.",
    look_at="cursors that are a number of owners to skip: use a key",
)
async def owners_while_deleting(w: World) -> None:
    alice = w.user("alice")
    agents = [w.label(f"agent {number}") for number in range(7)]
    for agent in agents:
        await w.subject.add("the same words", owner={**alice, "agent_id": agent})
    found: list[str] = []
    cursor: str | None = None
    for _ in range(50):
        page = await w.subject.api.get_owners(limit=2, cursor=cursor, **alice)
        for owner in page:
            found.append(str(owner.agent_id))
            await w.subject.delete_all(owner={**alice, "agent_id": owner.agent_id})
        cursor = page.next_cursor
        if cursor is None:
            break
    equal(sorted(found), sorted(agents), "the agents that were listed while their records were deleted, sorted")
