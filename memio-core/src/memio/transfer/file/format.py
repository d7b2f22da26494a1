"""The first and the last line of an export, and what is wrong with a file that is none."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from math import isinf
from typing import Any, cast

from memio.capabilities import KINDS, Kind
from memio.errors import InvalidInputError

FORMAT = "memio-export"
"""The name of the format, in the first and the last line of a file."""

VERSION = 1
"""The version of the format that is written, and the only one that is read."""

MAX_HEADER = 1 << 16
"""Bytes of a first line. A file of another format may have no line ends at all."""
MAX_LINE = 1 << 31
"""Bytes of any line, so that a file without line ends does not fill the memory.

It is more than any record needs: escaped content of 16 MiB with 1 MiB of metadata makes up to 97 MiB. Records that were
stored before there were limits may be as large as SQLite's values, 1 GB.
"""


_MARKED = "it begins with a byte order mark: an editor or a shell has written it anew; use the file as it was exported"
_OTHERWISE = {
    codecs.BOM_UTF8: _MARKED,
    codecs.BOM_UTF16_LE: _MARKED,
    codecs.BOM_UTF16_BE: _MARKED,
    b"\x1f\x8b": "it is compressed: unpack it first",
    b"PK\x03\x04": "it is compressed: unpack it first",
    b"\x28\xb5\x2f\xfd": "it is compressed: unpack it first",
}
"""What became of an export, by the first bytes that it has then: gzip, zip and zstd among them."""


class ExportFileError(InvalidInputError):
    """A file is no sound export. Nothing was changed.

    Attributes:
        path: The file.
        line: The number of the line, from 1, or `None` when it is about no line.
        reason: What is wrong with it.
    """

    def __init__(self, path: str, line: int | None, reason: str) -> None:
        where = path if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {reason}. Nothing was changed")
        self.path = path
        self.line = line
        self.reason = reason


@dataclass(slots=True)
class Tally:
    """The sums of an export: how many records of each kind, and digests of the lines."""

    counts: dict[Kind, int]
    total: Any = field(default_factory=sha256)
    by_kind: dict[Kind, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.by_kind = {kind: sha256() for kind in self.counts}

    def add(self, line: bytes, kind: Kind | None = None) -> None:
        """Count a line: the header, or a record of a kind."""
        self.total.update(line)
        if kind is not None:
            self.counts[kind] += 1
            self.by_kind[kind].update(line)

    def trailer(self) -> dict[str, Any]:
        """Return the last line."""
        return {
            "end": FORMAT,
            "counts": self.counts,
            "digests": {kind: digest.hexdigest() for kind, digest in self.by_kind.items()},
            "sha256": self.total.hexdigest(),
        }


def header(kinds: tuple[Kind, ...], user_id: str | None) -> dict[str, Any]:
    """Return the first line."""
    return {"format": FORMAT, "version": VERSION, "kinds": list(kinds), "scope": {"user_id": user_id}}


def read_header(line: bytes) -> tuple[Kind, ...]:
    """Return the kinds that an export says it has.

    Raises:
        InvalidInputError: It is no first line of an export that can be read.
    """
    value = _header_of(line)
    version = value.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidInputError(f"the version of the format is {version!r}, no number")
    if version > VERSION:
        raise InvalidInputError(
            f"it has version {version} of the format, and this memio reads up to {VERSION}: upgrade memio-core"
        )
    if unknown := sorted(value.keys() - {"format", "version", "kinds", "scope"}):
        raise InvalidInputError(f"the header has the unknown field {unknown[0]!r}")
    kinds: Any = value.get("kinds")
    if not isinstance(kinds, list) or any(kind not in KINDS for kind in cast("list[object]", kinds)):
        raise InvalidInputError(f"kinds is {kinds!r}: it must be a list of {', '.join(KINDS)}")
    if kinds != [kind for kind in KINDS if kind in kinds]:
        raise InvalidInputError(f"kinds must stand in the order {', '.join(KINDS)}, each once")
    scope: Any = value.get("scope")
    if not isinstance(scope, dict) or set(cast("dict[str, Any]", scope)) != {"user_id"}:
        raise InvalidInputError('scope must be {"user_id":null}, or name a user')
    return tuple(cast("list[Kind]", kinds))


def _header_of(line: bytes) -> dict[str, Any]:
    for begin, reason in _OTHERWISE.items():
        if line.startswith(begin):
            raise InvalidInputError(reason)
    try:
        value = json_object(line)
    except InvalidInputError:
        value = {}
    if value.get("format") != FORMAT:
        raise InvalidInputError(f'this is no export of memio, which begins with {{"format":"{FORMAT}",…')
    if line.endswith(b"\r\n"):
        raise InvalidInputError("the line ends were changed to CR LF: copy the file as it is, as binary")
    return value


def json_object(line: bytes) -> dict[str, Any]:
    """Return the JSON object that a line holds.

    Raises:
        InvalidInputError: It holds none.
    """
    try:
        value = json.loads(
            line.decode(), object_pairs_hook=_without_repeats, parse_constant=_refused, parse_float=_finite
        )
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"it is not UTF-8: byte 0x{line[error.start]:02x} at {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise InvalidInputError(f"it is no JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise InvalidInputError("it nests too deeply") from None
    except ValueError as error:
        raise InvalidInputError(f"it is no JSON that can be kept: {error}") from None
    if not isinstance(value, dict):
        raise InvalidInputError(f"it is no JSON object: {line[:40]!r}")
    return cast("dict[str, Any]", value)


def difference_of(trailer: Mapping[str, Any], tally: Tally) -> str | None:
    """Return in what a last line differs from the lines before it, if it does."""
    expected = tally.trailer()
    if trailer.keys() != expected.keys():
        return f"the last line must have {', '.join(expected)}, and has {', '.join(trailer)}"
    for name, value in expected.items():
        if trailer[name] != value:
            return f"{name} of the last line is {trailer[name]!r}, and the lines before it make {value!r}"
    return None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands there twice")
    return made


def _finite(number: str) -> float:
    value = float(number)
    if isinf(value):
        raise ValueError(f"a number is too big: {number[:40]}")
    return value


def _refused(constant: str) -> Any:
    raise ValueError(f"JSON has no {constant}")
