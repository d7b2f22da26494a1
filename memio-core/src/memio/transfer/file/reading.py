"""An export file as a source of records. The whole file is checked before its first record is used."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from memio._call.sizes import memory_of
from memio.capabilities import Kind
from memio.errors import InvalidInputError, MemioError
from memio.models import Record
from memio.owners import Scope
from memio.transfer._records import key_of, record_of
from memio.transfer._seen import Seen
from memio.transfer._threads import BATCH, BATCH_BYTES, run_in_thread_uncancelled
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


class _Parts:
    """Divides a file into parts, and computes the digest of everything that was read."""

    def __init__(self) -> None:
        self._total = blake2b(digest_size=_DIGEST)
        self._lines = 0
        self._bytes = 0

    def ends_with(self, line: bytes) -> bool:
        """Add a line, and return whether a part ends with it. That depends on the lines only."""
        self._total.update(line)
        self._lines += 1
        self._bytes += len(line)
        if self._lines < BATCH and self._bytes < BATCH_BYTES:
            return False
        self._lines = self._bytes = 0
        return True

    def digest(self) -> bytes:
        """Return the digest of all lines that were added."""
        return self._total.digest()


class FileSource:
    """The records of an export file.

    Args:
        path: The file.
        name: Its name in errors.
        kinds: Only records of these kinds; all of them when it is `None`.
        scope: Only records of these owners.
    """

    def __init__(self, path: Path, name: str, kinds: tuple[Kind, ...] | None, scope: Scope) -> None:
        self.path = path
        self._name = name
        self._kinds = kinds
        self._scope = scope
        self._now = datetime.now(UTC)
        self._digests = bytearray()
        """For each part, the digest of everything up to its end."""
        self._fields: Mapping[Kind, tuple[str, ...]] = {}
        """The fields of its records, by its version."""
        self.expired: Counter[Kind] = Counter()
        """By kind, how many of the records that were checked had expired by now."""

    async def checked(self) -> AsyncIterator[tuple[Kind, Record]]:
        """Yield the records while the file is checked. The check is complete only after the last record.

        Raises:
            ExportFileError: A line is not valid, or the file is not complete.
        """
        with self._opened() as file, Seen() as seen:
            lines = self._checked_records(file, seen)
            while part := await run_in_thread_uncancelled(_some, lines):
                for kind, record in _each(part):
                    if self._wanted(kind, record):
                        if not self._expired(record):
                            yield kind, record
                        else:
                            self.expired[kind] += 1
                    del record  # before the next one is read

    async def records(self) -> AsyncIterator[tuple[Kind, Record]]:
        """Yield the records of a file that was checked.

        Raises:
            MemioError: The file was changed after the check. The records that were yielded before are as checked.
        """
        with self._opened() as file:
            lines = self._unchanged_records(file)
            while part := await run_in_thread_uncancelled(_some, lines):
                for kind, record in _each(part):
                    if self._wanted(kind, record) and not self._expired(record):
                        yield kind, record
                    del record  # before the next one is read

    def _unchanged_records(self, file: BinaryIO) -> Iterator[tuple[Kind, Record]]:
        """Yield the records of each part after all of its lines were compared with what was checked."""
        parts = _Parts()
        lines: list[bytes] = []
        ends = iter(self._ends())
        while line := file.readline(MAX_LINE + 1):
            lines.append(line)
            if parts.ends_with(line):
                if parts.digest() != next(ends, None):
                    raise self._changed()
                del line  # `lines` alone holds it, and is emptied while the records are used
                yield from self._trusted(lines)
        if parts.digest() != next(ends, None) or next(ends, None) is not None:
            raise self._changed()
        yield from self._trusted(lines)

    def _ends(self) -> Iterator[bytes]:
        return (bytes(self._digests[begin : begin + _DIGEST]) for begin in range(0, len(self._digests), _DIGEST))

    def _changed(self) -> MemioError:
        return MemioError(
            f"{self._name} was changed while it was read: repeat the call. The records that were stored before are "
            "those of the file before the change"
        )

    def _checked_records(self, file: BinaryIO, seen: Seen) -> Iterator[tuple[Kind, Record]]:
        parts = _Parts()
        number = 0
        try:
            number, line = 1, file.readline(MAX_HEADER)
            self._add_line(parts, line)
            header = read_header(line)
            kinds, self._fields = header.kinds, header.fields
            tally = Tally(dict.fromkeys(kinds, 0))
            tally.add(line)
            trailer: dict[str, Any] | None = None
            while line := file.readline(MAX_LINE + 1):
                number += 1
                self._add_line(parts, line)
                if trailer is not None:
                    raise InvalidInputError("there are more lines after the last line of the export")
                _check_end(line)
                value = json_object(line)
                if "end" in value:
                    trailer = value
                    continue
                kind = _kind(value, kinds)
                kinds = kinds[kinds.index(kind) :]
                _check_order(kind, value, tally.counts[kind] + 1)
                record = record_of(kind, value, self._fields[kind])
                if record.id is not None and not seen.add(key_of(kind, record)):
                    raise InvalidInputError(f"duplicate record {record.id!r}")
                tally.add(line, kind)
                del line, value  # as large as the record
                yield kind, record
                del record
            if trailer is None:
                number += 1
                raise InvalidInputError("the file ends before its last line: it is truncated")
            if difference := difference_of(trailer, tally):
                raise InvalidInputError(f"{difference}: the file was changed or is damaged")
        except InvalidInputError as error:
            raise ExportFileError(self._name, number, error.message) from None
        self._digests += parts.digest()

    def _add_line(self, parts: _Parts, line: bytes) -> None:
        if parts.ends_with(line):
            self._digests += parts.digest()

    def _opened(self) -> BinaryIO:
        try:
            return self.path.open("rb", buffering=1 << 20)
        except OSError as error:
            raise ExportFileError(self._name, None, f"it cannot be read: {error.strerror}") from error

    def _wanted(self, kind: Kind, record: Record) -> bool:
        return (self._kinds is None or kind in self._kinds) and self._scope.matches(record.owner)

    def _expired(self, record: Record) -> bool:
        """Return whether a record is gone: stores would not show it, or would keep it for ever."""
        expires_at: datetime | None = getattr(record, "expires_at", None)
        return expires_at is not None and expires_at <= self._now

    def _trusted(self, lines: list[bytes]) -> Iterator[tuple[Kind, Record]]:
        """Yield the records of lines that were checked, and remove the lines."""
        for line in _each(lines):
            value = json_object(line)
            if "kind" in value:
                kind: Kind = value.pop("kind")
                del value["order"]
                record = record_of(kind, value, self._fields[kind])
                del line, value  # as large as the record
                yield kind, record
                del record


def _each(items: list[T]) -> Iterator[T]:
    """Yield the items of a list in order, and remove each from it, because items may be large."""
    items.reverse()
    while items:
        yield items.pop()


def _some(records: Iterator[tuple[Kind, Record]]) -> list[tuple[Kind, Record]]:
    """Return the next records, an empty list after the last one."""
    part: list[tuple[Kind, Record]] = []
    size = 0
    for kind, record in records:
        part.append((kind, record))
        size += memory_of(record)
        del record
        if len(part) == BATCH or size >= BATCH_BYTES:
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
    raise InvalidInputError(f"kind is {named!r}: at this place it must be {', '.join(kinds) or 'the last line'}")


def _check_order(kind: Kind, value: dict[str, Any], order: int) -> None:
    if value.pop("order", None) != order:
        raise InvalidInputError(f"order is not {order}, the next number: a line of {kind} is missing or moved")


def spooled(stream: BinaryIO, folder: str | os.PathLike[str]) -> Path:
    """Copy a stream to a file, which can be read twice, and return its path."""
    path = Path(folder) / "standard-input"
    with path.open("wb") as file:
        while part := stream.read(1 << 20):
            file.write(part)
    return path
