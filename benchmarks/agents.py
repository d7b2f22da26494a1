"""Agents of a Letta server that are made for one run, and removed after it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Self

from benchmarks.environments import ROOT


class Agents:
    """The agents by their number of passages.

    Attributes:
        known: The ids of the agents that could be made.
        trouble: Why one could not be made; nothing as long as all could.
    """

    def __init__(self, python: Path, url: str, report: Callable[[str], None]) -> None:
        self._python, self._url, self._report = python, url, report
        self.known: dict[int, str] = {}
        self.trouble = ""

    def __enter__(self) -> Self:
        """Make nothing yet."""
        return self

    def make(self, sizes: list[int]) -> None:
        """Make an agent with each number of passages that is not there, where there is a server."""
        for passages in sizes if self._url else []:
            if passages in self.known or self.trouble:
                continue
            self._report(f"making an agent with {passages:,} passages")
            done = self._run("make", str(passages))
            if done.returncode:
                self.trouble = f"an agent with {passages:,} passages cannot be made: {_last_line(done.stderr)}"
            else:
                self.known[passages] = done.stdout.strip()

    def __exit__(self, *_: object) -> None:
        """Remove them all."""
        for agent in self.known.values():
            if (done := self._run("remove", agent)).returncode:
                self._report(f"{agent} of {self._url} stays: {_last_line(done.stderr)}")

    def _run(self, what: str, which: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._python), "-m", "benchmarks.letta.agents", what, self._url, which]
        return subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no output"])[-1]
