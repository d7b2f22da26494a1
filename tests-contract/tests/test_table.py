"""The table that a run ends with."""

from __future__ import annotations

from pathlib import Path

from memio_contract import laws
from memio_contract.outcome import Outcome, Status
from memio_contract.result import Checked, Result
from memio_contract.table import lines, rows
from memio_contract.written import data

README = Path(__file__).parent.parent / "README.md"


def test_a_guarantee_whose_laws_do_not_apply_is_declared_all_the_same() -> None:
    outcomes = {law.id: Outcome(law=law.id, status=Status.NOT_APPLICABLE, reason="why") for law in laws("facts")}
    store = Checked(kind="facts", name="Store", guarantees=["separate_kinds"], outcomes=outcomes)
    cells = dict(rows([store]))
    assert cells["separate_kinds"][0].endswith(" n/a")
    assert cells["durable"] == ["not declared"]


def test_a_profile_that_leaves_names_out_states_how_many() -> None:
    live = Result(checked=[], profile="live", seed=0)
    readme = " ".join(README.read_text(encoding="utf-8").split())
    assert len(live.limits) == len(data(live)["limits"]) == 2
    for limit in live.limits:
        assert f"limits: {limit}" in list(lines(live))
        assert limit.removeprefix("profile live tried ") in readme
    assert Result(checked=[], profile="ci", seed=0).limits == []


def test_a_long_title_is_apart_from_the_first_kind() -> None:
    outcomes = {law.id: Outcome(law=law.id, status=Status.PASSED) for law in laws("facts")}
    store = Checked(kind="facts", provider="a provider with a long name", outcomes=outcomes)
    assert "a provider with a long name facts" in list(lines(Result(checked=[store], profile="ci", seed=0)))
