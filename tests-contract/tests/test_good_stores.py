"""Both good stores, and with them the provider `sqlite`, pass every law in the profile of CI."""

from __future__ import annotations

import pytest
from proof.part import part
from proof.targets import on_dict

from memio_contract import Law, laws, run_law
from memio_contract.discovery import targets_of
from memio_contract.outcome import Status

DICT = on_dict()
(SQLITE,) = targets_of("sqlite")


@pytest.mark.parametrize("law", part(laws()), ids=lambda law: law.id)
def test_a_dict_passes_every_law(law: Law) -> None:
    outcome = run_law(law, DICT)
    assert outcome.status is Status.PASSED, outcome.report or outcome.reason


@pytest.mark.parametrize("law", part(laws()), ids=lambda law: law.id)
def test_sqlite_passes_every_law(law: Law) -> None:
    outcome = run_law(law, SQLITE)
    assert outcome.status is Status.PASSED, outcome.report or outcome.reason
