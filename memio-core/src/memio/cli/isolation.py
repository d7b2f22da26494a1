"""Plugins looked at from a safe distance: in a process of their own, which may do anything but disturb this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from memio.registry import Entry

AT_ONCE = 4
"""How many plugins are looked at at the same time."""

_LAST_WORDS = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """What a plugin turned out to be.

    Attributes:
        state: `ok`; `needs settings`, when its store cannot be opened without a configuration; `needs packages`,
            when middleware cannot be opened without what its extra installs; or `broken`.
        message: What is missing or broken.
        features: What its store declares; empty for middleware and where it could not be opened.
        guarantees: What its store promises; likewise.
    """

    state: Literal["ok", "needs settings", "needs packages", "broken"]
    message: str = ""
    features: tuple[str, ...] = ()
    guarantees: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)


def inspect(entries: Iterable[Entry], timeout: float) -> dict[Entry, Finding]:
    """Import each plugin in a process of its own, and open its stores with default settings.

    Args:
        entries: The entry points; those that name the same module of a distribution share a process.
        timeout: Seconds that a process may take before it is ended.
    """
    together: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        together[entry.distribution, entry.module].append(entry)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(_inspected, together.values(), repeat(timeout))
        return {entry: finding for answer in answers for entry, finding in answer.items()}


def _inspected(entries: list[Entry], timeout: float) -> dict[Entry, Finding]:
    with TemporaryDirectory(prefix="memio-check-") as folder:
        answers, errors = Path(folder, "answers"), Path(folder, "errors")
        places = [f"{entry.group}={entry.distribution}:{entry.name}" for entry in entries]
        command = [sys.executable, "-P", "-m", "memio.cli.inspect", str(answers), *places]
        # Files instead of pipes: what a plugin starts may hold a pipe open for ever.
        with errors.open("wb") as stream:
            ending = _ended(command, stream.fileno(), timeout)
        if ending is None and answers.exists():
            from json import loads

            found = loads(answers.read_bytes())
            return {entry: Finding(**fields) for entry, fields in zip(entries, found, strict=True)}
        words = errors.read_bytes().decode(errors="replace").strip()[-_LAST_WORDS:]
        message = ending or "it ended the process"
        broken = Finding("broken", f"{message}; its last words: {words}" if words else message)
        return dict.fromkeys(entries, broken)


def _ended(command: list[str], errors: int, timeout: float) -> str | None:
    """Run a process and return what was wrong with its end, if anything."""
    process = subprocess.Popen(  # noqa: S603  # this interpreter, on a module of memio
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
    )
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        return f"it had not finished after {timeout:g} s"
    finally:
        if process.poll() is None:
            _kill(process)
    if code < 0:
        return f"it died of {signal.Signals(-code).name}"
    return f"it ended the process with exit code {code}" if code else None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process with everything that it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
