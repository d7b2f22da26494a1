"""Conversations against a list of messages."""

# ruff: noqa: D102, FBT001  # a rule is the call that it is named after, with generated arguments

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError, NotFoundError
from memio.models import Message
from memio.owners import Owner
from memio_contract.expect import equal, refused, same, that
from memio_contract.machines import ADDING, GUARDS, SELDOM, SPANS, WHICH, Machine, where, within
from memio_contract.place import Labels

_SESSIONS = st.sampled_from(("s", "s", "S", "default"))
_TEXT = st.sampled_from(("green tea", "black tea", "tea", "Green tea", "yes", "!"))
_METADATA: st.SearchStrategy[Any] = st.sampled_from(({}, {}, {"k": [1]}, {"k": [1.0]}, {"k": [True]}))
_DATA: st.SearchStrategy[Any] = st.sampled_from((None, None, None, {"tool": [1]}, {"tool": [1.0]}, "\ud800"))
_NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
_TIMES = st.sampled_from((None, None, *(_NOON + timedelta(minutes=minutes) for minutes in (0, 1, 1, -60, 90))))
_GIVEN = st.lists(
    st.tuples(
        _TEXT,
        _METADATA,
        st.sampled_from((None, None, None, "m-1", "m-2")),
        st.sampled_from((None, None, "Ann")),
        _DATA,
        _TIMES,
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda item: item[2] or object(),
)
_LIMITS = st.sampled_from((1, 2, 100))


@dataclass(slots=True)
class Line:
    """A message of the model."""

    session: str
    owner: Owner
    message: Message

    @property
    def key(self) -> tuple[Owner, str]:
        """What names its session."""
        return self.owner, self.session


class Conversations(Machine):
    """Every call of a store of conversations."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.begun: list[tuple[Owner, str]] = []
        """The sessions that there are, in the order in which they began."""

    @initialize(given=st.lists(st.tuples(_SESSIONS, _GIVEN, ADDING), min_size=2, max_size=5))
    def begin(self, given: list[Any]) -> None:
        for item in given:
            self.run(self._add, *item)

    @rule(session=_SESSIONS, given=_GIVEN, whose=ADDING)
    def add(self, session: str, given: list[Any], whose: Labels) -> None:
        self.run(self._add, session, given, whose)

    async def _add(self, session: str, given: list[Any], whose: Labels) -> None:
        w = self.world
        name, labels = w.history.session(session), self.adding(whose)
        lines = [Line(name, Owner(**labels), self._message(*item)) for item in given]
        call = w.history.append(name, *(line.message for line in lines), owner=labels)
        taken = {line.message.id: line.message for line in self._session(lines[0].key) if line.message.id}
        if any(line.message.id in taken and not _equal(taken[line.message.id], line.message) for line in lines):
            await refused(call, ConflictError, "add of another message under an id that is taken")
            return
        turn = await call
        equal(len(turn.stored), len(lines), "the number of messages in the answer of add")
        for line, stored in zip(lines, turn.stored, strict=True):
            if line.message.id in taken:
                equal(stored.timestamp, taken[line.message.id].timestamp, "the timestamp of a message added again")
                continue
            line.message = replace(line.message, id=stored.id, timestamp=stored.timestamp)
            self.lines.append(line)
        if lines[0].key not in self.begun:
            self.begun.append(lines[0].key)

    @rule(session=_SESSIONS, whose=GUARDS, limit=_LIMITS, start=st.sampled_from(("latest", "oldest")))
    def get(self, session: str, whose: Any, limit: int, start: str) -> None:
        self.run(self._get, session, whose, limit, start)

    async def _get(self, session: str, whose: Any, limit: int, start: str) -> None:
        name, scope = self._meant(session, whose)
        await self._read(name, scope, limit, start)

    async def _read(self, name: str, scope: Labels, limit: int, start: str) -> None:
        lines = self._within(scope, name)
        call = self.world.history.read(name, owner=scope, limit=limit, start=start)
        if await self._refused(call, lines, "get"):
            return
        views = [self.world.history.view(message) for message in await call]
        expected = [self._view(line) for line in lines]
        equal(views, expected, f"session {name!r} for {scope!r}, read with limit={limit} from {start!r}")

    async def agrees(self) -> None:
        """Compare everything that is stored."""
        await self._listed(self.world.home, 100, "oldest")
        for owner, name in self.begun:
            await self._read(name, self.world.exactly(owner.labels), 100, "oldest")

    @rule(whose=SPANS, limit=_LIMITS, order=st.sampled_from(("oldest", "newest")))
    def get_all(self, whose: Labels, limit: int, order: str) -> None:
        self.run(self._get_all, whose, limit, order)

    async def _get_all(self, whose: Labels, limit: int, order: str) -> None:
        w, scope = self.world, self.scope(whose)
        await self._listed(scope, limit, order if w.has(Feature.NEWEST_FIRST) else "oldest")
        if w.has(Guarantee.SILENT_APPEND):
            await self.counted([line.owner for line in self._within(scope)], scope)
        if w.has(Feature.COUNT):
            sessions = [key for key in self.begun if within(key[0], scope)]
            equal(await w.history.api.count(**scope), len(sessions), f"the count of sessions for {scope!r}")

    async def _listed(self, scope: Labels, limit: int, order: str) -> None:
        w = self.world
        ordered = {"order": order} if order == "newest" else {}
        listed = await w.history.listed_sessions(owner=scope, limit=limit, **ordered)
        found = [(self._owner(session.owner), session.id) for session in listed]
        expected = [(self._owner(owner), name) for owner, name in self.begun if within(owner, scope)]
        if order == "newest":
            equal(sorted(map(str, found)), sorted(map(str, expected)), f"the sessions for {scope!r}, sorted")
            times = [session.updated_at for session in listed if session.updated_at is not None]
            equal(times, sorted(times, reverse=True), f"the updated_at of the sessions for {scope!r}, newest first")
        else:
            equal(found, expected, f"the sessions for {scope!r}")
        if not w.has(Guarantee.SILENT_APPEND, Feature.ATTRIBUTION, Feature.NAMESPACES):
            return
        for session in listed:
            times = [
                line.message.timestamp for line in self._session((session.owner, session.id)) if line.message.timestamp
            ]
            for what, value, right in (
                ("created_at", session.created_at, min(times, default=None)),
                ("updated_at", session.updated_at, max(times, default=None)),
                ("message_count", session.message_count, len(self._session((session.owner, session.id)))),
            ):
                if value is not None:
                    equal(value, right, f"the {what} of session {session.id!r} of {session.owner!r}")

    @rule(query=_TEXT, whose=SPANS, session=st.one_of(st.none(), _SESSIONS), limit=_LIMITS)
    def search(self, query: str, whose: Labels, session: str | None, limit: int) -> None:
        if session is not None or self.world.has(Feature.SEARCH_ALL_SESSIONS):
            self.run(self._search, query, whose, session, limit)

    async def _search(self, query: str, whose: Labels, session: str | None, limit: int) -> None:
        w, scope = self.world, self.scope(whose)
        name = None if session is None else w.history.session(session)
        inside = {} if name is None else {"session_id": name}
        lines = self._within(scope, name)
        if w.has(Feature.COUNT) and name is not None:
            call = w.history.api.count_messages(**inside, **scope)
            if not await self._refused(call, lines, "count_messages"):
                counted = await call
                if w.has(Guarantee.SILENT_APPEND):
                    equal(counted, len(lines), f"the count of session {name!r} for {scope!r}")
        call = w.history.api.search(query=query, limit=limit, **inside, **scope)
        if name is not None and await self._refused(call, lines, "search"):
            return
        views = [self._view(line) for line in lines]
        hits = await call
        that(len(hits) <= limit, f"a search with limit={limit} returns {len(hits)} messages")
        found = [w.history.view(hit) for hit in w.history.added_only(hits)]
        for view in found:
            allowed = sum(same(view, other) for other in views)
            that(allowed, f"a search returns what is not stored in its scope: {view!r}")
            times = sum(same(view, other) for other in found)
            that(times <= allowed, f"a search returns {times} times what is stored {allowed} times: {view!r}")
        if len(lines) <= limit and w.has(Guarantee.SILENT_APPEND, Guarantee.VERBATIM):
            missed = [view for view in views if view["content"] == query and not any(same(view, f) for f in found)]
            equal(missed, [], f"messages whose text is {query!r}, and that a search for it misses")

    @where(Feature.DELETE_MESSAGES, Guarantee.SILENT_APPEND)
    @rule(session=_SESSIONS, whose=GUARDS, last=st.sampled_from((1, 1, 2, 100)))
    def delete_last(self, session: str, whose: Any, last: int) -> None:
        self.run(self._delete_last, session, whose, last)

    async def _delete_last(self, session: str, whose: Any, last: int) -> None:
        name, scope = self._meant(session, whose)
        lines = self._within(scope, name)
        call = self.world.history.api.delete_messages(name, last=last, **scope)
        if not await self._refused(call, lines, "delete_messages"):
            self._deleted(await call, lines[-last:])

    @where(Feature.DELETE_MESSAGES)
    @rule(session=_SESSIONS, whose=GUARDS, which=st.lists(WHICH, min_size=1, max_size=3, unique=True), seldom=SELDOM)
    def delete_by_ids(self, session: str, whose: Any, which: list[int], seldom: bool) -> None:
        self.run(self._delete_by_ids, session, whose, which, seldom)

    async def _delete_by_ids(self, session: str, whose: Any, which: list[int], seldom: bool) -> None:
        name, scope = self._meant(session, whose)
        lines = self._within(scope, name)
        chosen = [line for number, line in enumerate(lines) if number in which and line.message.id]
        if len(chosen) == len(lines) and not self.world.has(Guarantee.SILENT_APPEND):
            chosen = chosen[1:]  # a session of answers alone stays, and nothing here knows of it
        ids = [str(line.message.id) for line in reversed(chosen)]
        if seldom or not ids:
            ids.append("never-used")
        call = self.world.history.api.delete_messages(name, message_ids=ids, **scope)
        if await self._refused(call, lines, "delete_messages"):
            return
        if "never-used" in ids:
            await refused(call, NotFoundError, "delete_messages of an id that the session does not have")
            return
        self._deleted(await call, chosen)

    def _deleted(self, answer: list[Any], gone: list[Line]) -> None:
        views = [self.world.history.view(message) for message in answer]
        equal(views, [self._view(line) for line in gone], "the answer of delete_messages")
        self._keep([line for line in self.lines if not any(line is other for other in gone)])

    @rule(session=_SESSIONS, whose=GUARDS)
    def delete(self, session: str, whose: Any) -> None:
        self.run(self._delete, session, whose)

    async def _delete(self, session: str, whose: Any) -> None:
        name, scope = self._meant(session, whose)
        lines = self._within(scope, name)
        call = self.world.history.delete(name, owner=scope)
        if await self._refused(call, lines, "delete"):
            return
        await call
        self._keep([line for line in self.lines if not any(line is other for other in lines)])

    @rule(whose=SPANS, seldom=SELDOM)
    def delete_all(self, whose: Labels, seldom: bool) -> None:
        if seldom:
            self.run(self._delete_all, whose)

    async def _delete_all(self, whose: Labels) -> None:
        scope = self.scope(whose)
        await self.world.history.delete_all(owner=scope)
        self._keep([line for line in self.lines if not within(line.owner, scope)])

    def _keep(self, lines: list[Line]) -> None:
        self.lines = lines
        self.begun = [key for key in self.begun if self._session(key)]

    def _meant(self, session: str, whose: Any) -> tuple[str, Labels]:
        """Return the name of a session, and the scope of a call about it."""
        name = self.world.history.session(session)
        return name, self.guard(whose, [line.owner for line in self.lines if line.session == name])

    async def _refused(self, call: Any, lines: list[Line], what: str) -> bool:
        if len({line.owner for line in lines}) <= 1:
            return False
        error = await refused(call, ConflictError, f"{what} of a session that several owners have")
        equal(error.reason, "owners", "the `reason` of the ConflictError")
        return True

    def _message(
        self, text: str, metadata: Any, message_id: str | None, name: str | None, data: Any, time: Any
    ) -> Message:
        w = self.world
        return Message(
            role="user",
            content=text,
            metadata=metadata if w.has(Feature.METADATA) else {},
            id=message_id if w.has(Feature.CLIENT_IDS) else None,
            name=name if w.has(Feature.MESSAGE_NAMES) else None,
            data=data if w.has(Feature.DATA) else None,
            timestamp=time if w.has(Feature.MESSAGE_TIMESTAMPS) else None,
        )

    def _session(self, key: tuple[Owner, str]) -> list[Line]:
        return [line for line in self.lines if line.key == key]

    def _within(self, scope: Labels, name: str | None = None) -> list[Line]:
        return [line for line in self.lines if within(line.owner, scope) and name in (None, line.session)]

    def _owner(self, owner: Owner) -> Owner:
        """Return what the store keeps of an owner."""
        w = self.world
        user, agent = (owner.user_id, owner.agent_id) if w.has(Feature.ATTRIBUTION) else (None, None)
        return Owner(user, agent, owner.namespace if w.has(Feature.NAMESPACES) else ())

    def _view(self, line: Line) -> dict[str, Any]:
        w = self.world
        view: dict[str, Any] = {"session_id": line.session, "role": "user"}
        if w.has(Feature.ATTRIBUTION):
            view |= {"user_id": line.owner.user_id, "agent_id": line.owner.agent_id}
        if w.has(Feature.NAMESPACES):
            view["namespace"] = line.owner.namespace
        if w.has(Feature.METADATA):
            view["metadata"] = line.message.metadata
        if w.has(Feature.DATA):
            view["data"] = line.message.data
        if w.has(Guarantee.VERBATIM):
            view["content"] = line.message.content
        if w.has(Feature.MESSAGE_NAMES):
            view["name"] = line.message.name
        return view


def _equal(left: Message, right: Message) -> bool:
    names = (left.content, left.name, left.role) == (right.content, right.name, right.role)
    return names and same(left.metadata, right.metadata) and same(left.data, right.data)
