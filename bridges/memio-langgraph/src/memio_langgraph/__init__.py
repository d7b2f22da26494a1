"""LangGraph's long-term memory in any backend of memio.

`MemioStore` is a `BaseStore` over `memio.documents`: pass it to `builder.compile(store=…)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memio_langgraph.store import MemioStore as MemioStore

__all__ = ["MemioStore"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    """Import the store when it is first used: pytest imports this package for the option of the suite."""
    if name != "MemioStore":
        raise AttributeError(f"module 'memio_langgraph' has no attribute {name!r}")
    from memio_langgraph.store import MemioStore

    return MemioStore
