"""Facts and documents against a list."""

# ruff: noqa: D102, FBT001  # a rule is the call that it is named after, with generated arguments

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError, NotFoundError
from memio.owners import Owner
from memio.toolkit import matches
from memio_contract.expect import equal, refused, same, that
from memio_contract.machines import ADDING, GUARDS, SELDOM, SPANS, WHICH, Machine, where, within
from memio_contract.place import Labels

_TEXTS = st.sampled_from(("green tea", "black tea", "tea", "Green tea", "green tea ", "coffee", "!"))
_METADATA: st.SearchStrategy[Any] = st.sampled_from(
    (None, {}, {"k": 1}, {"k": 1.0}, {"k": "1"}, {"k": True}, {"k": None}, {"k": 1, "m": [2]})
)
_FILTERS: st.SearchStrategy[Any] = st.sampled_from(
    (
        None,
        None,
        {"k": 1},
        {"k": "1"},
        {"k": True},
        {"k": None},
        {"k": {"$ne": 1}},
        {"$or": [{"k": 1}, {"m": {"$exists": True}}]},
    )
)
_CHOSEN = st.sampled_from((None, None, None, "id-1", "ID-1", "id-2"))
_PAST, _FUTURE = datetime(2001, 2, 3, tzinfo=UTC), datetime(2901, 2, 3, 4, 5, 6, 7, tzinfo=UTC)
_MORE: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    (
        *({}, {}, {}, {}, {}, {"data": {"n": [1]}}, {"data": {"n": [1.0]}}, {"data": "\0"}),
        *({"expires_at": _FUTURE}, {"expires_at": _FUTURE, "data": 1}, {"expires_at": _PAST}),
    )
)
"""Further fields of a record."""
_CHANGES: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    (
        *({"content": "new tea"}, {"content": "tea"}, {"content": "tea", "metadata": {"k": 1}}, {"metadata": {"m": 2}}),
        *({"metadata": {}}, {"data": {"n": 2}}, {"content": "tea", "data": None}, {"expires_at": _FUTURE}),
        *({"expires_at": None}, {"expires_at": None, "content": "tea"}, {"expires_at": _PAST}),
    )
)
_VERSIONS = st.sampled_from((None, None, None, "current", "current", "old"))
_TIMES = st.sampled_from(("", "", "", "since", "until"))
_FEATURES = {"metadata": Feature.METADATA, "data": Feature.DATA, "expires_at": Feature.EXPIRY}


@dataclass(slots=True)
class Row:
    """A record of the model."""

    id: str
    owner: Owner
    content: str
    metadata: dict[str, Any]
    data: Any = None
    expires_at: datetime | None = None
    version: str | None = None
    created_at: datetime | None = None


class Records(Machine):
    """Every call of a store of facts or documents."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.ids: list[str] = []
        self.versions: set[str] = set()
        self.dead = 0
        """How many records may have expired since the last purge."""

    @initialize(given=st.lists(st.tuples(_TEXTS, ADDING, _METADATA, _CHOSEN, _MORE), min_size=2, max_size=6))
    def begin(self, given: list[Any]) -> None:
        for item in given:
            self.run(self._add, *item)

    @rule(text=_TEXTS, whose=ADDING, metadata=_METADATA, chosen=_CHOSEN, more=_MORE)
    def add(self, text: str, whose: Labels, metadata: Any, chosen: str | None, more: dict[str, Any]) -> None:
        self.run(self._add, text, whose, metadata, chosen, more)

    async def _add(self, text: str, whose: Labels, metadata: Any, chosen: str | None, more: dict[str, Any]) -> None:
        w = self.world
        labels = self.adding(whose)
        given = self._kept({"metadata": metadata, **more})
        chosen = w.label(chosen) if chosen and w.has(Feature.CLIENT_IDS) else None
        row = self._row(chosen or "", labels, text, given)
        stored = self._stored(row)
        call = w.records.add(text, owner=labels, id=chosen, **given)
        if stored and not (
            stored.content == text and same(stored.metadata, row.metadata) and same(stored.data, row.data)
        ):
            await refused(call, ConflictError, "add of another record under an id that is taken")
            return
        answer = await call
        if stored:
            stored.expires_at = row.expires_at or stored.expires_at
            self._agrees(answer, stored)
            equal(answer.version, stored.version, "the version in the answer of a repeated add")
            self._expire(stored)
            return
        others = [other.id for other in self.rows if other.owner == row.owner]
        that(answer.id not in others, f"{answer.id!r} is not a new id")
        row.id, row.created_at = answer.id, answer.created_at
        self._new_version(answer, row)
        self.rows.append(row)
        self.ids.append(answer.id)
        self._agrees(answer, row)
        self._expire(row)

    @where(Feature.PUT)
    @rule(
        text=_TEXTS,
        whose=ADDING,
        metadata=_METADATA,
        chosen=st.sampled_from(("id-1", "ID-1")),
        more=_MORE,
        version=_VERSIONS,
    )
    def put(
        self, text: str, whose: Labels, metadata: Any, chosen: str, more: dict[str, Any], version: str | None
    ) -> None:
        self.run(self._put, text, whose, metadata, chosen, more, version)

    async def _put(
        self, text: str, whose: Labels, metadata: Any, chosen: str, more: dict[str, Any], version: str | None
    ) -> None:
        w = self.world
        labels = self.adding(whose)
        given = self._kept({"metadata": metadata, **more})
        new = self._row(w.label(chosen), labels, text, given)
        stored = self._stored(new)
        held = self._held(version, stored)
        call = w.records.put(new.id, text, owner=labels, **given, **held)
        if held and (stored is None or held["if_version"] != stored.version):
            error = await refused(call, ConflictError, "put with a version that is not stored")
            equal(error.reason, "version", "the `reason` of the ConflictError")
            return
        answer = await call
        if stored is None:
            new.created_at = answer.created_at
            self.rows.append(new)
            self.ids.append(new.id)
            stored = new
        else:
            stored.content, stored.metadata = new.content, new.metadata
            stored.data, stored.expires_at = new.data, new.expires_at
        self._new_version(answer, stored)
        self._agrees(answer, stored)
        self._expire(stored)

    @rule(which=WHICH, whose=GUARDS)
    def get(self, which: int, whose: Any) -> None:
        self.run(self._get, which, whose)

    async def _get(self, which: int, whose: Any) -> None:
        record_id, scope, rows = self._meant(which, whose)
        call = self.world.records.get(record_id, owner=scope)
        if await self._refused(call, rows, "get"):
            return
        self._agrees(await call, rows[0])

    @where(Feature.UPDATE)
    @rule(which=WHICH, changes=_CHANGES, whose=GUARDS, version=_VERSIONS)
    def update(self, which: int, changes: dict[str, Any], whose: Any, version: str | None) -> None:
        if self._kept(changes):
            self.run(self._update, which, changes, whose, version)

    async def _update(self, which: int, changes: dict[str, Any], whose: Any, version: str | None) -> None:
        w = self.world
        record_id, scope, rows = self._meant(which, whose)
        given = self._kept(changes)
        held = self._held(version, rows[0] if rows else None)
        call = w.records.update(record_id, owner=scope, **given, **held)
        if await self._refused(call, rows, "update", held):
            return
        answer = await call
        row = rows[0]
        for name, value in given.items():
            setattr(row, name, value)
        if not w.has(Guarantee.STABLE_IDS):
            row.id = answer.id
            self.ids.append(answer.id)
        if given.keys() == {"expires_at"}:
            equal(answer.version, row.version, "the version in the answer of an update of the expiry alone")
        else:
            self._new_version(answer, row)
        self._agrees(answer, row)
        self._expire(row)

    @rule(which=WHICH, whose=GUARDS, version=_VERSIONS)
    def delete(self, which: int, whose: Any, version: str | None) -> None:
        self.run(self._delete, which, whose, version)

    async def _delete(self, which: int, whose: Any, version: str | None) -> None:
        record_id, scope, rows = self._meant(which, whose)
        held = self._held(version, rows[0] if rows else None)
        call = self.world.records.delete(record_id, owner=scope, **held)
        if await self._refused(call, rows, "delete", held):
            return
        await call
        self.rows.remove(rows[0])

    @rule(whose=SPANS, seldom=SELDOM)
    def delete_all(self, whose: Labels, seldom: bool) -> None:
        if seldom:
            self.run(self._delete_all, whose)

    async def _delete_all(self, whose: Labels) -> None:
        scope = self.scope(whose)
        await self.world.records.delete_all(owner=scope)
        self.rows = [row for row in self.rows if not within(row.owner, scope)]

    @precondition(lambda self: self.world.alone)
    @where(Feature.EXPIRY)
    @rule()
    def purge(self) -> None:
        self.run(self._purge)

    async def _purge(self) -> None:
        purged = (await self.world.memio.purge())[self.world.kind]
        that(0 <= purged <= self.dead, f"purge removed {purged} records, when {self.dead} had expired")
        self.dead = 0

    @rule(
        whose=SPANS,
        limit=st.sampled_from((1, 2, 3, 100)),
        filters=_FILTERS,
        order=st.sampled_from(("oldest", "oldest", "newest")),
        time=_TIMES,
        which=WHICH,
    )
    def get_all(self, whose: Labels, limit: int, filters: Any, order: str, time: str, which: int) -> None:
        self.run(self._get_all, whose, limit, filters, order, time, which)

    async def _get_all(self, whose: Labels, limit: int, filters: Any, order: str, time: str, which: int) -> None:
        pick = self._pick(filters, time, which)
        ordered = {"order": order} if self.world.has(Feature.NEWEST_FIRST) else {}
        await self._listed(self.scope(whose), limit, {**pick, **ordered})
        await self.counted([row.owner for row in self._passing(self.scope(whose), pick)], self.scope(whose), **pick)

    async def _listed(self, scope: Labels, limit: int, given: dict[str, Any]) -> None:
        pick = {name: value for name, value in given.items() if name != "order"}
        expected = [self._view(row) for row in self._passing(scope, pick)]
        if given.get("order") == "newest":
            expected.reverse()
        records = self.world.records
        listed = [records.view(found) for found in await records.listed(owner=scope, limit=limit, **given)]
        if not self.world.has(Guarantee.STABLE_IDS):
            expected.sort(key=str)
            listed.sort(key=str)
        equal(listed, expected, f"what is listed for {scope!r}, with {given!r} and limit={limit}")

    async def agrees(self) -> None:
        """Compare everything that is stored."""
        for scope in (self.world.home, *self.scopes(row.owner for row in self.rows)):
            await self._listed(scope, 100, {})

    @rule(query=_TEXTS, whose=SPANS, limit=st.sampled_from((1, 2, 100)), filters=_FILTERS, time=_TIMES, which=WHICH)
    def search(self, query: str, whose: Labels, limit: int, filters: Any, time: str, which: int) -> None:
        self.run(self._search, query, whose, limit, filters, time, which)

    async def _search(self, query: str, whose: Labels, limit: int, filters: Any, time: str, which: int) -> None:
        scope = self.scope(whose)
        pick = self._pick(filters, time, which)
        rows = self._passing(scope, pick)
        views = [self._view(row) for row in rows]
        hits = await self.world.records.search(query, limit=limit, owner=scope, **pick)
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

    def _kept(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the fields among some that the store keeps."""
        kept = {name: value for name, value in given.items() if name not in _FEATURES or self._keeps(name)}
        return {name: value for name, value in kept.items() if name != "metadata" or value is not None}

    def _keeps(self, name: str) -> bool:
        return self.world.has(_FEATURES[name]) and (name != "data" or self.world.kind == "documents")

    def _row(self, record_id: str, labels: Labels, text: str, given: dict[str, Any]) -> Row:
        owner = Owner(**labels)
        return Row(record_id, owner, text, given.get("metadata", {}), given.get("data"), given.get("expires_at"))

    def _stored(self, row: Row) -> Row | None:
        """Return the row that has the id and the owner of another."""
        return next((other for other in self.rows if row.id and (other.id, other.owner) == (row.id, row.owner)), None)

    def _held(self, version: str | None, row: Row | None) -> dict[str, Any]:
        """Return the version that a call depends on: that of a row, or another one that once was."""
        if version is None or not self.world.has(Feature.VERSIONS):
            return {}
        if version == "current" and row is not None:
            return {"if_version": row.version}
        others = sorted(self.versions - ({row.version} if row else set()))
        return {"if_version": others[0] if others else "no version"}

    def _new_version(self, answer: Any, row: Row) -> None:
        """Expect a version that no record had before."""
        if not self.world.has(Feature.VERSIONS):
            return
        that(answer.version, "a record has no version")
        that(answer.version not in self.versions, f"the version {answer.version!r} was used before")
        row.version = answer.version
        self.versions.add(answer.version)

    def _expire(self, row: Row) -> None:
        if row.expires_at == _PAST:
            self.rows.remove(row)
            self.dead += 1

    def _pick(self, filters: Any, time: str, which: int) -> dict[str, Any]:
        """Return filters, and a time that a record was added at, where the store takes them."""
        w = self.world
        pick: dict[str, Any] = {}
        wanted: dict[str, Any] = filters or {}
        operators = any(name.startswith("$") or isinstance(value, dict) for name, value in wanted.items())
        if filters and w.has(Feature.FILTER_OPERATORS if operators else Feature.FILTERS):
            pick["filters"] = filters
        times = [row.created_at for row in self.rows if row.created_at is not None]
        if time and times and w.has(Feature.TIME_RANGE):
            pick[time] = times[which % len(times)]
        return pick

    def _meant(self, which: int, whose: Any) -> tuple[str, Labels, list[Row]]:
        """Return an id that was in use once, or never, a scope, and the rows that both mean."""
        record_id = self.meant(which, [row.id for row in self.rows], self.ids)
        scope = self.guard(whose, [row.owner for row in self.rows if row.id == record_id])
        return record_id, scope, [row for row in self.rows if row.id == record_id and within(row.owner, scope)]

    async def _refused(self, call: Any, rows: list[Row], what: str, held: dict[str, Any] | None = None) -> bool:
        if not rows:
            await refused(call, NotFoundError, f"{what} of an id that is not in scope")
        elif len(rows) > 1:
            error = await refused(call, ConflictError, f"{what} of an id that several owners have")
            equal(error.reason, "owners", "the `reason` of the ConflictError")
        elif held and held["if_version"] != rows[0].version:
            error = await refused(call, ConflictError, f"{what} with a version that is not stored")
            equal(error.reason, "version", "the `reason` of the ConflictError")
        else:
            return False
        return True

    def _passing(self, scope: Labels, pick: dict[str, Any]) -> list[Row]:
        since, until = pick.get("since"), pick.get("until")
        return [
            row
            for row in self.rows
            if within(row.owner, scope)
            and matches(row.metadata, pick.get("filters", {}))
            and (since is None or (row.created_at is not None and row.created_at >= since))
            and (until is None or (row.created_at is not None and row.created_at < until))
        ]

    def _agrees(self, record: Any, row: Row) -> None:
        equal(self.world.records.view(record), self._view(row), "the record in the answer")
        if row.created_at is not None and self.world.has(Guarantee.STABLE_IDS):
            equal(record.created_at, row.created_at, "the created_at in the answer")

    def _view(self, row: Row) -> dict[str, Any]:
        w = self.world
        view: dict[str, Any] = {"id": row.id}
        if w.has(Feature.ATTRIBUTION):
            view |= {"user_id": row.owner.user_id, "agent_id": row.owner.agent_id}
        if w.has(Feature.NAMESPACES):
            view["namespace"] = row.owner.namespace
        for name in _FEATURES:
            if self._keeps(name):
                view[name] = getattr(row, name)
        if w.has(Guarantee.VERBATIM):
            view["content"] = row.content
        return view
