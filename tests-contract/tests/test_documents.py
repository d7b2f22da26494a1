"""The documents describe what the code does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from documents import DOCS, PAGES
from projects import pytest_run

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
STORE, TEST, HOOK = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_that_are_made_from_the_code_are_up_to_date(name: str) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == "\n".join(PAGES[name]()) + "\n", "run python tests-contract/tests/documents.py"


def test_adopting_the_suite_takes_ten_lines() -> None:
    assert sum(bool(line) for line in TEST.splitlines()) <= 10


def test_the_store_of_the_readme_fails_as_the_readme_describes(tmp_path: Path) -> None:
    (tmp_path / "acme_facts.py").write_text(STORE, encoding="utf-8")
    (tmp_path / "test_acme.py").write_text(TEST, encoding="utf-8")
    run = pytest_run(tmp_path, PYTHONPATH=".")
    assert run.code == 1
    failed = re.findall(r"^failed: (\S+):", run.out, re.MULTILINE)
    assert failed[0] == "facts.get.unknown"
    assert "facts.listing.survives-deletes" in failed
    assert len(failed) == 10
    shown = README.partition("```text\n")[2].partition("```")[0]
    reported = run.out.partition("The law facts.get.unknown")[2].partition("The law ")[0]
    reported = re.sub(r"'[0-9a-f]{32}'", "'…'", "The law facts.get.unknown" + reported)
    assert shown in reported


def test_the_hook_of_the_readme_is_a_hook() -> None:
    (function,) = [node for node in ast.parse(HOOK).body if isinstance(node, ast.FunctionDef)]
    assert function.name == "memio_contract_targets"
