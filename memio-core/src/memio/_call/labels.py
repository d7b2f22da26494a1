"""What the labels of a call mean: one scope, made of what confines the client and of what the call gives."""

from __future__ import annotations

from typing import Any

from memio._values.omitted import OMITTED
from memio._values.text import check_label, shown
from memio.errors import InvalidInputError
from memio.owners import ANY, ANYWHERE, Owner, Scope, check_namespace


def narrowed(
    scope: Scope,
    user_id: str = OMITTED,
    agent_id: str = OMITTED,
    namespace: tuple[str, ...] = OMITTED,
    owner: Owner = OMITTED,
    namespace_prefix: tuple[str, ...] = OMITTED,
) -> Scope:
    """Return the scope of a call.

    Args:
        scope: What the client is confined to.
        user_id: The label that the call gives, or `OMITTED`.
        agent_id: Likewise.
        namespace: Likewise.
        owner: Exactly this owner, in place of the labels.
        namespace_prefix: This namespace and all below it.

    Raises:
        InvalidInputError: A value is no label, or the client is confined to another one.
    """
    if owner is not OMITTED:
        return _of_owner(scope, owner, (user_id, agent_id, namespace, namespace_prefix))
    if user_id is OMITTED and agent_id is OMITTED and namespace is OMITTED and namespace_prefix is OMITTED:
        return scope
    user, agent, path, prefix = scope.user_id, scope.agent_id, scope.namespace, scope.prefix
    if user_id is not OMITTED:
        user = _narrowed("user_id", user, check_label(_given(user_id, "user_id"), "user_id"))
    if agent_id is not OMITTED:
        agent = _narrowed("agent_id", agent, check_label(_given(agent_id, "agent_id"), "agent_id"))
    if namespace is not OMITTED:
        path = _narrowed("namespace", path, check_namespace(_given(namespace, "namespace")))
    if namespace_prefix is not OMITTED:
        prefix = check_namespace(_given(namespace_prefix, "namespace_prefix"), "namespace_prefix", prefix=True)
        if path is not ANY:
            raise InvalidInputError(
                f"namespace_prefix cannot be given with namespace, which is {shown(path)}: leave one of them out",
                argument="namespace_prefix",
            )
    return Scope(user, agent, path, prefix)


def _of_owner(scope: Scope, owner: Owner, labels: tuple[object, ...]) -> Scope:
    if not isinstance(owner, Owner):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise InvalidInputError(
            f"owner must be an Owner, such as Owner(user_id='alice'), not {shown(owner)}", argument="owner"
        )
    if any(label is not OMITTED for label in labels):
        raise InvalidInputError(
            "owner stands for all labels: leave user_id, agent_id, namespace and namespace_prefix out", argument="owner"
        )
    if scope is not ANYWHERE and not scope.matches(owner):
        raise InvalidInputError(
            f"owner is {shown(owner)}, but the call is confined to {scope.words}: leave it out", argument="owner"
        )
    return Scope.of(owner)


def _given(label: Any, name: str) -> Any:
    if label is None:
        raise none_refused(name)
    return label


def _narrowed(name: str, confined: Any, label: Any) -> Any:
    if confined is not ANY and confined != label:
        raise InvalidInputError(
            f"{name} is {shown(label)}, but the call is confined to {shown_label(confined)}: leave it out",
            argument=name,
        )
    return label


def shown_label(label: object) -> str:
    """Return a label that a call is confined to, for messages."""
    return "none" if label is None else shown(label)


_EXAMPLES = {"namespace": "a tuple of texts, () for the root", "namespace_prefix": "a tuple of texts"}
"""What to pass for a label that is not a string."""


def none_refused(name: str) -> InvalidInputError:
    """Return what to raise when `None` was given for a label or session."""
    example = _EXAMPLES.get(name, "a string")
    advice = "" if name in ("session_id", "namespace_prefix") else ", or pass owner=Owner(…) for records without one"
    return InvalidInputError(
        f"{name} is None, which does not mean all: pass {example}, or leave {name} out on purpose{advice}",
        argument=name,
    )
