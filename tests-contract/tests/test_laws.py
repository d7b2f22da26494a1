"""What a law is: an id that stays, a sentence, and where to look."""

from __future__ import annotations

import re

from memio.capabilities import KINDS, Feature, Guarantee
from memio.kinds import SPECS
from memio_contract import laws
from memio_contract.contracts import CONTRACTS


def test_law_ids_are_kind_subject_and_rule() -> None:
    for law in laws():
        assert re.fullmatch(rf"{law.kind}\.[a-z-]+(\.[a-z-]+)?", law.id), law.id


def test_every_law_has_a_sentence_and_a_place_to_look() -> None:
    methods = {name for spec in SPECS.values() for name in spec.methods}
    for law in laws():
        first = law.means.split()[0]
        assert first[0].isupper() or first in methods | {"since"}, law.id
        assert law.means.endswith("."), law.id
        assert law.look_at, law.id


def test_laws_need_known_features_and_guarantees_only() -> None:
    known = {*map(str, Feature), *map(str, Guarantee)}
    for law in laws():
        assert set(law.needs) | set(law.relaxes) <= known


def test_every_feature_and_guarantee_has_a_law() -> None:
    needed = {need for law in laws() for need in law.needs}
    assert needed == {*map(str, Feature), *map(str, Guarantee)}


def test_the_laws_of_one_kind_can_be_asked_for() -> None:
    assert [law.kind for law in laws("graph")] == ["graph"] * len(laws("graph"))
    assert sum(len(laws(kind)) for kind in KINDS) == len(laws())


def test_every_law_is_a_test_of_its_contract_class() -> None:
    for law in laws():
        test = getattr(CONTRACTS[law.kind], law.test_name)
        assert test.__doc__ == f"{law.id}: {law.means}"
