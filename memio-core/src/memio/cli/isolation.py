"""Checks of plugins, each in a separate process.

A plugin may exit, crash, hang or print while it is imported; none of that reaches the command that checks it.
"""

from __future__ import annotations

import json
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
"""How many processes run at the same time."""

_SHOWN_OUTPUT = 300
"""Characters of a failed process's standard error that are shown: the last ones."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of the check of one entry point.

    Attributes:
        state: `ok`; `needs settings`, when its store cannot be opened without a configuration; `needs packages`,
            when middleware cannot be opened without what its extra installs; or `broken`.
        message: What is missing or broken.
        features: What its store declares; empty where there is no store, or where it could not be opened.
        guarantees: What its store promises; empty in the same cases.
    """

    state: Literal["ok", "needs settings", "needs packages", "broken"]
    message: str = ""
    features: tuple[str, ...] = ()
    guarantees: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)


def inspect(entries: Iterable[Entry], timeout: float) -> dict[Entry, Finding]:
    """Import each plugin in a separate process, and open its stores with default settings.

    Args:
        entries: The entry points; those that name the same module of a distribution share a process.
        timeout: Seconds that a process may take before it is ended.
    """
    by_module: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        by_module[entry.distribution, entry.module].append(entry)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = pool.map(_inspected, by_module.values(), repeat(timeout))
        return {entry: finding for result in results for entry, finding in result.items()}


def _inspected(entries: list[Entry], timeout: float) -> dict[Entry, Finding]:
    with TemporaryDirectory(prefix="memio-check-") as folder:
        findings, errors = Path(folder, "findings"), Path(folder, "errors")
        references = [f"{entry.group}={entry.distribution}:{entry.name}" for entry in entries]
        command = [sys.executable, "-P", "-m", "memio.cli.inspect", str(findings), *references]
        # A file instead of a pipe: a process that the plugin starts may hold a pipe open for ever.
        with errors.open("wb") as stream:
            fault = _run(command, stream.fileno(), timeout)
        if fault is None and findings.exists():
            found = json.loads(findings.read_bytes())
            return {entry: Finding(**fields) for entry, fields in zip(entries, found, strict=True)}
        output = errors.read_bytes().decode(errors="replace").strip()[-_SHOWN_OUTPUT:]
        message = fault or "it ended the process"
        broken = Finding("broken", f"{message}; the end of its error output: {output}" if output else message)
        return dict.fromkeys(entries, broken)


def _run(command: list[str], errors: int, timeout: float) -> str | None:
    """Run a process, and return what was wrong with its end, or `None`."""
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
    """End a process and every process that it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
