"""Triples against a list."""

# ruff: noqa: D102, FBT001  # a rule is the call that it is named after, with generated arguments

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError, NotFoundError
from memio.models import Triple
from memio_contract.expect import equal, refused, same, that
from memio_contract.machines import GUARDS, SELDOM, USERS, WHICH, Machine
from memio_contract.place import Owner

_ENTITY = st.sampled_from(("Alice", "alice", "Bob", "Bo", "green tea"))
_PREDICATE = st.sampled_from(("knows", "likes", "Alice"))
_USERS = st.sampled_from(USERS)
_METADATA: st.SearchStrategy[Any] = st.sampled_from(({}, {}, {}, {"k": 1}, {"k": 1.0}, {"k": True}))
_GIVEN = st.lists(st.tuples(_ENTITY, _PREDICATE, _ENTITY, _METADATA), min_size=1, max_size=3)
_LIMITS = st.sampled_from((1, 2, 100))


@dataclass(slots=True)
class Edge:
    """A triple of the model."""

    id: str
    owner: Owner
    parts: tuple[str, str, str]
    metadata: dict[str, Any]


class Triples(Machine):
    """Every call of a store of triples."""

    def __init__(self) -> None:
        super().__init__()
        self.edges: list[Edge] = []
        self.ids: list[str] = []

    @initialize(given=st.lists(st.tuples(_GIVEN, _USERS), min_size=2, max_size=5))
    def begin(self, given: list[Any]) -> None:
        for item in given:
            self.run(self._add, *item)

    @rule(given=_GIVEN, user=_USERS)
    def add(self, given: list[tuple[str, str, str, Any]], user: str | None) -> None:
        self.run(self._add, given, user)

    async def _add(self, given: list[tuple[str, str, str, Any]], user: str | None) -> None:
        owner = self.owner(user)
        edges = [
            Edge("", owner, (subject, predicate, object_), metadata if self.world.has(Feature.METADATA) else {})
            for subject, predicate, object_, metadata in given
        ]
        triples = [
            Triple(subject=e.parts[0], predicate=e.parts[1], object=e.parts[2], metadata=e.metadata) for e in edges
        ]
        call = self.world.graph.put(*triples, owner=owner)
        known = [edge for edge in self.edges if edge.owner == owner]
        new: list[Edge] = []
        for edge in edges:
            twin = next((other for other in (*known, *new) if other.parts == edge.parts), None)
            if twin is None:
                new.append(edge)
            elif not same(twin.metadata, edge.metadata):
                await refused(call, ConflictError, "add of a stored triple with other metadata")
                return
        answer = await call
        equal(len(answer), len(edges), "the number of triples in the answer of add")
        for triple, edge in zip(answer, edges, strict=True):
            twin = next(other for other in (*known, *new) if other.parts == edge.parts)
            if not twin.id:
                twin.id = triple.id
                self.ids.append(triple.id)
            equal(self.world.graph.view(triple), self._view(twin), "the triple in the answer of add")
        self.edges += new

    @rule(entity=_ENTITY, user=_USERS, limit=_LIMITS)
    def get(self, entity: str, user: str | None, limit: int) -> None:
        self.run(self._get, entity, user, limit)

    async def _get(self, entity: str, user: str | None, limit: int) -> None:
        owner = self.scope(user)
        expected = [self._view(edge) for edge in self._within(owner) if entity in (edge.parts[0], edge.parts[2])]
        found = [self.world.graph.view(t) for t in await self.world.graph.of(entity, owner=owner, limit=limit)]
        equal(found, expected, f"the triples of {entity!r} for {owner!r}, with limit={limit}")

    @rule(user=_USERS, limit=_LIMITS)
    def get_all(self, user: str | None, limit: int) -> None:
        self.run(self._get_all, user, limit)

    async def _get_all(self, user: str | None, limit: int) -> None:
        for owner in (self.scope(user), *self.users(edge.owner for edge in self.edges)):
            await self._listed(owner, limit)

    async def _listed(self, owner: Owner, limit: int) -> None:
        listed = [self.world.graph.view(t) for t in await self.world.graph.listed(owner=owner, limit=limit)]
        equal(
            listed, [self._view(edge) for edge in self._within(owner)], f"what is listed for {owner!r}, limit={limit}"
        )

    async def agrees(self) -> None:
        """Compare everything that is stored."""
        for owner in (self.world.home, *self.users(edge.owner for edge in self.edges)):
            await self._listed(owner, 100)

    @rule(query=_ENTITY, user=_USERS, limit=_LIMITS)
    def search(self, query: str, user: str | None, limit: int) -> None:
        self.run(self._search, query, user, limit)

    async def _search(self, query: str, user: str | None, limit: int) -> None:
        owner = self.scope(user)
        edges = self._within(owner)
        views = [self._view(edge) for edge in edges]
        found = [self.world.graph.view(t) for t in await self.world.graph.search(query, limit=limit, owner=owner)]
        that(len(found) <= limit, f"a search with limit={limit} returns {len(found)} triples")
        for number, view in enumerate(found):
            that(
                any(same(view, other) for other in views), f"a search returns what is not stored in its scope: {view!r}"
            )
            that(not any(same(view, other) for other in found[:number]), f"a search returns a triple twice: {view!r}")

    @rule(which=WHICH, user=st.sampled_from(GUARDS))
    def delete(self, which: int, user: str | None) -> None:
        self.run(self._delete, which, user)

    async def _delete(self, which: int, user: str | None) -> None:
        triple_id = self.meant(which, [edge.id for edge in self.edges], self.ids)
        belonging = [edge.owner for edge in self.edges if edge.id == triple_id]
        if user != "own":
            owner = self.scope(user)
        elif belonging and self.world.has(Feature.USER_SCOPE):
            owner = belonging[0]
        else:
            owner = self.world.home
        edges = [edge for edge in self._within(owner) if edge.id == triple_id]
        call = self.world.graph.delete(triple_id, owner=owner)
        if not edges:
            await refused(call, NotFoundError, "delete of an id that is not in scope")
            return
        await call
        self.edges.remove(edges[0])

    @rule(entity=_ENTITY, user=_USERS)
    def delete_entity(self, entity: str, user: str | None) -> None:
        self.run(self._delete_entity, entity, user)

    async def _delete_entity(self, entity: str, user: str | None) -> None:
        owner = self.scope(user)
        await self.world.graph.api.delete_entity(entity=entity, **owner)
        gone = [edge for edge in self._within(owner) if entity in (edge.parts[0], edge.parts[2])]
        self.edges = [edge for edge in self.edges if edge not in gone]

    @rule(user=_USERS, seldom=SELDOM)
    def delete_all(self, user: str | None, seldom: bool) -> None:
        if seldom:
            self.run(self._delete_all, user)

    async def _delete_all(self, user: str | None) -> None:
        owner = self.scope(user)
        await self.world.graph.delete_all(owner=owner)
        gone = self._within(owner)
        self.edges = [edge for edge in self.edges if edge not in gone]

    def _within(self, owner: Owner) -> list[Edge]:
        return [edge for edge in self.edges if all(edge.owner.get(key) == value for key, value in owner.items())]

    def _view(self, edge: Edge) -> dict[str, Any]:
        w = self.world
        view: dict[str, Any] = {"id": edge.id}
        if w.has(Feature.ATTRIBUTION):
            view["user_id"] = edge.owner.get("user_id")
        if w.has(Feature.METADATA):
            view["metadata"] = edge.metadata
        if w.has(Guarantee.VERBATIM):
            view |= dict(zip(("subject", "predicate", "object"), edge.parts, strict=True))
        return view
