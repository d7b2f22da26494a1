"""The script that puts a scorecard into the page of a provider."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from proof.targets import on_dict

from memio_contract import laws, run_law
from memio_contract.profile import DEV
from memio_contract.result import Checked, Result
from memio_contract.scorecard import write_scorecard

ROOT = Path(__file__).resolve().parents[2]
PARTS = "above\n<!-- generated: contract result of postgres -->\nold\n<!-- end -->\nbelow\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a folder with the script, what it uses, and a page."""
    (tmp_path / "docs/assets").mkdir(parents=True)
    (tmp_path / "docs/providers").mkdir()
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    (tmp_path / "docs/providers/postgres.md").write_text(PARTS, encoding="utf-8")
    return tmp_path


def scorecard(folder: Path) -> Path:
    some = [law for law in laws("facts") if law.feature == "attribution"]
    outcomes = {law.id: run_law(law, on_dict(), profile=DEV) for law in some}
    result = Result(checked=[Checked(kind="facts", provider="dict", outcomes=outcomes)], profile="dev", seed=0)
    page = folder / "contract-postgres.md"
    write_scorecard(result, page, title="postgres")
    return page


def put(card: Path, page: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    script = folder / "tools/docs/put_scorecard.py"
    return subprocess.run([sys.executable, script, card, page], check=False, capture_output=True, text=True, cwd=folder)


def test_it_replaces_the_part_of_a_page_and_nothing_else(repository: Path, tmp_path: Path) -> None:
    page = repository / "docs/providers/postgres.md"
    for _ in range(2):
        done = put(scorecard(tmp_path), page, repository)
        assert done.returncode == 0, done.stderr
        text = page.read_text(encoding="utf-8")
        assert text.startswith(
            "above\n<!-- generated: contract result of postgres -->\n\n![memio contract: incomplete]"
        )
        assert text.endswith("\n\n<!-- end -->\nbelow\n")
        assert "](../assets/contract-postgres.svg)" in text
        assert "| run | profile `dev`, seed 0 |" in text
        assert "old" not in text
    assert (repository / "docs/assets/contract-postgres.svg").is_file()


def test_a_page_that_is_published_alone_gets_no_picture(repository: Path, tmp_path: Path) -> None:
    page = repository / "README.md"
    page.write_text(PARTS, encoding="utf-8")
    assert put(scorecard(tmp_path), page, repository).returncode == 0
    text = page.read_text(encoding="utf-8")
    assert "svg" not in text
    assert "| verdict | **incomplete** |" in text


def test_a_page_without_the_part_is_left_alone(repository: Path, tmp_path: Path) -> None:
    page = repository / "README.md"
    page.write_text("no part\n", encoding="utf-8")
    done = put(scorecard(tmp_path), page, repository)
    assert done.returncode != 0
    assert "contract result of postgres" in done.stderr
    assert page.read_text(encoding="utf-8") == "no part\n"
