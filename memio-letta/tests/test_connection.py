"""Errors, repetitions, the key and the pool, over real HTTP with answers that the tests choose."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from letta_proxy import NO_ROUTE, Act, Proxy, answer, hold_request, lose_request, missing

from memio import Memio
from memio.errors import (
    AuthenticationError,
    MemioError,
    NotFoundError,
    ProviderError,
    ProviderTimeoutError,
    RateLimitError,
    UnavailableError,
)
from memio.providers.letta import LettaDocumentAdapter, LettaFactAdapter, LettaHistoryAdapter

Run = Callable[[Coroutine[Any, Any, Any]], Any]

AGENT = "agent-00000000-0000-4000-8000-000000000001"
KEY = "sk-very-secret-key"
ALWAYS = 99
EMPTY = answer(200, "[]")
PASSAGE = {
    "id": "passage-1",
    "text": "x",
    "created_at": "2026-01-01T00:00:00Z",
    "tags": None,
    "archive_id": "archive-1",
}


async def failure(act: Act, call: Callable[[LettaFactAdapter], Coroutine[Any, Any, Any]], **settings: Any) -> Any:
    """Return the error of a call that gets a chosen answer, and how many requests it took."""
    async with Proxy() as proxy:
        proxy.on(".", act, times=ALWAYS)
        facts = LettaFactAdapter(base_url=proxy.url, agent_id=AGENT, **{"max_retries": 0, **settings})
        try:
            with pytest.raises(MemioError) as caught:
                await call(facts)
            return caught.value, len(proxy.requests)
        finally:
            await facts.aclose()


def add(facts: LettaFactAdapter) -> Coroutine[Any, Any, Any]:
    return facts.add(content="likes coffee")


def search(facts: LettaFactAdapter) -> Coroutine[Any, Any, Any]:
    return facts.search(query="coffee", limit=3)


@pytest.mark.parametrize(
    ("status", "kind", "of_add", "of_search"),
    [
        # the error, then (outcome, retryable) of a call that creates and of one that reads
        (400, ProviderError, ("not_applied", False), ("not_applied", False)),
        (401, AuthenticationError, ("not_applied", False), ("not_applied", False)),
        (403, AuthenticationError, ("not_applied", False), ("not_applied", False)),
        (405, ProviderError, ("not_applied", False), ("not_applied", False)),
        (408, ProviderTimeoutError, ("unknown", False), ("not_applied", True)),
        (418, ProviderError, ("not_applied", False), ("not_applied", False)),
        (429, RateLimitError, ("not_applied", True), ("not_applied", True)),
        (500, UnavailableError, ("unknown", False), ("not_applied", True)),
        (502, UnavailableError, ("unknown", False), ("not_applied", True)),
        (503, UnavailableError, ("unknown", False), ("not_applied", True)),
        (504, UnavailableError, ("unknown", False), ("not_applied", True)),
    ],
)
def test_a_status_becomes_its_error(
    run: Run, status: int, kind: type[ProviderError], of_add: Any, of_search: Any
) -> None:
    # defect: one class of error for everything
    for call, expected in ((add, of_add), (search, of_search)):
        error, _ = run(failure(answer(status), call))
        assert type(error) is kind
        assert (error.outcome, error.retryable) == expected
        assert error.cause is not None


NO_AGENT = '{"detail": "Agent not found"}'


@pytest.mark.parametrize("act", [missing, answer(404, NO_AGENT), answer(422)])
def test_a_wrong_agent_id_is_named_in_the_error(run: Run, act: Act) -> None:
    # defect: a wrong agent looks like no data
    for call in (add, search):
        error, _ = run(failure(act, call))
        assert isinstance(error, NotFoundError)
        assert (error.resource, error.resource_id) == ("agent", AGENT)
        assert "LETTA_AGENT_ID" in str(error)


@pytest.mark.parametrize("act", NO_ROUTE)
def test_a_404_that_does_not_name_the_agent_is_not_lettas(run: Run, act: Act) -> None:
    # defect: what a gateway answers without a route to the server counts as Letta's word
    for call, outcome in ((add, "unknown"), (search, "not_applied")):
        error, requests = run(failure(act, call, max_retries=1))
        assert type(error) is UnavailableError
        assert "is it a Letta server" in str(error)
        assert (error.outcome, requests) == (outcome, 2 if call is search else 1)


def test_the_wording_of_an_answer_decides_nothing(run: Run) -> None:
    # defect: "not found" decided by a part of a message
    error, _ = run(failure(answer(500, '{"detail": "404 not found"}'), search))
    assert type(error) is UnavailableError
    error, _ = run(failure(answer(400, '{"detail": "rate limit: timeout, unauthorized, 404"}'), search))
    assert type(error) is ProviderError


@pytest.mark.parametrize(
    "body",
    ["<html>", '{"a"', "[" * 100_000, "9" * 6000, "{}", "null", "7", '"text"', "[1]", "[{}]", "[null]", '[{"id": 1}]'],
)
@pytest.mark.parametrize("call", [add, search])
def test_an_answer_that_is_not_lettas_is_an_error(run: Run, body: str, call: Any) -> None:
    error, _ = run(failure(answer(200, body), call))
    assert type(error) is UnavailableError
    assert error.outcome == ("unknown" if call is add else "not_applied")


@pytest.mark.parametrize("body", ["{}", "null", '{"results": 3}', '{"results": [{"id": "p", "content": "x"}]}'])
def test_a_search_result_of_another_shape_is_an_error(run: Run, body: str) -> None:
    error, _ = run(failure(answer(200, body), search))
    assert type(error) is UnavailableError


@pytest.mark.parametrize(
    "act", [answer(200, "<html>", content_type="text/html"), answer(200, "null"), answer(200, "7")]
)
def test_a_page_of_another_shape_is_an_error(run: Run, act: Act) -> None:
    # defect: where letta-client expects a page, it raises an AttributeError for anything else
    async def main() -> None:
        async with Proxy() as proxy:
            proxy.on(".", act, times=9)
            async with Memio(facts=LettaFactAdapter(base_url=proxy.url, agent_id=AGENT, max_retries=0)) as memio:
                with pytest.raises(UnavailableError, match="is it a Letta server"):
                    await memio.facts.delete(fact_id="passage-1")

    run(main())


def test_a_page_that_is_not_json_is_an_error(run: Run) -> None:
    error, _ = run(failure(answer(200, "<html>login</html>", content_type="text/html"), search))
    assert type(error) is UnavailableError
    assert "is it a Letta server?" in str(error)


def test_a_broken_connection_leaves_the_outcome_of_a_create_unknown(run: Run) -> None:
    error, requests = run(failure(lose_request, add, max_retries=5))
    assert (type(error), error.outcome, error.retryable) == (UnavailableError, "unknown", False)
    assert requests == 1


def test_a_create_on_an_unreachable_server_is_not_applied(run: Run) -> None:
    async def main() -> None:
        async with Proxy() as proxy:
            url = proxy.url
        facts = LettaFactAdapter(base_url=url, agent_id=AGENT, max_retries=0)
        with pytest.raises(UnavailableError) as caught:
            await add(facts)
        assert (caught.value.outcome, caught.value.retryable) == ("not_applied", True)
        assert url in str(caught.value)
        await facts.aclose()

    run(main())


@pytest.mark.parametrize("call", [add, search])
def test_no_answer_in_time_is_a_timeout_error(run: Run, call: Any) -> None:
    async def main() -> None:
        error, _ = await failure(hold_request(asyncio.Event()), call, timeout=0.2)
        assert isinstance(error, ProviderTimeoutError)
        assert isinstance(error, TimeoutError)
        assert error.outcome == ("unknown" if call is add else "not_applied")
        assert "0.2 seconds" in str(error)

    run(main())


@pytest.mark.parametrize("act", [answer(500), answer(503), lose_request, answer(200, "<html>"), answer(404)])
def test_a_call_that_may_have_created_something_is_never_repeated(run: Run, act: Act) -> None:
    # defect: a create repeated by the SDK after a lost answer makes two records
    _, requests = run(failure(act, add, max_retries=5))
    assert requests == 1


def test_a_call_that_creates_is_repeated_while_it_certainly_created_nothing(run: Run) -> None:
    async def main() -> None:
        async with Proxy() as proxy:
            proxy.on(".", answer(429, retry_after="0"), times=2)
            proxy.on(".", lose_request, times=ALWAYS)
            facts = LettaFactAdapter(base_url=proxy.url, agent_id=AGENT, max_retries=5)
            with pytest.raises(UnavailableError) as caught:
                await add(facts)
            assert (caught.value.outcome, caught.value.attempts, len(proxy.requests)) == ("unknown", 3, 3)
            await facts.aclose()

    run(main())


@pytest.mark.parametrize("act", [answer(500), answer(503), answer(429, retry_after="0"), lose_request])
def test_a_read_is_repeated_as_often_as_the_settings_state(run: Run, act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memio.providers.letta._api.attempts.FIRST_PAUSE", 0.001)
    for retries in (0, 1, 3):
        _, requests = run(failure(act, search, max_retries=retries))
        assert requests == 1 + retries


@pytest.mark.parametrize("act", [*(answer(status) for status in (400, 401, 403, 405, 422)), missing])
def test_a_failure_that_does_not_pass_is_not_repeated(run: Run, act: Act) -> None:
    _, requests = run(failure(act, search, max_retries=5))
    assert requests == 1


def test_a_repeated_read_that_succeeds_is_a_success(run: Run) -> None:
    async def main() -> None:
        async with Proxy() as proxy:
            proxy.on(".", answer(429, retry_after="0"))
            proxy.on(".", answer(200, json.dumps([PASSAGE])), times=ALWAYS)
            facts = LettaFactAdapter(base_url=proxy.url, agent_id=AGENT)
            assert [fact.id for fact in await facts.get_all(limit=5, cursor=None)] == ["passage-1"]
            assert len(proxy.requests) == 2
            await facts.aclose()

    run(main())


def test_the_pause_that_the_server_asks_for_is_in_the_error_when_it_is_too_long(run: Run) -> None:
    error, requests = run(failure(answer(429, retry_after="3600"), search, max_retries=5))
    assert (error.retry_after, error.retryable, requests) == (3600, True, 1)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("requested", ["3600", "Fri, 01 Jan 2100 00:00:00 GMT", "inf"])
def test_a_pause_that_is_too_long_is_not_made(run: Run, status: int, requested: str) -> None:
    # defect: 503 with Retry-After is repeated after half a second
    error, requests = run(failure(answer(status, retry_after=requested), search, max_retries=5))
    assert (error.retryable, requests) == (True, 1)
    if status == 503 and requested == "3600":
        assert "3600 seconds" in str(error)


@pytest.mark.parametrize("requested", ["0", "-1", "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00"])
def test_a_pause_that_is_over_is_skipped(run: Run, requested: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memio.providers.letta._api.attempts.FIRST_PAUSE", 0.001)
    _, requests = run(failure(answer(503, retry_after=requested), search, max_retries=2))
    assert requests == 3


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_carries_neither_key_nor_content_anywhere(run: Run, status: int) -> None:
    async def main() -> None:
        async with Proxy() as elsewhere, Proxy() as proxy:
            proxy.on(".", answer(status, location=f"{elsewhere.url}/v1/x"), times=ALWAYS)
            facts = LettaFactAdapter(base_url=proxy.url, agent_id=AGENT, api_key=KEY)
            for call in (add, search):
                with pytest.raises(ProviderError, match="redirects are not followed"):
                    await call(facts)
            assert elsewhere.requests == []
            await facts.aclose()

    run(main())


async def headers_of(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], **settings: Any) -> dict[str, str]:
    async with Proxy() as proxy:
        proxy.on(".", EMPTY, times=ALWAYS)
        for name, value in environment.items():
            monkeypatch.setenv(name, value.format(url=proxy.url))
        given = {"base_url": proxy.url} if "LETTA_BASE_URL" not in environment else {}
        facts = LettaFactAdapter(agent_id=AGENT, **given, **settings)
        assert await facts.search(query=" ", limit=1) == []
        await facts.aclose()
        return proxy.requests[0].headers


def test_a_given_key_is_sent(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(headers_of(monkeypatch, {}, api_key=KEY))["authorization"] == f"Bearer {KEY}"


def test_the_key_of_the_environment_is_sent_to_the_server_of_the_environment(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {"LETTA_BASE_URL": "{url}", "LETTA_API_KEY": KEY}
    assert run(headers_of(monkeypatch, environment))["authorization"] == f"Bearer {KEY}"


def test_the_key_of_the_environment_is_not_sent_to_an_explicit_server(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # defect: a key from the environment sent to any base URL
    headers = run(headers_of(monkeypatch, {"LETTA_API_KEY": KEY}))
    assert KEY not in str(headers)


@pytest.mark.parametrize("key", [None, "sk-given"])
@pytest.mark.parametrize("name", ["Authorization", "authorization", "X-Api-Key"])
def test_headers_of_the_environment_are_not_sent(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, key: str | None
) -> None:
    # letta-client adds them to every request, wherever it goes
    custom = f"{name}: Bearer {KEY}\nX-Other : {KEY}\nnonsense"
    headers = run(headers_of(monkeypatch, {"LETTA_CUSTOM_HEADERS": custom}, api_key=key))
    assert KEY not in str(headers)
    assert headers.get("authorization") == (f"Bearer {key}" if key else None)


def test_the_error_of_a_refused_call_explains_why_no_key_was_sent(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    error, _ = run(failure(answer(401), search))
    assert "pass api_key or set LETTA_API_KEY" in str(error)
    monkeypatch.setenv("LETTA_API_KEY", KEY)
    error, _ = run(failure(answer(401), search))
    assert "${LETTA_API_KEY}" in str(error)
    error, _ = run(failure(answer(401), search, api_key=KEY))
    assert "check api_key" in str(error)


def test_nothing_is_sent_to_the_cloud_without_a_key(run: Run) -> None:
    async def main() -> None:
        with pytest.raises(AuthenticationError, match="needs a key"):
            await LettaFactAdapter(agent_id=AGENT).add(content="x")

    run(main())


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_no_error_shows_the_key_even_when_the_server_echoes_it(
    run: Run, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    # defect: a key in an error, a log or a response
    caplog.set_level(logging.DEBUG)
    echo = answer(status, json.dumps({"detail": f"bad header: Bearer {KEY}", "message": KEY}))
    error, _ = run(failure(echo, search, api_key=KEY))
    shown = [
        str(error),
        repr(error),
        "".join(traceback.format_exception(error)),
        caplog.text,
        repr(error.__dict__.keys()),
    ]
    assert not any(KEY in text for text in shown)


@pytest.mark.parametrize("act", [answer(503), answer(404), lose_request])
def test_an_error_can_be_pickled_without_the_key(run: Run, act: Act) -> None:
    # defect: the SDK's error, in `cause`, holds the request with its headers
    error, _ = run(failure(act, search, api_key=KEY))
    assert KEY.encode() not in pickle.dumps(error)
    assert KEY not in repr(vars(error))


def test_the_detail_of_a_bad_request_is_in_the_error(run: Run) -> None:
    error, _ = run(failure(answer(400, '{"detail": "too long by far"}'), add))
    assert "too long by far" in str(error)


@pytest.mark.parametrize("how", ["in code", "by configuration"])
def test_the_stores_of_one_client_share_one_pool(run: Run, how: str) -> None:
    # defect: a connection per store
    async def main() -> None:
        async with Proxy() as proxy:
            proxy.on(".", EMPTY, times=ALWAYS)
            kwargs = {"base_url": proxy.url, "agent_id": AGENT}
            if how == "in code":
                stores: list[Any] = [
                    LettaFactAdapter(**kwargs),
                    LettaHistoryAdapter(**kwargs),
                    LettaDocumentAdapter(**kwargs),
                ]
                memio = Memio(facts=stores[0], history=stores[1], documents=stores[2])
            else:
                memio = Memio.from_config(
                    {"facts": "letta", "history": "letta", "documents": "letta", "providers": {"letta": kwargs}}
                )
                stores = [memio._stores[kind].store for kind in memio.kinds]
            connections = {id(store._agent._lease.connection()) for store in stores}
            assert len(connections) == 1
            await memio.facts.search(query=" ")
            letta = stores[0]._agent._lease.connection()._letta
            await memio.aclose()
            assert letta.is_closed()

    run(main())


def test_adapters_with_other_settings_do_not_share(run: Run) -> None:
    async def main() -> None:
        adapters = [LettaFactAdapter(base_url="http://localhost:1", agent_id="a", timeout=time) for time in (1, 2)]
        connections = [adapter._agent._lease.connection() for adapter in adapters]
        assert connections[0] is not connections[1]
        for adapter in adapters:
            await adapter.aclose()

    run(main())


def test_the_last_adapter_that_closes_closes_the_pool(run: Run) -> None:
    # defect: clients never closed
    async def main() -> None:
        async with Proxy() as proxy:
            proxy.on(".", EMPTY, times=ALWAYS)
            first, second = (LettaFactAdapter(base_url=proxy.url, agent_id=AGENT) for _ in range(2))
            await first.search(query=" ", limit=1)
            await second.search(query=" ", limit=1)
            letta = first._agent._lease.connection()._letta
            assert letta
            await first.aclose()
            await first.aclose()
            assert not letta.is_closed()
            await second.search(query=" ", limit=1)
            await second.aclose()
            assert letta.is_closed()
            with pytest.raises(RuntimeError, match="closed"):
                await second.search(query=" ", limit=1)
            third = LettaFactAdapter(base_url=proxy.url, agent_id=AGENT)
            await third.search(query=" ", limit=1)
            await third.aclose()

    run(main())


def test_closing_an_adapter_that_was_never_used_does_nothing(run: Run) -> None:
    run(LettaHistoryAdapter(base_url="http://localhost:1", agent_id="a").aclose())


def test_adapters_made_outside_of_a_loop_work_in_the_loop_of_their_first_call() -> None:
    async def use() -> None:
        async with Proxy() as proxy:
            proxy.on(".", EMPTY, times=ALWAYS)
            facts = LettaFactAdapter(base_url=proxy.url, agent_id=AGENT)
            await facts.search(query=" ", limit=1)
            await facts.aclose()

    for _ in range(3):
        asyncio.run(use())


def test_an_adapter_used_in_a_second_loop_raises_an_error() -> None:
    facts = LettaFactAdapter(base_url="http://127.0.0.1:9", agent_id=AGENT, max_retries=0)
    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    try:
        with pytest.raises(UnavailableError):
            first.run_until_complete(search(facts))
        with pytest.raises(RuntimeError, match="another event loop"):
            second.run_until_complete(search(facts))
        first.run_until_complete(facts.aclose())
    finally:
        first.close()
        second.close()


def test_cancellation_passes_through(run: Run) -> None:
    async def main() -> None:
        arrived = asyncio.Event()
        async with Proxy() as proxy:
            proxy.on(".", hold_request(asyncio.Event(), arrived), times=ALWAYS)
            facts = LettaFactAdapter(base_url=proxy.url, agent_id=AGENT)
            for call in (add, search):
                task = asyncio.create_task(call(facts))
                await arrived.wait()
                arrived.clear()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            await facts.aclose()

    run(main())


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxies_of_the_environment_are_not_used_for_this_machine(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    # defect: the key of a local server travels readably to the proxy of the company
    async def main() -> None:
        async with Proxy() as elsewhere, Proxy() as local:
            for proxy in (elsewhere, local):
                proxy.on(".", answer(200, '{"count": 0, "results": []}'), times=9)
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            monkeypatch.setenv(variable, elsewhere.url)
            async with Memio(facts=LettaFactAdapter(base_url=local.url, agent_id=AGENT, api_key=KEY)) as memio:
                await memio.facts.search(query="x")
            assert len(local.requests) == 1
            assert elsewhere.requests == []

    run(main())


async def refusal(address: str) -> ProviderError:
    """Return the error of a call when no connection to an address can be made."""
    async with Memio(facts=LettaFactAdapter(base_url=address, agent_id=AGENT)) as memio:
        with pytest.raises(ProviderError) as caught:
            await memio.facts.add(content="x")
        return caught.value


@pytest.mark.parametrize(
    ("variable", "value"), [("ALL_PROXY", "nonsense://user:hush@127.0.0.1"), ("ALL_PROXY", "socks5://127.0.0.1:9")]
)
def test_an_environment_that_keeps_a_connection_from_being_made_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    error = run(refusal("https://letta.invalid"))
    assert error.outcome == "not_applied"
    assert variable in str(error)
    assert "hush" not in str(error)


def test_an_address_that_no_host_can_have_is_named(run: Run) -> None:
    error = run(refusal("http://\uff11\uff12\uff17.0.0.1"))
    assert error.outcome == "not_applied"
    assert "base_url" in str(error)
