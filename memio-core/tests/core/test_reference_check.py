"""The check that the reference on the site is complete."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("memio_contract")
pytest.importorskip("memio.providers.letta")

CHECK = Path(__file__).resolve().parents[3] / "tools" / "docs" / "check_reference.py"


def missing(site: Path, *anchors: str) -> list[str]:
    page = site / "api" / "page" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("".join(f'<h2 id="{anchor}"></h2>' for anchor in anchors), encoding="utf-8")
    done = subprocess.run([sys.executable, str(CHECK), str(site)], capture_output=True, text=True, check=False)
    assert done.returncode > 0, done.stderr
    return [line.strip() for line in done.stdout.splitlines()[1:]]


def test_every_public_name_is_reported_as_missing_on_an_empty_site(tmp_path):
    found = missing(tmp_path)
    expected = {"memio.Fact", "memio.blocking.Memio", "memio.transfer.copy", "memio_contract.laws"}
    assert {*expected, "memio.providers.sqlite.SqliteFactAdapter", "memio.providers.letta.LettaFactAdapter"} <= {*found}


def test_a_name_is_found_under_the_module_that_defines_it(tmp_path):
    found = missing(tmp_path, "memio.models.Fact", "memio.models.Message")
    assert {"memio.Document"} <= {*found}
    assert not {"memio.Fact", "memio.Message"} & {*found}


def test_another_object_of_the_same_name_does_not_count(tmp_path):
    found = missing(tmp_path, "memio.blocking.Facts", "memio.blocking.Memio")
    assert {"memio.facades.Facts", "memio.Memio"} <= {*found}


def test_a_missing_method_is_reported_also_when_it_is_inherited(tmp_path):
    found = missing(tmp_path, "memio.Memio", "memio.Memio.scoped", "memio.ScopedMemio")
    assert {"memio.Memio.forget", "memio.ScopedMemio.forget"} <= {*found}
    assert "memio.Memio.scoped" not in found
