"""An export file as a source of records. It is checked as a whole before its first record is used."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from memio._call.sizes import memory_of
from memio.capabilities import Kind
from memio.errors import InvalidInputError, MemioError
from memio.models import Record
from memio.transfer._records import record_of, token
from memio.transfer._seen import Seen
from memio.transfer._threads import BYTES, EVERY, aside
from memio.transfer.file.format import (
    MAX_HEADER,
    MAX_LINE,
    ExportFileError,
    Tally,
    difference_of,
    json_object,
    read_header,
)

T = TypeVar("T")

_DIGEST = 16


class _Part:
    """Divides a file into parts, and has a digest of all that was read until now."""

    def __init__(self) -> None:
        self._total = blake2b(digest_size=_DIGEST)
        self._lines = 0
        self._bytes = 0

    def takes_last(self, line: bytes) -> bool:
        """Take in a line, and tell whether a part ends with it. It depends on nothing but the lines."""
        self._total.update(line)
        self._lines += 1
        self._bytes += len(line)
        if self._lines < EVERY and self._bytes < BYTES:
            return False
        self._lines = self._bytes = 0
        return True

    def digest(self) -> bytes:
        """Return the digest of all lines until now."""
        return self._total.digest()


class FileSource:
    """The records of an export file.

    Args:
        path: The file.
        name: What it is called in errors.
        kinds: Only records of these kinds; all of them when it is `None`.
        user_id: Only records of this user.
    """

    def __init__(self, path: Path, name: str, kinds: tuple[Kind, ...] | None, user_id: str | None) -> None:
        self.path = path
        self._name = name
        self._kinds = kinds
        self._user_id = user_id
        self._parts = bytearray()
        """A digest of everything up to each part's end."""

    async def checked(self) -> AsyncIterator[tuple[Kind, Record]]:
        """Yield the records, and raise where the file is not sound. Only at its end it is known to be sound.

        Raises:
            ExportFileError: A line is wrong, or the file is not complete.
        """
        with self._opened() as file, Seen() as seen:
            lines = self._sound(file, seen)
            while part := await aside(_some, lines):
                for kind, record in _each(part):
                    if self._wanted(kind, record):
                        yield kind, record

    async def records(self) -> AsyncIterator[tuple[Kind, Record]]:
        """Yield the records of a file that was checked.

        Raises:
            MemioError: The file is not the one that was checked. What was yielded before was.
        """
        with self._opened() as file:
            lines = self._again(file)
            while part := await aside(_some, lines):
                for kind, record in _each(part):
                    if self._wanted(kind, record):
                        yield kind, record

    def _again(self, file: BinaryIO) -> Iterator[tuple[Kind, Record]]:
        """Yield the records of a part when all of it was found to be what was checked."""
        part = _Part()
        lines: list[bytes] = []
        ends = iter(self._ends())
        while line := file.readline(MAX_LINE + 1):
            lines.append(line)
            if part.takes_last(line):
                if part.digest() != next(ends, None):
                    raise self._changed()
                yield from _trusted(lines)
        if part.digest() != next(ends, None) or next(ends, None) is not None:
            raise self._changed()
        yield from _trusted(lines)

    def _ends(self) -> Iterator[bytes]:
        return (bytes(self._parts[begin : begin + _DIGEST]) for begin in range(0, len(self._parts), _DIGEST))

    def _changed(self) -> MemioError:
        return MemioError(
            f"{self._name} was changed while it was read: repeat the call. What was stored until then is what the file "
            "said before"
        )

    def _sound(self, file: BinaryIO, seen: Seen) -> Iterator[tuple[Kind, Record]]:
        part = _Part()
        number = 0
        try:
            number, line = 1, file.readline(MAX_HEADER)
            self._note_end(part, line)
            kinds = read_header(line)
            tally = Tally(dict.fromkeys(kinds, 0))
            tally.add(line)
            trailer: dict[str, Any] | None = None
            while line := file.readline(MAX_LINE + 1):
                number += 1
                self._note_end(part, line)
                if trailer is not None:
                    raise InvalidInputError("there is more after the last line of an export")
                _check_end(line)
                value = json_object(line)
                if "end" in value:
                    trailer = value
                    continue
                kind = _kind(value, kinds)
                kinds = kinds[kinds.index(kind) :]
                record = _record(kind, value, tally.counts[kind] + 1)
                if record.id is not None and not seen.add(token(kind, record)):
                    raise InvalidInputError(f"the record {record.id!r} is there for the second time")
                tally.add(line, kind)
                yield kind, record
            if trailer is None:
                number += 1
                raise InvalidInputError("the file ends before its last line: it is truncated")
            if told := difference_of(trailer, tally):
                raise InvalidInputError(f"{told}: the file was changed or is damaged")
        except InvalidInputError as error:
            raise ExportFileError(self._name, number, error.message) from None
        self._parts += part.digest()

    def _note_end(self, part: _Part, line: bytes) -> None:
        if part.takes_last(line):
            self._parts += part.digest()

    def _opened(self) -> BinaryIO:
        try:
            return self.path.open("rb", buffering=1 << 20)
        except OSError as error:
            raise ExportFileError(self._name, None, f"it cannot be read: {error.strerror}") from error

    def _wanted(self, kind: Kind, record: Record) -> bool:
        return (self._kinds is None or kind in self._kinds) and self._user_id in (None, record.user_id)


def _each(items: list[T]) -> Iterator[T]:
    """Yield what a list holds, in order, and drop each item when it is handed out: it may be large."""
    items.reverse()
    while items:
        yield items.pop()


def _trusted(lines: list[bytes]) -> Iterator[tuple[Kind, Record]]:
    for line in _each(lines):
        value = json_object(line)
        if "kind" in value:
            kind: Kind = value.pop("kind")
            del value["order"]
            yield kind, record_of(kind, value)


def _some(records: Iterator[tuple[Kind, Record]]) -> list[tuple[Kind, Record]]:
    """Return the next records, an empty list after the last one."""
    part: list[tuple[Kind, Record]] = []
    size = 0
    for kind, record in records:
        part.append((kind, record))
        size += memory_of(record)
        if len(part) == EVERY or size >= BYTES:
            break
    return part


def _check_end(line: bytes) -> None:
    if len(line) > MAX_LINE:
        raise InvalidInputError(f"it is longer than {MAX_LINE:,} bytes")
    if not line.endswith(b"\n"):
        raise InvalidInputError("the file ends in the middle of this line: it is truncated")


def _kind(value: dict[str, Any], kinds: Sequence[Kind]) -> Kind:
    named = value.pop("kind", None)
    for kind in kinds:
        if kind == named:
            return kind
    raise InvalidInputError(f"kind is {named!r}: what may follow here is {', '.join(kinds) or 'the last line'}")


def _record(kind: Kind, value: dict[str, Any], order: int) -> Record:
    if value.pop("order", None) != order:
        raise InvalidInputError(f"order is not {order}, the number that follows: a line of {kind} is missing or moved")
    return record_of(kind, value)


def spooled(stream: BinaryIO, folder: str | os.PathLike[str]) -> Path:
    """Write a stream to a file, because it is read twice, and return its path."""
    path = Path(folder) / "standard-input"
    with path.open("wb") as file:
        while part := stream.read(1 << 20):
            file.write(part)
    return path
