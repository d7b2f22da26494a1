"""The script that turns the JSON report into a table for a page."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from proof.targets import on_dict

from memio_contract import laws, run_law
from memio_contract.profile import DEV
from memio_contract.result import Checked, Result
from memio_contract.written import data

TOOL = Path(__file__).resolve().parents[2] / "tools" / "contract_table.py"


def test_its_example_is_right() -> None:
    spec = spec_from_file_location("contract_table", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert doctest.testmod(module).failed == 0


def test_it_replaces_the_table_of_a_page_and_nothing_else(tmp_path: Path) -> None:
    some = [law for law in laws("facts") if law.feature == "attribution"]
    checked = Checked(
        kind="facts", provider="dict", outcomes={law.id: run_law(law, on_dict(), profile=DEV) for law in some}
    )
    report, page = tmp_path / "report.json", tmp_path / "page.md"
    report.write_text(json.dumps(data(Result(checked=[checked], profile="dev", seed=0))), encoding="utf-8")
    page.write_text("above\n<!-- contract table -->\nold\n<!-- end of contract table -->\nbelow\n", encoding="utf-8")
    for _ in range(2):
        subprocess.run([sys.executable, TOOL, report, page], check=True)
        text = page.read_text(encoding="utf-8")
        assert text.startswith("above\n<!-- contract table -->\n\nVerdict **incomplete**, profile `dev`")
        assert text.endswith("\n\n<!-- end of contract table -->\nbelow\n")
        assert f"\n| `attribution` | {len(some)} |\n" in text
        assert "not run" in text
        assert "old" not in text


def test_a_page_without_the_marks_is_left_alone(tmp_path: Path) -> None:
    report, page = tmp_path / "report.json", tmp_path / "page.md"
    report.write_text('{"stores": [], "verdict": "passed", "profile": "ci", "seed": 0}', encoding="utf-8")
    page.write_text("no marks\n", encoding="utf-8")
    done = subprocess.run([sys.executable, TOOL, report, page], check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert "<!-- contract table -->" in done.stderr
    assert page.read_text(encoding="utf-8") == "no marks\n"
