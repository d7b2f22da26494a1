"""What goes out: JSON for programs, rich text for people, and errors."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Mapping
from io import BytesIO, TextIOWrapper
from typing import TYPE_CHECKING, Any

from memio.cli.io.exit import code_of
from memio.errors import ConfigError, ForgetError, MemioError, PartialWriteError, ProviderError

if TYPE_CHECKING:
    from rich.console import Console


class _Notes(logging.Handler):
    """Tells what memio and its providers log at level warning and above."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__(logging.WARNING)
        self.as_json = as_json

    def emit(self, record: logging.LogRecord) -> None:
        note(record.getMessage(), as_json=self.as_json)


def prepare(*, as_json: bool) -> None:
    """Make sure that no text fails on its way out, and that warnings are told as such."""

    def show_warning(message: Warning | str, *_place: object, **_more: object) -> None:
        # A person is told what the warning says, not where in the code it was given.
        note(f"Warning: {message}", as_json=as_json)

    warnings.showwarning = show_warning
    logging.getLogger("memio").addHandler(_Notes(as_json=as_json))
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  # closed by who started this process
        sys.stdin = TextIOWrapper(BytesIO())
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def console(*, stderr: bool = False) -> Console:
    """Return where text for people goes. Nothing in it is interpreted, and nothing is coloured by guessing."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def write_json(value: object, *, indent: int | None = 2) -> None:
    """Write one JSON document; without `indent`, on one line."""
    sys.stdout.write(_dumped(value, indent) + "\n")
    sys.stdout.flush()


def done(message: str, *, as_json: bool, **values: object) -> None:
    """Say that something was done: a line for people, the values for programs."""
    if as_json:
        write_json(values)
    else:
        console().print(visible(message), soft_wrap=True)


def write_error(error: MemioError, *, as_json: bool) -> None:
    """Write an error to standard error."""
    write_failure(type(error).__name__, str(error), int(code_of(error)), as_json=as_json, **_details(error))


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
        sys.stderr.write(_dumped(value, None) + "\n")
        return
    from rich.text import Text

    console(stderr=True).print(Text.assemble(("Error: ", "bold red"), visible(message)), soft_wrap=True)


def note(message: str, *, as_json: bool = False) -> None:
    """Tell something beside the data, on standard error."""
    if as_json:
        sys.stderr.write(_dumped({"note": message}, None) + "\n")
        return
    from rich.text import Text

    console(stderr=True).print(Text(visible(message), "dim"), soft_wrap=True)


def write_event(name: str, value: object) -> None:
    """Tell a program something on its way, as a line of JSON on standard error."""
    sys.stderr.write(_dumped({name: value}, None) + "\n")
    sys.stderr.flush()


def visible(text: str) -> str:
    """Return text with control characters written out, so that no record can steer the terminal that shows it."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in "\n\t" or character.isspace() else _escaped(character)
        for character in text.replace("\r\n", "\n")
    )


def _escaped(character: str) -> str:
    # Format characters that only join or shape letters belong to the text: emoji and many scripts need them.
    if character in "\u200c\u200d\ufeff\u00ad":
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _dumped(value: object, indent: int | None) -> str:
    import json

    unicode = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "").startswith("utf")
    return json.dumps(value, ensure_ascii=not unicode, indent=indent)


def _details(error: MemioError) -> Mapping[str, Any]:
    """Return what a program may want to know about an error beyond its message."""
    details: dict[str, Any] = {}
    if error.provider is not None:
        details |= {"operation": error.operation, "provider": error.provider, "distribution": error.distribution}
    if isinstance(error, ProviderError):
        details |= {"retryable": error.retryable, "outcome": error.outcome}
    if isinstance(error, ConfigError):
        details["faults"] = [{"path": path, "message": message} for path, message in error.faults]
    if isinstance(error, PartialWriteError):
        details |= {"retryable": error.retryable, "outcome": error.outcome, "total": error.total}
        details |= {"added": len(error.added), "not_added": len(error.not_added), "unknown": len(error.unknown)}
    if isinstance(error, ForgetError):
        from memio.cli.io.receipts import json_of

        details["receipt"] = json_of(error.receipt)
    if findings := getattr(error, "findings", None):
        details["losses"] = [finding._asdict() for finding in findings]
    return details
