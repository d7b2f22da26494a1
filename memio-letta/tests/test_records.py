"""Facts and documents on a real server: what they keep, what they find, what they leave alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from letta_proxy import Proxy

from memio import Memio, Owner
from memio.errors import InvalidInputError, NotFoundError, NotSupportedError
from memio.providers.letta import LettaDocumentAdapter, LettaFactAdapter

Run = Callable[[Coroutine[Any, Any, Any]], Any]
ADAPTERS: dict[str, Any] = {"facts": LettaFactAdapter, "documents": LettaDocumentAdapter}
IDS = {"facts": "fact_id", "documents": "doc_id"}

pytestmark = pytest.mark.parametrize("kind", ["facts", "documents"])


@asynccontextmanager
async def opened(kind: str, url: str, agent: str, **settings: Any) -> Any:
    async with Memio(**{kind: ADAPTERS[kind](base_url=url, agent_id=agent, **settings)}) as memio:
        yield getattr(memio, kind)


async def everything(store: Any, limit: int = 3, **scope: Any) -> list[Any]:
    """Return all records, page by page, and check that no page but the last is short."""
    found: list[Any] = []
    cursor = None
    while True:
        page = await store.get_all(limit=limit, cursor=cursor, **scope)
        found += page
        cursor = page.next_cursor
        if cursor is None:
            return found
        assert len(page) == limit


def by_id(kind: str, record_id: str) -> dict[str, str]:
    return {IDS[kind]: record_id}


def test_a_record_comes_back_the_same_from_every_read(run: Run, server: Any, agent: str, kind: str) -> None:
    # defect: owner and metadata accepted and dropped
    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            metadata = {"n": 1, "f": 1.5, "none": None, "deep": {"list": [True, {"ü": "日本"}]}, "": ""}
            owner = {"user_id": "alice", "agent_id": "helper"}
            record = await store.add(content=" likes\tcoffee ☕\r\n", metadata=metadata, **owner)
            plain = await store.add(content="nothing else")
            assert (record.content, record.metadata) == (" likes\tcoffee ☕\r\n", metadata)
            assert (record.owner, plain.owner) == (Owner("alice", "helper"), Owner())
            assert record.created_at.tzinfo is UTC
            assert plain.metadata == {}
            for one in (record, plain):
                assert await store.get(**by_id(kind, one.id)) == one
            assert await store.get_all() == [record, plain]
            assert (await store.search(query="likes coffee"))[0] == record
            assert await store.search(query="nothing", limit=1) == [plain]

    run(main())


def test_only_what_is_worth_keeping_makes_a_tag(run: Run, server: Any, agent: str, kind: str) -> None:
    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            await store.add(content="plain")
            await store.add(content="owned", user_id="alice", metadata={"lang": "en"})

    run(main())
    assert [passage["tags"] or [] for passage in server.passages(agent)] == [
        [],
        ['memio:1:{"user_id":"alice","metadata":{"lang":"en"}}'],
    ]


def test_metadata_longer_than_a_tag_may_be_comes_back(run: Run, server: Any, agent: str, kind: str) -> None:
    # The server answers 500 to a long tag, and keeps the passage.
    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            metadata = {uuid4().hex: '日🎉é"\\' * 400 for _ in range(20)}
            record = await store.add(content="x", metadata=metadata)
            assert (await store.get(**by_id(kind, record.id))).metadata == metadata
            assert (await store.search(query="x"))[0].metadata == metadata
            with pytest.raises(InvalidInputError, match="245,760"):
                await store.add(content="y", metadata={"k": "x" * 300_000})

    run(main())
    assert server.texts(agent) == ["x"]


@pytest.mark.parametrize(
    "content",
    [
        "a",
        " ",
        "\n",
        "x" * 32_768,
        "日" * 10_922,
        "🎉\u200d👩\ufeff\uffff\x01\x7f",
        "e\u0301 vs \u00e9",
        '{"json": "\\u0000"}',
        "%_\\",
    ],
)
def test_any_content_comes_back_verbatim_and_is_found_by_its_text(
    run: Run, server: Any, agent: str, kind: str, content: str
) -> None:
    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            record = await store.add(content=content)
            assert (await store.get(**by_id(kind, record.id))).content == content
            if len(content.encode()) == 3 * 10_922:
                with pytest.raises(InvalidInputError, match="60,000"):
                    await store.search(query=content)
            else:
                assert (await store.search(query=content))[0].content == content

    run(main())


@pytest.mark.parametrize("content", ["x" * 32_769, "日" * 10_923, "🎉" * 8_193])
def test_content_over_the_limit_is_refused_before_sending_with_the_figure(
    run: Run, server: Any, agent: str, kind: str, content: str
) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, opened(kind, proxy.url, agent) as store:
            with pytest.raises(InvalidInputError, match="32,768"):
                await store.add(content=content)
            assert proxy.requests == []

    run(main())


@pytest.mark.parametrize("method", ["search", "get_all", "delete_all", "get", "delete", "update"])
def test_an_owner_is_refused_with_a_hint_unless_scopes_are_on(
    run: Run, server: Any, agent: str, kind: str, method: str
) -> None:
    # defect: an owner accepted on add and ignored on read
    arguments: dict[str, dict[str, Any]] = {
        "search": {"query": "x"},
        "get_all": {},
        "delete_all": {},
        "get": by_id(kind, "p"),
        "delete": by_id(kind, "p"),
        "update": {**by_id(kind, "p"), "content": "y"},
    }

    async def main() -> None:
        async with Proxy(server.url) as proxy, opened(kind, proxy.url, agent) as store:
            for owner, setting in (("user_id", "user_scope"), ("agent_id", "agent_scope"), ("namespace", "namespaces")):
                label = ("app",) if owner == "namespace" else "alice"
                with pytest.raises(NotSupportedError) as caught:
                    await getattr(store, method)(**arguments[method], **{owner: label})
                assert f"leave {owner} out" in caught.value.hint
                assert f"set {setting} = true" in caught.value.hint
            for nobody_or_alice in (Owner(), Owner(user_id="alice")):
                with pytest.raises(NotSupportedError, match="user_scope"):
                    await getattr(store, method)(**arguments[method], owner=nobody_or_alice)
            assert proxy.requests == []

    run(main())


def test_what_letta_cannot_keep_is_refused_before_sending(run: Run, server: Any, agent: str, kind: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, opened(kind, proxy.url, agent) as store:
            refused: list[tuple[Any, str]] = [
                (lambda: store.add("x", namespace=("app",)), "set namespaces = true"),
                (lambda: store.add("x", expires_at=datetime.now(UTC)), "delete the record yourself"),
                (lambda: store.put(content="x", **by_id(kind, "mine")), "Letta chooses the ids"),
                (lambda: store.get_all(since=datetime.now(UTC)), "created_at"),
                (lambda: store.get_all(order="newest"), "reverse it"),
                (lambda: store.search("x", filters={"a": 1}), "filter the result"),
                (store.count, "count what a listing yields"),
                (store.get_owners, "owner of each record"),
            ]
            if kind == "documents":
                refused.append((lambda: store.add("x", data={"a": 1}), "put the value into the metadata"))
            for call, hint in refused:
                with pytest.raises(NotSupportedError) as caught:
                    await call()
                assert hint in caught.value.hint
            assert proxy.requests == []

    run(main())


def test_a_chosen_id_is_refused(run: Run, server: Any, agent: str, kind: str) -> None:
    async def main() -> None:
        async with Proxy(server.url) as proxy, opened(kind, proxy.url, agent) as store:
            with pytest.raises(NotSupportedError, match="Letta chooses the ids"):
                await store.add(content="x", **by_id(kind, "mine"))
            assert proxy.requests == []

    run(main())


@pytest.mark.parametrize(
    "unknown", ["passage-00000000-0000-4000-8000-000000000000", "x", "a/b", "..", "日本 ?#&=%", "x" * 1000]
)
def test_an_unknown_id_is_not_found_and_changes_nothing(
    run: Run, server: Any, agent: str, kind: str, unknown: str
) -> None:
    # defect: an update of an unknown id succeeds, or creates it
    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            for filled in (False, True):
                for method, more in (("get", {}), ("delete", {}), ("update", {"content": "new"})):
                    with pytest.raises(NotFoundError) as caught:
                        await getattr(store, method)(**by_id(kind, unknown), **more)
                    assert caught.value.resource == kind.removesuffix("s")
                    assert caught.value.resource_id == unknown
                if not filled:
                    await store.add(content="old")

    run(main())
    assert server.texts(agent) == ["old"]


def test_an_id_that_is_a_path_is_not_found(run: Run, server: Any, agent: str, kind: str) -> None:
    # defect: deleting the record "../../../agents/agent-…" deletes an agent: letta-client 1.7.9 does not quote it
    victim = server.new_agent()

    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            await store.add(content="stays")
            for path in (f"../../../agents/{victim}", "..", ".", "x?y", "%2e%2e"):
                with pytest.raises(NotFoundError) as caught:
                    await store.delete(**by_id(kind, path))
                assert caught.value.resource_id == path

    run(main())
    assert server.ask("GET", f"/v1/agents/{victim}")["id"] == victim
    assert server.texts(agent) == ["stays"]


def test_a_passage_of_another_agent_is_not_found_and_never_deleted(
    run: Run, server: Any, agent: str, kind: str
) -> None:
    # defect: a passage deleted through another agent's id
    other = server.new_agent()

    async def main() -> None:
        theirs = [server.add_passage(other, text)["id"] for text in ("first", "second")]
        for own in (0, 1, 2):
            if own:
                server.add_passage(agent, f"own {own}")
            for settings in ({}, {"user_scope": True, "collection": "c"}):
                async with opened(kind, server.url, agent, **settings) as store:
                    for foreign in theirs:
                        for method, more in (("get", {}), ("delete", {}), ("update", {"content": "new"})):
                            with pytest.raises(NotFoundError):
                                await getattr(store, method)(**by_id(kind, foreign), **more)
        theirs.append(server.add_passage(other, "third")["id"])  # younger than everything of our own
        async with opened(kind, server.url, agent) as store:
            with pytest.raises(NotFoundError):
                await store.delete(**by_id(kind, theirs[-1]))
            with pytest.raises(NotFoundError):
                await store.get(**by_id(kind, theirs[-1]))
            await store.delete_all()

    run(main())
    assert server.texts(other) == ["first", "second", "third"]
    assert server.texts(agent) == []


def test_a_deleted_record_is_gone_from_every_read(run: Run, server: Any, agent: str, kind: str) -> None:
    # defect: deleted records still found
    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            records = [await store.add(content=f"note {number}") for number in range(3)]
            await store.delete(**by_id(kind, records[1].id))
            with pytest.raises(NotFoundError):
                await store.get(**by_id(kind, records[1].id))
            with pytest.raises(NotFoundError):
                await store.delete(**by_id(kind, records[1].id))
            assert await store.get_all() == [records[0], records[2]]
            assert records[1] not in await store.search(query="note 1")

    run(main())


def test_an_update_keeps_time_owner_metadata_and_place(run: Run, server: Any, agent: str, kind: str) -> None:
    # defect: an update drops the metadata, or merges it
    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            first = await store.add(content="one", user_id="alice", metadata={"a": 1})
            second = await store.add(content="two")
            new = await store.update(**by_id(kind, first.id), content="uno")
            assert new.id != first.id
            assert (new.content, new.user_id, new.metadata) == ("uno", "alice", {"a": 1})
            assert new.created_at == first.created_at
            with pytest.raises(NotFoundError):
                await store.get(**by_id(kind, first.id))
            assert await store.get_all() == [new, second]
            replaced = await store.update(**by_id(kind, new.id), metadata={"b": 2})
            assert (replaced.content, replaced.metadata, replaced.user_id) == ("uno", {"b": 2}, "alice")
            cleared = await store.update(**by_id(kind, replaced.id), content="uno", metadata={})
            assert (cleared.metadata, cleared.user_id) == ({}, "alice")
            assert await store.get(**by_id(kind, cleared.id)) == cleared
            assert await store.search(query="uno", limit=1) == [cleared]

    run(main())


def test_an_update_leaves_the_tags_of_the_agent_alone(run: Run, server: Any, agent: str, kind: str) -> None:
    passage = server.add_passage(agent, "by the agent", tags=["important", "memio:7"])

    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            assert [record.content for record in await store.get_all()] == ["by the agent"]
            await store.update(**by_id(kind, passage["id"]), content="by hand", metadata={"a": 1})

    run(main())
    (changed,) = server.passages(agent)
    assert sorted(changed["tags"]) == ["important", 'memio:1:{"metadata":{"a":1}}', "memio:7"]


def test_an_update_keeps_the_metadata_that_another_program_stored_with_letta(
    run: Run, server: Any, agent: str, kind: str
) -> None:
    # defect: a passage's own metadata is lost, because the usual call to create one has none
    server.add_passage(agent, "first")
    native = {"source": "crm", "page": 7, "deep": {"list": [1.5, None, "é"]}}
    body = {"text": "contract 42", "metadata": native, "tags": ["crm"], "created_at": "2026-01-02T03:04:05.000006"}
    passage = server.ask("POST", f"/v1/archives/{server.archive(agent)}/passages", json=body)

    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            first = await store.update(**by_id(kind, passage["id"]), content="contract 42, amended", metadata={"a": 1})
            again = await store.update(**by_id(kind, first.id), content="contract 43")
            assert again.metadata == {"a": 1}
            assert (await store.search(query="contract 43", limit=1)) == [again]

    run(main())
    (changed,) = (item for item in server.passages(agent) if item["text"] == "contract 43")
    assert (changed["metadata"], changed["created_at"]) == (native, passage["created_at"])
    assert sorted(changed["tags"]) == ["crm", 'memio:1:{"metadata":{"a":1}}']


def test_a_listing_is_complete_and_in_order_also_with_equal_times(run: Run, server: Any, agent: str, kind: str) -> None:
    # defect: only the first page; ties in time lost
    server.add_passage(agent, "first")
    server.add_many(agent, [f"tie {number}" for number in range(130)])
    server.add_passage(agent, "last")
    stored = [passage["id"] for passage in server.passages(agent)]

    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            for limit in (7, 66, 100, 131, 132, 133, 1000):
                found = await everything(store, limit)
                assert [record.id for record in found] == stored
            for position in (0, 1, 2, 60, 129, 130, 131):
                assert (await store.get(**by_id(kind, stored[position]))).id == stored[position]

    run(main())


def test_a_listing_goes_on_when_what_was_delivered_is_deleted_or_updated(
    run: Run, server: Any, agent: str, kind: str
) -> None:
    # defect: a cursor that skips or repeats under writes; the server is silently empty after an id that is gone
    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            contents = [f"note {number}" for number in range(12)]
            for content in contents:
                await store.add(content=content)
            seen: list[str] = []
            cursor = None
            while True:
                page = await store.get_all(limit=2, cursor=cursor)
                seen += [record.content for record in page]
                cursor = page.next_cursor
                if cursor is None:
                    break
                if len(seen) < 6:
                    for record in page:
                        await store.delete(**by_id(kind, record.id))
                else:
                    await store.update(**by_id(kind, page[-1].id), content=f"updated {page[-1].content}")
            assert [content for content in seen if not content.startswith("updated")] == contents

    run(main())


def test_iterating_while_deleting_visits_every_record_once(run: Run, server: Any, agent: str, kind: str) -> None:
    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            for number in range(7):
                await store.add(content=f"note {number}")
            seen: list[str] = []
            async for record in store.iter_all():
                seen.append(record.content)
                await store.delete(**by_id(kind, record.id))
            assert seen == [f"note {number}" for number in range(7)]
            assert await store.get_all() == []

    run(main())


def test_delete_all_reaches_beyond_the_first_page(run: Run, server: Any, agent: str, kind: str) -> None:
    # defect: delete_all looks at the first page only and reports success
    server.add_passage(agent, "first")
    server.add_many(agent, [f"note {number}" for number in range(230)])

    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            await store.delete_all()
            assert await store.get_all() == []
            assert await store.search(query="note 1") == []
            await store.delete_all()

    run(main())
    assert server.passages(agent) == []


def test_a_wrong_agent_is_an_error_and_not_an_empty_result(run: Run, server: Any, agent: str, kind: str) -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("add", {"content": "x"}),
        ("get", by_id(kind, "passage-1")),
        ("get_all", {}),
        ("search", {"query": "x"}),
        ("search", {"query": " "}),
        ("update", {**by_id(kind, "passage-1"), "content": "y"}),
        ("delete", by_id(kind, "passage-1")),
        ("delete_all", {}),
    ]

    async def main() -> None:
        for wrong in ("agent-00000000-0000-4000-8000-000000000000", "agent-123", "no-agent_at-all"):
            async with opened(kind, server.url, wrong) as store:
                for method, arguments in calls:
                    with pytest.raises(NotFoundError) as caught:
                        await getattr(store, method)(**arguments)
                    assert (caught.value.resource, caught.value.resource_id) == ("agent", wrong)

    run(main())


def test_many_adds_at_once_are_all_kept(run: Run, server: Any, agent: str, kind: str) -> None:
    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            records = await asyncio.gather(*(store.add(content=f"note {number}") for number in range(16)))
            assert {record.id for record in records} == {record.id for record in await store.get_all()}
            assert len({record.id for record in records}) == 16

    run(main())


def test_times_come_from_the_server(run: Run, server: Any, agent: str, kind: str) -> None:
    # defect: timestamps invented in answers that the store never held
    async def main() -> None:
        async with opened(kind, server.url, agent) as store:
            record = await store.add(content="x")
            stored = datetime.fromisoformat(server.passages(agent)[0]["created_at"])
            assert (record.created_at, record.updated_at) == (stored, None)

    run(main())
