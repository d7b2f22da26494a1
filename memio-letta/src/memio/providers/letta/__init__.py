"""Letta as a backend of memio: facts, documents and history of a Letta agent.

    from memio import Memio
    from memio.providers.letta import LettaFactAdapter

    memio = Memio(facts=LettaFactAdapter(base_url="http://localhost:8283", agent_id="agent-123"))

Importing this package imports neither the adapters nor `letta_client`, which are imported when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from memio.providers.letta.documents import LettaDocumentAdapter
    from memio.providers.letta.facts import LettaFactAdapter
    from memio.providers.letta.history import LettaHistoryAdapter

__all__ = ["LettaDocumentAdapter", "LettaFactAdapter", "LettaHistoryAdapter"]

_MODULES = {"LettaDocumentAdapter": "documents", "LettaFactAdapter": "facts", "LettaHistoryAdapter": "history"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
