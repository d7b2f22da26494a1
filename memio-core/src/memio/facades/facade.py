"""What the façades of all kinds have."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from typing import Any, cast

from memio._call.labels import narrowed
from memio._call.store import CheckedStore
from memio._call.tracebacks import shortened
from memio._values.json import is_empty_object
from memio._values.omitted import OMITTED
from memio.errors import InvalidInputError
from memio.facades.iteration import PAGE, pages
from memio.models import Page
from memio.owners import ANYWHERE, Owner, Scope


class Facade:
    """One store as callers see it. Made by the client."""

    __slots__ = ("_scope", "_store")

    def __init__(self, store: CheckedStore, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    @property
    def provider(self) -> str:
        """The name of the provider."""
        return self._store.provider

    @property
    def features(self) -> frozenset[str]:
        """What callers can ask of this store; see `memio.Feature`."""
        return self._store.features

    @property
    def guarantees(self) -> frozenset[str]:
        """What this store promises; see `memio.Guarantee`."""
        return self._store.guarantees

    def __repr__(self) -> str:
        confined = f", {self._scope.words}" if self._scope is not ANYWHERE else ""
        return f"<{type(self).__name__} of {self.provider}{confined}>"

    def _call(
        self,
        method: str,
        arguments: dict[str, Any],
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
        *,
        fill: bool = True,
    ) -> Awaitable[Any]:
        """Call the store; `arguments` holds what was given, and nothing that was left out.

        Args:
            method: The name of the method.
            arguments: The arguments without the labels.
            user_id: The label, or `OMITTED`; the other labels and the owner likewise.
            agent_id: The agent.
            namespace: The namespace.
            owner: Exactly this owner.
            namespace_prefix: This namespace and all below it.
            fill: Whether a page that the store ended early, to save memory, is filled up. Iterations take it as it is.
        """
        try:
            scope = narrowed(self._scope, user_id, agent_id, namespace, owner, namespace_prefix)
        except InvalidInputError as error:
            raise self._located(error, method)  # noqa: B904  # the same error
        return self._store.call(method, arguments, scope, fill=fill)

    def _pages(self, method: str, arguments: dict[str, Any], *labels: Any) -> AsyncIterator[Any]:
        """Iterate over a listing. A part of it is a page that the store may have ended early, to save memory."""
        return pages(lambda cursor: self._call(method, {**arguments, "cursor": cursor}, *labels, fill=False))

    def _located(self, error: InvalidInputError, method: str) -> InvalidInputError:
        return shortened(error.locate(operation=f"{self._store.kind}.{method}", provider=self.provider))

    async def get_owners(
        self,
        *,
        limit: int = 100,
        cursor: str | None = None,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> Page[Owner]:
        """Return a page of the owners that have records here, each once, in no particular order.

        Args:
            limit: How many at most, 1 to 1000.
            cursor: The `next_cursor` of the page before; leave it out for the first page.
            user_id: Only owners with this user.
            agent_id: Only owners with this agent.
            namespace: Only owners in exactly this namespace.
            owner: Only this owner.
            namespace_prefix: Only owners in this namespace or below it.

        Returns:
            A list with `next_cursor`, which is `None` on the last page.
        """
        arguments = {"limit": limit, "cursor": cursor}
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        return cast("Page[Owner]", await self._call("get_owners", arguments, *labels))

    def iter_owners(
        self,
        *,
        page_size: int = PAGE,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> AsyncIterator[Owner]:
        """Iterate over the owners that have records here, each once, in no particular order.

        Args:
            page_size: How many are fetched at once, 1 to 1000.
            user_id: Only owners with this user.
            agent_id: Only owners with this agent.
            namespace: Only owners in exactly this namespace.
            owner: Only this owner.
            namespace_prefix: Only owners in this namespace or below it.
        """
        labels = (user_id, agent_id, namespace, owner, namespace_prefix)
        return self._pages("get_owners", {"limit": page_size}, *labels)


def given(arguments: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """Add the optional arguments that were given to those that every call has.

    `None` counts as not given, and so do empty metadata and empty filters. `None` for a version is passed on, to be
    refused: it would overwrite what another writer changed.
    """
    for name, value in optional.items():
        if (
            value is OMITTED
            or (value is None and name != "if_version")
            or (name in ("metadata", "filters") and is_empty_object(value))
        ):
            continue
        arguments[name] = value
    return arguments
