"""The records that memio hands out and takes in.

Records are snapshots: frozen, and metadata is copied when a record is made, so that changing a
dict afterwards changes no record, and the other way round. Times are aware and in UTC; a naive one
is refused, because the moment that it means is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timezone
from typing import Any, Generic, Literal, SupportsIndex, TypeVar, get_args

from memio._values.json import copy_json_object
from memio._values.short import short_repr
from memio._values.text import shown
from memio.errors import InvalidInputError

T = TypeVar("T")

Role = Literal["system", "developer", "user", "assistant", "tool"]
"""Who speaks in a message."""

ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fact:
    """A short statement that an agent remembers.

    Attributes:
        id: Unique per owner.
        content: The text.
        user_id: The user it belongs to, a label of the application, or `None`.
        agent_id: The agent it belongs to, a label of the application, or `None`.
        metadata: A JSON object.
        score: How well it matches a search; higher is better, comparable within one result only.
            `None` outside of a search, and where the provider has no scores. Not part of equality.
        created_at: When it was added, in UTC, where the backend returns it.
        updated_at: When it was last changed, in UTC, where the backend returns it.
    """

    id: str
    content: str
    user_id: str | None = None
    agent_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any], hash=False)
    score: float | None = field(default=None, compare=False)
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def __repr__(self) -> str:
        return short_repr(self)

    def __post_init__(self) -> None:
        _normalise(self, "created_at", "updated_at")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Document:
    """A longer text that is looked up by search.

    Attributes:
        id: Unique per owner.
        content: The text.
        user_id: The user it belongs to, a label of the application, or `None`.
        metadata: A JSON object.
        score: How well it matches a search; higher is better, comparable within one result only. `None` outside of
            a search, and where the provider has no scores. Not part of equality.
        created_at: When it was added, in UTC, where the backend returns it.
        updated_at: When it was last changed, in UTC, where the backend returns it.
    """

    id: str
    content: str
    user_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any], hash=False)
    score: float | None = field(default=None, compare=False)
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def __repr__(self) -> str:
        return short_repr(self)

    def __post_init__(self) -> None:
        _normalise(self, "created_at", "updated_at")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Message:
    """One message of a conversation; text only.

    Callers build it to add it, and get it back from reads. Of a tool call, the id belongs in the metadata.

    Attributes:
        role: `system`, `developer`, `user`, `assistant` or `tool`.
        content: The text.
        name: Who speaks, where the role is not enough.
        metadata: A JSON object.
        timestamp: When it was sent; the backend's time of storing when not given. A message to add keeps its offset
            from UTC, because its day is the day where it was sent; reads return UTC.
        id: Unique within its session. Give one to make adding safe to repeat.
        session_id: The session it belongs to; set by reads.
        user_id: The user that the session belongs to; set by reads.
        score: How well it matches a search; higher is better, comparable within one result only. `None` outside of
            a search, and where the provider has no scores. Not part of equality.

    Raises:
        InvalidInputError: The role is unknown, the timestamp is naive, or the metadata is not JSON.

    Example:
        >>> from memio import Message
        >>> Message(role="user", content="hello").role
        'user'
    """

    role: Role
    content: str
    name: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any], hash=False)
    timestamp: datetime | None = None
    id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    score: float | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return short_repr(self)

    def __post_init__(self) -> None:
        if not isinstance(self.role, str) or self.role not in ROLES:  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
            raise InvalidInputError(
                f"role is {shown(self.role)}: it must be one of {', '.join(ROLES)}", argument="role"
            )
        _normalise(self)
        if self.timestamp is not None:
            object.__setattr__(self, "timestamp", _with_offset(self.timestamp, "timestamp"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Triple:
    """One edge of a graph: subject, predicate, object.

    Attributes:
        subject: The entity that it is about.
        predicate: The relation.
        object: The entity at the other end.
        metadata: A JSON object.
        id: Unique per owner; set by reads. Give one to choose it.
        user_id: The user it belongs to; set by reads.
        score: How well it matches a search; higher is better, comparable within one result only. `None` outside of
            a search, and where the provider has no scores. Not part of equality.
    """

    subject: str
    predicate: str
    object: str
    metadata: dict[str, Any] = field(default_factory=dict[str, Any], hash=False)
    id: str | None = None
    user_id: str | None = None
    score: float | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return short_repr(self)

    def __post_init__(self) -> None:
        _normalise(self)


Record = Fact | Document | Message | Triple
"""A record of any kind."""


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


def _normalise(record: Fact | Document | Message | Triple, *times: str) -> None:
    """Copy the metadata of a new record, and bring its times to UTC."""
    object.__setattr__(record, "metadata", copy_json_object(record.metadata))
    for name in times:
        value = getattr(record, name)
        if value is not None and (type(value) is not datetime or value.tzinfo is not UTC):
            object.__setattr__(record, name, _utc(value, name))


def _utc(value: datetime, where: str) -> datetime:
    """Return an aware time in UTC."""
    if not isinstance(value, datetime):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise InvalidInputError(f"{where} must be a datetime, not {type(value).__name__}", argument=where)
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
    moment = _utc(value, where)
    offset = value.utcoffset()
    return moment.astimezone(timezone(offset)) if offset else moment
