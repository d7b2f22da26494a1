"""Many records at once: one request of the server, all of them or none, in order; and what is left when it fails."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from letta_proxy import Act, Proxy, answer, lose_answer

from memio import Memio, Owner, PartialWriteError
from memio.errors import InvalidInputError, ProviderError
from memio.providers.letta import LettaDocumentAdapter, LettaFactAdapter

Run = Callable[[Coroutine[Any, Any, Any]], Any]
ALWAYS = 99
BATCH = r"POST .*/passages/batch"
CREATE = r"POST .*/archival-memory"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memio.providers.letta._api.attempts.FIRST_PAUSE", 0.001)


def behind(proxy: Proxy, agent: str, **settings: Any) -> Memio:
    return Memio(facts=LettaFactAdapter(base_url=proxy.url, agent_id=agent, **settings))


def posts(proxy: Proxy) -> list[str]:
    return [name.rpartition("/")[2] for name in proxy.names if name.startswith("POST")]


def contents(items: list[dict[str, Any]]) -> list[str]:
    return [item["content"] for item in items]


def texts(count: int) -> list[str]:
    return [f"note {number}" for number in range(count)]


def test_a_batch_is_one_request_and_keeps_order_owners_and_metadata(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent, user_scope=True, agent_scope=True) as memio:
            before = await memio.facts.add(content="before")
            proxy.forget()
            items = [
                {"content": f"note {n}", "metadata": {"n": n}, "user_id": f"user {n % 3}", "agent_id": "bot"}
                for n in range(30)
            ]
            added = await memio.facts.add_many([*items, "no owner"])
            assert posts(proxy) == ["batch"]
            after = [await memio.facts.add(content="after"), *await memio.facts.add_many(["x", "y"])]
            assert await memio.facts.get_all() == [before, *added, *after]
            kept = [(fact.content, fact.metadata, fact.user_id, fact.agent_id) for fact in added]
            assert kept == [*(tuple(item.values()) for item in items), ("no owner", {}, None, None)]
            assert (await memio.facts.search(query="note 17", limit=1))[0] == added[17]
            assert len({fact.created_at for fact in added}) == len(added)
            mine = await memio.facts.get_all(user_id="user 1")
            assert mine == added[1:30:3]

    run(main())


def test_a_batch_of_long_texts_and_metadata_goes_in_requests_of_at_most_a_megabyte(
    run: Run, server: Any, agent: str
) -> None:
    # defect: sizes limited by count and not by bytes
    server.add_passage(agent, "first")

    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            long = [{"content": f"{number:02}" + "x" * 32_766} for number in range(34)]
            large = [{"content": f"{number:02}", "metadata": {"k": "x" * 240_000}} for number in range(34, 40)]
            added = await memio.facts.add_many([*long, *large])
            assert posts(proxy) == ["batch"] * 3
            sizes = [len(request.raw) for request in proxy.requests if request.method == "POST"]
            assert max(sizes) < 1_100_000
            assert [fact.content[:2] for fact in added] == [f"{number:02}" for number in range(40)]
            read = await memio.facts.get_all(limit=50)
            assert read[1:] == added

    run(main())


def test_the_first_item_of_an_agent_without_an_archive_is_sent_alone(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy:
            store = LettaDocumentAdapter(base_url=proxy.url, agent_id=agent, collection="c")
            async with Memio(documents=store) as memio:
                added = await memio.documents.add_many(texts(20))
                assert posts(proxy) == ["archival-memory", "batch"]
                assert await memio.documents.get_all() == added
                assert [document.content for document in added] == texts(20)

    run(main())


@pytest.mark.parametrize("embedding", ["no model", "another model"])
def test_what_the_batch_call_would_not_embed_like_the_agent_is_added_one_by_one(
    run: Run, server: Any, agent: str, embedding: str
) -> None:
    # The server answers 500 to a batch for an archive without a model, where single creates work.
    body: dict[str, Any] = {"name": "made by hand"}
    if embedding == "another model":
        model = server.ask("GET", f"/v1/agents/{agent}")["embedding_config"]
        body["embedding_config"] = {**model, "embedding_model": "text-embedding-3-large"}
    archive = server.ask("POST", "/v1/archives/", json=body)
    assert (archive["embedding_config"] is None) == (embedding == "no model")
    server.ask("PATCH", f"/v1/agents/{agent}/archives/attach/{archive['id']}")

    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            added = await memio.facts.add_many(texts(5))
            assert posts(proxy) == ["archival-memory"] * 5
            assert await memio.facts.get_all() == added
            proxy.on(CREATE, lose_answer, after=2)
            with pytest.raises(PartialWriteError) as caught:
                await memio.facts.add_many(["a", "b", "c", "d"])
            error = caught.value
            assert [fact.content for fact in error.added] == ["a", "b"]
            assert (contents(error.unknown), contents(error.not_added)) == (["c"], ["d"])
            await memio.facts.add_many(error.not_added)

    run(main())
    assert server.texts(agent) == [*texts(5), "a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("act", "outcome", "stored"),
    [
        (lose_answer, "unknown", 6),
        (answer(500), "unknown", 0),
        (answer(200, "[]"), "unknown", 0),
        (answer(429), "not_applied", 0),
        (answer(413), "not_applied", 0),
    ],
)
def test_a_batch_that_fails_completely_raises_the_plain_error_and_doubles_nothing(
    run: Run, server: Any, agent: str, act: Act, outcome: str, stored: int
) -> None:
    server.add_passage(agent, "first")

    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            proxy.on(BATCH, act, times=ALWAYS)
            with pytest.raises(ProviderError) as caught:
                await memio.facts.add_many(texts(6))
            assert caught.value.outcome == outcome
            assert len(posts(proxy)) == (3 if caught.value.retryable else 1)

    run(main())
    assert server.texts(agent) == ["first", *texts(stored)]


@pytest.mark.parametrize(
    ("act", "in_doubt", "retryable"),
    [(lose_answer, True, True), (answer(429), False, True), (answer(401), False, False)],
)
def test_a_batch_that_stops_half_way_lists_what_may_be_added_again(
    run: Run, server: Any, agent: str, act: Act, in_doubt: bool, retryable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # defect: "add only the others again" doubles the ones whose answer was lost
    monkeypatch.setattr("memio.providers.letta._rows.batches.BATCH", 3)
    alice = Owner(user_id="alice")

    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent, user_scope=True) as memio:
            proxy.on(BATCH, act, after=1, times=ALWAYS)
            with pytest.raises(PartialWriteError) as caught:
                await memio.facts.add_many(texts(9), user_id="alice")  # one alone, three, and three that fail
            proxy.forget()
            error = caught.value
            assert [fact.content for fact in error.added] == texts(9)[:4]
            doubtful, others = ([4, 5, 6], [7, 8]) if in_doubt else ([], [4, 5, 6, 7, 8])
            assert error.unknown == [{"content": f"note {n}", "owner": alice} for n in doubtful]
            assert error.not_added == [{"content": f"note {n}", "owner": alice} for n in others]
            assert (error.outcome, error.retryable) == ("unknown" if in_doubt else "partial", retryable)
            await memio.scoped(user_id="alice").facts.add_many(error.not_added)
            assert {fact.user_id for fact in await memio.facts.get_all()} == {"alice"}

    run(main())
    assert sorted(server.texts(agent)) == texts(9)


def test_a_first_item_whose_answer_was_lost_leaves_the_outcome_of_the_batch_unknown(
    run: Run, server: Any, agent: str
) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            proxy.on(CREATE, answer(429, retry_after="0"))
            proxy.on(CREATE, lose_answer)
            with pytest.raises(ProviderError) as caught:
                await memio.facts.add_many(texts(4))
            assert (caught.value.outcome, caught.value.retryable) == ("unknown", False)
            assert "1 of 4" in "".join(caught.value.__notes__)

    run(main())
    assert server.texts(agent) == ["note 0"]


def test_a_read_that_fails_before_a_batch_adds_nothing(run: Run, server: Any, agent: str) -> None:
    server.add_passage(agent, "first")

    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent, max_retries=0) as memio:
            for pattern in (r"GET /v1/archives/", r"GET /v1/agents/[^/]+$", r"GET .*/archival-memory"):
                proxy.on(pattern, answer(503))
                with pytest.raises(ProviderError) as caught:
                    await memio.facts.add_many(texts(3))
                assert (caught.value.outcome, caught.value.retryable) == ("not_applied", True)

    run(main())
    assert server.texts(agent) == ["first"]


def test_a_batch_is_listed_in_order_though_another_program_dated_a_passage_into_the_future(
    run: Run, server: Any, agent: str
) -> None:
    server.add_passage(agent, "from the future", created_at="2999-01-01T00:00:00Z")

    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            added = await memio.facts.add_many(texts(5))
            assert all(fact.created_at.year < 2999 for fact in added)
            assert [fact.content for fact in await memio.facts.get_all()] == [*texts(5), "from the future"]

    run(main())


def test_an_item_that_cannot_be_kept_is_refused_before_anything_is_sent(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, behind(proxy, agent) as memio:
            with pytest.raises(InvalidInputError, match="245,760"):
                await memio.facts.add_many(["good", {"content": "bad", "metadata": {"k": "x" * 300_000}}])
            assert proxy.requests == []

    run(main())
