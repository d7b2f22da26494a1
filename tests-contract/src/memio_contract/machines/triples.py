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
from memio.owners import Owner
from memio_contract.expect import equal, refused, same, that
from memio_contract.machines import ADDING, GUARDS, SCOPES, SELDOM, SPANS, WHICH, Machine, within
from memio_contract.place import Labels

_ENTITY = st.sampled_from(("Alice", "alice", "Bob", "Bo", "green tea"))
_PREDICATE = st.sampled_from(("knows", "likes", "Alice"))
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

    @initialize(given=st.lists(st.tuples(_GIVEN, ADDING), min_size=2, max_size=5))
    def begin(self, given: list[Any]) -> None:
        for item in given:
            self.run(self._add, *item)

    @rule(given=_GIVEN, whose=ADDING)
    def add(self, given: list[tuple[str, str, str, Any]], whose: Labels) -> None:
        self.run(self._add, given, whose)

    async def _add(self, given: list[tuple[str, str, str, Any]], whose: Labels) -> None:
        labels = self.adding(whose)
        owner = Owner(**labels)
        edges = [
            Edge("", owner, (subject, predicate, object_), metadata if self.world.has(Feature.METADATA) else {})
            for subject, predicate, object_, metadata in given
        ]
        triples = [
            Triple(subject=e.parts[0], predicate=e.parts[1], object=e.parts[2], metadata=e.metadata) for e in edges
        ]
        call = self.world.graph.put(*triples, owner=labels)
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

    @rule(entity=_ENTITY, whose=SPANS, limit=_LIMITS)
    def get(self, entity: str, whose: Labels, limit: int) -> None:
        self.run(self._get, entity, whose, limit)

    async def _get(self, entity: str, whose: Labels, limit: int) -> None:
        scope = self.scope(whose)
        expected = [self._view(edge) for edge in self._within(scope) if entity in (edge.parts[0], edge.parts[2])]
        found = [self.world.graph.view(t) for t in await self.world.graph.of(entity, owner=scope, limit=limit)]
        equal(found, expected, f"the triples of {entity!r} for {scope!r}, with limit={limit}")

    @rule(whose=SPANS, limit=_LIMITS, order=st.sampled_from(("oldest", "newest")))
    def get_all(self, whose: Labels, limit: int, order: str) -> None:
        self.run(self._get_all, whose, limit, order)

    async def _get_all(self, whose: Labels, limit: int, order: str) -> None:
        scope = self.scope(whose)
        await self._listed(scope, limit, order if self.world.has(Feature.NEWEST_FIRST) else "oldest")
        await self.counted([edge.owner for edge in self._within(scope)], scope)

    async def _listed(self, scope: Labels, limit: int, order: str = "oldest") -> None:
        graph = self.world.graph
        listed = [graph.view(t) for t in await graph.listed(owner=scope, limit=limit, order=order)]
        expected = [self._view(edge) for edge in self._within(scope)]
        if order == "newest":
            expected.reverse()
        equal(listed, expected, f"what is listed for {scope!r}, the {order} first, limit={limit}")

    async def agrees(self) -> None:
        """Compare everything that is stored."""
        for scope in (self.world.home, *self.scopes(edge.owner for edge in self.edges)):
            await self._listed(scope, 100)

    @rule(query=_ENTITY, whose=SPANS, limit=_LIMITS)
    def search(self, query: str, whose: Labels, limit: int) -> None:
        self.run(self._search, query, whose, limit)

    async def _search(self, query: str, whose: Labels, limit: int) -> None:
        scope = self.scope(whose)
        edges = self._within(scope)
        views = [self._view(edge) for edge in edges]
        found = [self.world.graph.view(t) for t in await self.world.graph.search(query, limit=limit, owner=scope)]
        that(len(found) <= limit, f"a search with limit={limit} returns {len(found)} triples")
        for number, view in enumerate(found):
            that(
                any(same(view, other) for other in views), f"a search returns what is not stored in its scope: {view!r}"
            )
            that(not any(same(view, other) for other in found[:number]), f"a search returns a triple twice: {view!r}")

    @rule(which=WHICH, whose=GUARDS)
    def delete(self, which: int, whose: Any) -> None:
        self.run(self._delete, which, whose)

    async def _delete(self, which: int, whose: Any) -> None:
        triple_id = self.meant(which, [edge.id for edge in self.edges], self.ids)
        scope = self.guard(whose, [edge.owner for edge in self.edges if edge.id == triple_id])
        edges = [edge for edge in self._within(scope) if edge.id == triple_id]
        call = self.world.graph.delete(triple_id, owner=scope)
        if not edges:
            await refused(call, NotFoundError, "delete of an id that is not in scope")
            return
        await call
        self.edges.remove(edges[0])

    @rule(entity=_ENTITY, whose=SCOPES)
    def delete_entity(self, entity: str, whose: Labels) -> None:
        self.run(self._delete_entity, entity, whose)

    async def _delete_entity(self, entity: str, whose: Labels) -> None:
        scope = self.scope(whose)
        await self.world.graph.api.delete_entity(entity=entity, **scope)
        gone = [edge for edge in self._within(scope) if entity in (edge.parts[0], edge.parts[2])]
        self.edges = [edge for edge in self.edges if edge not in gone]

    @rule(whose=SPANS, seldom=SELDOM)
    def delete_all(self, whose: Labels, seldom: bool) -> None:
        if seldom:
            self.run(self._delete_all, whose)

    async def _delete_all(self, whose: Labels) -> None:
        scope = self.scope(whose)
        await self.world.graph.delete_all(owner=scope)
        gone = self._within(scope)
        self.edges = [edge for edge in self.edges if edge not in gone]

    def _within(self, scope: Labels) -> list[Edge]:
        return [edge for edge in self.edges if within(edge.owner, scope)]

    def _view(self, edge: Edge) -> dict[str, Any]:
        w = self.world
        view: dict[str, Any] = {"id": edge.id}
        if w.has(Feature.ATTRIBUTION):
            view |= {"user_id": edge.owner.user_id, "agent_id": edge.owner.agent_id}
        if w.has(Feature.NAMESPACES):
            view["namespace"] = edge.owner.namespace
        if w.has(Feature.METADATA):
            view["metadata"] = edge.metadata
        if w.has(Guarantee.VERBATIM):
            view |= dict(zip(("subject", "predicate", "object"), edge.parts, strict=True))
        return view
