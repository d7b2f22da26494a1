"""What the blocking façades of all kinds have."""

# Written by tools/generate_blocking.py from facades/facade.py: change that, and run the script.

from __future__ import annotations

from typing import Any, Generic, TypeVar

from memio._call.labels import OMITTED
from memio.blocking._runtime.runner import Runner
from memio.facades.facade import Facade as AsyncFacade

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

    def _part(self, method: str, arguments: dict[str, Any], user_id: str, agent_id: str = OMITTED) -> Any:
        """Fetch the next part of a listing: a page that the store may have ended early, to save memory."""
        return self._runner.call(self._async._part, method, arguments, user_id, agent_id)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
