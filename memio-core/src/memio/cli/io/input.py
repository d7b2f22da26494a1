"""Input: text from an argument, a file or standard input; JSON; questions to the user."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from memio._values.json_text import parse_json
from memio._values.text import shown
from memio.capabilities import KINDS, Kind
from memio.errors import InvalidInputError
from memio.models import Triple

STANDARD_INPUT = "-"
_TRIPLE = ("subject", "predicate", "object", "metadata", "id")
_MESSAGE = '{"role": "user", "content": "…"}'
_QUOTES = "; text needs quotes, as in '\"tea\"'"


def as_utf8(value: Any) -> Any:
    """Return the text of an option or argument, decoded as UTF-8 where the locale has another encoding, such as C.

    It is not for paths: the system finds a file by the encoding of the locale.

    Args:
        value: A text, several, or `None`.
    """
    if isinstance(value, (list, tuple)):
        return [as_utf8(item) for item in cast("list[Any]", value)]
    if not isinstance(value, str) or value.isascii():
        return value
    try:
        return os.fsencode(value).decode()
    except UnicodeError:
        return value  # refused where the value is used


def content(text: str | None, file: Path | None) -> str:
    """Return the text of a record.

    Args:
        text: The argument; `-` means standard input, without one line end at its end, which `echo` adds.
        file: A file that holds the text instead; it is used to the last character.

    Raises:
        InvalidInputError: No text or two texts were passed, or the text cannot be read as UTF-8.
    """
    if file is not None and text is not None:
        raise InvalidInputError("the text is passed twice, as an argument and as --file: leave one out")
    if file is not None:
        return _file(file)
    if text == STANDARD_INPUT:
        read = _standard_input()
        return read.removesuffix("\n").removesuffix("\r") if read.endswith("\n") else read
    if text is None:
        raise InvalidInputError("no text was passed: pass it as an argument, as --file PATH, or - for standard input")
    return text


def triples(file: Path) -> list[Triple]:
    """Return the triples of a file, one JSON object a line; `-` means standard input.

    Raises:
        InvalidInputError: A line is not a triple; the message names the line.
    """
    name, text = _named_text(str(file))
    read: list[Triple] = []
    # Only at line feeds: other characters that end lines may occur in JSON strings.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        value = json_object(line, where) or {}
        unknown = sorted(value.keys() - _TRIPLE)
        missing = sorted({"subject", "predicate", "object"} - value.keys())
        if unknown or missing:
            fault = f"missing {', '.join(missing)}" if missing else f"unknown key {unknown[0]!r}"
            raise InvalidInputError(f"{where}: {fault}; a triple has {', '.join(_TRIPLE)}, the last two optional")
        read.append(Triple(**value))
    return read


def json_object(text: str | None, where: str) -> dict[str, Any] | None:
    """Return a JSON object that was passed as text.

    Args:
        text: The JSON, or `None` when it was left out.
        where: The name of the option or line, for errors.

    Raises:
        InvalidInputError: It is not a JSON object, or has a duplicate key.
    """
    if text is None:
        return None
    try:
        value = parse_json(text)
    except ValueError as error:
        raise InvalidInputError(f'{where} is not valid JSON: {error}; write it as in \'{{"topic": "tea"}}\'') from None
    if not isinstance(value, dict):
        raise InvalidInputError(f'{where} must be a JSON object, as in \'{{"topic": "tea"}}\', not {text[:40]}')
    return value  # pyright: ignore[reportUnknownVariableType]  # JSON


def json_value(text: str, option: str) -> Any:
    """Return a JSON value that was passed as text.

    Args:
        text: The JSON; or `@` and the path of a file that holds it, where `-` means standard input.
        option: The name of the option, for errors.

    Raises:
        InvalidInputError: It cannot be read, is not JSON, or has a duplicate key.
    """
    name, json = option, text
    if text.startswith("@"):
        name, json = _named_text(text[1:])
    try:
        return parse_json(json)
    except ValueError as error:
        raise InvalidInputError(f"{name} is not valid JSON: {error}{_QUOTES if name == option else ''}") from None


def messages(text: str) -> list[dict[str, Any]]:
    """Return messages that were passed as `--message`: one JSON object, or a list of them.

    Raises:
        InvalidInputError: It is neither. Their keys are checked where they are used.
    """
    value = json_value(text, "--message")
    given = cast("list[Any]", value if isinstance(value, list) else [value])
    for number, item in enumerate(given, 1):
        if not isinstance(item, dict):
            raise InvalidInputError(
                f"--message must be a JSON object or a list of them, as in {_MESSAGE}; item {number} is {shown(item)}"
            )
    if not given:
        raise InvalidInputError(f"--message is an empty list: pass at least one message, as in {_MESSAGE}")
    return given


def text_and_data(text: str | None, file: Path | None, data: str | None) -> dict[str, Any]:
    """Return text and data of a new record, which needs one of them.

    Args:
        text: The argument; see `content`.
        file: The file that holds the text instead.
        data: The option `--data`; see `json_value`.

    Returns:
        `content`, which is empty where only data was passed, and `data`.

    Raises:
        InvalidInputError: There is neither, or one of them cannot be read.
    """
    check_inputs(text, data)
    value = None if data is None else json_value(data, "--data")
    if value is not None and text is None and file is None:
        return {"content": "", "data": value}
    return {"content": content(text, file), "data": value}


def check_inputs(text: str | None, data: str | None) -> None:
    """Refuse a text and data that are both to be read from standard input."""
    if text == STANDARD_INPUT and data == f"@{STANDARD_INPUT}":
        raise InvalidInputError("the text and --data are both read from standard input: read one of them from a file")


def kinds_of(names: Sequence[str], option: str) -> list[Kind]:
    """Return the kinds of memory that were named, in the order in which all are listed.

    Args:
        names: The names, such as `facts`.
        option: The name of the option, for errors.

    Raises:
        InvalidInputError: There is no such kind.
    """
    for name in names:
        if name not in KINDS:
            raise InvalidInputError(f"{option} {name!r}: unknown kind; the kinds are {', '.join(KINDS)}")
    return [kind for kind in KINDS if kind in names]


def confirmed(what: str, *, yes: bool, warning: str = "It cannot be undone. ") -> bool:
    """Ask before something is done.

    Args:
        what: What will be done, as a question without the question mark.
        yes: Whether `--yes` was passed.
        warning: What else to know, with a space at the end; by default that of deletions.

    Returns:
        Whether to continue.

    Raises:
        InvalidInputError: There is no terminal to ask at, and `--yes` was not passed.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise InvalidInputError(
            f"{what}? Standard input is not a terminal, so it cannot be asked: pass --yes to confirm"
        )
    # On standard error: standard output is for data.
    sys.stderr.write(f"{what}? {warning}[y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _named_text(path: str) -> tuple[str, str]:
    """Return what a file or, for `-`, standard input holds, after its name for errors."""
    if path == STANDARD_INPUT:
        return "standard input", _standard_input()
    return path, _file(Path(path))


def _file(path: Path) -> str:
    try:
        return _decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}") from error


def _standard_input() -> str:
    return _decoded(sys.stdin.buffer.read(), "standard input")


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")  # editors on Windows write a byte order mark
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{where} is not UTF-8: byte 0x{data[error.start]:02x} at position {error.start}; convert it first"
        ) from None
