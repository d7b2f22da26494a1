"""What comes in: text from an argument, a file or standard input; JSON; filters."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from memio.errors import InvalidInputError
from memio.models import Triple

STANDARD_INPUT = "-"
_TRIPLE = ("subject", "predicate", "object", "metadata", "id")


def as_utf8(value: Any) -> Any:
    """Return the text of an option or argument, read as UTF-8 where the locale has another encoding, such as C.

    Paths are not read anew: the encoding of the locale leads back to the file.

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
        return value  # what is no text is refused where it is used


def content(text: str | None, file: Path | None) -> str:
    """Return the text of a record.

    Args:
        text: The argument; `-` means standard input, of which the one line end that closes it is dropped,
            because `echo` adds it.
        file: A file that holds the text instead, taken to the last character.

    Raises:
        InvalidInputError: There is none, there are two, or it cannot be read as UTF-8.
    """
    if file is not None and text is not None:
        raise InvalidInputError("the text is given twice, as an argument and as --file: leave one out")
    if file is not None:
        return _file(file)
    if text == STANDARD_INPUT:
        read = _standard_input()
        return read.removesuffix("\n").removesuffix("\r") if read.endswith("\n") else read
    if text is None:
        raise InvalidInputError("there is no text: pass it as an argument, as --file PATH, or - for standard input")
    return text


def triples(file: Path) -> list[Triple]:
    """Return the triples of a file, one JSON object a line; `-` means standard input.

    Raises:
        InvalidInputError: A line is no triple; the message names it.
    """
    name, text = ("standard input", _standard_input()) if str(file) == STANDARD_INPUT else (str(file), _file(file))
    made: list[Triple] = []
    # Only at line feeds: other characters that end lines are legal inside of JSON strings.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        value = json_object(line, where) or {}
        unknown = sorted(value.keys() - _TRIPLE)
        missing = sorted({"subject", "predicate", "object"} - value.keys())
        if unknown or missing:
            fault = f"lacks {', '.join(missing)}" if missing else f"has the unknown key {unknown[0]!r}"
            raise InvalidInputError(f"{where} {fault}: a triple has {', '.join(_TRIPLE)}, the last two optional")
        made.append(Triple(**value))
    return made


def json_object(text: str | None, where: str) -> dict[str, Any] | None:
    """Return a JSON object that was passed as text.

    Args:
        text: The JSON, or `None` when it was left out.
        where: How errors call it.

    Raises:
        InvalidInputError: It is no JSON object, or repeats a key.
    """
    if text is None:
        return None
    try:
        value = _json(text)
    except ValueError as error:
        raise InvalidInputError(f'{where} is no JSON: {error}; write it as in \'{{"topic": "tea"}}\'') from None
    if not isinstance(value, dict):
        raise InvalidInputError(f'{where} must be a JSON object, as in \'{{"topic": "tea"}}\', not {text[:40]}')
    return value  # pyright: ignore[reportUnknownVariableType]  # JSON


def filters(texts: Sequence[str] | None) -> dict[str, Any] | None:
    """Return the filters that were passed as `key=value`; a value that is no JSON is text.

    Raises:
        InvalidInputError: One has no `=`, a key is there twice, or a value begins like JSON and is none.
    """
    made: dict[str, Any] = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise InvalidInputError(f"--filter {text!r} is no KEY=VALUE: write it as in --filter topic=tea")
        if key in made:
            raise InvalidInputError(f"--filter has the key {key!r} twice: a record has one value, so none would match")
        try:
            made[key] = _json(value)
        except ValueError as error:
            if value[:1] in ('"', "{", "["):
                raise InvalidInputError(f"--filter {text!r} has a value that is no JSON: {error}") from None
            made[key] = value
    return made or None


def moment(text: str) -> datetime:
    """Return a time that was passed as text in ISO 8601.

    Raises:
        InvalidInputError: It is none. One without a time zone is refused where it is used.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"--time {text!r} is no time: write it as in 2026-05-01T09:30+02:00") from None


def confirmed(what: str, *, yes: bool) -> bool:
    """Ask before something is deleted that does not come back.

    Args:
        what: What is about to happen, as a question without its mark.
        yes: Whether the caller has agreed already.

    Returns:
        Whether to go on.

    Raises:
        InvalidInputError: There is nobody to ask.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise InvalidInputError(f"{what}? There is no terminal to ask at: pass --yes if you mean it")
    # On standard error: standard output is for data.
    sys.stderr.write(f"{what}? It cannot be undone. [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _json(text: str) -> Any:
    import json

    try:
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refused)
    except RecursionError:
        raise ValueError("it nests too deeply") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands there twice")
    return made


def _refused(constant: str) -> Any:
    raise ValueError(f"JSON has no {constant}")


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
