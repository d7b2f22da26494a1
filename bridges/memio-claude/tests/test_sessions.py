"""`MemioSessionStore`: the conformance suite of the Agent SDK, and what it does not check."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from claude_agent_sdk import fold_session_summary
from claude_agent_sdk.testing import run_session_store_conformance

from memio import InvalidInputError, Memio, NotSupportedError, Owner, StoreNotConfiguredError, UnavailableError
from memio_claude import MemioSessionStore

MEMORY = {"provider": "sqlite", "path": ":memory:"}
KEY: Any = {"project_key": "proj", "session_id": "sess"}


def in_memory(**labels: Any) -> MemioSessionStore:
    return MemioSessionStore({"history": MEMORY, "documents": MEMORY}, **labels)


def on_file(path: Path, **labels: Any) -> MemioSessionStore:
    kind = {"provider": "sqlite", "path": str(path)}
    return MemioSessionStore({"history": kind, "documents": kind}, **labels)


def entry(**fields: Any) -> Any:
    return {"type": "user", **fields}


@pytest.mark.parametrize("labels", [{}, {"user_id": "alice", "agent_id": "coder", "namespace": ("app",)}])
def test_the_conformance_suite_of_the_sdk_passes(labels: Any) -> None:
    made: list[MemioSessionStore] = []

    def make() -> MemioSessionStore:
        made.append(in_memory(**labels))
        return made[-1]

    async def main() -> None:
        await run_session_store_conformance(make)
        assert len(made) > 10
        for store in made:
            await store.aclose()

    asyncio.run(main())


def test_entries_come_back_equal_whatever_they_hold() -> None:
    entries = [
        entry(uuid="1", message={"role": "user", "content": "hello \0 \ud800"}, n=[1, 10**30, 0.1, None, True]),
        {"type": "file-history-snapshot", "snapshot": {"": {"a": []}}},
        {
            "type": "assistant",
            "uuid": "",
            "message": {"content": [{"type": "text", "text": "hi"}, {"type": "tool_use"}]},
        },
        {"type": "summary", "summary": "", "uuid": None},
        {"type": "x", "uuid": 5},
        {"type": "x", "uuid": "u" * 5000},
        {"type": "x", "uuid": "\0"},
    ]

    async def main() -> None:
        async with in_memory() as store:
            await store.append(KEY, entries)
            assert await store.load(KEY) == entries

    asyncio.run(main())


def test_an_entry_with_a_uuid_is_stored_once_and_one_without_each_time() -> None:
    first, other = entry(uuid="a", n=1), entry(uuid="a", n=2)
    title: Any = {"type": "custom-title", "customTitle": "t"}

    async def main() -> None:
        async with in_memory() as store:
            await store.append(KEY, [first, title])
            await store.append(KEY, [first, title])  # the SDK repeats a batch
            await store.append(KEY, [entry(uuid="b"), other, entry(uuid="c"), entry(uuid="c", n=5)])
            await store.append(KEY, [other])
            assert await store.load(KEY) == [first, title, title, entry(uuid="b"), entry(uuid="c")]

    asyncio.run(main())


def test_entries_that_several_add_at_the_same_time_are_each_stored_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with on_file(tmp_path / "m.db") as one, on_file(tmp_path / "m.db") as two:
            batches = [[entry(uuid=f"{n + k}", by=w) for k in range(5)] for n in range(20) for w in (0, 1)]
            await asyncio.gather(*((one, two)[i % 2].append(KEY, batch) for i, batch in enumerate(batches)))
            loaded = await one.load(KEY)
            assert loaded is not None
            assert sorted(int(each["uuid"]) for each in loaded) == list(range(24))

    asyncio.run(main())


def test_a_summary_is_that_of_all_entries_also_when_several_append(tmp_path: Path) -> None:
    async def main() -> None:
        async with on_file(tmp_path / "m.db") as one, on_file(tmp_path / "m.db") as two:
            calls = [
                (one, two)[n % 2].append(
                    KEY,
                    [
                        entry(uuid=f"{n}", timestamp=f"2026-01-01T00:00:{n:02}Z", customTitle=f"title {n}"),
                        entry(tag=f"tag {n}", type="tag") if n % 3 else entry(gitBranch=f"branch {n}"),
                    ],
                )
                for n in range(30)
            ]
            await asyncio.gather(*calls)
            loaded = await two.load(KEY)
            assert loaded is not None
            (summary,) = await one.list_session_summaries("proj")
            assert summary["data"] == fold_session_summary(None, KEY, loaded)["data"]
            (session,) = await one.list_sessions("proj")
            assert summary["mtime"] == session["mtime"]

    asyncio.run(main())


def test_a_repeated_batch_does_not_bring_an_old_title_back() -> None:
    async def main() -> None:
        async with in_memory() as store:
            old, new = entry(uuid="1", customTitle="old"), entry(uuid="2", customTitle="new")
            await store.append(KEY, [old])
            await store.append(KEY, [new])
            await store.append(KEY, [old])
            (summary,) = await store.list_session_summaries("proj")
            assert summary["data"]["custom_title"] == "new"

    asyncio.run(main())


def test_a_summary_that_was_not_written_is_made_again_and_the_append_stands(caplog: pytest.LogCaptureFixture) -> None:
    failing = True

    async def broken(operation: Any, call_next: Callable[[Any], Any]) -> Any:
        if failing and operation.kind == "documents":
            raise UnavailableError("the documents are away")
        return await call_next(operation)

    async def main() -> None:
        nonlocal failing
        config: Any = {"history": MEMORY, "documents": MEMORY}
        async with Memio.from_config(config, middleware=[broken]) as memio:
            store = MemioSessionStore(memio)
            await store.append(KEY, [entry(uuid="1", customTitle="one", message={"content": "first"})])
            assert "is not up to date: the documents are away" in caplog.text
            failing = False
            other: Any = {"project_key": "proj", "session_id": "other"}
            await store.append(other, [entry(uuid="1")])
            found = {each["session_id"]: each for each in await store.list_session_summaries("proj")}
            assert found["sess"]["data"]["custom_title"] == "one"
            failing = True
            await store.append(KEY, [entry(uuid="2", customTitle="two")])
            failing = False
            await store.append(KEY, [entry(uuid="3", gitBranch="main")])
            found = {each["session_id"]: each for each in await store.list_session_summaries("proj")}
            data = found["sess"]["data"]
            assert (data["custom_title"], data["first_prompt"], data["git_branch"]) == ("two", "first", "main")

    asyncio.run(main())


def test_what_was_said_is_found_by_search_and_stays_when_the_store_is_opened_again(tmp_path: Path) -> None:
    said = entry(uuid="1", message={"content": [{"type": "text", "text": "the deploy key is in the vault"}]})

    async def main() -> None:
        async with on_file(tmp_path / "m.db") as store:
            await store.append(KEY, [said])
        config: Any = {"history": {"provider": "sqlite", "path": str(tmp_path / "m.db")}}
        async with Memio.from_config(config) as memio:
            (message,) = await memio.history.search("deploy key")
            assert message.data == said
            assert message.owner == Owner(namespace=("claude", "sessions", "proj"))

    asyncio.run(main())


def test_users_do_not_see_or_delete_each_others_sessions(tmp_path: Path) -> None:
    async def main() -> None:
        alice, bob, nobody = (on_file(tmp_path / "m.db", user_id=user) for user in ("alice", "bob", None))
        sub: Any = {**KEY, "subpath": "subagents/a"}
        for store in (alice, bob, nobody):
            await store.append(KEY, [entry(uuid="1")])
            await store.append(sub, [entry(uuid="1")])
        await nobody.delete(KEY)
        assert await nobody.load(KEY) is None
        assert await nobody.load(sub) is None
        for store in (alice, bob):
            assert await store.list_subkeys(KEY) == ["subagents/a"]
            assert len(await store.list_session_summaries("proj")) == 1
        for store in (alice, bob, nobody):
            await store.aclose()

    asyncio.run(main())


def test_what_is_missing_is_stated_when_the_store_is_made() -> None:
    with pytest.raises(StoreNotConfiguredError, match="needs history and documents, and this client has no documents"):
        MemioSessionStore({"history": MEMORY})  # type: ignore[typeddict-item]
    with pytest.raises(InvalidInputError, match="namespace has 17 elements"):
        in_memory(namespace=tuple("a" * 15))

    class Documents:
        features = guarantees = frozenset()

        async def add(self, *, content): ...
        async def get(self, *, doc_id): ...
        async def get_all(self, *, limit, cursor): ...
        async def search(self, *, query, limit): ...
        async def delete(self, *, doc_id): ...
        async def delete_all(self): ...
        async def aclose(self): ...

    from memio.providers.sqlite import SqliteHistoryAdapter

    with pytest.raises(NotSupportedError, match="MemioSessionStore needs namespaces, data, client_ids"):
        MemioSessionStore(Memio(history=SqliteHistoryAdapter(path=":memory:"), documents=Documents()))  # type: ignore[arg-type]


HOSTILE = ["", "\0", "\ud800", "x" * 1001, None, 5, ["a"], {"a": 1}]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("part", ["project_key", "session_id", "subpath"])
def test_a_key_that_cannot_be_kept_is_refused_by_every_method(name: Any, part: str) -> None:
    if part == "subpath" and name is None:
        pytest.skip("no subpath is the main transcript")
    key: Any = {**KEY, "subpath": "sub", part: name}

    async def main() -> None:
        async with in_memory() as store:
            calls: list[Any] = [store.append(key, [entry(uuid="1")]), store.load(key), store.delete(key)]
            if part != "subpath":
                calls.append(store.list_subkeys(key))
            if part == "project_key":
                calls += [store.list_sessions(name), store.list_session_summaries(name)]
            for each in calls:
                with pytest.raises(InvalidInputError):
                    await each

    asyncio.run(main())


@pytest.mark.parametrize("name", ["..", "a/b", "../../etc/passwd", "%2e%2e", "*", "a\nb", "' OR 1=1 --", "ü ☕"])
def test_a_key_is_compared_whole_and_leads_nowhere_else(name: str) -> None:
    async def main() -> None:
        async with in_memory() as store:
            await store.append(KEY, [entry(uuid="secret")])
            for part in ("project_key", "session_id", "subpath"):
                key: Any = {**KEY, part: name}
                assert await store.load(key) is None
                await store.delete(key)
                await store.append(key, [entry(uuid="1")])
                assert await store.load(key) == [entry(uuid="1")]
                await store.delete(key)
            assert await store.load(KEY) == [entry(uuid="secret")]

    asyncio.run(main())


@pytest.mark.parametrize("bad", [{"n": float("nan")}, {"n": {1: 2}}, {"n": object()}, {"n": [b"x"]}])
def test_an_entry_that_is_not_json_is_refused_and_nothing_of_its_batch_is_stored(bad: Any) -> None:
    async def main() -> None:
        async with in_memory() as store:
            with pytest.raises(InvalidInputError):
                await store.append(KEY, [entry(uuid="1"), entry(uuid="2", **bad)])
            assert await store.load(KEY) is None

    asyncio.run(main())


def test_long_transcripts_and_large_batches_are_kept() -> None:
    async def main() -> None:
        async with in_memory() as store:
            entries = [entry(uuid=str(n), customTitle=f"title {n}") for n in range(2500)]
            await store.append(KEY, entries)
            assert await store.load(KEY) == entries
            (summary,) = await store.list_session_summaries("proj")
            assert summary["data"]["custom_title"] == "title 2499"

    asyncio.run(main())
