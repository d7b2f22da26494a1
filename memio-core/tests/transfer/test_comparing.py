"""Afterwards both sides are compared, and every difference is reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from lacking import Lacking
from somewhat import LATER, open_client

from memio import Document, Memio, Page
from memio.toolkit import same_json
from memio.transfer import copy
from memio.transfer._records import field_digests


class Faulty(Lacking):
    """A store that lists its records as a test wants them."""

    def __init__(self, path: Path, listed: Any, without: tuple[str, ...] = ()) -> None:
        super().__init__("facts", path, without)
        self._listed = listed

    async def get_all(self, **arguments: Any) -> Any:
        page = await self.inner.get_all(**arguments)
        return Page(self._listed(list(page)), page.next_cursor)


async def differences(folder: Path, listed: Any, without: tuple[str, ...] = ()) -> list[str]:
    async with open_client(folder / "old.db", "facts") as old:
        for number in range(4):
            await old.facts.add(content=f"fact {number}", fact_id=f"f{number}", user_id="alice", metadata={"n": number})
        async with Memio(facts=Faulty(folder / "new.db", listed, without)) as new:
            done = await copy(old, new, accept=["created_at", "ids"], journal=folder / "j")
            (moved,) = done.kinds
            assert (moved.source == moved.target) == (not [d for d in done.differences if d.what != "order"])
            return [str(difference) for difference in done.differences]


def test_a_record_that_the_target_lost_is_missing(tmp_path: Path, run: Any) -> None:
    found = run(differences(tmp_path, lambda facts: [fact for fact in facts if fact.id != "f2"]))
    assert found == ["missing: facts 'f2', user 'alice'"]


def test_a_record_that_the_target_changed_is_named_with_its_fields(tmp_path: Path, run: Any) -> None:
    # defect: content normalised, metadata turned into strings
    def spoil(facts: list[Any]) -> list[Any]:
        return [replace(fact, content="X", metadata={"n": "1"}) if fact.id == "f1" else fact for fact in facts]

    assert run(differences(tmp_path, spoil)) == ["changed: facts 'f1', user 'alice' (content, metadata)"]


def test_numbers_are_distinguished_from_truth_values_and_texts(tmp_path: Path, run: Any) -> None:
    def spoil(facts: list[Any]) -> list[Any]:
        return [replace(fact, metadata={"n": True}) if fact.id == "f1" else fact for fact in facts]

    assert run(differences(tmp_path, spoil)) == ["changed: facts 'f1', user 'alice' (metadata)"]


def test_equal_numbers_and_other_times_are_no_difference(tmp_path: Path, run: Any) -> None:
    def vary(facts: list[Any]) -> list[Any]:
        return [
            replace(fact, metadata={"n": float(fact.metadata["n"])}, created_at=None, updated_at=None, version="other")
            for fact in facts
        ]

    assert run(differences(tmp_path, vary)) == []


def test_another_time_of_expiry_is_a_difference(tmp_path: Path, run: Any) -> None:
    # defect: what was to be gone stays, or what was to stay goes
    def spoil(facts: list[Any]) -> list[Any]:
        return [replace(fact, expires_at=LATER) if fact.id == "f1" else fact for fact in facts]

    assert run(differences(tmp_path, spoil)) == ["changed: facts 'f1', user 'alice' (expires_at)"]


def test_a_record_of_another_namespace_is_missing_and_another_one(tmp_path: Path, run: Any) -> None:
    def spoil(facts: list[Any]) -> list[Any]:
        return [replace(fact, namespace=("app",)) if fact.id == "f3" else fact for fact in facts]

    assert run(differences(tmp_path, spoil)) == ["missing: facts 'f3', user 'alice'"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=1), inner, max_size=3),
    max_leaves=5,
)


@given(JSON, JSON)
@example({"a": 1, "b": [0.0]}, {"b": [-0.0], "a": 1.0})
@example(1e300, int(1e300))
@example([True], [1])
@example("1", 1)
@example("\ud800", "\udfff")
def test_values_have_one_digest_exactly_when_they_are_the_same(one: Any, other: Any) -> None:
    first, second = (field_digests("documents", Document(id="d", content="x", data=data), ()) for data in (one, other))
    assert (first == second) == same_json(one, other)


def test_a_record_that_is_listed_twice_is_doubled(tmp_path: Path, run: Any) -> None:
    assert run(differences(tmp_path, lambda facts: [*facts, *facts[1:2]])) == ["doubled: facts 'f1', user 'alice'"]


def test_another_order_is_a_difference(tmp_path: Path, run: Any) -> None:
    found = run(differences(tmp_path, lambda facts: [*facts[1:2], *facts[:1], *facts[2:]]))
    assert found == ["order: facts 'f0', user 'alice' (it comes after facts 'f1', user 'alice')"]


def test_a_record_of_another_owner_is_missing_and_another_one(tmp_path: Path, run: Any) -> None:
    def spoil(facts: list[Any]) -> list[Any]:
        return [replace(fact, user_id="bob") if fact.id == "f3" else fact for fact in facts]

    assert run(differences(tmp_path, spoil)) == ["missing: facts 'f3', user 'alice'"]


def test_a_copy_that_another_client_adds_meanwhile_is_reported(tmp_path: Path, run: Any) -> None:
    def one_more(facts: list[Any]) -> list[Any]:
        return [*facts, replace(facts[0], id="by somebody")] if facts else []

    (found,) = run(differences(tmp_path, one_more, ("client_ids",)))
    assert found == "doubled: facts 'by somebody' (it was added to the target during the transfer)"


def test_an_id_that_is_taken_is_a_conflict_and_the_others_are_stored(tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        async with open_client(tmp_path / "old.db") as old, open_client(tmp_path / "new.db") as new:
            for number in range(4):
                await old.facts.add(content=f"fact {number}", fact_id=f"f{number}")
            await new.facts.add(content="another", fact_id="f2")
            done = await copy(old, new)
            assert [str(difference) for difference in done.differences] == [
                "conflict: facts 'f2' (the target has another record under its id)"
            ]
            assert [fact.content async for fact in new.facts.iter_all()] == ["another", "fact 0", "fact 1", "fact 3"]
            assert (done.kinds[0].others, done.kinds[0].target.count) == (1, 3)

    run(main())


def test_a_record_that_changed_after_it_was_moved_is_reported(tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        async with open_client(tmp_path / "old.db", "facts") as old:
            await old.facts.add(content="tea", fact_id="f")
            async with Memio(facts=Lacking("facts", tmp_path / "new.db", ("client_ids",))) as new:
                arguments: Any = {"accept": ["ids", "created_at"], "journal": tmp_path / "j"}
                assert (await copy(old, new, **arguments)).differences == ()
                await old.facts.update(fact_id="f", content="coffee")
                (difference,) = (await copy(old, new, **arguments)).differences
                assert (
                    str(difference) == "conflict: facts 'f' (it was moved before, and has changed in the source since)"
                )
                assert [fact.content for fact in await new.facts.get_all()] == ["tea"]

    run(main())
