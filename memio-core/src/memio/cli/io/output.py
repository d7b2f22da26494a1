"""Standard output and standard error: JSON for programs, rich text for people, and notices."""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import BytesIO, TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO, cast

from memio.errors import MemioError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_BLANKS_AT_AN_END = re.compile(r"[ \t]+(?=\n|$)")


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
    """Standard output, whose failures can be distinguished from those of other files.

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
    """Prints what memio and its providers log at level warning and above."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__(logging.WARNING)
        self.as_json = as_json

    def emit(self, record: logging.LogRecord) -> None:
        note(record.getMessage(), as_json=self.as_json)


def prepare(*, as_json: bool) -> None:
    """Make every text printable, and print warnings as notices."""

    def show_warning(message: Warning | str, *_place: object, **_more: object) -> None:
        # The message of a warning is printed, without its place in the code.
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


class _WithoutTrailingBlanks:
    """A stream that leaves out the blanks with which tables fill their lines.

    Args:
        stream: The stream that it writes to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write whole lines."""
        return self._stream.write(_BLANKS_AT_AN_END.sub("", text))


def console(*, stderr: bool = False) -> Console:
    """Return where text for people goes. Nothing in it is interpreted, and nothing is coloured by guessing."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not made.is_terminal:
        made.file = cast("TextIO", _WithoutTrailingBlanks(sys.stderr if stderr else sys.stdout))
    return made


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, as in `1 record` and `2 records`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def write_line(text: str | Text, *, stderr: bool = False) -> None:
    """Write a line for people. A terminal gets it wrapped at words; a file or another program as one line."""
    out = console(stderr=stderr)
    out.print(text, soft_wrap=not out.is_terminal)


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
            write_line(visible(message))


def note(message: str, *, as_json: bool = False) -> None:
    """Print a notice to standard error."""
    if as_json:
        write_json_to_stderr({"note": message})
        return
    from rich.text import Text

    with suppress(OSError):  # as in write_json_to_stderr
        write_line(Text(visible(message), "dim"), stderr=True)


def write_event(name: str, value: object) -> None:
    """Write an event of a running command to standard error, as a line of JSON."""
    write_json_to_stderr({name: value})


def write_json_to_stderr(value: object) -> None:
    """Write one line of JSON to standard error."""
    # Where standard error cannot be written, that cannot be reported either: the command goes on, and its exit
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
