"""The real command line in real processes, and small real distributions for it to find."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from memio import Memio
from memio.cli import main

MEMIO = Path(sys.executable).with_name("memio.exe" if os.name == "nt" else "memio")
KINDS = ("facts", "history", "documents", "graph")


@dataclass
class Done:
    """What a process left: its exit code and its output."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, as one JSON document."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Standard output, as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def events(self) -> list[Any]:
        """Standard error, as JSON lines."""
        return [json.loads(line) for line in self.err.splitlines()]

    @property
    def error(self) -> Any:
        """The last line of standard error, as JSON that holds an error."""
        return self.events[-1]["error"]


class Shell:
    """A working directory, and an environment to run `memio` in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MEMIO_", "LETTA_", "PYTHON", "COLUMNS", "FORCE_COLOR", "NO_COLOR", "_MEMIO"))
        }
        # A file that was chosen, so that there is no note about the file.
        self.environment |= {"COLUMNS": "100", "MEMIO_SQLITE_PATH": str(folder / "memories.db")}

    def __call__(self, *arguments: str | Path, stdin: str | bytes = b"", **environment: str) -> Done:
        """Run `memio` and wait for its end."""
        return self.run([MEMIO, *arguments], stdin=stdin, **environment)

    def run(self, command: list[Any], *, stdin: str | bytes = b"", **environment: str) -> Done:
        """Run a command and wait for its end."""
        done = subprocess.run(
            command,
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            check=False,
            cwd=self.folder,
            env=self.environment | environment,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def write(self, name: str, text: str) -> Path:
        """Write a file into the working directory."""
        path = self.folder / name
        path.write_text(dedent(text), encoding="utf-8")
        return path


@pytest.fixture
def memio(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def many_facts(memio: Shell) -> Callable[[int], None]:
    """Store that many facts in the file that the command line will look at."""

    def add(count: int) -> None:
        async def run() -> None:
            settings = {"provider": "sqlite", "path": memio.environment["MEMIO_SQLITE_PATH"]}
            async with Memio.from_config({"facts": settings}) as client:
                await client.facts.add_many(f"fact number {number}" for number in range(count))

        asyncio.run(run())

    return add


@pytest.fixture
def here(
    memio: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Done]]:
    """Run the command line in this process, where many runs would take long otherwise."""
    monkeypatch.chdir(memio.folder)
    # Changed, not replaced: a module may hold the object.
    for name in os.environ.keys() - memio.environment.keys():
        monkeypatch.delenv(name)
    for name, value in memio.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    before = list(logging.getLogger("memio").handlers)

    def run(*arguments: str) -> Done:
        with warnings.catch_warnings():
            # The lowest typer uses what the newest click is about to drop.
            warnings.simplefilter("ignore", DeprecationWarning)
            code = main(list(arguments))
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    yield run
    logging.getLogger("memio").handlers[:] = before


@pytest.fixture
def distribution(memio: Shell) -> Callable[..., Path]:
    """Lay out a distribution as an installer does, where the command line's processes find it."""

    def make(
        name: str,
        provider: str,
        module: str,
        source: str,
        *,
        groups: tuple[str, ...] = ("facts",),
        version: str = "1.0",
    ) -> Path:
        site = memio.folder / "site-packages"
        information = site / f"{name.replace('-', '_')}-{version}.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        points = [f"[memio.{group}]\n{provider} = {module}\n" for group in groups]
        (information / "entry_points.txt").write_text("\n".join(points))
        (site / f"{module}.py").write_text(dedent(source), encoding="utf-8")
        memio.environment["PYTHONPATH"] = str(site)
        return site

    return make


@pytest.fixture
def plain(distribution: Callable[..., Path]) -> Callable[[], Path]:
    """A provider that has what every provider must have, and no feature: it keeps its records in a JSON file."""

    def make() -> Path:
        source = Path(__file__).with_name("plain_provider.py").read_text(encoding="utf-8")
        return distribution("memio-plain", "plain", "memio_plain", source, groups=KINDS)

    return make
