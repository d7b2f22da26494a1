"""Thousands of passages: nothing is left out, and a call by id costs what it always costs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from letta_proxy import Proxy

from memio import Memio
from memio.providers.letta import LettaFactAdapter

BATCH, BATCHES = 250, 10


@pytest.mark.slow
def test_thousands_of_passages_are_listed_found_and_cleared(
    run: Callable[[Coroutine[Any, Any, Any]], Any], server: Any, agent: str
) -> None:
    server.add_passage(agent, "first")
    for batch in range(BATCHES):  # each batch is one tie in time
        server.add_many(agent, [f"note {batch} {number}" for number in range(BATCH)])
    server.add_passage(agent, "last")
    total = BATCH * BATCHES + 2

    async def main() -> None:
        async with (
            Proxy(server.url) as proxy,
            Memio(facts=LettaFactAdapter(base_url=proxy.url, agent_id=agent)) as memio,
        ):
            facts = [fact async for fact in memio.facts.iter_all()]
            assert (len(facts), len({fact.id for fact in facts})) == (total, total)
            proxy.requests.clear()
            assert await memio.facts.get(fact_id=facts[-1].id) == facts[-1]
            await memio.facts.delete(fact_id=facts[-1].id)
            assert len(proxy.requests) <= 2 + 1 + BATCH // 100 + 2
            await memio.facts.delete_all()

    run(main())
    assert server.passages(agent) == []
