"""Errors of memio as a model reads them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError

from memio import MemioError, NotFoundError, ProviderError

P = ParamSpec("P")
T = TypeVar("T")

WORDS = {"fact_id": "memory_id", "triple_id": "relation_id", "triples[": "relations["}
"""Arguments of memio, and what they are called in the tools."""


def advice(error: MemioError, find: str) -> str:
    """Return what happened and what to do next.

    Args:
        error: The error.
        find: The tools that show which ids there are.
    """
    text = error.message
    for ours, theirs in WORDS.items():
        text = text.replace(ours, theirs)
    if isinstance(error, NotFoundError):
        return f"{text}. Nothing was changed. {find}"
    if isinstance(error, ProviderError) and error.retryable:
        return f"{text}. Try the same call again in a few seconds."
    return text


def reporting(find: str) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Make errors of memio errors of a tool, whose text the model sees; any other error stays in the server's log.

    Args:
        find: The tools that show which ids there are, as a sentence.
    """

    def wrap(tool: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @wraps(tool)
        async def call(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return await tool(*args, **kwargs)
            except MemioError as error:
                raise ToolError(advice(error, find)) from error

        return call

    return wrap


def as_resource_error(error: MemioError) -> ResourceError:
    """Return an error of memio as that of a resource."""
    kind = ResourceNotFoundError if isinstance(error, NotFoundError) else ResourceError
    return kind(error.message)
