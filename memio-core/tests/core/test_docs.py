"""What the documentation shows works: every code block of the Markdown files, and every example in a docstring."""

from __future__ import annotations

import doctest
import importlib.util
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from urllib.parse import urlsplit

import pytest

import memio

from run_page import LANGUAGES, MARKS, Block, blocks  # isort: skip  # beside this file

ROOT = Path(__file__).parents[3]
PAGES = sorted([ROOT / "README.md", ROOT / "memio-core" / "README.md", *(ROOT / "docs").rglob("*.md")])
# The other distributions run the code of their pages in their own tests.
ELSEWHERE = (
    "CHANGELOG.md",
    "memio-letta/README.md",
    "memio-postgres/README.md",
    "tests-contract/README.md",
    "changelog.d/README.md",
)
BRIDGES = tuple(f"{path.parent.relative_to(ROOT)}/README.md" for path in sorted(ROOT.glob("bridges/*/pyproject.toml")))
COMMUNITY = ("CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md")
LINKED = [*PAGES, *(ROOT / place for place in (*ELSEWHERE, *BRIDGES, *COMMUNITY))]
RUN = {"python", "sh", "toml", "json"}
LINK = re.compile(r"\]\(([^)\s]+)\)")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def runs(block: Block) -> bool:
    return block.language in RUN and block.mark != "needs a key"


def read(page: Path, folder: Path, *arguments: str, **more: str) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MEMIO_", "LETTA_"))}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    reader = str(Path(__file__).with_name("run_page.py"))
    done = subprocess.run(
        [sys.executable, "-W", "error", reader, str(page), *arguments],
        cwd=folder,
        env=environment | more,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", [page for page in PAGES if any(map(runs, blocks(page)))], ids=name)
def test_what_a_page_shows_works(page, tmp_path):
    code = [block.code for block in blocks(page) if runs(block)]
    if importlib.util.find_spec("memio_contract") is None and any("memio_contract" in text for text in code):
        pytest.skip("the page shows memio-contract, which is not installed")
    read(page, tmp_path)


def test_the_program_that_help_shows_works(tmp_path):
    program = dedent("\n".join(line for line in memio.__doc__.splitlines() if not line or line.startswith("    ")))
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "Alice likes coffee\n"), done.stderr


@pytest.fixture
def letta_agent() -> Iterator[str]:
    url = os.environ.get("MEMIO_LETTA_URL")
    if not url:
        pytest.skip("MEMIO_LETTA_URL names no Letta server")
    from letta_client import Letta

    made = [sys.executable, str(ROOT / "tools" / "letta" / "create_agent.py"), url]
    agent = subprocess.run(made, capture_output=True, text=True, check=True).stdout.strip()
    yield agent
    with Letta(base_url=url) as client:
        client.agents.delete(agent)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(block.mark == "needs letta" for block in blocks(page))], ids=name
)
def test_what_a_page_shows_works_on_a_letta_server(page, tmp_path, letta_agent):
    read(page, tmp_path, "letta", MEMIO_LETTA_URL=os.environ["MEMIO_LETTA_URL"], MEMIO_LETTA_AGENT=letta_agent)


def test_every_block_is_of_a_kind_that_is_checked():
    for page in PAGES:
        for block in blocks(page):
            assert block.language in LANGUAGES, f"{name(page)}:{block.line}: name the language of the block"
            assert block.mark in ("", *MARKS), f"{name(page)}:{block.line}: {block.mark!r} is not a mark"
        fences = re.findall(r"^ *```", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(list(blocks(page))), f"{name(page)}: a block that is not found is not run"


def test_the_pages_have_blocks_to_run():
    assert sum(block.language == "python" for page in PAGES for block in blocks(page)) >= 10
    assert sum(block.language == "sh" for page in PAGES for block in blocks(page)) >= 5


@pytest.mark.parametrize("page", LINKED, ids=name)
def test_links_lead_to_files_that_exist(page):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target:
            parts = urlsplit(target)
            assert parts.scheme == "https", target
            assert re.fullmatch(r"[a-z0-9.-]+\.[a-z]+", parts.netloc), target
        elif not target.startswith("#"):
            assert (page.parent / target.partition("#")[0]).exists(), f"{page.name} links to {target}"


def test_the_generated_parts_of_the_pages_are_current():
    for name in ("letta", "postgres"):
        if importlib.util.find_spec(f"memio.providers.{name}") is None:
            pytest.skip(f"the pages are about memio-{name}, too, which is not installed")
    command = [sys.executable, str(ROOT / "tools" / "docs" / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


_ELSEWHERE = ("memio.providers.letta", "memio.providers.postgres")
"""The packages of other distributions, which may be installed or not."""


_NEEDS = {"memio.embedders.langchain": "langchain_core"}
"""What the examples of a module need that memio does not bring."""


def modules() -> list[str]:
    here = [str(ROOT / "memio-core" / "src" / "memio")]
    names = [module.name for module in pkgutil.walk_packages(here, "memio.")]
    return ["memio", *(name for name in names if not name.startswith(_ELSEWHERE) and not name.endswith("__main__"))]


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_docstrings_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if name in _NEEDS:
        pytest.importorskip(_NEEDS[name])
    module = importlib.import_module(name)
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


def test_every_public_name_is_documented_and_can_be_imported():
    aliases = {"Kind", "Middleware", "Record", "Role"}  # of types: their descriptions are not there at run time
    for name in memio.__all__:
        assert getattr(memio, name).__doc__ or name in aliases, name
        assert name in dir(memio)
    with pytest.raises(AttributeError, match="no attribute 'Memo'"):
        _ = memio.Memo


def test_every_hook_shows_an_example():
    from memio import hookspecs

    hooks = [value for name, value in vars(hookspecs).items() if name.startswith("memio_")]
    assert hooks
    assert all("Example:" in hook.__doc__ for hook in hooks)


def test_the_design_page_names_every_file_of_core():
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    for path in (ROOT / "memio-core" / "src" / "memio").glob("*.py"):
        assert path.name in text or path.name == "__init__.py", path.name


def test_contributing_names_every_session_that_is_run_by_hand():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    source = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^def ci\(.*?for name in \[(.*?)\]", source, re.DOTALL | re.MULTILINE)
    for session in [*re.findall(r'"(\w+)"', listed), "lowest", "ci", "full"]:
        assert f"| `nox -s {session}` |" in text, session
