"""Every broken store of the catalogue is found by the law that is meant to find it."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import pytest
from proof.catalogue import Fault, catalogue, unkilled
from proof.part import part

from memio_contract import laws, run_law
from memio_contract.lawbook import law_by_id
from memio_contract.outcome import Status
from memio_contract.profile import CI, DEV, LIVE

SEEDS = range(int(os.environ.get("MEMIO_CATALOGUE_SEEDS", "5")))
"""For laws with generated values or calls; the others run the same calls whatever the seed, so once is enough.

Whether a law finds a fault depends on its calls and not on the Python, so one seed is enough on the others.
"""
PROFILE = replace(CI, shrink=False)
QUICK = replace(DEV, shrink=False, large=110, runs=1, examples=2)
# What a mistake in the catalogue itself would raise: such a store is broken in another way than its description.
MISTAKES = ("TypeError", "AttributeError", "NameError", "IndexError", "RecursionError")


@pytest.mark.parametrize("fault", part(catalogue()), ids=lambda fault: fault.name)
def test_a_broken_store_is_found_by_its_law(fault: Fault) -> None:
    law = law_by_id(fault.kills)
    target = fault.target()
    generated = law.over is not None or isinstance(law.check, type)
    for seed in SEEDS if generated else SEEDS[:1]:
        outcome = run_law(law, target, profile=PROFILE, seed=seed)
        assert outcome.status is Status.FAILED, f"{fault.means} Seed {seed}: {outcome.status} {outcome.reason}"
        assert not any(mistake in outcome.reason for mistake in MISTAKES), outcome.report
        assert law.id in outcome.report
        assert law.look_at in outcome.report
        ast.parse("async def story():\n" + "\n".join(f"    {line}" for line in outcome.calls))


def _confuses_labels(fault: Fault) -> bool:
    law = law_by_id(fault.kills)
    return law.id.endswith(".not-joined") or (law.over is not None and law.over.alike)


@pytest.mark.parametrize("fault", part(filter(_confuses_labels, catalogue())), ids=lambda fault: fault.name)
def test_a_store_that_confuses_labels_is_found_by_the_names_of_the_smallest_profile(fault: Fault) -> None:
    outcome = run_law(law_by_id(fault.kills), fault.target(), profile=replace(LIVE, examples=1))
    assert outcome.status is Status.FAILED, f"{fault.means} {outcome.status} {outcome.reason}"


def test_every_law_finds_a_broken_store() -> None:
    assert list(unkilled()) == []


def test_every_kind_has_broken_stores_of_both_makes() -> None:
    made = {(fault.kind, fault.on) for fault in catalogue()}
    assert made == {(kind, on) for kind in ("facts", "history", "documents", "graph") for on in ("dict", "sqlite")}
    assert len({fault.mixin for fault in catalogue()}) >= 60


def test_every_broken_store_has_a_unique_name_and_describes_its_fault() -> None:
    names = [fault.name for fault in catalogue()]
    assert sorted(set(names)) == sorted(names)
    assert all(fault.means.endswith(".") for fault in catalogue())


def _some() -> Iterator[Fault]:
    """Yield broken stores for every eighth fault, each of another kind and make where several have the fault."""
    for place, (_, same) in enumerate(groupby(sorted(catalogue(), key=_name_of), _name_of)):
        stores = [*same]
        if place % 8 == 0:
            yield stores[place // 8 % len(stores)]


def _name_of(fault: Fault) -> str:
    return fault.mixin.__name__


@pytest.mark.slow
@pytest.mark.parametrize("fault", part(_some()), ids=lambda fault: fault.name)
def test_a_broken_store_runs_every_law_and_breaks_the_intended_one(fault: Fault) -> None:
    target = fault.target()
    profiles = {fault.kills: PROFILE}
    ends = {law.id: run_law(law, target, profile=profiles.get(law.id, QUICK)).status for law in laws(fault.kind)}
    assert ends[fault.kills] is Status.FAILED
    assert Status.NOT_RUN not in ends.values()
