"""A store that lacks something and does not declare it passes; the same store fails when it declares it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from proof.lacking import LACKING, lacking, shared_kinds
from proof.part import part

from memio.capabilities import Feature, Guarantee
from memio_contract import ContractTarget, laws, run_law
from memio_contract.outcome import Status
from memio_contract.profile import DEV

PROFILE = replace(DEV, shrink=False, large=110, runs=2)
CASES = [
    pytest.param(
        kind, lambda declared, name=name, kind=kind: lacking(name, kind, declared=declared), id=f"{kind}-{name}"
    )
    for name, (_, kinds) in LACKING.items()
    for kind in kinds
] + [pytest.param(kind, shared_kinds, id=f"{kind}-separate_kinds") for kind in ("facts", "documents")]
Make = Callable[..., ContractTarget]


@pytest.mark.parametrize(("kind", "make"), part(CASES))
def test_a_store_that_is_honest_about_what_it_lacks_passes(kind: str, make: Make) -> None:
    target = make(declared=False)
    ends = [run_law(law, target, profile=PROFILE) for law in laws(kind)]
    assert [(end.law, end.report) for end in ends if end.status in (Status.FAILED, Status.NOT_RUN)] == []
    assert any(end.status is Status.NOT_APPLICABLE for end in ends)


@pytest.mark.parametrize(("kind", "make"), part(CASES))
def test_a_store_that_claims_what_it_lacks_fails(kind: str, make: Make) -> None:
    # defect: a declared feature is taken for support without being tried
    target = make(declared=True)
    # Those that need most come first: one of them finds it.
    likely = sorted(laws(kind), key=lambda law: -len(law.needs))
    assert any(run_law(law, target, profile=PROFILE).status is Status.FAILED for law in likely)


def test_every_feature_and_guarantee_was_removed_once() -> None:
    assert {str(name) for name in LACKING} | {"separate_kinds"} == {*map(str, Feature), *map(str, Guarantee)}


def test_a_missing_guarantee_is_shown_where_a_law_asks_for_less() -> None:
    target = lacking(Guarantee.STABLE_IDS, "facts", declared=False)
    ends = {law.id: run_law(law, target, profile=PROFILE) for law in laws("facts")}
    assert ends["facts.update.replaces-content"].relaxed == ("stable_ids",)
    assert ends["facts.update.keeps-id"].status is Status.NOT_APPLICABLE
    assert ends["facts.update.keeps-id"].reason == "the store does not declare stable_ids"
