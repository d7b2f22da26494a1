"""What the blocking façades of all kinds have."""

# Written by tools/generate_blocking.py from facades/facade.py: change that, and run the script.

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar, cast

from memio._values.omitted import OMITTED
from memio.blocking._runtime.pages import pages
from memio.blocking._runtime.runner import Runner
from memio.facades.facade import Facade as AsyncFacade
from memio.facades.iteration import PAGE
from memio.models import Page
from memio.owners import Owner

A = TypeVar("A", bound=AsyncFacade)


class Facade(Generic[A]):
    """One store as callers see it. Made by the client."""

    __slots__ = ("_runner", "_async")  # noqa: RUF023  # pickle reads the slots in this order

    def __init__(self, client: A, runner: Runner) -> None:
        self._runner = runner
        self._async = client

    @property
    def provider(self) -> str:
        """The name of the provider."""
        return self._async.provider

    @property
    def features(self) -> frozenset[str]:
        """What callers can ask of this store; see `memio.Feature`."""
        return self._async.features

    @property
    def guarantees(self) -> frozenset[str]:
        """What this store promises; see `memio.Guarantee`."""
        return self._async.guarantees

    def __repr__(self) -> str:
        if not hasattr(self, "_async"):  # the constructor failed, and a traceback shows the object
            return f"<{type(self).__name__}, incomplete>"
        return repr(self._async)

    def _pages(self, method: str, arguments: dict[str, Any], *labels: Any) -> Iterator[Any]:
        """Iterate over a listing. A part of it is a page that the store may have ended early, to save memory."""

        def part(cursor: str | None) -> Page[Any]:
            arguments_of_part = {**arguments, "cursor": cursor}
            call = self._async._call  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            return cast("Page[Any]", self._runner.call(call, method, arguments_of_part, *labels, fill=False))

        return pages(part)

    def get_owners(
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
        return self._runner.call(
            self._async.get_owners,
            limit=limit,
            cursor=cursor,
            user_id=user_id,
            agent_id=agent_id,
            namespace=namespace,
            owner=owner,
            namespace_prefix=namespace_prefix,
        )

    def iter_owners(
        self,
        *,
        page_size: int = PAGE,
        user_id: str = OMITTED,
        agent_id: str = OMITTED,
        namespace: tuple[str, ...] = OMITTED,
        owner: Owner = OMITTED,
        namespace_prefix: tuple[str, ...] = OMITTED,
    ) -> Iterator[Owner]:
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
