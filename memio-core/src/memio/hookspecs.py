"""The hooks that a plugin module can implement.

An entry point names a module; memio imports it when a configuration names the entry point, and
calls the hooks that the module implements with `hookimpl`. Hooks are synchronous and return
records; they do no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from memio.plugins import EmbedderSpec, MiddlewareSpec, StoreSpec

PROJECT = "memio"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin module as the implementation of the hook of the same name."""


@hookspec
def memio_stores() -> Iterable[StoreSpec]:  # type: ignore[empty-body]
    """Return the stores that this plugin offers, one `StoreSpec` per kind.

    The module is named by one entry point per kind, in the groups `memio.facts`, `memio.history`,
    `memio.documents` and `memio.graph`; the entry point's name is the provider's.

    Example:
        >>> from memio.hookspecs import hookimpl
        >>> from memio.plugins import StoreSpec
        >>> from memio.settings import Settings
        >>> class AcmeSettings(Settings):
        ...     url: str = "http://localhost:9000"
        >>> def open_facts(settings, resources):
        ...     from memio_acme.facts import AcmeFactAdapter
        ...     return AcmeFactAdapter(settings.url)
        >>> @hookimpl
        ... def memio_stores():
        ...     return [StoreSpec(kind="facts", provider="acme", settings=AcmeSettings, open=open_facts)]
        >>> [spec.kind for spec in memio_stores()]
        ['facts']
    """


@hookspec
def memio_middleware() -> Iterable[MiddlewareSpec]:  # type: ignore[empty-body]
    """Return the middleware that this plugin offers.

    The module is named by an entry point in the group `memio.middleware`; the entry point's name is the
    middleware's. Installed alone it does nothing: a configuration names it under `middleware`.

    Example:
        >>> from memio.hookspecs import hookimpl
        >>> from memio.plugins import MiddlewareSpec
        >>> from memio.settings import Settings
        >>> def open_shouting(settings):
        ...     async def shouting(operation, call_next):
        ...         print(operation.name.upper())
        ...         return await call_next(operation)
        ...     return shouting
        >>> @hookimpl
        ... def memio_middleware():
        ...     return [MiddlewareSpec(name="shouting", settings=Settings, open=open_shouting)]
        >>> [spec.name for spec in memio_middleware()]
        ['shouting']
    """


@hookspec
def memio_embedders() -> Iterable[EmbedderSpec]:  # type: ignore[empty-body]
    """Return the embedders that this plugin offers.

    The module is named by an entry point in the group `memio.embedders`; the entry point's name is the
    embedder's. Installed alone it does nothing: a configuration names it under `embedder`.

    Example:
        >>> from memio.hookspecs import hookimpl
        >>> from memio.plugins import EmbedderSpec
        >>> from memio.settings import Settings
        >>> class Lengths:
        ...     model, dimensions, max_chars, destination = "lengths-1", 1, 1000, None
        ...     async def embed_documents(self, texts):
        ...         return [[float(len(text))] for text in texts]
        ...     embed_queries = embed_documents
        ...     async def aclose(self):
        ...         return None
        >>> @hookimpl
        ... def memio_embedders():
        ...     return [EmbedderSpec(name="lengths", settings=Settings, open=lambda settings: Lengths())]
        >>> [spec.name for spec in memio_embedders()]
        ['lengths']
    """
