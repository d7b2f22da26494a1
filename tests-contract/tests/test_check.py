"""`memio check`: the suite for people who do not think in pytest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from memio_contract import laws
from memio_contract.cli import check

GRAPH = len(laws("graph"))


def test_a_provider_that_passes_exits_with_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "result.md"
    assert check("sqlite", kinds=["graph"], profile="dev", seed=3, report=report) == 0
    out = capsys.readouterr().out
    assert out.startswith("memio contract: sqlite, profile dev, seed 3\ngraph      ....")
    assert f"passed: {GRAPH} laws, {GRAPH} passed (profile dev, seed 3)" in out
    assert "| sqlite | graph |" in report.read_text(encoding="utf-8")
    assert json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))["verdict"] == "passed"


def test_a_result_that_is_incomplete_exits_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "memio.toml"
    config.write_text('graph = { provider = "sqlite", path = "mine.db" }\n', encoding="utf-8")
    assert check("sqlite", config=config, profile="dev") == 1
    assert f"incomplete: {GRAPH} laws" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"provider": "nonsense"}, "no facts provider 'nonsense' is installed"),
        ({"provider": "sqlite", "kinds": ["fact"]}, "'fact' is not a kind; the kinds are facts, history"),
        ({"provider": "sqlite", "profile": "fast"}, "'fast' is not a profile; the profiles are dev, ci, live"),
        ({"provider": "sqlite", "config": "missing.toml"}, "missing.toml"),
    ],
)
def test_a_wrong_argument_exits_with_two_and_an_error_that_names_it(
    arguments: dict[str, object], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(**arguments) == 2
    assert message in capsys.readouterr().err
