"""Errors on standard error: a line of JSON for programs, text for people."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from memio.cli.io.exit import code_of
from memio.cli.io.output import visible, write_json_to_stderr, write_line
from memio.cli.io.receipts import json_of
from memio.cli.io.wording import in_options
from memio.errors import ConfigError, ConflictError, ForgetError, MemioError, PartialWriteError, ProviderError


def write_error(error: MemioError, *, as_json: bool) -> None:
    """Write an error to standard error."""
    write_failure(type(error).__name__, in_options(error), int(code_of(error)), as_json=as_json, **_details(error))


def write_failure(name: str, message: str, code: int, *, as_json: bool, **details: Any) -> None:
    """Write what went wrong to standard error.

    Args:
        name: The class of the error, for programs.
        message: What went wrong.
        code: The exit code that will follow.
        as_json: Whether a program reads it.
        details: More, for programs.
    """
    if as_json:
        value = {"error": {"type": name, "message": message, "exit_code": code, **details}}
        # One line, so that notes and errors together are JSON lines.
        write_json_to_stderr(value)
        return
    from rich.text import Text

    with suppress(OSError):  # as in write_json_to_stderr
        write_line(Text.assemble(("Error: ", "bold red"), visible(message)), stderr=True)


def _details(error: MemioError) -> Mapping[str, Any]:
    """Return what a program may want to know about an error beyond its message."""
    details: dict[str, Any] = {}
    if error.provider is not None:
        details |= {"operation": error.operation, "provider": error.provider, "distribution": error.distribution}
    if isinstance(error, ProviderError):
        details |= {"retryable": error.retryable, "outcome": error.outcome}
    if isinstance(error, ConflictError):
        details["reason"] = error.reason
    if isinstance(error, ConfigError):
        details["faults"] = [{"path": path, "message": message} for path, message in error.faults]
    if isinstance(error, PartialWriteError):
        details |= {"retryable": error.retryable, "outcome": error.outcome, "total": error.total}
        details |= {"added": len(error.added), "not_added": len(error.not_added), "unknown": len(error.unknown)}
    if isinstance(error, ForgetError):
        details["receipt"] = json_of(error.receipt)
    if findings := getattr(error, "findings", None):
        details["losses"] = [finding._asdict() for finding in findings]
    return details
