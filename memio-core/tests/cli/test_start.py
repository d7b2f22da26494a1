"""How the command line starts: what it needs, what it imports, and its errors without it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import memio as package

SOURCE = Path(package.__file__).parent
START = "import sys; sys.path.insert(0, {path!r}); from memio.cli import main; sys.exit(main(sys.argv[1:]))"


def test_without_the_extra_one_line_says_how_to_install_it(memio: Any) -> None:
    # -S leaves out what is installed, and so typer.
    done = memio.run([sys.executable, "-I", "-S", "-c", START.format(path=str(SOURCE.parent)), "demo"])
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == ["the command line needs the extra 'cli': pip install 'memio-core[cli]'"]


def test_a_package_that_the_namesake_project_has_overwritten_is_reported_as_such(memio: Any) -> None:
    overwritten = memio.folder / "site"
    shutil.copytree(SOURCE, overwritten / "memio")
    (overwritten / "memio" / "__init__.py").write_text("")
    done = memio.run([sys.executable, "-I", "-S", "-c", START.format(path=str(overwritten)), "demo"])
    assert (done.code, done.out) == (2, "")
    assert "another project called 'memio' has overwritten files of memio-core" in done.err
    assert "pip uninstall memio" in done.err


def test_the_namesake_next_to_it_is_warned_of_in_one_line(memio: Any, distribution: Any) -> None:
    distribution("memio", "other", "other_plugin", "")
    done = memio("providers")
    assert done.code == 0
    [line] = done.err.splitlines()
    assert line.startswith("Warning: another project called 'memio' (1.0) is installed along with memio-core")


MODULES = """
import contextlib, io, sys
from memio.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(sys.argv[1:])
print(code, *(name for name in {names!r} if name in sys.modules))
"""


# defect: every plugin is imported at start-up, also those that are not configured
@pytest.mark.parametrize(
    "arguments", [["--help"], ["facts", "--help"], ["facts", "add", "--help"], ["demo", "--help"], ["providers"]]
)
def test_help_and_the_listing_import_neither_the_client_nor_a_provider(memio: Any, arguments: list[str]) -> None:
    names = ["memio.client", "memio.config", "memio.providers.sqlite", "memio.providers.letta", "letta_client"]
    names += ["asyncio", "sqlite3", "pluggy"]
    done = memio.run([sys.executable, "-c", MODULES.format(names=names), *arguments])
    assert (done.out, done.err) == ("0\n", "")


def test_the_version_is_shown(memio: Any) -> None:
    assert memio("--version").out == f"memio-core {package.__version__}\n"


def test_it_runs_as_a_module_too(memio: Any) -> None:
    assert memio.run([sys.executable, "-m", "memio", "--version"]).code == 0


def test_the_help_explains_the_exit_codes(memio: Any) -> None:
    shown = " ".join(memio("--help").out.split())
    for words in ("0 done", "1 no such record", "2 wrong usage", "3 the backend failed", "4 the id", "5 a plugin"):
        assert words in shown


def test_without_a_word_it_shows_its_help(memio: Any) -> None:
    done = memio()
    assert (done.code, "Usage: memio" in done.out, done.err) == (0, True, "")


def test_a_group_without_a_command_is_wrong_usage(memio: Any) -> None:
    done = memio("facts")
    assert (done.code, done.out) == (2, "")
    assert "Missing command" in done.err
    assert "memio facts --help" in done.err
