"""A generated provider, installed as its author does it: it passes its checks, and applications find it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytestmark = pytest.mark.packaging

KINDS = ("facts", "history", "documents", "graph")
PAGE = Path(__file__).resolve().parents[3] / "docs" / "writing-a-provider.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


class Author(NamedTuple):
    """An author, with the command line and the contract installed, and a folder to work in."""

    environment: Any
    folder: Path

    def run(self, *command: str | Path, cwd: Path | None = None, code: int = 0) -> str:
        """Run a command, as in an activated environment, and return what it printed."""
        path = os.pathsep.join([str(self.environment.scripts), os.environ["PATH"]])
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "MEMIO_"))
        }
        done = subprocess.run(
            [self.environment.scripts / command[0], *command[1:]],
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=cwd or self.folder,
            env={**kept, "PATH": path, "COLUMNS": "100", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def author(
    make_environment: Callable[..., Any],
    core_with_cli: str,
    wheels: Mapping[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Author:
    """An author who followed the first two lines of the documentation."""
    environment = make_environment("author", core_with_cli, wheels["memio-contract"])
    return Author(environment, tmp_path_factory.mktemp("author"))


def generated(author: Author, name: str, kinds: tuple[str, ...], *options: str) -> Path:
    """Generate a provider and install it."""
    made = json.loads(
        author.run(
            "memio",
            "new-provider",
            name,
            *(option for kind in kinds for option in ("--kind", kind)),
            "--json",
            *options,
        )
    )
    folder = author.folder / made["folder"]
    author.environment.install("--editable", folder)
    return folder


def check_types(folder: Path, python: Path) -> None:
    """Run the checkers of these tests over it, with its settings."""
    for tool, *where in (
        ("mypy", "--no-incremental", "--cache-dir", os.devnull, "--python-executable", python),
        ("pyright", "--pythonpath", python),
    ):
        done = subprocess.run(
            [sys.executable, "-m", tool, *where],
            check=False,
            capture_output=True,
            text=True,
            cwd=folder,
            env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        )
        assert done.returncode == 0, done.stdout + done.stderr


def holds(author: Author, name: str, kinds: tuple[str, ...], *options: str) -> Path:
    """Generate a provider, and check that it passes its tests, the contract and the checkers."""
    folder = generated(author, name, kinds, *options)
    check_types(folder, author.environment.python)
    tested = author.run("pytest", "--memio-profile", "dev", cwd=folder)
    assert re.search(r"^passed: \d+ laws", tested, re.MULTILINE), tested
    assert "failed" not in tested
    listed = json.loads(author.run("memio", "providers", "--check", "--json"))["providers"]
    mine = [entry for entry in listed if entry["provider"] == name]
    assert [entry["kind"] for entry in mine] == list(kinds)
    assert {(entry["distribution"], entry["state"]) for entry in mine} == {(f"memio-{name}", "ok")}
    return folder


def test_a_provider_of_all_kinds_passes_everything_as_it_was_written(author: Author) -> None:
    folder = holds(author, "acme", KINDS)
    checked = author.run("memio", "check", "acme", "--profile", "dev")
    assert "passed: " in checked.splitlines()[-1]
    (author.folder / "mine.toml").write_text('facts = { provider = "acme", collection = "mine" }\n', encoding="utf-8")
    chosen = author.run("memio", "check", "acme", "--profile", "dev", "--kind", "facts", "-c", "mine.toml", code=1)
    # In the collection that the configuration names, which may hold other records, so it cannot be emptied.
    assert "incomplete" in chosen.splitlines()[-1]
    found = author.environment.run(
        "import asyncio, json\n"
        "from memio import Memio\n"
        "async def main():\n"
        "    async with Memio.from_config({'facts': 'acme'}) as memio:\n"
        "        await memio.facts.add(content='likes coffee')\n"
        "        print(json.dumps([hit.content for hit in await memio.facts.search(query='coffee')]))\n"
        "asyncio.run(main())\n"
    )
    assert found == ["likes coffee"]
    for _, code in BLOCK.findall((folder / "README.md").read_text(encoding="utf-8")):
        author.run("python", "-W", "error", "-c", code)
    author.run("memio", "demo", "--provider", "acme")


def test_a_provider_on_a_database_passes_every_law_with_every_feature(author: Author) -> None:
    folder = holds(author, "on-database", KINDS, "--example", "database")
    tested = author.run("pytest", "--memio-profile", "dev", "-k", "unknown", cwd=folder, code=1)
    assert "not declared" not in tested
    assert "not applicable" not in tested


def test_a_provider_that_is_installed_is_not_generated_again(author: Author) -> None:
    generated(author, "twice", ("facts",))
    done = author.environment.command(author.environment.scripts / "memio", "new-provider", "twice")
    assert done.returncode == 2
    assert "a provider 'twice' is installed, from memio-twice 0.1.0 (facts)" in done.stderr


def test_without_its_templating_library_the_command_names_what_to_install(author: Author) -> None:
    author.environment.uninstall("jinja2")
    try:
        done = author.environment.command(author.environment.scripts / "memio", "new-provider", "bare")
    finally:
        author.environment.install("jinja2")
    assert done.returncode == 2
    assert "pip install 'memio-core[cli]'" in done.stderr


def test_the_archives_of_a_provider_hold_what_they_should(author: Author, uv: str, tmp_path: Path) -> None:
    author.run("memio", "new-provider", "built")
    done = subprocess.run(
        [uv, "build", "--python", sys.executable, "--out-dir", tmp_path, author.folder / "memio-built"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    author.environment.install(next(tmp_path.glob("*.whl")))
    where = author.environment.run(
        "import json, pathlib, memio_built; f = pathlib.Path(memio_built.__file__).parent;"
        "print(json.dumps(sorted(path.name for path in f.iterdir() if path.is_file())))"
    )
    modules = ("__init__", "backend", "contract", "facts", "plugin", "settings")
    assert where == sorted([*(f"{module}.py" for module in modules), "py.typed"])


def test_the_store_that_the_documentation_shows_passes_the_contract(author: Author, tmp_path: Path) -> None:
    shown = [code for kind, code in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if kind == "python"]
    stores = "".join(code for code in shown if "class AcmeFactAdapter:" in code or "class UpdatingFactAdapter" in code)
    batching = next(code for code in shown if "class BatchingFactAdapter" in code)
    classes = f"{stores}\n{batching}".replace("asyncio.run(main())", "")
    (tmp_path / "shown.py").write_text(f"import asyncio\nfrom memio import Memio\n{classes}", encoding="utf-8")
    (tmp_path / "test_shown.py").write_text(
        "from contextlib import asynccontextmanager\n"
        "from memio_contract import ContractTarget, FactStoreContract\n"
        "import pytest, shown\n"
        "def target(store):\n"
        "    @asynccontextmanager\n"
        "    async def fresh():\n"
        "        one = store()\n"
        "        yield lambda: one\n"
        "    return ContractTarget(fresh=fresh)\n"
        "for store in (shown.AcmeFactAdapter, shown.UpdatingFactAdapter, shown.BatchingFactAdapter):\n"
        "    name = f'Test{store.__name__}'\n"
        "    globals()[name] = type(name, (FactStoreContract,), {'target': target(store), 'label': name})\n",
        encoding="utf-8",
    )
    run = author.run("pytest", "-o", "pythonpath=.", "--memio-profile", "dev", cwd=tmp_path)
    assert re.search(r"^passed: \d+ laws", run, re.MULTILINE), run


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_of_one_kind_passes_everything_as_it_was_written(author: Author, kind: str) -> None:
    holds(author, f"only-{kind}", (kind,))


@pytest.mark.slow
def test_the_commands_of_the_documentation_lead_to_a_provider_that_passes(
    wheels: Mapping[str, Path], tmp_path: Path
) -> None:
    blocks = [code for kind, code in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if kind == "console"]
    # The page writes PATH for the place of a clone.
    commands = [code.replace("PATH/", f"{PAGE.parents[1]}/") for code in blocks]
    places = " ".join(str(wheel.parent) for wheel in wheels.values())
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "MEMIO_"))}
    done = subprocess.run(
        ["bash", "-euc", "\n".join(commands)],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={
            **kept,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PIP_FIND_LINKS": places,
        },
    )
    assert done.returncode == 0, done.stdout + done.stderr
    table = next(code for kind, code in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if kind == "text")
    for line in table.replace("…\n", "").splitlines():
        # The tests show it once, and the command once more.
        assert done.stdout.count(f"{line}\n") == 2, line
