"""The first and the last line of an export, and the faults of a file that is not an export."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple, cast

from memio._values.json_text import parse_json
from memio.capabilities import KINDS, Kind
from memio.errors import InvalidInputError
from memio.kinds import SPECS
from memio.owners import OWNERS, Scope

FORMAT = "memio-export"
"""The name of the format, in the first and the last line of a file."""

VERSION = 2
"""The version of the format that is written. Files of the versions before it are read, too."""

_FIELDS: dict[int, Mapping[Kind, tuple[str, ...]]] = {
    1: {
        "facts": ("id", "user_id", "agent_id", "content", "metadata", "created_at", "updated_at"),
        "history": ("session_id", "user_id", "id", "role", "name", "content", "metadata", "timestamp"),
        "documents": ("id", "user_id", "content", "metadata", "created_at", "updated_at"),
        "graph": ("id", "user_id", "subject", "predicate", "object", "metadata"),
    },
    VERSION: {kind: spec.fields for kind, spec in SPECS.items()},
}
"""The fields of a record, by version and kind. One that a version does not have is as in a record without it."""

_SCOPE = (*OWNERS, "namespace_prefix")
"""What the first line may name, of the owners whose records are in the file."""

MAX_HEADER = 1 << 16
"""Bytes of the first line. A file of another format may have no line ends."""
MAX_LINE = 1 << 31
"""Bytes of any line, so that a file without line ends does not fill the memory.

It is more than any record needs: escaped content of 16 MiB with 1 MiB of metadata needs up to 97 MiB, and data need
what they are counted as. Records that were stored before there were limits may be as large as SQLite's values, 1 GB.
"""


_BYTE_ORDER_MARK = "it begins with a byte order mark, which an editor or a shell added: use the file as it was exported"
_COMPRESSED = "it is compressed: decompress it first"
_CONVERTED = {
    codecs.BOM_UTF8: _BYTE_ORDER_MARK,
    codecs.BOM_UTF16_LE: _BYTE_ORDER_MARK,
    codecs.BOM_UTF16_BE: _BYTE_ORDER_MARK,
    b"\x1f\x8b": _COMPRESSED,  # gzip
    b"PK\x03\x04": _COMPRESSED,  # zip
    b"\x28\xb5\x2f\xfd": _COMPRESSED,  # zstd
}
"""The first bytes of a file that was converted after its export, and the error about it."""


class ExportFileError(InvalidInputError):
    """A file is not a complete, valid export. Nothing was changed.

    Attributes:
        path: The file.
        line: The number of the line, from 1; `None` when the error is about the whole file.
        reason: What is wrong.
    """

    def __init__(self, path: str, line: int | None, reason: str) -> None:
        where = path if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {reason}. Nothing was changed")
        self.path = path
        self.line = line
        self.reason = reason


@dataclass(slots=True)
class Tally:
    """The counts of an export by kind, and the digests of its lines."""

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


class Header(NamedTuple):
    """The first line of an export.

    Attributes:
        kinds: The kinds whose records may follow.
        fields: The fields of a record of each kind.
    """

    kinds: tuple[Kind, ...]
    fields: Mapping[Kind, tuple[str, ...]]


def header(kinds: tuple[Kind, ...], scope: Scope) -> dict[str, Any]:
    """Return the first line."""
    return {"format": FORMAT, "version": VERSION, "kinds": list(kinds), "scope": scope.labels}


def read_header(line: bytes) -> Header:
    """Return what the first line of an export states.

    Raises:
        InvalidInputError: It is not the first line of an export that this version reads.
    """
    value = _header_of(line)
    version = value.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidInputError(f"the version of the format must be a number, not {version!r}")
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
        raise InvalidInputError(f"kinds must be in the order {', '.join(KINDS)}, each once")
    scope: Any = value.get("scope")
    if not isinstance(scope, dict) or not cast("dict[str, Any]", scope).keys() <= set(_SCOPE):
        raise InvalidInputError(f"scope must be an object with some of {', '.join(_SCOPE)}, or with none of them")
    return Header(tuple(cast("list[Kind]", kinds)), _FIELDS[version])


def _header_of(line: bytes) -> dict[str, Any]:
    for begin, reason in _CONVERTED.items():
        if line.startswith(begin):
            raise InvalidInputError(reason)
    try:
        value = json_object(line)
    except InvalidInputError:
        value = {}
    if value.get("format") != FORMAT:
        raise InvalidInputError(f'it is not an export of memio, which begins with {{"format":"{FORMAT}",…')
    if line.endswith(b"\r\n"):
        raise InvalidInputError("the line ends were changed to CR LF: copy the file unchanged, as binary")
    return value


def json_object(line: bytes) -> dict[str, Any]:
    """Return the JSON object that a line holds.

    Raises:
        InvalidInputError: It does not hold a JSON object.
    """
    try:
        value = parse_json(line.decode())
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"it is not UTF-8: byte 0x{line[error.start]:02x} at {error.start + 1}") from None
    except ValueError as error:
        raise InvalidInputError(f"it is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise InvalidInputError(f"it is not a JSON object: {line[:40]!r}")
    return cast("dict[str, Any]", value)


def difference_of(trailer: Mapping[str, Any], tally: Tally) -> str | None:
    """Return how a last line disagrees with the lines before it, or `None`."""
    expected = tally.trailer()
    if trailer.keys() != expected.keys():
        return f"the last line must have {', '.join(expected)}, and has {', '.join(trailer)}"
    for name, value in expected.items():
        if trailer[name] != value:
            return f"{name} of the last line is {trailer[name]!r}, and that of the lines before it is {value!r}"
    return None
