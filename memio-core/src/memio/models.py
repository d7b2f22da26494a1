"""The records that memio hands out and takes in.

Records are snapshots: frozen, and metadata and data are copied when a record is made, so that changing a
dict afterwards changes no record, and the other way round. Times are aware and in UTC; a naive one
is refused, because the moment that it means is unknown.

Every record has the three labels of its owner, `user_id`, `agent_id` and `namespace`, and `owner`, which holds them
together; see `memio.Owner`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timezone
from typing import Any, Generic, Literal, SupportsIndex, TypeVar, get_args

from memio._values.json import copy_data, copy_json_object
from memio._values.short import short_repr
from memio._values.text import shown
from memio.errors import InvalidInputError
from memio.owners import Owner, check_namespace

T = TypeVar("T")

Role = Literal["system", "developer", "user", "assistant", "tool"]
"""Who speaks in a message."""

ROLES: tuple[Role, ...] = get_args(Role)


class Owned:
    """What every record has: an owner, and a short `repr`."""

    __slots__ = ()

    user_id: str | None
    agent_id: str | None
    namespace: tuple[str, ...]

    @property
    def owner(self) -> Owner:
        """Whose it is: its three labels together, as calls take them."""
        return Owner(self.user_id, self.agent_id, self.namespace)

    def __repr__(self) -> str:
        return short_repr(self)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fact(Owned):
    """A short statement that an agent remembers.

    Attributes:
        id: Unique per owner.
        content: The text.
        user_id: The user it belongs to, a label of the application, or `None`.
        agent_id: The agent it belongs to, a label of the application, or `None`.
        namespace: The namespace it belongs to, a path of labels of the application; `()` is the root.
        metadata: A JSON object.
        score: How well it matches a search; higher is better, comparable within one result only.
            `None` outside of a search, and where the provider has no scores. Not part of equality.
        created_at: When it was added, in UTC, where the backend returns it.
        updated_at: When it was last changed, in UTC, where the backend returns it.
        expires_at: When it will be gone, in UTC; `None` for never.
        version: Names this state of it, for `if_version`; `None` where the backend has no versions.
    """

    id: str
    content: str
    user_id: str | None = None
    agent_id: str | None = None
    namespace: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict[str, Any], hash=False)
    score: float | None = field(default=None, compare=False)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    version: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "metadata", copy_json_object(self.metadata))
        _normalise(self, "created_at", "updated_at", "expires_at")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Document(Owned):
    """A longer text that is looked up by search, or a value that is stored under an id.

    Attributes:
        id: Unique per owner.
        content: The text; it may be empty when there is `data`.
        user_id: The user it belongs to, a label of the application, or `None`.
        agent_id: The agent it belongs to, a label of the application, or `None`.
        namespace: The namespace it belongs to, a path of labels of the application; `()` is the root.
        metadata: A JSON object.
        data: Any JSON value that is kept with it, or `None`. It is neither searched nor filtered.
        score: How well it matches a search; higher is better, comparable within one result only. `None` outside of
            a search, and where the provider has no scores. Not part of equality.
        created_at: When it was added, in UTC, where the backend returns it.
        updated_at: When it was last changed, in UTC, where the backend returns it.
        expires_at: When it will be gone, in UTC; `None` for never.
        version: Names this state of it, for `if_version`; `None` where the backend has no versions.
    """

    id: str
    content: str
    user_id: str | None = None
    agent_id: str | None = None
    namespace: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict[str, Any], hash=False)
    data: Any = field(default=None, hash=False)
    score: float | None = field(default=None, compare=False)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    version: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "metadata", copy_json_object(self.metadata))
        _normalise(self, "created_at", "updated_at", "expires_at")
        if self.data is not None:
            object.__setattr__(self, "data", copy_data(self.data))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Message(Owned):
    """One message of a conversation.

    Callers build it to add it, and get it back from reads. What a framework's own message holds besides text, such
    as tool calls or images, belongs in `data`: it comes back equal. `history.add` also takes dicts as chat APIs have
    them.

    Attributes:
        role: `system`, `developer`, `user`, `assistant` or `tool`.
        content: The text for readers and for search; it may be empty when there is `data`.
        name: Who speaks, where the role is not enough.
        metadata: A JSON object.
        data: Any JSON value that is kept with it, or `None`: tool calls, parts, a framework's message. It is neither
            searched nor filtered.
        timestamp: When it was sent; the backend's time of storing when not given. A message to add keeps its offset
            from UTC, because its day is the day where it was sent; reads return UTC.
        id: Unique within its session. Give one to make adding safe to repeat.
        session_id: The session it belongs to; set by reads.
        user_id: The user that the session belongs to; set by reads.
        agent_id: The agent that the session belongs to; set by reads.
        namespace: The namespace that the session belongs to; set by reads.
        score: How well it matches a search; higher is better, comparable within one result only. `None` outside of
            a search, and where the provider has no scores. Not part of equality.

    Raises:
        InvalidInputError: The role is unknown, the timestamp is naive, or metadata or data are not JSON.

    Example:
        >>> from memio import Message
        >>> Message(role="user", content="hello").role
        'user'
        >>> Message(role="assistant", data={"tool_calls": [{"id": "c1", "name": "weather"}]}).content
        ''
    """

    role: Role
    content: str = ""
    name: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any], hash=False)
    data: Any = field(default=None, hash=False)
    timestamp: datetime | None = None
    id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    agent_id: str | None = None
    namespace: tuple[str, ...] = ()
    score: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.role, str) or self.role not in ROLES:  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
            raise InvalidInputError(
                f"role is {shown(self.role)}: it must be one of {', '.join(ROLES)}", argument="role"
            )
        object.__setattr__(self, "metadata", copy_json_object(self.metadata))
        _normalise(self)
        if self.timestamp is not None:
            object.__setattr__(self, "timestamp", _with_offset(self.timestamp, "timestamp"))
        if self.data is not None:
            object.__setattr__(self, "data", copy_data(self.data))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Triple(Owned):
    """One edge of a graph: subject, predicate, object.

    Attributes:
        subject: The entity that it is about.
        predicate: The relation.
        object: The entity at the other end.
        metadata: A JSON object.
        id: Unique per owner; set by reads. Give one to choose it.
        user_id: The user it belongs to; set by reads.
        agent_id: The agent it belongs to; set by reads.
        namespace: The namespace it belongs to; set by reads.
        score: How well it matches a search; higher is better, comparable within one result only. `None` outside of
            a search, and where the provider has no scores. Not part of equality.
        created_at: When it was added, in UTC, where the backend returns it; set by reads.
    """

    subject: str
    predicate: str
    object: str
    metadata: dict[str, Any] = field(default_factory=dict[str, Any], hash=False)
    id: str | None = None
    user_id: str | None = None
    agent_id: str | None = None
    namespace: tuple[str, ...] = ()
    score: float | None = field(default=None, compare=False)
    created_at: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "metadata", copy_json_object(self.metadata))
        _normalise(self, "created_at")


Record = Fact | Document | Message | Triple
"""A record of any kind."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Session(Owned):
    """One conversation, as `history.get_all` lists it. A session without messages does not exist.

    Attributes:
        id: Unique per owner.
        user_id: The user that it belongs to, or `None`.
        agent_id: The agent that it belongs to, or `None`.
        namespace: The namespace that it belongs to; `()` is the root.
        created_at: The least `timestamp` of its messages, in UTC; `None` where the backend cannot tell without
            reading the session.
        updated_at: The greatest `timestamp` of its messages, likewise.
        message_count: How many messages it has, likewise.
    """

    id: str
    user_id: str | None = None
    agent_id: str | None = None
    namespace: tuple[str, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    message_count: int | None = None

    def __post_init__(self) -> None:
        _normalise(self, "created_at", "updated_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What `history.add` did.

    Attributes:
        stored: The messages as they are stored now, with id and time where the backend returns them.
        replies: What the backend answered, on backends whose agent answers.
    """

    stored: list[Message] = field(hash=False)
    replies: list[Message] = field(default_factory=list[Message], hash=False)


class Page(list[T], Generic[T]):
    """One page of a listing: a list, and where to go on.

    Two pages are equal when their records are. A slice of a page is a plain list.

    Attributes:
        next_cursor: Pass it as `cursor` to get the page after this one; `None` at the end.
    """

    __slots__ = ("next_cursor",)

    next_cursor: str | None

    def __init__(self, items: Iterable[T] = (), next_cursor: str | None = None) -> None:
        super().__init__(items)
        self.next_cursor = next_cursor

    def __repr__(self) -> str:
        return f"Page({super().__repr__()}, next_cursor={self.next_cursor!r})"

    def _repr_html_(self) -> str:
        """Return the page as a table, for notebooks."""
        from memio._values.html import table

        return table(self)

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[Any, ...]:
        # The old pickle protocols refuse a class with slots.
        return type(self), (list(self), self.next_cursor)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Let pydantic, and with it FastAPI, take `Page[Fact]` as a type: an object with `items` and `next_cursor`."""
        from memio._values.page import schema_of

        return schema_of(cls, source, handler)


def _normalise(record: Any, *times: str) -> None:
    """Check the namespace of a new record, and bring its times to UTC."""
    if record.namespace != () or type(record.namespace) is not tuple:
        object.__setattr__(record, "namespace", check_namespace(record.namespace))
    for name in times:
        value = getattr(record, name)
        if value is not None and (type(value) is not datetime or value.tzinfo is not UTC):
            object.__setattr__(record, name, utc(value, name))


def utc(value: datetime, where: str) -> datetime:
    """Return an aware time in UTC.

    Args:
        value: The time.
        where: The name of the value in errors.

    Raises:
        InvalidInputError: It is no `datetime`, has no time zone, or lies outside of the years 1 to 9999 in UTC.
    """
    if not isinstance(value, datetime):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        away = {"expires_at": " + timedelta(days=1)", "since": " - timedelta(days=7)"}.get(where, "")
        example = f"datetime.now(timezone.utc){away}"
        raise InvalidInputError(
            f"{where} must be a datetime, such as {example}, not {type(value).__name__}", argument=where
        )
    if value.utcoffset() is None:
        raise InvalidInputError(
            f"{where} has no time zone: pass an aware time, such as datetime.now(timezone.utc)", argument=where
        )
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise InvalidInputError(f"{where} lies outside of the years 1 to 9999 in UTC", argument=where) from None


def _with_offset(value: datetime, where: str) -> datetime:
    """Return an aware time with the offset from UTC that it has, without the rules of its time zone."""
    moment = utc(value, where)
    offset = value.utcoffset()
    return moment.astimezone(timezone(offset)) if offset else moment
