"""Whose a record is, and whose records a call is about.

Every record has an `Owner`: three labels of the application, each of which it may lack. What is added gets one; every
other call is confined by a `Scope`, which fixes some of the labels and leaves the others open.

Callers pass labels, or an `Owner`. Stores get an `Owner` on `add` and `put`, and a `Scope` everywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, cast

from memio._values.text import check_label, shown, type_name
from memio.errors import InvalidInputError

MAX_NAMESPACE = 16
"""Elements of a namespace."""

OWNERS = ("user_id", "agent_id", "namespace")
"""The labels of an owner, in the order in which they are listed."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a record is: three labels of the application, each of which may be missing.

    Labels are compared exactly and as a whole: `("app", "notes")` is not `("app/notes",)`.

    Attributes:
        user_id: The user, or `None` for no user.
        agent_id: The agent, or `None` for no agent.
        namespace: A path of up to 16 texts, such as a project, an application or a run; `()` is the root.

    Raises:
        InvalidInputError: A label is empty, longer than 1000 characters, or no text.

    Example:
        >>> from memio import Owner
        >>> Owner(user_id="alice", namespace=("app", "notes"))
        Owner(user_id='alice', namespace=('app', 'notes'))
    """

    user_id: str | None = None
    agent_id: str | None = None
    namespace: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.user_id is not None:
            object.__setattr__(self, "user_id", check_label(self.user_id, "user_id"))
        if self.agent_id is not None:
            object.__setattr__(self, "agent_id", check_label(self.agent_id, "agent_id"))
        if type(self.namespace) is not tuple or self.namespace:
            object.__setattr__(self, "namespace", check_namespace(self.namespace))

    @property
    def labels(self) -> dict[str, Any]:
        """The labels that the owner has, by name: those that are neither `None` nor the root."""
        every = {"user_id": self.user_id, "agent_id": self.agent_id, "namespace": self.namespace}
        return {name: label for name, label in every.items() if not is_none(label)}

    def __repr__(self) -> str:
        return f"Owner({', '.join(f'{name}={label!r}' for name, label in self.labels.items())})"


NO_OWNER: Final = Owner()
"""The owner without a label."""

_NONE: tuple[object, ...] = (None, ())


def is_none(label: object) -> bool:
    """Return whether the value of a label means that there is none: `None`, or `()` for the root."""
    return label in _NONE


class _Any(Enum):
    ANY = "any"

    def __repr__(self) -> str:
        return "ANY"


ANY: Final[Any] = _Any.ANY
"""The value of a label in a `Scope` that leaves it open."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose records a call is about: for each label, every value or exactly one, none included.

    Attributes:
        user_id: Exactly this user, `None` for records without one, or `ANY`.
        agent_id: Exactly this agent, `None` for records without one, or `ANY`.
        namespace: Exactly this namespace, `()` for the root, or `ANY`.
        prefix: Where `namespace` is `ANY`: this namespace and everything below it; `()` for all of them.

    Example:
        >>> from memio.owners import Owner, Scope
        >>> scope = Scope(user_id="alice", prefix=("app",))
        >>> scope.matches(Owner("alice", None, ("app", "notes"))), scope.matches(Owner("alice", None, ("apple",)))
        (True, False)
    """

    user_id: str | None = ANY
    agent_id: str | None = ANY
    namespace: tuple[str, ...] = ANY
    prefix: tuple[str, ...] = ()

    @classmethod
    def of(cls, owner: Owner) -> Scope:
        """Return the scope that holds the records of exactly one owner."""
        return cls(owner.user_id, owner.agent_id, owner.namespace)

    def matches(self, owner: Owner) -> bool:
        """Return whether the records of an owner are in this scope."""
        return (
            (self.user_id is ANY or owner.user_id == self.user_id)
            and (self.agent_id is ANY or owner.agent_id == self.agent_id)
            and (self.namespace is ANY or owner.namespace == self.namespace)
            and owner.namespace[: len(self.prefix)] == self.prefix
        )

    @property
    def fixed(self) -> dict[str, Any]:
        """The labels that have exactly one value here, by name; the value may be `None`, or `()` for the root."""
        every = {"user_id": self.user_id, "agent_id": self.agent_id, "namespace": self.namespace}
        return {name: label for name, label in every.items() if label is not ANY}

    @property
    def owner(self) -> Owner | None:
        """The one owner whose records are in this scope, when all labels are fixed; else `None`."""
        if self.user_id is ANY or self.agent_id is ANY or self.namespace is ANY:
            return None
        return Owner(self.user_id, self.agent_id, self.namespace)

    @property
    def adds_for(self) -> Owner:
        """The owner of what a call in this scope adds: its fixed labels, and none for those that are left open."""
        if self is ANYWHERE:
            return NO_OWNER
        return Owner(
            None if self.user_id is ANY else self.user_id,
            None if self.agent_id is ANY else self.agent_id,
            () if self.namespace is ANY else self.namespace,
        )

    @property
    def labels(self) -> dict[str, Any]:
        """The labels that are fixed, and `namespace_prefix` where there is one: what a caller names."""
        return {**self.fixed, **({"namespace_prefix": self.prefix} if self.prefix else {})}

    @property
    def words(self) -> str:
        """The labels as a caller names them, for messages."""
        return ", ".join(f"{name}={label!r}" for name, label in self.labels.items())

    def __repr__(self) -> str:
        return f"<Scope {self.words or 'of all'}>"


ANYWHERE: Final = Scope()
"""The scope of a call that names no owner: it spans all."""


def check_namespace(value: object, where: str = "namespace", *, prefix: bool = False) -> tuple[str, ...]:
    """Return a namespace as a tuple of texts.

    Args:
        value: What the caller passed: a tuple or a list of texts.
        where: The name of the value in errors.
        prefix: Whether the root is refused, because it would not restrict anything.

    Raises:
        InvalidInputError: It is no list of up to 16 texts of 1 to 1000 characters.
    """
    if not isinstance(value, (tuple, list)):
        example = shown(tuple(value.split("/"))) if isinstance(value, str) else "('app', 'notes')"
        raise InvalidInputError(
            f"{where} must be a tuple of texts, such as {example}, not {type_name(value)}", argument=where
        )
    path = tuple(check_label(item, f"{where}[{index}]") for index, item in enumerate(cast("list[object]", value)))
    if len(path) > MAX_NAMESPACE:
        raise InvalidInputError(f"{where} has {len(path)} elements, of at most {MAX_NAMESPACE}", argument=where)
    if prefix and not path:
        raise InvalidInputError(
            f"{where} is empty, which would not restrict the call: leave it out on purpose, or pass namespace=() "
            "for the root alone",
            argument=where,
        )
    return path
