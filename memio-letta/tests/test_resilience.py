"""The middleware `resilience` in front of Letta: what it repeats, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from letta_proxy import Proxy, answer, lose_answer

from memio import Memio, ProviderError
from memio.middleware.resilience import ResilienceSettings, open_resilience
from memio.providers.letta import LettaFactAdapter

pytest.importorskip("tenacity", reason="the extra memio-core[resilience] is not installed here")

Run = Callable[[Coroutine[Any, Any, Any]], Any]
CREATE = r"POST .*/archival-memory"
DELETE = r"DELETE .*/passages/"


def behind(proxy: Proxy, agent: str) -> Memio:
    """Make a client whose adapter repeats nothing."""
    store = LettaFactAdapter(base_url=proxy.url, agent_id=agent, max_retries=0)
    return Memio(facts=store, middleware=[open_resilience(ResilienceSettings(pause=0.001))])


def test_a_delete_whose_answer_was_lost_is_repeated_and_counts_as_done(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="x")
            proxy.on(DELETE, lose_answer)
            await memio.facts.delete(fact_id=fact.id)

    run(main())
    assert server.texts(agent) == []


def test_a_read_survives_a_server_that_is_broken_for_a_moment(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="x")
            proxy.on(r"GET ", answer(503))
            assert (await memio.facts.get(fact_id=fact.id)).content == "x"

    run(main())


def test_an_add_whose_answer_was_lost_is_not_repeated(run: Run, server: Any, agent: str) -> None:
    # defect: a create that is repeated after a lost answer makes two records
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            proxy.on(CREATE, lose_answer)
            with pytest.raises(ProviderError) as caught:
                await memio.facts.add(content="x")
            assert caught.value.outcome == "unknown"
            assert len(proxy.requests) == 1

    run(main())
    assert server.texts(agent) == ["x"]


def test_an_update_is_not_repeated_because_its_id_may_be_gone(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            fact = await memio.facts.add(content="old")
            proxy.forget()
            proxy.on(CREATE, lose_answer)
            with pytest.raises(ProviderError):
                await memio.facts.update(fact_id=fact.id, content="new")
            assert sum(name.startswith("POST") and "search" not in name for name in proxy.names) == 1

    run(main())
    assert "old" in server.texts(agent)


def test_the_attempts_of_both_layers_do_not_multiply(
    run: Run, server: Any, agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # defect: three attempts of the middleware with three requests each: nine for one read that fails
    monkeypatch.setattr("memio.providers.letta._api.attempts.FIRST_PAUSE", 0.001)

    async def main() -> None:
        for attempts, requests in ((2, 3), (3, 3), (4, 6)):
            middleware = open_resilience(ResilienceSettings(pause=0.001, attempts=attempts))
            async with Proxy(server.url) as proxy:
                store = LettaFactAdapter(base_url=proxy.url, agent_id=agent)
                async with Memio(facts=store, middleware=[middleware]) as memio:
                    proxy.on("GET", answer(503), times=99)
                    with pytest.raises(ProviderError) as caught:
                        await memio.facts.get_all()
                    assert len(proxy.requests) == requests
                    assert caught.value.retryable

    run(main())
