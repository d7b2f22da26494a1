"""A memory server for MCP clients, on any backend of memio.

`memio-mcp` runs it; `create_server` makes one for a program of your own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from memio_mcp.server import create_server

__all__ = ["create_server"]


def __getattr__(name: str) -> Any:
    if name != "create_server":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    from memio_mcp.server import create_server

    return create_server


def __dir__() -> list[str]:
    return [*globals(), *__all__]
