"""A store that is correct passes, however unusual it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from proof.part import part
from proof.unusual import UNUSUAL, unusual

from memio_contract import laws, run_law
from memio_contract.outcome import Status
from memio_contract.profile import DEV

PROFILE = replace(DEV, shrink=False, large=110, runs=2)
CASES = [
    pytest.param(mixin, kind, id=f"{kind}-{mixin.__name__}") for mixin, (kinds, _) in UNUSUAL.items() for kind in kinds
]


@pytest.mark.parametrize(("mixin", "kind"), part(CASES))
def test_a_correct_store_passes(mixin: type, kind: str) -> None:
    target = unusual(mixin, kind)
    ends = [run_law(law, target, profile=PROFILE) for law in laws(kind)]
    wrong = {Status.FAILED, Status.NOT_RUN}
    assert [(end.law, end.reason, end.report) for end in ends if end.status in wrong] == []
