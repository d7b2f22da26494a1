"""Input: text from an argument, a file or standard input; JSON; questions to the user."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from memio._values.json_text import parse_json
from memio.errors import InvalidInputError
from memio.models import Triple

STANDARD_INPUT = "-"
_TRIPLE = ("subject", "predicate", "object", "metadata", "id")


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
    name, text = ("standard input", _standard_input()) if str(file) == STANDARD_INPUT else (str(file), _file(file))
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


def moment(text: str) -> datetime:
    """Return a time that was passed as text in ISO 8601.

    Raises:
        InvalidInputError: It is not a time. One without a time zone is refused where it is used.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"--time {text!r} is not a time: write it as in 2026-05-01T09:30+02:00") from None


def confirmed(what: str, *, yes: bool) -> bool:
    """Ask before a deletion that cannot be undone.

    Args:
        what: What will be deleted, as a question without the question mark.
        yes: Whether `--yes` was passed.

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
    sys.stderr.write(f"{what}? It cannot be undone. [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


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
