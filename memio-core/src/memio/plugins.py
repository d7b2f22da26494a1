"""What a plugin hands to memio: the records that its hooks return.

A provider author needs this module, `memio.hookspecs`, `memio.protocols`, `memio.models` and
`memio.errors`, and nothing else of memio.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from memio.capabilities import Kind
from memio.owners import ANYWHERE, Scope

if TYPE_CHECKING:
    from memio.protocols import Embedder
    from memio.settings import Settings

API = 2
"""The version of the plugin interface that this memio has. After the first release, the one before is supported too."""

SPOKEN = frozenset({API})
"""The versions that a spec may name. Version 1, which had four keywords for owners, was never released."""


class Closable(Protocol):
    """Something that holds connections, threads or files until it is closed."""

    async def aclose(self) -> None:
        """Release it. Closing again does nothing."""
        ...


C = TypeVar("C", bound=Closable)


class Resources(Protocol):
    """What the stores of one provider share within one client."""

    def obtain(self, key: Hashable, factory: Callable[[], C]) -> C:
        """Return the resource under `key`, made by `factory` when it is asked for first.

        The client owns it and closes it once, after its stores. `factory` must not do I/O: a resource
        connects on first use.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSpec:
    """One store that a provider offers.

    Attributes:
        kind: `facts`, `history`, `documents` or `graph`.
        provider: The name that configurations use; the same as the name of the entry point.
        settings: The settings model; unknown keys are refused, and fields name their environment variables.
        open: Makes the store from its settings. It does no I/O: a store connects on first use.
        api: The version of the plugin interface that the provider was written for.
    """

    kind: Kind
    provider: str
    settings: type[Settings]
    open: Callable[[Any, Resources], Any]
    api: int = API


@dataclass(frozen=True, slots=True, kw_only=True)
class MiddlewareSpec:
    """One middleware that a plugin offers.

    Attributes:
        name: The name that configurations use; the same as the name of the entry point.
        settings: The settings model.
        open: Makes the middleware from its settings.
        api: The version of the plugin interface that the plugin was written for.
    """

    name: str
    settings: type[Settings]
    open: Callable[[Any], Middleware]
    api: int = API


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderSpec:
    """One embedder that a plugin offers.

    Attributes:
        name: The name that configurations use; the same as the name of the entry point.
        settings: The settings model.
        open: Makes the embedder from its settings. It does no I/O, and loads no model: that is for the first call.
        api: The version of the plugin interface that the plugin was written for.
    """

    name: str
    settings: type[Settings]
    open: Callable[[Any], Embedder]
    api: int = API


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call of a store, as middleware sees it.

    Attributes:
        kind: `facts`, `history`, `documents` or `graph`.
        method: The name of the method, such as `add`.
        provider: The name of the provider.
        arguments: The arguments that the caller gave, without the owner.
        scope: Whose records the call is about; what it adds gets the labels that are fixed. Middleware cannot
            change it.
        writes: Whether the call changes what is stored.
        features: What the store declares; see `memio.Feature`. Middleware cannot change it.
        guarantees: What the store promises; see `memio.Guarantee`. Middleware cannot change it.
    """

    kind: Kind
    method: str
    provider: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    scope: Scope = ANYWHERE
    writes: bool = False
    features: frozenset[str] = frozenset()
    guarantees: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Kind and method, as `facts.add`."""
        return f"{self.kind}.{self.method}"

    def with_arguments(self, **changes: Any) -> Operation:
        """Return the operation with some arguments replaced."""
        return replace(self, arguments={**self.arguments, **changes})


CallNext = Callable[[Operation], Awaitable[Any]]
"""Goes on to the next middleware, or to the store."""

Middleware = Callable[[Operation, CallNext], Awaitable[Any]]
"""Wraps every call: `async def middleware(operation, call_next): return await call_next(operation)`."""
