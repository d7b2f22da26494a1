"""How many requests a call takes: counted by a proxy, and the same as in the README."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from letta_proxy import Proxy

from memio import Memio, Message
from memio.errors import NotFoundError
from memio.providers.letta import LettaDocumentAdapter, LettaFactAdapter, LettaHistoryAdapter

Run = Callable[[Coroutine[Any, Any, Any]], Any]
README = Path(__file__).parent.parent / "README.md"

LIST = "GET /v1/agents/{agent}/archival-memory"
CREATE = "POST /v1/agents/{agent}/archival-memory"
SEARCH = "GET /v1/agents/{agent}/archival-memory/search"
ARCHIVE = "GET /v1/archives/"
AGENT = "GET /v1/agents/{agent}"
BATCH = "POST /v1/archives/{archive}/passages/batch"
DELETE = "DELETE /v1/archives/{archive}/passages/{passage}"
SESSIONS = "GET /v1/conversations/"
BEGIN = "POST /v1/conversations/"
SEND = "POST /v1/conversations/{conv}/messages"
NOTE = "PATCH /v1/conversations/{conv}"
READ = "GET /v1/conversations/{conv}/messages"
END = "DELETE /v1/conversations/{conv}"
UNKNOWN = "passage-00000000-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def minutes_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an answer showed is used again for a minute; a busy machine may take longer for a test."""
    for name in ("_api.fresh", "_rows.clock"):
        monkeypatch.setattr(f"memio.providers.letta.{name}.FRESH", 3600.0)


class Counting:
    """Compares what a call sends with what it should."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy

    async def __call__(self, row: str, call: Coroutine[Any, Any, Any], *expected: str) -> Any:
        self.proxy.requests.clear()
        try:
            return await call
        except NotFoundError:
            return None
        finally:
            assert sorted(self.proxy.names) == sorted(expected), row
            if row:
                assert f"| {row} | {len(expected)} |" in README.read_text()


@pytest.mark.parametrize("kind", ["facts", "documents"])
def test_facts_and_documents(run: Run, server: Any, agent: str, kind: str) -> None:
    adapter: Any = {"facts": LettaFactAdapter, "documents": LettaDocumentAdapter}[kind]
    name = {"facts": "fact_id", "documents": "doc_id"}[kind]

    async def main() -> None:
        async with Proxy(server.url) as proxy, Memio(**{kind: adapter(base_url=proxy.url, agent_id=agent)}) as memio:
            store: Any = getattr(memio, kind)
            sends = Counting(proxy)
            await sends("`get_all`, empty archive", store.get_all(), LIST, ARCHIVE)
            begin = (ARCHIVE, CREATE, ARCHIVE, AGENT, BATCH)
            await sends("`add_many`, agent without an archive", store.add_many(["a", "b", "c"]), *begin)
            await store.delete_all()
            records = [await sends("`add`", store.add(content=f"note {n}"), CREATE) for n in range(12)]
            for record in records[:3] + records[-2:]:
                await sends("`get`", store.get(**{name: record.id}), LIST, LIST)
            await sends("`get`, unknown id", store.get(**{name: UNKNOWN}), LIST, LIST)
            await sends("`get_all`, up to 100 records", store.get_all(), LIST)
            await sends("`search`", store.search(query="note"), SEARCH)
            update = store.update(**{name: records[2].id}, content="new")
            await sends("`update`", update, LIST, LIST, CREATE, LIST, DELETE)
            proxy.requests.clear()
            new = await store.update(**{name: records[0].id}, content="new")
            # The new passage has the time of the old one. Where its id sorts before, one read finds the old one.
            reads = [LIST] * (1 if new.id < records[0].id else 2)
            assert sorted(proxy.names) == sorted([LIST, LIST, CREATE, *reads, DELETE])
            assert "| `update` of the first record | 5 or 6 |" in README.read_text()
            await sends("`delete`", store.delete(**{name: records[1].id}), DELETE)
            await sends("`delete_all` of 11 records", store.delete_all(), LIST, *[DELETE] * 11)
            await sends("", store.add_many([]))
            await sends("", store.add_many(["only"]), CREATE)
            many = [f"note {n}" for n in range(100)]
            await sends("`delete`, unknown id", store.delete(**{name: UNKNOWN}), DELETE, LIST, LIST)
            await sends("`add_many` of up to 500 records", store.add_many(many), BATCH)
            assert [record.content for record in await store.get_all(limit=200)] == ["only", *many]
            await store.delete_all()
            server.add_passage(agent, "first")
            server.add_many(agent, ["tie"] * 299)
            await sends("`get_all(limit=1000)` of 300 records", store.get_all(limit=1000), LIST, LIST, LIST)
            last = server.passages(agent)[-1]["id"]
            await sends(
                "`get` of the last of 299 with the same time", store.get(**{name: last}), LIST, LIST, LIST, LIST, LIST
            )

    run(main())


def test_what_an_earlier_answer_showed_is_read_again_after_a_minute(
    run: Run, server: Any, agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add_passage(agent, "first")

    async def main() -> None:
        async with (
            Proxy(server.url) as proxy,
            Memio(facts=LettaFactAdapter(base_url=proxy.url, agent_id=agent)) as memio,
        ):
            sends, facts = Counting(proxy), memio.facts
            for name in ("_api.fresh", "_rows.clock"):
                monkeypatch.setattr(f"memio.providers.letta.{name}.FRESH", 0.0)
            cold = "`add_many`, first call within a minute"
            await sends(cold, facts.add_many(["a", "b"]), ARCHIVE, AGENT, LIST, BATCH)
            await sends("", facts.add_many(["c", "d"]), ARCHIVE, AGENT, LIST, BATCH)
            for name in ("_api.fresh", "_rows.clock"):
                monkeypatch.setattr(f"memio.providers.letta.{name}.FRESH", 3600.0)
            stored = server.passages(agent)
            cold = "`delete`, first call within a minute"
            await sends(cold, facts.delete(stored[0]["id"]), ARCHIVE, DELETE)
            await sends("", facts.delete(stored[1]["id"]), DELETE)

    run(main())
    assert server.texts(agent) == ["b", "c", "d"]


def test_facts_in_a_scope(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy:
            facts = LettaFactAdapter(base_url=proxy.url, agent_id=agent, user_scope=True, collection="c")
            async with Memio(facts=facts) as memio:
                sends = Counting(proxy)
                record = await sends("", memio.facts.add(content="note", user_id="alice"), CREATE)
                await sends("", memio.facts.get(fact_id=record.id, user_id="alice"), LIST, LIST)
                await sends("", memio.facts.get_all(user_id="alice"), LIST)
                await sends("", memio.facts.search(query="note", user_id="alice"), SEARCH)
                server.add_many(agent, ["another note"] * 20)
                await sends(
                    "`search` in a scope that is rare among the nearest",
                    memio.facts.search(query="another", user_id="alice", limit=2),
                    SEARCH,
                    SEARCH,
                )
                delete = memio.facts.delete(fact_id=record.id, user_id="alice")
                await sends("`delete` in a scope or a collection", delete, LIST, LIST, DELETE)

    run(main())


def test_history(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with (
            Proxy(server.url) as proxy,
            Memio(history=LettaHistoryAdapter(base_url=proxy.url, agent_id=agent)) as memio,
        ):
            sends = Counting(proxy)
            hello = [Message(role="user", content="hello")]
            history = memio.history
            await sends("`get`, unknown session", history.get(session_id="s"), SESSIONS, ARCHIVE)
            begin = (SESSIONS, BEGIN, SESSIONS, SEND, NOTE)
            await sends("`add` to a new session", history.add(session_id="s", messages=hello), *begin)
            await sends("`add`", history.add(session_id="s", messages=hello), SEND)
            again = Memio(history=LettaHistoryAdapter(base_url=proxy.url, agent_id=agent))
            add = again.history.add(session_id="s", messages=hello)
            await sends("`add` to a session for the first time in a client", add, SESSIONS, SEND)
            await again.aclose()
            await sends("`get`", history.get(session_id="s"), SESSIONS, READ)
            await sends("`search`", history.search(session_id="s", query="hello"), SESSIONS, READ)
            await sends("`get_all`", history.get_all(), SESSIONS)
            await sends("`delete`", history.delete(session_id="s"), SESSIONS, END)
            for number in range(3):
                await history.add(session_id=f"s{number}", messages=hello)
            await sends("`delete_all` of 3 sessions", history.delete_all(), SESSIONS, END, END, END)

    run(main())
