"""What the suite does with targets and stores that misbehave as such: set-up, settling, limits, hanging, closing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from proof.dict_stores import STORES, DictFacts, DictGraph, DictHistory, backends
from proof.lacking import Late, lacking
from proof.targets import on_dict

from memio.capabilities import Guarantee
from memio.models import Page
from memio_contract import ContractTarget, Limits, laws, run_law
from memio_contract.lawbook import law_by_id
from memio_contract.once import leave
from memio_contract.outcome import Status
from memio_contract.profile import DEV
from memio_contract.result import Checked, Result
from memio_contract.runner import declared
from memio_contract.table import lines

QUICK = replace(DEV, shrink=False, large=110)


def of_facts(store: type[Any], **more: Any) -> ContractTarget:
    return on_dict({**STORES, "facts": store}, **more)


def printed(target: ContractTarget, *ids: str) -> str:
    """Return what is printed about some laws of facts."""
    checked = Checked(kind="facts", outcomes={id_: run_law(law_by_id(id_), target, profile=QUICK) for id_ in ids})
    checked.declare(declared(target, "facts"))
    return "\n".join(lines(Result(checked=[checked], profile="dev", seed=0)))


def test_a_store_that_falsely_declares_read_your_writes_is_found_though_the_target_settles() -> None:
    store = type("LateFacts", (Late, DictFacts), {})
    settles = replace(lacking(Guarantee.READ_YOUR_WRITES, "facts", declared=False), fresh=of_facts(store).fresh)
    assert run_law(law_by_id("facts.reads.own-writes"), settles, profile=QUICK).status is Status.FAILED
    assert run_law(law_by_id("facts.listing.complete"), settles, profile=QUICK).status is Status.FAILED


def test_a_store_that_does_not_declare_read_your_writes_is_waited_for_and_the_result_names_it() -> None:
    target = lacking(Guarantee.READ_YOUR_WRITES, "facts", declared=False)
    outcome = run_law(law_by_id("facts.listing.complete"), target, profile=QUICK)
    assert outcome.status is Status.PASSED
    assert outcome.relaxed == ("read_your_writes",)
    assert "after waiting for the backend before reads" in printed(target, "facts.listing.complete")


class Cuts(DictFacts):
    """Cuts content above 8,000 bytes, though it takes a million."""

    max_content_bytes = 1_000_000

    async def add(self, *, content: str, **more: Any) -> Any:
        return await super().add(content=content[:8_000], **more)


def test_content_is_tried_up_to_what_the_store_states() -> None:
    assert run_law(law_by_id("facts.content.long"), of_facts(Cuts), profile=QUICK).status is Status.FAILED
    assert "limits: content was tried up to 1,000,000 bytes; the store states 1,000,000 bytes" in printed(
        of_facts(Cuts), "facts.get.unknown"
    )


def test_a_limit_of_the_target_that_hides_a_law_is_shown_as_a_relaxation() -> None:
    target = of_facts(Cuts, limits=Limits(content_bytes=4_000))
    outcome = run_law(law_by_id("facts.content.long"), target, profile=QUICK)
    assert (outcome.status, outcome.relaxed) == (Status.PASSED, ("content_bytes",))
    shown = printed(target, "facts.content.long")
    assert "relaxed: 1 law passed with content that is shorter than what the store takes" in shown
    assert "content was tried up to 4,000 bytes, lowered by the target; the store states 1,000,000 bytes" in shown


def test_a_limit_of_the_target_above_that_of_the_store_changes_nothing() -> None:
    store = type("Small", (DictFacts,), {"max_content_bytes": 2_000})
    target = of_facts(store, limits=Limits(content_bytes=4_000))
    outcome = run_law(law_by_id("facts.content.long"), target, profile=QUICK)
    assert (outcome.status, outcome.relaxed) == (Status.PASSED, ())


@pytest.mark.parametrize(
    ("limits", "tried"), [({"max_content_bytes": 1_000_000}, 65_536), ({"max_part_bytes": 900}, 900)]
)
def test_the_parts_of_triples_are_tried_up_to_their_limit(limits: dict[str, int], tried: int) -> None:
    target = on_dict({**STORES, "graph": type("Limited", (DictGraph,), limits)})
    assert declared(target, "graph").content_bytes == tried
    assert run_law(law_by_id("graph.content.long"), target, profile=QUICK).status is Status.PASSED


def test_an_add_many_that_is_none_counts_as_absent() -> None:
    store = type("NoBatches", (DictFacts,), {"add_many": None})
    outcome = run_law(law_by_id("facts.add-many.owners"), of_facts(store), profile=QUICK)
    assert (outcome.status, outcome.reason) == (Status.NOT_APPLICABLE, "the store has no add_many")
    assert run_law(law_by_id("facts.listing.complete"), of_facts(store), profile=QUICK).status is Status.PASSED


class FailsToCloseUnused(DictFacts):
    """Cannot be closed before it was used."""

    used = False

    async def pause(self) -> None:
        self.used = True
        await super().pause()

    async def aclose(self) -> None:
        if not self.used:
            raise RuntimeError("there is nothing to close")


def test_a_store_that_cannot_be_closed_unused_breaks_the_law_about_it_and_no_other() -> None:
    target = of_facts(FailsToCloseUnused)
    ends = {law.id: run_law(law, target, profile=QUICK) for law in laws("facts")}
    assert [id_ for id_, end in ends.items() if end.status is not Status.PASSED] == ["facts.close.twice"]
    assert "there is nothing to close" in ends["facts.close.twice"].report


def test_a_broken_set_up_is_tried_and_reported_once() -> None:
    entered: list[int] = []

    @asynccontextmanager
    async def fresh() -> AsyncIterator[Any]:
        entered.append(1)
        raise OSError("the server is down")
        yield

    target = ContractTarget(fresh=fresh, kinds=("facts",))
    ends = [run_law(law, target, profile=QUICK) for law in laws("facts")]
    assert {end.status for end in ends} == {Status.NOT_RUN}
    assert len(entered) == 1
    assert [bool(end.report) for end in ends] == [True] + [False] * (len(ends) - 1)
    assert ends[1].reason == f"fresh() failed: OSError: the server is down; {ends[0].law} has the report"


class NeverEnds(DictFacts):
    """Its cursor leads to the first page again."""

    async def get_all(self, **given: Any) -> Any:
        self.backend.notes["pages"] = self.backend.notes.get("pages", 0) + 1
        page = await super().get_all(**{**given, "cursor": None})
        return Page(page, f"page-{self.backend.notes['pages']}")


def test_a_listing_that_never_ends_is_left_after_few_pages() -> None:
    pages: list[int] = []

    @asynccontextmanager
    async def fresh() -> AsyncIterator[Any]:
        shared = backends()
        try:
            yield lambda: {"facts": NeverEnds(shared["facts"])}
        finally:
            pages.append(shared["facts"].notes.get("pages", 0))

    target = ContractTarget(fresh=fresh, kinds=("facts",))
    outcome = run_law(law_by_id("facts.listing.complete"), target, profile=QUICK)
    assert outcome.status is Status.FAILED
    assert "the listing does not end" in outcome.reason
    assert max(pages) < 200


def test_a_cursor_that_comes_twice_is_reported_at_once() -> None:
    class Repeats(DictFacts):
        async def get_all(self, **given: Any) -> Any:
            return Page(await super().get_all(**{**given, "cursor": None}), "again")

    outcome = run_law(law_by_id("facts.listing.complete"), of_facts(Repeats), profile=QUICK)
    assert "came a second time" in outcome.reason


class Hangs(DictHistory):
    """Keeps a lock after the first add, and never answers again."""

    async def add(self, **given: Any) -> Any:
        if self.backend.notes.setdefault("locked", False):
            await asyncio.Event().wait()
        self.backend.notes["locked"] = True
        return await super().add(**given)


def test_a_store_that_hangs_costs_a_few_time_limits_and_the_other_laws_are_not_run() -> None:
    target = on_dict({**STORES, "history": Hangs})
    short = replace(QUICK, seconds=0.3, runs=1, examples=1)
    ends = [run_law(law, target, profile=short) for law in laws("history")]
    hung = [end.law for end in ends if "did not end within" in end.reason]
    assert len(hung) == 3
    rest = [end for end in ends if end.status is Status.NOT_RUN]
    assert {end.reason for end in rest} == {f"calls did not end in {', '.join(hung)}, so the other laws were not run"}
    assert len(rest) > len(ends) / 2


def test_what_is_set_up_once_is_entered_before_the_first_law_and_left_at_the_end() -> None:
    seen: list[str] = []

    @contextmanager
    def once() -> Iterator[None]:
        seen.append("set up")
        yield
        seen.append("taken down")

    plain = on_dict()

    @asynccontextmanager
    async def fresh() -> AsyncIterator[Any]:
        seen.append("fresh")
        async with plain.fresh() as source:
            yield source

    one = ContractTarget(fresh=fresh, once=once, kinds=("facts",))
    other = replace(one, kinds=("documents",))
    assert run_law(law_by_id("facts.get.unknown"), one, profile=QUICK).status is Status.PASSED
    assert run_law(law_by_id("documents.get.unknown"), other, profile=QUICK).status is Status.PASSED
    leave()
    assert seen == ["set up", *["fresh"] * 4, "taken down"]
    assert run_law(law_by_id("facts.get.unknown"), one, profile=QUICK).status is Status.PASSED
    leave()
    assert seen.count("set up") == seen.count("taken down") == 2


def test_a_set_up_that_fails_is_tried_once_and_no_law_runs() -> None:
    tried: list[int] = []

    @contextmanager
    def once() -> Iterator[None]:
        tried.append(1)
        raise OSError("no database")
        yield

    target = on_dict(once=once)
    for kind in ("facts", "graph"):
        ends = [run_law(law, target, profile=QUICK) for law in laws(kind)]  # type: ignore[arg-type]
        assert {end.status for end in ends} == {Status.NOT_RUN}
        assert "once() failed: OSError: no database" in ends[0].reason
    assert len(tried) == 1
    leave()


@pytest.mark.parametrize("kind", ["facts", "history", "documents", "graph"])
def test_every_relaxed_law_is_named(kind: str) -> None:
    target = lacking(Guarantee.READ_YOUR_WRITES, kind, declared=False)
    ends = [run_law(law, target, profile=replace(QUICK, examples=1, runs=1, steps=3)) for law in laws(kind)]  # type: ignore[arg-type]
    assert all("read_your_writes" in end.relaxed for end in ends if end.status is Status.PASSED)


def test_a_batch_that_stops_half_way_and_accounts_for_every_item_passes() -> None:
    from proof.faults_calls import StopsHalfWay

    store = type("Partial", (StopsHalfWay, STORES["facts"]), {})
    assert run_law(law_by_id("facts.add-many.conflict"), of_facts(store), profile=QUICK).status is Status.PASSED
