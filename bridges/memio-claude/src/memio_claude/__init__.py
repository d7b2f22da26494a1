"""Memory of Claude in any backend of memio.

- `MemioSessionStore` keeps the sessions of the Claude Agent SDK (extra `agent-sdk`).
- `MemioMemoryTool` and `MemioAsyncMemoryTool` are the memory tool of the Anthropic SDK (extra `memory-tool`).

Each is imported when it is first used, so that neither package is needed for the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from memio_claude.memory import MemioAsyncMemoryTool, MemioMemoryTool
    from memio_claude.sessions import MemioSessionStore

__all__ = ["MemioAsyncMemoryTool", "MemioMemoryTool", "MemioSessionStore"]

_PLACES = {
    "MemioSessionStore": ("memio_claude.sessions", "claude_agent_sdk", "agent-sdk"),
    "MemioMemoryTool": ("memio_claude.memory", "anthropic", "memory-tool"),
    "MemioAsyncMemoryTool": ("memio_claude.memory", "anthropic", "memory-tool"),
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    module, package, extra = _PLACES[name]
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise ModuleNotFoundError(
            f"{name} needs the package {package!r}: pip install 'memio-claude[{extra}]'", name=error.name
        ) from error


def __dir__() -> list[str]:
    return [*globals(), *__all__]
