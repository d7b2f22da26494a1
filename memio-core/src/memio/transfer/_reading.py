"""An export file as a source of records. It is checked as a whole before its first record is used."""

from __future__ import annotations

import os
from asyncio import sleep
from collections.abc import AsyncIterator, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from memio.errors import InvalidInputError
from memio.models import Kind
from memio.transfer._format import (
    MAX_HEADER,
    MAX_LINE,
    ExportFileError,
    Tally,
    difference_of,
    json_object,
    read_header,
)
from memio.transfer._records import Record, record_of, token
from memio.transfer._seen import Seen

_AT_ONCE = 200
"""After so many lines, other tasks of the event loop have a turn."""


class FileSource:
    """The records of an export file.

    Args:
        path: The file.
        kinds: Only records of these kinds; all of them when it is `None`.
        user_id: Only records of this user.
    """

    def __init__(self, path: Path, kinds: tuple[Kind, ...] | None, user_id: str | None) -> None:
        self.path = path
        self._kinds = kinds
        self._user_id = user_id
        self._digest: bytes | None = None

    async def checked(self) -> AsyncIterator[tuple[Kind, Record]]:
        """Yield the records, and raise where the file is not sound. Only at its end it is known to be sound.

        Raises:
            ExportFileError: A line is wrong, or the file is not complete.
        """
        with self._opened() as file, Seen() as seen:
            for number, kind, record in self._sound(file, seen):
                if self._wanted(kind, record):
                    yield kind, record
                if number % _AT_ONCE == 0:
                    await sleep(0)

    async def records(self) -> AsyncIterator[tuple[Kind, Record]]:
        """Yield the records of a file that was checked.

        Raises:
            ExportFileError: The file is not the one that was checked.
        """
        total = sha256()
        with self._opened() as file:
            for number, line in enumerate(file, 1):
                total.update(line)
                value = json_object(line)
                if "kind" in value:
                    kind: Kind = value.pop("kind")
                    del value["order"]
                    record = record_of(kind, value)
                    if self._wanted(kind, record):
                        yield kind, record
                if number % _AT_ONCE == 0:
                    await sleep(0)
        if total.digest() != self._digest:
            raise ExportFileError(str(self.path), None, "it was changed while it was read")

    def _sound(self, file: BinaryIO, seen: Seen) -> Iterator[tuple[int, Kind, Record]]:
        total = sha256()
        number = 0
        try:
            number, line = 1, file.readline(MAX_HEADER)
            total.update(line)
            kinds = read_header(line)
            tally = Tally(dict.fromkeys(kinds, 0))
            tally.add(line)
            trailer: dict[str, Any] | None = None
            while line := file.readline(MAX_LINE + 1):
                number += 1
                total.update(line)
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
                yield number, kind, record
            if trailer is None:
                number += 1
                raise InvalidInputError("the file ends before its last line: it is truncated")
            if told := difference_of(trailer, tally):
                raise InvalidInputError(f"{told}: the file was changed or is damaged")
        except InvalidInputError as error:
            raise ExportFileError(str(self.path), number, error.message) from None
        self._digest = total.digest()

    def _opened(self) -> BinaryIO:
        try:
            return self.path.open("rb", buffering=1 << 20)
        except OSError as error:
            raise ExportFileError(str(self.path), None, f"it cannot be read: {error.strerror}") from error

    def _wanted(self, kind: Kind, record: Record) -> bool:
        return (self._kinds is None or kind in self._kinds) and self._user_id in (None, record.user_id)


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
