"""What the stores of a configuration share, and a store that a configuration opened."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, cast

from memio.plugins import C, Closable


class SharedResources:
    """Keeps one resource per provider and key for one client."""

    def __init__(self) -> None:
        self._resources: dict[tuple[str, Hashable], Closable] = {}

    def of(self, provider: str) -> ProviderResources:
        """Return the part of one provider; equal keys of two providers name two resources."""
        return ProviderResources(self._resources, provider)

    def all(self) -> list[tuple[str, Closable]]:
        """Return all resources with their providers, the newest first: the order to close them in."""
        return [(provider, resource) for (provider, _), resource in reversed(self._resources.items())]


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


@dataclass(frozen=True, slots=True, repr=False)
class OpenedStore:
    """A store that a configuration opened and checked. `Memio` takes it in place of the store.

    Attributes:
        store: The store.
        provider: The name of its provider, as the configuration has it.
        distribution: Returns name and version of the distribution that it comes from.
        resources: What it shares with the other stores of the configuration; the client closes it.
    """

    store: Any
    provider: str
    distribution: Callable[[], str]
    resources: SharedResources

    @property
    def shared(self) -> Hashable:
        """What is equal for the stores that share resources."""
        return self.resources, self.provider
