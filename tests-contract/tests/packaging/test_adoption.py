"""The suite is adopted from wheels, together with whatever plugins are installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from projects import pytest_run

from memio.capabilities import Feature
from memio_contract import laws

ALL, FACTS = len(laws()), len(laws("facts"))
WORDS = sum(Feature.SEMANTIC_SEARCH not in law.needs for law in laws())
"""Laws of a store that searches by words: memio alone brings no numpy, which vectors need."""
PASSED = f"passed: {ALL} laws, {WORDS} passed, {ALL - WORDS} not applicable"
README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
STORE, TEST, _ = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
# The two faults that the readme describes: a missing record, and a cursor that counts.
MENDED = (
    STORE.replace("from uuid import uuid4\n", "from uuid import uuid4\n\nfrom memio.errors import NotFoundError\n")
    .replace(
        "        return Fact(id=fact_id, content=self.read()[fact_id])",
        "        if fact_id not in self.read():\n"
        '            raise NotFoundError("fact", fact_id)\n'
        "        return Fact(id=fact_id, content=self.read()[fact_id])",
    )
    .replace(
        "        del texts[fact_id]",
        "        if fact_id not in texts:\n"
        '            raise NotFoundError("fact", fact_id)\n'
        "        del texts[fact_id]",
    )
    .replace("uuid4().hex\n", 'f"{time.time_ns():020}-{uuid4().hex}"\n')
    .replace("import json\n", "import json\nimport time\n")
    .replace("        texts, start = self.read(), int(cursor or 0)\n", "        texts = self.read()\n")
    .replace("in texts.items()]\n", 'in texts.items() if fact_id > (cursor or "")]\n')
    .replace("        end = start + limit\n", "")
    .replace(
        "        return Page(facts[start:end], str(end) if end < len(facts) else None)",
        "        page = facts[:limit]\n        return Page(page, page[-1].id if len(facts) > limit else None)",
    )
)
# pytest-asyncio warns where this is left out, and warnings are errors here.
SCOPE = ("-o", "asyncio_default_fixture_loop_scope=function")
COROUTINES = {
    "asyncio-strict": (
        "import asyncio, pytest\n\n@pytest.mark.asyncio\nasync def test_mine():\n    await asyncio.sleep(0)\n",
        ("-o", "asyncio_mode=strict", *SCOPE, "-p", "no:anyio"),
    ),
    "asyncio-auto": (
        "import asyncio\n\nasync def test_mine():\n    await asyncio.sleep(0)\n",
        ("-o", "asyncio_mode=auto", *SCOPE, "-p", "no:anyio"),
    ),
    "anyio": (
        "import anyio, pytest\n\n@pytest.mark.anyio\nasync def test_mine():\n    await anyio.sleep(0)\n",
        ("-p", "no:asyncio"),
    ),
}


def adopter_project(folder: Path, store: str) -> Path:
    """Write the project of the readme."""
    (folder / "acme_facts.py").write_text(store, encoding="utf-8")
    (folder / "test_acme.py").write_text(TEST, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\npythonpath = .\n", encoding="utf-8")
    return folder


def test_the_suite_runs_from_a_wheel_with_zero_code(bare: str, tmp_path: Path) -> None:
    # defect: the published conformance tests are not in the wheel
    run = pytest_run(
        tmp_path,
        *("--pyargs", "memio_contract.suite", "--memio-provider", "sqlite", "--memio-profile", "dev"),
        python=bare,
        PYTHONPATH="",
    )
    assert run.code == 0, run.out
    assert f"{PASSED} (profile dev, seed 0)" in run.out


def test_the_report_names_the_fault_and_a_mended_store_passes(bare: str, tmp_path: Path) -> None:
    run = pytest_run(adopter_project(tmp_path, STORE), python=bare, PYTHONPATH="")
    assert run.code == 1
    assert "If this fails, look at:" in run.out
    assert f"failed: {FACTS} laws" in run.out
    run = pytest_run(adopter_project(tmp_path, MENDED), python=bare, PYTHONPATH="")
    assert run.code == 0, run.out
    assert f"passed: {FACTS} laws" in run.out


@pytest.mark.parametrize("other", COROUTINES)
def test_the_plugins_of_others_are_not_disturbed_and_do_not_disturb(crowded: str, tmp_path: Path, other: str) -> None:
    # defect: the conformance tests clash with the adopter's test tools
    test, options = COROUTINES[other]
    folder = adopter_project(tmp_path, MENDED)
    (folder / "test_mine.py").write_text(test, encoding="utf-8")
    for order in (("-p", "no:randomly"), ("-p", "randomly", "-p", "no:cacheprovider")):
        run = pytest_run(folder, *options, *order, "--memio-profile", "dev", python=crowded, PYTHONPATH="")
        assert run.code == 0, run.out
        assert f"passed: {FACTS} laws" in run.out


def test_two_processes_make_one_result(crowded: str, tmp_path: Path) -> None:
    folder = adopter_project(tmp_path, STORE)
    options = ("-n", "2", *SCOPE, "--memio-profile", "dev", "--memio-report", "result.json")
    run = pytest_run(folder, *options, python=crowded, PYTHONPATH="")
    assert run.code == 1
    assert re.search(
        rf"failed: {FACTS} laws, \d+ passed, 10 failed, \d+ not applicable \(profile dev, seed 0\)", run.out
    ), run.out
    assert '"not run"' not in (folder / "result.json").read_text(encoding="utf-8")
    run = pytest_run(folder, *options, "-k", "search", python=crowded, PYTHONPATH="")
    assert run.code == 1
    assert f"incomplete: {FACTS} laws" in run.out


def test_the_suite_runs_with_zero_code_in_two_processes(crowded: str, tmp_path: Path) -> None:
    options = ("--pyargs", "memio_contract.suite", "--memio-provider", "sqlite", "--memio-profile", "dev", "-n", "2")
    run = pytest_run(tmp_path, *options, python=crowded, PYTHONPATH="")
    assert run.code == 0, run.out
    assert f"{PASSED} (profile dev, seed 0)" in run.out
