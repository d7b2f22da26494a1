"""What the stores of one client share, and who closes it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import cast

from memio.plugins import C, Closable


class SharedResources:
    """Keeps one resource per provider and key for one client."""

    def __init__(self) -> None:
        self._resources: dict[tuple[str, Hashable], Closable] = {}

    def of(self, provider: str) -> ProviderResources:
        """Return the part of one provider; providers cannot meet each other's keys."""
        return ProviderResources(self._resources, provider)

    def all(self) -> list[Closable]:
        """Return all resources, the newest first: the order to close them in."""
        return list(reversed(self._resources.values()))


class ProviderResources:
    """The `Resources` that a provider's `open` gets."""

    def __init__(self, resources: dict[tuple[str, Hashable], Closable], provider: str) -> None:
        self._resources = resources
        self._provider = provider

    def obtain(self, key: Hashable, factory: Callable[[], C]) -> C:
        """Return the resource under `key`, made by `factory` when it is asked for first."""
        place = (self._provider, key)
        if place not in self._resources:
            self._resources[place] = factory()
        return cast("C", self._resources[place])
