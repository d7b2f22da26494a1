"""The table that a run ends with."""

from __future__ import annotations

from memio_contract import laws
from memio_contract.outcome import Outcome, Status
from memio_contract.result import Checked
from memio_contract.table import rows


def test_a_guarantee_whose_laws_do_not_apply_is_declared_all_the_same() -> None:
    outcomes = {law.id: Outcome(law=law.id, status=Status.NOT_APPLICABLE, reason="why") for law in laws("facts")}
    store = Checked(kind="facts", name="Store", guarantees=["separate_kinds"], outcomes=outcomes)
    cells = dict(rows([store]))
    assert cells["separate_kinds"][0].endswith(" n/a")
    assert cells["durable"] == ["not declared"]
