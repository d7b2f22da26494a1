"""`middleware = ["log"]`: one line per call, by the standard `logging`.

    facts.search ok provider=sqlite scoped=yes count=3 duration=0.0012

A line states whether a call was confined to an owner, and not to which; it never shows content, ids,
metadata, queries or the words of an error. Each value is also a field of the log record
(`memio_operation`, `memio_provider`, …), for formatters that write JSON.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from time import perf_counter
from typing import Any, Literal

from memio.errors import ProviderError
from memio.hookspecs import hookimpl
from memio.middleware._records import count_in, count_of
from memio.owners import ANYWHERE
from memio.plugins import CallNext, Middleware, MiddlewareSpec, Operation
from memio.settings import Settings

Level = Literal["debug", "info", "warning", "error"]


class LogSettings(Settings):
    """The settings of `log`.

    Attributes:
        logger: The name of the logger.
        level: The level of calls that succeed, and of cancelled ones.
        error_level: The level of calls that fail.
    """

    logger: str = "memio.calls"
    level: Level = "info"
    error_level: Level = "warning"


def open_log(settings: LogSettings) -> Middleware:
    """Return the middleware.

    Example:
        >>> import asyncio, logging, sys
        >>> from memio import Memio
        >>> from memio.middleware.log import LogSettings, open_log
        >>> from memio.providers.sqlite import SqliteFactAdapter
        >>> logger = logging.getLogger("example")
        >>> logger.addHandler(logging.StreamHandler(sys.stdout))
        >>> logger.setLevel("INFO")
        >>> async def main():
        ...     log = open_log(LogSettings(logger="example"))
        ...     async with Memio(facts=SqliteFactAdapter(path=":memory:"), middleware=[log]) as memio:
        ...         await memio.facts.add(content="likes coffee", user_id="alice")
        >>> asyncio.run(main())
        facts.add ok provider=sqlite scoped=yes count=1 duration=...
    """
    logger = logging.getLogger(settings.logger)
    level, error_level = (
        logging.getLevelNamesMapping()[name.upper()] for name in (settings.level, settings.error_level)
    )

    async def log(operation: Operation, call_next: CallNext) -> Any:
        started = perf_counter()
        try:
            result = await call_next(operation)
        except BaseException as error:
            failed = isinstance(error, Exception)  # and not cancelled
            details = {"count": count_in(error), "effect": error.outcome if isinstance(error, ProviderError) else None}
            outcome = type(error).__name__ if failed else "cancelled"
            _write(logger, error_level if failed else level, operation, outcome, started, details)
            raise
        if logger.isEnabledFor(level):
            _write(logger, level, operation, "ok", started, {"count": count_of(operation, result)})
        return result

    return log


def _write(
    logger: logging.Logger, level: int, operation: Operation, outcome: str, started: float, details: dict[str, Any]
) -> None:
    values = {
        "provider": operation.provider,
        "scoped": operation.scope != ANYWHERE,
        **details,
        "duration": round(perf_counter() - started, 6),
    }
    line = " ".join(f"{name}={_shown(value)}" for name, value in values.items() if value is not None)
    fields = {"operation": operation.name, "outcome": outcome, "effect": None, **values}
    extra = {f"memio_{name}": value for name, value in fields.items()}
    logger.log(level, "%s %s %s", operation.name, outcome, line, extra=extra)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


@hookimpl
def memio_middleware() -> Iterable[MiddlewareSpec]:
    """Offer the middleware."""
    return [MiddlewareSpec(name="log", settings=LogSettings, open=open_log)]
