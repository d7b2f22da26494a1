"""Middleware around a call: it may change the arguments, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from memio._values.text import type_name
from memio.errors import MemioError
from memio.kinds import SPECS
from memio.models import Message, Triple
from memio.plugins import CallNext, Middleware, Operation


def as_list(value: Any) -> Any:
    """Return what an iterator yields as a list, and anything else as it is. An iterator can be read only once."""
    if isinstance(value, Iterable) and not isinstance(value, (str, Mapping, Message, Triple)):
        return list(cast("Iterable[Any]", value))
    return cast("Any", value)


def wrapped(middleware: Middleware, call_next: CallNext) -> CallNext:
    """Return a call that goes through a middleware first."""

    async def call(operation: Operation) -> Any:
        answer = middleware(operation, call_next)
        if not hasattr(answer, "__await__"):
            name = getattr(middleware, "__qualname__", type_name(middleware))
            raise MemioError(f"the middleware {name} is not async: declare it with `async def`")
        return await answer

    return call


def check_change(given: Operation, changed: object) -> None:
    """Refuse an operation that middleware changed in more than its arguments."""
    if not isinstance(changed, Operation):
        raise MemioError(
            f"middleware called call_next with a {type_name(changed)}: pass the operation, or its with_arguments(...)"
        )
    for name in ("kind", "method", "provider", "scope", "writes", "features", "guarantees"):
        if getattr(changed, name) != getattr(given, name):
            raise MemioError(f"middleware changed the {name} of {given.name}: it may change arguments only")
        if name in changed.arguments:
            raise MemioError(f"middleware put {name} among the arguments of {given.name}: it may not")
    method = SPECS[given.kind].methods[given.method]
    for name in changed.arguments:
        if name not in method.keywords:
            raise MemioError(f"middleware put {name} among the arguments of {given.name}, which has no such argument")
    for name in method.core:
        if name not in changed.arguments:
            raise MemioError(f"middleware took {name} away from the arguments of {given.name}, which needs it")
