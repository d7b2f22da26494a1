"""The type of a configuration, outside of `memio.config` so that naming it does not import pydantic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


class MemioConfig(TypedDict, total=False):
    """A configuration as a dict: a type checker refuses a key that is misspelt.

    A literal that is passed to `Memio.from_config` needs no annotation. A variable does, because the inferred type is
    `dict`: `config: MemioConfig = {"facts": "sqlite"}`. For a mapping of unknown origin, such as a section of an
    application's own settings, `memio.config.load` checks at run time, and its result is passed on.

    Attributes:
        facts: The provider of facts: its name, or a table with its name under `provider` and settings.
        history: The provider of conversations, likewise.
        documents: The provider of documents, likewise.
        graph: The provider of triples, likewise.
        providers: Settings for every store of a provider, by the provider's name.
        middleware: Middleware, the outermost first: names, or tables with the name under `name` and settings.
        commands: Settings of commands that other distributions add, by the name of the command; each checks its own.

    Example:
        >>> from memio import Memio, MemioConfig
        >>> config: MemioConfig = {"facts": "sqlite", "documents": {"provider": "sqlite", "path": "docs.db"}}
        >>> Memio.from_config(config).kinds
        ('facts', 'documents')
    """

    facts: str | Mapping[str, Any]
    history: str | Mapping[str, Any]
    documents: str | Mapping[str, Any]
    graph: str | Mapping[str, Any]
    providers: Mapping[str, Mapping[str, Any]]
    middleware: Sequence[str | Mapping[str, Any]]
    commands: Mapping[str, Mapping[str, Any]]
