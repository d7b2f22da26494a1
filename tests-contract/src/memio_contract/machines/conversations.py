"""Conversations against a list of messages."""

# ruff: noqa: D102, FBT001  # a rule is the call that it is named after, with generated arguments

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError
from memio.models import Message
from memio_contract.expect import equal, refused, same, that
from memio_contract.machines import GUARDS, SELDOM, USERS, Machine
from memio_contract.place import Owner

_SESSIONS = st.sampled_from(("s", "s", "S", "default"))
_USERS = st.sampled_from(USERS)
_TEXT = st.sampled_from(("green tea", "black tea", "tea", "Green tea", "yes", "!"))
_METADATA: st.SearchStrategy[Any] = st.sampled_from(({}, {}, {"k": [1]}, {"k": [1.0]}, {"k": [True]}))
_GIVEN = st.lists(
    st.tuples(
        _TEXT,
        _METADATA,
        st.sampled_from((None, None, None, "m-1", "m-2")),
        st.sampled_from((None, None, "Ann")),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda item: item[2] or object(),
)


@dataclass(slots=True)
class Line:
    """A message of the model."""

    session: str
    owner: Owner
    message: Message


class Conversations(Machine):
    """Every call of a store of conversations."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.begun: list[str] = []
        """The sessions that any owner has, in the order in which the first owner began each."""

    @initialize(given=st.lists(st.tuples(_SESSIONS, _GIVEN, _USERS), min_size=2, max_size=5))
    def begin(self, given: list[Any]) -> None:
        for item in given:
            self.run(self._add, *item)

    @rule(session=_SESSIONS, given=_GIVEN, user=_USERS)
    def add(self, session: str, given: list[tuple[str, Any, str | None, str | None]], user: str | None) -> None:
        self.run(self._add, session, given, user)

    async def _add(self, session: str, given: list[tuple[str, Any, str | None, str | None]], user: str | None) -> None:
        w = self.world
        name, owner = w.history.session(session), self.owner(user)
        lines = [Line(name, owner, self._message(*item)) for item in given]
        call = w.history.append(name, *(line.message for line in lines), owner=owner)
        taken = {
            line.message.id: line.message
            for line in self.lines
            if line.session == name and line.owner == owner and line.message.id
        }
        if any(line.message.id in taken and not _equal(taken[line.message.id], line.message) for line in lines):
            await refused(call, ConflictError, "add of another message under an id that is taken")
            return
        turn = await call
        equal(len(turn.stored), len(lines), "the number of messages in the answer of add")
        self.lines += [line for line in lines if line.message.id not in taken]
        if name not in self.begun:
            self.begun.append(name)

    @rule(
        session=_SESSIONS, user=_USERS, limit=st.sampled_from((1, 2, 100)), start=st.sampled_from(("latest", "oldest"))
    )
    def get(self, session: str, user: str | None, limit: int, start: str) -> None:
        self.run(self._get, session, user, limit, start)

    async def _get(self, session: str, user: str | None, limit: int, start: str) -> None:
        name = self.world.history.session(session)
        for owner in (self.scope(user), *self.users(line.owner for line in self.lines)):
            await self._read(name, owner, limit, start)

    async def _read(self, name: str, owner: Owner, limit: int, start: str) -> None:
        read = await self.world.history.read(name, owner=owner, limit=limit, start=start)
        expected = [self._view(line) for line in self._within(owner) if line.session == name]
        views = [self.world.history.view(message) for message in read]
        equal(views, expected, f"session {name!r} for {owner!r}, read with limit={limit} from {start!r}")

    async def agrees(self) -> None:
        """Compare everything that is stored."""
        for owner in (self.world.home, *self.users(line.owner for line in self.lines)):
            await self._listed(owner, 100)
        for name in dict.fromkeys(line.session for line in self.lines):
            await self._read(name, self.world.home, 100, "oldest")

    @rule(user=_USERS, limit=st.sampled_from((1, 2, 100)))
    def get_all(self, user: str | None, limit: int) -> None:
        self.run(self._get_all, user, limit)

    async def _get_all(self, user: str | None, limit: int) -> None:
        await self._listed(self.scope(user), limit)

    async def _listed(self, owner: Owner, limit: int) -> None:
        expected = list(dict.fromkeys(line.session for line in self._within(owner)))
        if "user_id" not in owner:
            # A session of several owners keeps its place, so that a listing that is under way holds it once.
            expected = [name for name in self.begun if name in expected]
        equal(await self.world.history.sessions(owner=owner, limit=limit), expected, f"the sessions for {owner!r}")

    @rule(query=_TEXT, user=_USERS, session=st.one_of(st.none(), _SESSIONS), limit=st.sampled_from((1, 2, 100)))
    def search(self, query: str, user: str | None, session: str | None, limit: int) -> None:
        if session is not None or self.world.has(Feature.SEARCH_ALL_SESSIONS):
            self.run(self._search, query, user, session, limit)

    async def _search(self, query: str, user: str | None, session: str | None, limit: int) -> None:
        w, owner = self.world, self.scope(user)
        inside = {} if session is None else {"session_id": w.history.session(session)}
        lines = [line for line in self._within(owner) if not inside or line.session == inside["session_id"]]
        views = [self._view(line) for line in lines]
        hits = await w.history.api.search(query=query, limit=limit, **inside, **owner)
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

    @rule(session=_SESSIONS, user=st.sampled_from(GUARDS))
    def delete(self, session: str, user: str | None) -> None:
        self.run(self._delete, session, user)

    async def _delete(self, session: str, user: str | None) -> None:
        name = self.world.history.session(session)
        belonging = [line.owner for line in self.lines if line.session == name]
        if user != "own":
            owner = self.scope(user)
        elif belonging and self.world.has(Feature.USER_SCOPE):
            owner = belonging[0]
        else:
            owner = self.world.home
        owners = [line.owner for line in self._within(owner) if line.session == name]
        call = self.world.history.delete(name, owner=owner)
        if any(other != owners[0] for other in owners):
            await refused(call, ConflictError, "delete of a session that several users have")
            return
        await call
        kept = [line for line in self.lines if line.session != name or line not in self._within(owner)]
        self._keep(kept)

    @rule(user=_USERS, seldom=SELDOM)
    def delete_all(self, user: str | None, seldom: bool) -> None:
        if seldom:
            self.run(self._delete_all, user)

    async def _delete_all(self, user: str | None) -> None:
        owner = self.scope(user)
        await self.world.history.delete_all(owner=owner)
        gone = self._within(owner)
        self._keep([line for line in self.lines if not any(line is other for other in gone)])

    def _keep(self, lines: list[Line]) -> None:
        self.lines = lines
        self.begun = [name for name in self.begun if any(line.session == name for line in lines)]

    def _message(self, text: str, metadata: dict[str, Any], message_id: str | None, name: str | None) -> Message:
        w = self.world
        return Message(
            role="user",
            content=text,
            metadata=metadata if w.has(Feature.METADATA) else {},
            id=message_id if w.has(Feature.CLIENT_IDS) else None,
            name=name if w.has(Feature.MESSAGE_NAMES) else None,
        )

    def _within(self, owner: Owner) -> list[Line]:
        return [line for line in self.lines if all(line.owner.get(key) == value for key, value in owner.items())]

    def _view(self, line: Line) -> dict[str, Any]:
        w = self.world
        view: dict[str, Any] = {"session_id": line.session, "role": "user"}
        if w.has(Feature.ATTRIBUTION):
            view["user_id"] = line.owner.get("user_id")
        if w.has(Feature.METADATA):
            view["metadata"] = line.message.metadata
        if w.has(Guarantee.VERBATIM):
            view["content"] = line.message.content
        if w.has(Feature.MESSAGE_NAMES):
            view["name"] = line.message.name
        return view


def _equal(left: Message, right: Message) -> bool:
    return (left.content, left.name, left.role) == (right.content, right.name, right.role) and same(
        left.metadata, right.metadata
    )
