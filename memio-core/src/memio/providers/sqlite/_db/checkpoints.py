"""Whether a database that is newer than its log was changed by SQLite, or by something else.

SQLite changes it by a checkpoint, which copies pages from the log into the database. A backup that is written over it
makes it newer as well. The difference is in the index of the log (`-shm`), which survives a killed process: SQLite
writes there before a checkpoint how far it will go, and afterwards how far it went. Pages up to the first may have been
copied; pages up to the second must be in the database.
"""

from __future__ import annotations

import os
import time
from struct import unpack_from
from threading import Lock
from typing import NamedTuple

_HEADER = 32
_FRAME_HEADER = 24
_MAGIC = (0x377F0682, 0x377F0683)
_INDEX_BYTES = 136
"""The header of the index, which is there twice, and the fields about checkpoints."""
_SAMPLE = 64
"""How many pages are compared, at most; one that differs is enough for a result."""

_kept: dict[tuple[int, int], int] = {}
"""Open descriptors by device and inode, see `_read_kept`."""
_kept_lock = Lock()


class _Log(NamedTuple):
    """The content of a log.

    Attributes:
        salt: Identifies the generation of the log.
        size: Bytes of a page.
        pages: How many pages the database has.
        frames: The numbers of the committed frames of each page, in order.
    """

    salt: bytes
    size: int
    pages: int
    frames: dict[int, list[int]]


def holds_checkpoint(database: str, *, same_boot: bool) -> bool:
    """Return whether the content of the database can be the result of checkpoints of its log.

    Args:
        database: The file, newer than its log.
        same_boot: Whether the machine has not been restarted since the log was made. Otherwise the index of the log was
            made anew or is out of date, and after a power cut any part of a checkpoint may be on the disk.
    """
    for attempt in range(5):
        if attempt:
            time.sleep(0.05)  # a file's time changes a moment before its content, and others may be working on it
        try:
            before = _times(database)
            if _compare(database, same_boot=same_boot):
                return True
            if attempt and before == _times(database):
                return False
        except FileNotFoundError:
            return True  # the last process that used it has closed it, which removes a log only after a checkpoint
    return True  # other processes change it all the time, so they have it open


def _compare(database: str, *, same_boot: bool) -> bool:
    index = _index(database) if same_boot else None  # before the log: it may only grow meanwhile
    log = _read_log(f"{database}-wal")
    if not log.frames:
        return True  # there is nothing that could be applied
    with open(f"{database}-wal", "rb") as frames:  # noqa: PTH123  # SQLite does not lock it

        def same(page: int, frame: int) -> bool:
            frames.seek(_place(frame, log.size) + _FRAME_HEADER)
            return frames.read(log.size) == _read_kept(database, (page - 1) * log.size, log.size)

        if index is None:
            return any(same(page, frame) for page, numbers in log.frames.items() for frame in numbers)
        salt, begun, done = index
        if salt != log.salt:  # everything was copied, and the next commit begins the log again
            begun = done = max(numbers[-1] for numbers in log.frames.values())
        copied = _sample([page for page, numbers in log.frames.items() if numbers[-1] <= done and page <= log.pages])
        if not all(same(page, log.frames[page][-1]) for page in copied):
            return False
        # Where no page is equal, the database was not changed by a checkpoint.
        return any(same(page, each) for page, numbers in log.frames.items() for each in numbers if each <= begun)


def _sample(pages: list[int]) -> list[int]:
    pages.sort()
    return pages[:: len(pages) // _SAMPLE + 1]


def _place(frame: int, size: int) -> int:
    return _HEADER + (frame - 1) * (_FRAME_HEADER + size)


def _read_log(path: str) -> _Log:
    frames: dict[int, list[int]] = {}
    pages = 0
    uncommitted: list[tuple[int, int]] = []
    with open(path, "rb") as file:  # noqa: PTH123  # as above
        header = file.read(_HEADER)
        if len(header) < _HEADER or unpack_from(">I", header)[0] not in _MAGIC:
            return _Log(b"", 0, 0, {})
        (size,) = unpack_from(">I", header, 8)
        number = 1
        while len(frame := file.read(_FRAME_HEADER)) == _FRAME_HEADER and frame[8:16] == header[16:24]:
            page, commits = unpack_from(">II", frame)
            uncommitted.append((page, number))
            if commits:
                pages = commits  # a committing frame has the size of the database
                for each, at in uncommitted:
                    frames.setdefault(each, []).append(at)
                uncommitted.clear()
            number += 1
            file.seek(_place(number, size))
    return _Log(header[16:24], size, pages, frames)


def _index(database: str) -> tuple[bytes, int, int] | None:
    """Return the salt, and up to which frame a checkpoint was begun and done; `None` where there is no index."""
    try:
        content = _read_kept(f"{database}-shm", 0, 136)
    except OSError:
        return None
    if len(content) < _INDEX_BYTES or not content[12] or content[:48] != content[48:96]:
        return None
    (done,) = unpack_from("=I", content, 96)
    (begun,) = unpack_from("=I", content, 128)
    return content[32:40], max(begun, done), done


def _read_kept(path: str, offset: int, size: int) -> bytes:
    """Read a part of a file that SQLite locks.

    On POSIX, closing any descriptor of a file ends all locks that this process has on it, those of SQLite's connections
    included. So the descriptor is kept until the process ends, one for a file.
    """
    if os.name == "nt":
        with open(path, "rb") as file:  # noqa: PTH123  # as with `os.open`
            file.seek(offset)
            return file.read(size)
    with _kept_lock:
        status = os.stat(path)  # noqa: PTH116  # as with `os.open`
        kept = _kept.get((status.st_dev, status.st_ino))
        if kept is None:
            kept = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
            status = os.fstat(kept)
            _kept[status.st_dev, status.st_ino] = kept
        os.lseek(kept, offset, os.SEEK_SET)
        return os.read(kept, size)


def _times(database: str) -> list[tuple[int, int, int]]:
    found = [os.stat(database + suffix) for suffix in ("", "-wal")]  # noqa: PTH116  # as above
    return [(each.st_ino, each.st_mtime_ns, each.st_size) for each in found]
