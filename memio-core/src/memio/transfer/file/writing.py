"""An export file that is written completely or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from memio.capabilities import Kind
from memio.errors import InvalidInputError, MemioError
from memio.models import Record
from memio.owners import Scope
from memio.transfer._records import encoded, line_of
from memio.transfer.file.disk import is_database
from memio.transfer.file.format import MAX_LINE, Tally, header

STANDARD_STREAM = "-"
"""The path that means standard output or standard input."""


class ExportFile:
    """Writes an export to a temporary file in the same folder, and renames it when it is complete.

    Only its owner may read the file, because it holds the texts of users.

    Args:
        path: The file; `-` is standard output.
        force: Whether a file that exists is replaced.

    Raises:
        InvalidInputError: The file exists, or cannot be created.
    """

    def __init__(self, path: str | os.PathLike[str], *, force: bool) -> None:
        self.path = Path(path)
        self._force = force
        self._temporary: Path | None = None
        self.tally = Tally({})
        if os.fspath(path) == STANDARD_STREAM:
            if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]  # closed by the parent process
                raise InvalidInputError("standard output is closed: pass the path of a file")
            self.path = Path("standard output")
            self._file: BinaryIO = sys.stdout.buffer
            return
        self._refuse_existing()
        try:
            number, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.", suffix=".part")
        except OSError as error:
            raise InvalidInputError(f"{self.path} cannot be written: {error.strerror}") from error
        self._temporary = Path(name)
        self._file = os.fdopen(number, "wb", buffering=1 << 20)

    def begin(self, kinds: tuple[Kind, ...], scope: Scope) -> None:
        """Write the header."""
        self.tally = Tally(dict.fromkeys(kinds, 0))
        self._write(encoded(header(kinds, scope)) + b"\n")

    def add(self, kind: Kind, records: Iterable[Record]) -> None:
        """Write records."""
        for record in records:
            line = line_of(kind, self.tally.counts[kind] + 1, record)
            if len(line) > MAX_LINE:
                raise MemioError(
                    f"the record {record.id!r} of {kind} needs a line of {len(line):,} bytes, and a line has at most "
                    f"{MAX_LINE:,}: nothing was exported; split the record"
                )
            self._write(line, kind)

    def end(self) -> None:
        """Write the last line, and rename the file to its final name.

        Raises:
            InvalidInputError: Another file was created under that name meanwhile.
        """
        trailer = encoded(self.tally.trailer()) + b"\n"
        try:
            self._file.write(trailer)
            self._file.flush()
            if self._temporary is None:
                return
            os.fsync(self._file.fileno())
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._unwritten(error) from error
        self._file.close()
        if self._force:
            self._temporary.replace(self.path)
        else:
            self._link(self._temporary)
        self._temporary = None
        _sync_folder(self.path.parent)

    def _link(self, temporary: Path) -> None:
        """Rename the file, unless another one has that name."""
        try:
            os.link(temporary, self.path)
        except FileExistsError:
            self._refuse_existing()
            raise
        except OSError:  # a file system without links
            self._refuse_existing()
            temporary.replace(self.path)
        else:
            temporary.unlink()

    def _refuse_existing(self) -> None:
        # Not the methods of `Path`, which raise for a name that is too long.
        if os.path.isdir(self.path):  # noqa: PTH112
            raise InvalidInputError(f"{self.path} is a folder: pass the path of a file")
        if os.path.exists(self.path) and not os.path.isfile(self.path):  # noqa: PTH110, PTH113
            raise InvalidInputError(f"{self.path} is a pipe or a device: choose another name, or write to -")
        if self._force and is_database(self.path):
            raise InvalidInputError(f"{self.path} is a database, and is not replaced by an export: choose another name")
        if not self._force and os.path.lexists(self.path):
            raise InvalidInputError(f"{self.path} exists: choose another name, or replace it with force=True (--force)")

    def _write(self, line: bytes, kind: Kind | None = None) -> None:
        try:
            self._file.write(line)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._unwritten(error) from error
        self.tally.add(line, kind)

    def _unwritten(self, error: OSError) -> MemioError:
        return MemioError(f"{self.path} cannot be written: {error.strerror}; nothing was exported")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._temporary is not None:
            with suppress(OSError):  # the buffered rest cannot be written to a full disk
                self._file.close()
            self._temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power failure, where the system supports it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
