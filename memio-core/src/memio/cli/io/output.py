"""What goes out: JSON for programs, rich text for people, and errors."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from io import BytesIO, TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO, cast

from memio.cli.io.exit import code_of
from memio.errors import ConfigError, ForgetError, MemioError, PartialWriteError, ProviderError

if TYPE_CHECKING:
    from rich.console import Console


class OutputError(MemioError):
    """Standard output cannot be written.

    Attributes:
        reason: Why.
        done: What the command had done by then; empty when it changes nothing.
    """

    def __init__(self, reason: str, done: str = "") -> None:
        rest = f"; {done}, and that stays" if done else ""
        super().__init__(f"standard output cannot be written: {reason}{rest}")
        self.reason = reason
        self.done = done


class _Output:
    """Standard output, whose failures can be told from those of other files.

    Args:
        stream: The stream; `None` when whoever started this process closed it.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._open(), name)

    def write(self, text: str) -> int:
        """Write text, or raise `OutputError`."""
        with _as_output_error():
            return self._open().write(text)

    def flush(self) -> None:
        """Write what is buffered, or raise `OutputError`."""
        if self._stream is not None:
            with _as_output_error():
                self._stream.flush()

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self._stream is not None and self._stream.isatty()

    @property
    def encoding(self) -> str:
        """The encoding of the stream."""
        return "utf-8" if self._stream is None else self._stream.encoding

    def _open(self) -> TextIO:
        if self._stream is None:
            raise OutputError("it is closed")
        return self._stream


@contextmanager
def _as_output_error() -> Generator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read the output has seen enough
    except OSError as error:
        raise OutputError(error.strerror or str(error)) from error


@contextmanager
def reporting(done: str) -> Generator[None]:
    """Report what a command did; when standard output cannot be written, the error states that it was done.

    Args:
        done: What was done, as in `the fact is stored`.
    """
    try:
        yield
        sys.stdout.flush()
    except OutputError as error:
        raise OutputError(error.reason, done) from error.__cause__


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
    # Python has no stream where the one who started this process closed it.
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stdin = TextIOWrapper(BytesIO())
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stderr = TextIOWrapper(BytesIO(), encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    sys.stdout = cast("TextIO", _Output(sys.stdout))


def console(*, stderr: bool = False) -> Console:
    """Return where text for people goes. Nothing in it is interpreted, and nothing is coloured by guessing."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def write_json(value: object, *, indent: int | None = 2) -> None:
    """Write one JSON document; without `indent`, on one line."""
    sys.stdout.write(_dumped(value, indent) + "\n")
    sys.stdout.flush()


def done(message: str, *, as_json: bool, **values: object) -> None:
    """Print that something was done: a line for people, the values for programs."""
    with reporting(message):
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
        _write_to_stderr(value)
        return
    from rich.text import Text

    with suppress(OSError):  # as in _write_to_stderr
        console(stderr=True).print(Text.assemble(("Error: ", "bold red"), visible(message)), soft_wrap=True)


def note(message: str, *, as_json: bool = False) -> None:
    """Print a notice to standard error."""
    if as_json:
        _write_to_stderr({"note": message})
        return
    from rich.text import Text

    with suppress(OSError):  # as in _write_to_stderr
        console(stderr=True).print(Text(visible(message), "dim"), soft_wrap=True)


def write_event(name: str, value: object) -> None:
    """Write an event of a running command to standard error, as a line of JSON."""
    _write_to_stderr({name: value})


def _write_to_stderr(value: object) -> None:
    # Where standard error cannot be written there is no place to report that: the command goes on, and its exit
    # code states how it ended.
    with suppress(OSError):
        sys.stderr.write(_dumped(value, None) + "\n")
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
