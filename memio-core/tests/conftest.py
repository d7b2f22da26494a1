"""Fixtures for all tests of core."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

# A shell that runs in the background starts its children with Ctrl-C ignored, and they pass that on. The tests that
# interrupt processes would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Return a function that makes a folder on a disk of so many megabytes."""
    folder = tmp_path / "small"
    with ExitStack() as stack:

        def make(megabytes: int) -> Path:
            folder.mkdir()
            try:
                command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
                subprocess.run(command, check=True, capture_output=True)
            except (FileNotFoundError, subprocess.CalledProcessError):
                pytest.skip("this user may not mount a small disk")
            stack.callback(subprocess.run, ["umount", str(folder)], check=True)
            return folder

        yield make
