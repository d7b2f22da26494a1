"""Facts and documents against a list."""

# ruff: noqa: D102, FBT001  # a rule is the call that it is named after, with generated arguments

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError, NotFoundError
from memio_contract.expect import equal, refused, same, that
from memio_contract.machines import GUARDS, SELDOM, USERS, WHICH, Machine
from memio_contract.place import Owner

_TEXTS = st.sampled_from(("green tea", "black tea", "tea", "Green tea", "green tea ", "coffee", "!"))
_USERS = st.sampled_from(USERS)
_GUARDS = st.sampled_from(GUARDS)
_AGENTS = st.sampled_from((None, None, None, "a1", "a2"))
_METADATA: st.SearchStrategy[Any] = st.sampled_from(
    (None, {}, {"k": 1}, {"k": 1.0}, {"k": "1"}, {"k": True}, {"k": None}, {"k": 1, "m": [2]})
)
_FILTERS: st.SearchStrategy[Any] = st.sampled_from((None, None, {"k": 1}, {"k": "1"}, {"k": True}, {"k": None}))
_CHOSEN = st.sampled_from((None, None, None, "id-1", "ID-1", "id-2"))


@dataclass(slots=True)
class Row:
    """A record of the model."""

    id: str
    content: str
    owner: Owner
    metadata: dict[str, Any]


class Records(Machine):
    """Every call of a store of facts or documents."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.ids: list[str] = []

    @initialize(given=st.lists(st.tuples(_TEXTS, _USERS, _AGENTS, _METADATA, _CHOSEN), min_size=2, max_size=6))
    def begin(self, given: list[Any]) -> None:
        for item in given:
            self.run(self._add, *item)

    @rule(text=_TEXTS, user=_USERS, agent=_AGENTS, metadata=_METADATA, chosen=_CHOSEN)
    def add(self, text: str, user: str | None, agent: str | None, metadata: Any, chosen: str | None) -> None:
        self.run(self._add, text, user, agent, metadata, chosen)

    async def _add(self, text: str, user: str | None, agent: str | None, metadata: Any, chosen: str | None) -> None:
        w = self.world
        owner = self._with_agent(self.owner(user), agent, Feature.ATTRIBUTION)
        metadata = metadata if w.has(Feature.METADATA) else None
        chosen = w.label(chosen) if chosen and w.has(Feature.CLIENT_IDS) else None
        row = Row(chosen or "", text, owner, metadata or {})
        stored = [other for other in self.rows if chosen and other.id == chosen and other.owner == owner]
        call = w.records.add(text, owner=owner, metadata=metadata, id=chosen)
        if stored and not (stored[0].content == text and same(stored[0].metadata, row.metadata)):
            await refused(call, ConflictError, "add of another record under an id that is taken")
            return
        answer = await call
        if not stored:
            that(
                answer.id not in [other.id for other in self.rows if other.owner == owner],
                f"{answer.id!r} is not a new id",
            )
            row.id = answer.id
            self.rows.append(row)
            self.ids.append(answer.id)
        self._agrees(answer, stored[0] if stored else row)

    @rule(which=WHICH, user=_GUARDS, agent=_AGENTS)
    def get(self, which: int, user: str | None, agent: str | None) -> None:
        self.run(self._get, which, user, agent)

    async def _get(self, which: int, user: str | None, agent: str | None) -> None:
        record_id, owner, rows = self._meant(which, user, agent)
        call = self.world.records.get(record_id, owner=owner)
        if await self._refused(call, rows, "get"):
            return
        self._agrees(await call, rows[0])

    @rule(which=WHICH, text=_TEXTS, user=_GUARDS, metadata=_METADATA)
    def update(self, which: int, text: str, user: str | None, metadata: Any) -> None:
        if self.world.has(Feature.UPDATE):
            self.run(self._update, which, text, user, metadata)

    async def _update(self, which: int, text: str, user: str | None, metadata: Any) -> None:
        record_id, owner, rows = self._meant(which, user, None)
        given = {"metadata": metadata} if metadata is not None and self.world.has(Feature.METADATA) else {}
        call = self.world.records.update(record_id, text, owner=owner, **given)
        if await self._refused(call, rows, "update"):
            return
        answer = await call
        rows[0].content = text
        rows[0].metadata = given.get("metadata", rows[0].metadata)
        if not self.world.has(Guarantee.STABLE_IDS):
            rows[0].id = answer.id
            self.ids.append(answer.id)
        self._agrees(answer, rows[0])

    @rule(which=WHICH, user=_GUARDS, agent=_AGENTS)
    def delete(self, which: int, user: str | None, agent: str | None) -> None:
        self.run(self._delete, which, user, agent)

    async def _delete(self, which: int, user: str | None, agent: str | None) -> None:
        record_id, owner, rows = self._meant(which, user, agent)
        call = self.world.records.delete(record_id, owner=owner)
        if await self._refused(call, rows, "delete"):
            return
        await call
        self.rows.remove(rows[0])

    @rule(user=_USERS, agent=_AGENTS, seldom=SELDOM)
    def delete_all(self, user: str | None, agent: str | None, seldom: bool) -> None:
        if seldom:
            self.run(self._delete_all, user, agent)

    async def _delete_all(self, user: str | None, agent: str | None) -> None:
        owner = self._scope(user, agent)
        await self.world.records.delete_all(owner=owner)
        self.rows = [row for row in self.rows if not _in_scope(row, owner)]

    @rule(user=_USERS, agent=_AGENTS, limit=st.sampled_from((1, 2, 3, 100)), filters=_FILTERS)
    def get_all(self, user: str | None, agent: str | None, limit: int, filters: Any) -> None:
        self.run(self._get_all, user, agent, limit, filters)

    async def _get_all(self, user: str | None, agent: str | None, limit: int, filters: Any) -> None:
        given = {"filters": filters} if filters and self.world.has(Feature.FILTERS) else {}
        for owner in (self._scope(user, agent), *self.users(row.owner for row in self.rows)):
            await self._listed(owner, limit, given)

    async def _listed(self, owner: Owner, limit: int, given: dict[str, Any]) -> None:
        expected = [self._view(row) for row in self._passing(owner, given.get("filters"))]
        listed = [
            self.world.records.view(r) for r in await self.world.records.listed(owner=owner, limit=limit, **given)
        ]
        if not self.world.has(Guarantee.STABLE_IDS):
            expected.sort(key=str)
            listed.sort(key=str)
        equal(listed, expected, f"what is listed for {owner!r}, with {given!r} and limit={limit}")

    async def agrees(self) -> None:
        """Compare everything that is stored."""
        for owner in (self.world.home, *self.users(row.owner for row in self.rows)):
            await self._listed(owner, 100, {})

    @rule(query=_TEXTS, user=_USERS, limit=st.sampled_from((1, 2, 100)), filters=_FILTERS)
    def search(self, query: str, user: str | None, limit: int, filters: Any) -> None:
        self.run(self._search, query, user, limit, filters)

    async def _search(self, query: str, user: str | None, limit: int, filters: Any) -> None:
        owner = self.scope(user)
        given = {"filters": filters} if filters and self.world.has(Feature.FILTERS) else {}
        rows = self._passing(owner, given.get("filters"))
        views = [self._view(row) for row in rows]
        hits = await self.world.records.search(query, limit=limit, owner=owner, **given)
        found = [self.world.records.view(hit) for hit in hits]
        that(len(found) <= limit, f"a search with limit={limit} returns {len(found)} records")
        for number, view in enumerate(found):
            that(
                any(same(view, other) for other in views), f"a search returns what is not stored in its scope: {view!r}"
            )
            that(not any(same(view, other) for other in found[:number]), f"a search returns a record twice: {view!r}")
        if len(rows) <= limit:
            for row in rows:
                if row.content == query:
                    shown = self._view(row)
                    that(
                        any(same(shown, view) for view in found),
                        f"a search for the text of a record misses it: {shown!r}",
                    )

    def _scope(self, user: str | None, agent: str | None) -> Owner:
        return self._with_agent(self.scope(user), agent, Feature.AGENT_SCOPE)

    def _with_agent(self, owner: Owner, agent: str | None, feature: str) -> Owner:
        if agent is None or self.world.kind != "facts" or not self.world.has(feature):
            return owner
        return {**owner, "agent_id": self.world.label(agent)}

    def _meant(self, which: int, user: str | None, agent: str | None) -> tuple[str, Owner, list[Row]]:
        """Return an id that was in use once, or never, a scope, and the rows that both mean."""
        record_id = self.meant(which, [row.id for row in self.rows], self.ids)
        belonging = [row.owner for row in self.rows if row.id == record_id]
        if user != "own":
            owner = self._scope(user, agent)
        elif belonging and self.world.has(Feature.USER_SCOPE):
            owner = {name: value for name, value in belonging[0].items() if name == "user_id"}
        else:
            owner = self.world.home
        return record_id, owner, [row for row in self.rows if row.id == record_id and _in_scope(row, owner)]

    async def _refused(self, call: Any, rows: list[Row], what: str) -> bool:
        if not rows:
            await refused(call, NotFoundError, f"{what} of an id that is not in scope")
        elif len(rows) > 1:
            await refused(call, ConflictError, f"{what} of an id that several owners have")
        return len(rows) != 1

    def _passing(self, owner: Owner, filters: Any) -> list[Row]:
        wanted: dict[str, Any] = filters or {}
        return [
            row
            for row in self.rows
            if _in_scope(row, owner)
            and all(key in row.metadata and same(row.metadata[key], value) for key, value in wanted.items())
        ]

    def _agrees(self, record: Any, row: Row) -> None:
        equal(self.world.records.view(record), self._view(row), "the record in the answer")

    def _view(self, row: Row) -> dict[str, Any]:
        w = self.world
        view: dict[str, Any] = {"id": row.id}
        if w.has(Feature.ATTRIBUTION):
            view["user_id"] = row.owner.get("user_id")
            if w.kind == "facts":
                view["agent_id"] = row.owner.get("agent_id")
        if w.has(Feature.METADATA):
            view["metadata"] = row.metadata
        if w.has(Guarantee.VERBATIM):
            view["content"] = row.content
        return view


def _in_scope(row: Row, owner: Owner) -> bool:
    return all(row.owner.get(name) == value for name, value in owner.items())
