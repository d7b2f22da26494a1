"""What is left when the network or the server fails in the middle of a call on facts or documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from letta_proxy import (
    NO_ROUTE,
    Act,
    Proxy,
    answer,
    cut,
    hold_answer,
    hold_request,
    lose_answer,
    lose_answer_and_go_down,
    lose_request,
    meanwhile,
    missing,
    repeat,
)

from memio import Memio
from memio.errors import NotFoundError, ProviderError, ProviderTimeoutError, RateLimitError, UnavailableError
from memio.providers.letta import LettaFactAdapter

Run = Callable[[Coroutine[Any, Any, Any]], Any]
ALWAYS = 99
CREATE = r"POST .*/archival-memory"
DELETE = r"DELETE .*/passages/"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memio.providers.letta._api.attempts.FIRST_PAUSE", 0.001)


def behind(proxy: Proxy, agent: str, **settings: Any) -> Memio:
    return Memio(facts=LettaFactAdapter(base_url=proxy.url, agent_id=agent, **settings))


@pytest.mark.parametrize(
    ("act", "outcome", "stored"),
    [
        (lose_request, "unknown", []),
        (lose_answer, "unknown", ["x"]),
        (cut(b"HTTP/1.1 200 OK"), "unknown", ["x"]),
        (cut(b'"text"'), "unknown", ["x"]),
        (answer(500), "unknown", []),
        (answer(429), "not_applied", []),
        (answer(401), "not_applied", []),
    ],
)
def test_a_failed_add_has_the_right_outcome(
    run: Run, server: Any, agent: str, act: Act, outcome: str, stored: list[str]
) -> None:
    # defect: a create repeated by the SDK after a lost answer makes two records
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            proxy.on(CREATE, act, times=ALWAYS)
            with pytest.raises(ProviderError) as caught:
                await memio.facts.add(content="x")
            assert caught.value.outcome == outcome
            refused = isinstance(caught.value, RateLimitError)
            assert caught.value.retryable == refused
            assert len(proxy.requests) == caught.value.attempts == (3 if refused else 1)

    run(main())
    assert server.texts(agent) == stored


def test_an_add_that_times_out_may_still_be_stored_and_its_outcome_is_unknown(
    run: Run, server: Any, agent: str
) -> None:
    async def main() -> None:
        arrived, release = asyncio.Event(), asyncio.Event()
        async with Proxy(server.url) as proxy, behind(proxy, agent, timeout=5.0) as memio:
            proxy.on(CREATE, hold_answer(arrived, release))
            with pytest.raises(ProviderTimeoutError) as caught:
                await memio.facts.add(content="x")
            assert caught.value.outcome == "unknown"
            await arrived.wait()
            assert server.texts(agent) == ["x"]

    run(main())


def test_a_delete_whose_answer_was_lost_is_repeated_and_counts_as_done(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="x")
            proxy.on(DELETE, lose_answer)
            await memio.facts.delete(fact_id=fact.id)
            with pytest.raises(NotFoundError):
                await memio.facts.delete(fact_id=fact.id)

    run(main())
    assert server.texts(agent) == []


@pytest.mark.parametrize("scoped", [False, True])
def test_a_delete_that_a_proxy_repeats_is_done(run: Run, server: Any, agent: str, scoped: bool) -> None:
    # defect: the answer to the second one, 404, is taken for another client's delete
    settings, owner = ({"user_scope": True}, {"user_id": "alice"}) if scoped else ({}, {})

    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent, **settings) as memio:
            fact = await memio.facts.add(content="x", **owner)
            await memio.facts.add(content="y", **owner)
            proxy.on(DELETE, repeat, times=2)
            await memio.facts.delete(fact_id=fact.id, **owner)
            with pytest.raises(NotFoundError):
                await memio.facts.delete(fact_id=fact.id, **owner)
            await memio.facts.delete_all(**owner)

    run(main())
    assert server.texts(agent) == []


REFUSALS: list[Act] = [
    answer(429, retry_after="60"),
    answer(429, retry_after="0"),
    answer(401),
    answer(403),
    answer(400),
    answer(307, location="http://127.0.0.1:9/"),
    NO_ROUTE[0],
]
"""What may follow a lost answer; of itself, each states that nothing was done."""


@pytest.mark.parametrize("act", REFUSALS)
def test_an_update_whose_delete_was_done_never_leaves_neither_text(run: Run, server: Any, agent: str, act: Act) -> None:
    # defect: the outcome of the last attempt speaks for all: the new text is taken back when the old one is gone
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="old")
            proxy.on(DELETE, lose_answer)
            proxy.on(DELETE, act, times=ALWAYS)
            new = await memio.facts.update(fact_id=fact.id, content="new")
            assert await memio.facts.get_all() == [new]

    run(main())


def test_an_update_whose_delete_was_done_before_the_server_went_down_names_both_ids(
    run: Run, server: Any, agent: str
) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="old")
            proxy.on(DELETE, lose_answer_and_go_down)
            with pytest.raises(UnavailableError) as caught:
                await memio.facts.update(fact_id=fact.id, content="new")
            (left,) = server.passages(agent)
            assert (left["text"], caught.value.outcome, caught.value.retryable) == ("new", "partial", False)
            assert left["id"] in str(caught.value)
            assert fact.id in str(caught.value)

    run(main())


def test_an_update_during_a_restart_of_the_server_ends_well(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent, max_retries=10) as memio:
            fact = await memio.facts.add(content="old")
            proxy.on(DELETE, lose_answer_and_go_down)
            task = asyncio.create_task(memio.facts.update(fact_id=fact.id, content="new"))
            await proxy.down.wait()
            await proxy.come_back()
            assert [fact.id for fact in await memio.facts.get_all()] == [(await task).id]

    run(main())
    assert server.texts(agent) == ["new"]


@pytest.mark.parametrize("act", [REFUSALS[0], REFUSALS[2], REFUSALS[-1]])
def test_a_proxy_that_repeats_a_delete_and_then_refuses_costs_no_text(
    run: Run, server: Any, agent: str, act: Act
) -> None:
    # The proxy's first attempt deleted the old text, and the refusal answers its second: memio sees only that.
    async def twice(proxy: Proxy, request: Any, writer: asyncio.StreamWriter) -> None:
        await proxy.exchange(request)
        await act(proxy, request, writer)

    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent, max_retries=0) as memio:
            fact = await memio.facts.add(content="old")
            proxy.on(DELETE, twice)
            new = await memio.facts.update(fact_id=fact.id, content="new")
            assert await memio.facts.get_all() == [new]

    run(main())


@pytest.mark.parametrize("call", ["delete", "delete_all"])
@pytest.mark.parametrize("act", [lose_answer_and_go_down, *REFUSALS[:3]])
def test_a_delete_that_was_done_is_not_reported_as_not_applied(
    run: Run, server: Any, agent: str, call: str, act: Act
) -> None:
    # defect: the error of the last attempt speaks for all
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="x")
            proxy.on(DELETE, lose_answer if act in REFUSALS else act)
            proxy.on(DELETE, act, times=ALWAYS)
            with pytest.raises(ProviderError) as caught:
                await (memio.facts.delete(fact_id=fact.id) if call == "delete" else memio.facts.delete_all())
            assert caught.value.outcome == "unknown"

    run(main())
    assert server.texts(agent) == []


def test_a_delete_all_with_one_uncertain_request_has_an_unknown_outcome(run: Run, server: Any, agent: str) -> None:
    # Several are under way at once: the refusal of one does not decide about another whose answer was lost.
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent, max_retries=0) as memio:
            for number in range(3):
                await memio.facts.add(content=f"note {number}")
            proxy.on(DELETE, answer(401))
            proxy.on(DELETE, lose_answer)
            proxy.on(DELETE, answer(401))
            with pytest.raises(ProviderError) as caught:
                await memio.facts.delete_all()
            assert caught.value.outcome == "unknown"

    run(main())
    assert len(server.texts(agent)) == 2


@pytest.mark.parametrize("act", NO_ROUTE)
def test_a_404_that_is_not_lettas_does_not_count_as_deleted(run: Run, server: Any, agent: str, act: Act) -> None:
    # defect: a gateway without a route makes a deletion succeed that never took place
    settings, owner = {"user_scope": True}, {"user_id": "alice"}

    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent, max_retries=0, **settings) as memio:
            fact = await memio.facts.add(content="first", user_id="alice")
            await memio.facts.add(content="second", user_id="alice")
            await memio.facts.add(content="bob's", user_id="bob")
            proxy.on(DELETE, act, times=2)
            with pytest.raises(UnavailableError, match="a form that is not Letta's"):
                await memio.facts.delete(fact_id=fact.id, **owner)
            with pytest.raises(UnavailableError):
                await memio.facts.delete_all(**owner)
            assert "first" in server.texts(agent)
            proxy.on(DELETE, act)
            await memio.facts.get_all()
            async with behind(proxy, agent, **settings) as patient:
                await patient.facts.delete_all(**owner)

    run(main())
    assert server.texts(agent) == ["bob's"]


def test_a_delete_without_an_answer_has_an_unknown_outcome(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="x")
            proxy.forget()
            proxy.on(DELETE, lose_request, times=ALWAYS)
            with pytest.raises(UnavailableError) as caught:
                await memio.facts.delete(fact_id=fact.id)
            assert (caught.value.outcome, caught.value.retryable) == ("unknown", True)
            assert len(proxy.requests) == 3

    run(main())
    assert server.texts(agent) == ["x"]


@pytest.mark.parametrize("act", [lose_request, answer(500), answer(401), answer(429)])
def test_an_update_whose_create_fails_leaves_the_old_text(run: Run, server: Any, agent: str, act: Act) -> None:
    # defect: update as delete-then-create: the create fails and the text is gone
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="old")
            proxy.on(CREATE, act, times=ALWAYS)
            with pytest.raises(ProviderError):
                await memio.facts.update(fact_id=fact.id, content="new")
            assert await memio.facts.get(fact_id=fact.id) == fact

    run(main())
    assert server.texts(agent) == ["old"]


def test_an_update_whose_create_got_no_answer_has_an_unknown_outcome(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="old")
            proxy.on(CREATE, lose_answer)
            with pytest.raises(UnavailableError) as caught:
                await memio.facts.update(fact_id=fact.id, content="new")
            assert (caught.value.outcome, caught.value.retryable) == ("unknown", False)

    run(main())
    assert sorted(server.texts(agent)) == ["new", "old"]


@pytest.mark.parametrize("act", [answer(401), answer(403), answer(429), answer(418)])
def test_an_update_whose_delete_is_refused_is_taken_back(run: Run, server: Any, agent: str, act: Act) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent, max_retries=0) as memio:
            fact = await memio.facts.add(content="old")
            proxy.on(DELETE, act)
            with pytest.raises(ProviderError) as caught:
                await memio.facts.update(fact_id=fact.id, content="new")
            assert caught.value.outcome == "not_applied"
            assert await memio.facts.get_all() == [fact]

    run(main())
    assert server.texts(agent) == ["old"]


@pytest.mark.parametrize("act", [answer(401), answer(500), lose_request, answer(200, "<html>")])
def test_an_update_that_cannot_be_finished_names_what_is_left(run: Run, server: Any, agent: str, act: Act) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="old")
            proxy.on(DELETE, act, times=ALWAYS)
            with pytest.raises(ProviderError) as caught:
                await memio.facts.update(fact_id=fact.id, content="new")
            assert caught.value.outcome == "partial"
            left = {passage["text"]: passage["id"] for passage in server.passages(agent)}
            assert set(left) == {"old", "new"}
            assert left["old"] in str(caught.value)
            assert left["new"] in str(caught.value)

    run(main())


@pytest.mark.parametrize("act", [lose_answer, cut(b"HTTP/1.1")])
def test_an_update_whose_delete_was_done_without_an_answer_succeeds(
    run: Run, server: Any, agent: str, act: Act
) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="old")
            proxy.on(DELETE, act)
            new = await memio.facts.update(fact_id=fact.id, content="new")
            assert await memio.facts.get_all() == [new]

    run(main())


def test_an_update_whose_delete_may_come_late_never_leaves_neither_text(run: Run, server: Any, agent: str) -> None:
    # The delete is held by the proxy: taking the new text back now would lose both when it arrives.
    async def main() -> None:
        release = asyncio.Event()
        async with Proxy(server.url) as proxy, behind(proxy, agent, timeout=5.0, max_retries=0) as memio:
            fact = await memio.facts.add(content="old")
            proxy.on(DELETE, hold_request(release))
            with pytest.raises(ProviderTimeoutError) as caught:
                await memio.facts.update(fact_id=fact.id, content="new")
            assert caught.value.outcome == "partial"
            release.set()
            late = asyncio.gather(*proxy._tasks)
            await late

    run(main())
    assert server.texts(agent) == ["new"]


def test_an_update_of_a_record_that_is_deleted_meanwhile_is_not_found_and_leaves_nothing(
    run: Run, server: Any, agent: str
) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            for fact in [await memio.facts.add(content="old"), await memio.facts.add(content="old")]:

                async def delete(gone: str = fact.id) -> None:
                    server.delete_passage(agent, gone)

                proxy.on(CREATE, meanwhile(delete))
                with pytest.raises(NotFoundError):
                    await memio.facts.update(fact_id=fact.id, content="new")

    run(main())
    assert server.texts(agent) == []


def test_an_update_that_finds_its_record_gone_and_cannot_take_the_new_text_back_names_it(
    run: Run, server: Any, agent: str
) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="old")

            async def delete() -> None:
                server.delete_passage(agent, fact.id)

            proxy.on(CREATE, meanwhile(delete))
            proxy.on(DELETE, answer(401), times=ALWAYS)
            with pytest.raises(ProviderError) as caught:
                await memio.facts.update(fact_id=fact.id, content="new")
            (left,) = server.passages(agent)
            assert (left["text"], caught.value.outcome) == ("new", "partial")
            assert left["id"] in str(caught.value)

    run(main())


def test_an_update_whose_delete_finds_nothing_keeps_the_new_text(run: Run, server: Any, agent: str) -> None:
    # defect: a DELETE that a proxy repeats is taken for another client's, and neither text is left
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="old")
            proxy.on(DELETE, repeat)
            new = await memio.facts.update(fact_id=fact.id, content="new")
            assert await memio.facts.get_all() == [new]

    run(main())


def test_of_two_updates_at_once_one_succeeds_and_the_other_raises(run: Run, server: Any, agent: str) -> None:
    # defect: concurrent writes lose updates, or leave two records
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="old")
            results = await asyncio.gather(
                *(memio.facts.update(fact_id=fact.id, content=f"new {number}") for number in range(3)),
                return_exceptions=True,
            )
            won = [result for result in results if not isinstance(result, Exception)]
            assert len(won) == 1
            assert all(isinstance(result, NotFoundError) for result in results if result not in won)
            assert await memio.facts.get_all() == won
            deleted = await asyncio.gather(
                *(memio.facts.delete(fact_id=won[0].id) for _ in range(3)), return_exceptions=True
            )
            assert [type(result) for result in deleted].count(NotFoundError) == 2

    run(main())


def test_a_delete_all_that_stops_half_way_is_partial_and_can_be_called_again(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            for number in range(7):
                await memio.facts.add(content=f"note {number}")
            proxy.on(DELETE, answer(401), after=5, times=ALWAYS)
            with pytest.raises(ProviderError, match="5 were deleted") as caught:
                await memio.facts.delete_all()
            assert caught.value.outcome == "partial"
            assert len(server.texts(agent)) == 2
            proxy.forget()
            await memio.facts.delete_all()

    run(main())
    assert server.texts(agent) == []


async def delete_all_of_many(memio: Memio, server: Any, agent: str) -> None:
    """Delete more than one page, since a page that is not full is the last."""
    server.add_many(agent, ["many"] * 100)
    await memio.facts.delete_all()


@pytest.mark.parametrize("status", [400, 422])
def test_a_delete_all_that_deletes_nothing_raises(run: Run, server: Any, agent: str, status: int) -> None:
    # defect: every refusal of a delete counts as "was gone already"
    passages = [server.add_passage(agent, text)["id"] for text in ("one", "two")]

    async def somebody_else() -> None:
        for passage in passages:
            server.delete_passage(agent, passage)

    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent, max_retries=0) as memio:
            proxy.on(DELETE, answer(status), times=ALWAYS)
            with pytest.raises(ProviderError) as caught:
                await memio.facts.delete_all()
            assert type(caught.value) is ProviderError
            assert caught.value.outcome == "not_applied"
            proxy.forget()
            proxy.on(DELETE, missing, times=ALWAYS)
            with pytest.raises(UnavailableError, match="still listed"):
                await delete_all_of_many(memio, server, agent)
            proxy.forget()
            for passage in server.passages(agent)[2:]:
                server.delete_passage(agent, passage["id"])
            proxy.on(DELETE, meanwhile(somebody_else))
            await memio.facts.delete_all()

    run(main())
    assert server.texts(agent) == []


def test_a_get_survives_others_that_delete_the_passages_around_it(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            facts = [await memio.facts.add(content=f"note {number}") for number in range(5)]
            gone = iter([facts[3], facts[2], facts[1]])

            async def delete() -> None:
                server.delete_passage(agent, next(gone).id)

            # after the request for the neighbour, and before the one that goes on from it
            for number in range(3):
                proxy.on("GET .*/archival-memory$", meanwhile(delete), after=1 + number)
            assert await memio.facts.get(fact_id=facts[4].id) == facts[4]

    run(main())


def test_a_listing_goes_on_when_others_delete_its_last_passage(run: Run, server: Any, agent: str) -> None:
    server.add_passage(agent, "first")
    server.add_many(agent, [f"note {number}" for number in range(250)])
    stored = server.passages(agent)

    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:

            async def delete() -> None:
                server.delete_passage(agent, stored[100]["id"])

            proxy.on("GET .*/archival-memory$", meanwhile(delete), after=1)
            page = await memio.facts.get_all(limit=1000)
            assert [fact.id for fact in page] == [passage["id"] for passage in stored]

    run(main())


def test_a_network_that_fails_under_many_calls_loses_nothing_that_was_acknowledged(
    run: Run, server: Any, agent: str
) -> None:
    async def main() -> None:
        acknowledged: list[str] = []
        unknown: list[str] = []
        enough = asyncio.Event()
        async with Proxy(server.url) as proxy, behind(proxy, agent, max_retries=0) as memio:

            async def write(name: str) -> None:
                for number in range(20):
                    content = f"{name} {number}"
                    try:
                        await memio.facts.add(content=content)
                    except ProviderError as error:
                        if error.outcome == "unknown":
                            unknown.append(content)
                        continue
                    acknowledged.append(content)
                    if len(acknowledged) == 8:
                        enough.set()

            writers = [asyncio.create_task(write(name)) for name in "abcd"]
            await enough.wait()
            await proxy.break_network()
            await asyncio.gather(*writers)
        stored = server.texts(agent)
        assert set(acknowledged) <= set(stored)
        assert set(stored) <= {*acknowledged, *unknown}
        assert len(stored) == len(set(stored))

    run(main())
