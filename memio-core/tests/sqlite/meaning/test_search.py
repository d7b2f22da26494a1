"""Search by meaning: what is embedded, what is found, and what is never found."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from embedded_stores import ANN, BOB, DOCUMENTS, MESSAGES, NOTHING, Kind, Open, drain, texts
from embedder_of_words import WordEmbedder

from memio import ConfigError, NotSupportedError, OtherModelError, ProviderError, UnavailableError
from memio.capabilities import Feature
from memio.embedders.shared import SharedEmbedder
from memio.owners import Scope
from memio.protocols import Embedded
from memio.providers.sqlite import SqliteFactAdapter
from memio.providers.sqlite._meaning import nearest as nearest_module


async def test_what_is_meant_is_found_once_it_is_embedded(stored: Open, kind: Kind) -> None:
    async with stored(kind) as store:
        assert Feature.SEMANTIC_SEARCH in store.features
        for content in ("likes coffee", "has a dog", "plays tennis"):
            await kind.add(store, content)
        assert await texts(store.search(query="beverage", limit=5)) == []
        assert await texts(store.search(query="beverage", limit=5, mode="semantic")) == []
        assert (await store.count_pending())[:2] == (3, 0)
        assert await store.embed_pending(limit=2) == Embedded(2, 0)
        assert (await store.count_pending())[:2] == (1, 0)
        await drain(store)
        assert (await store.count_pending())[:2] == (0, 0)
        assert (await texts(store.search(query="likes beverage", limit=5, mode="semantic")))[0] == "likes coffee"
        assert (await texts(store.search(query="a animal", limit=5)))[0] == "has a dog"
        assert await texts(store.search(query="beverage", limit=5, mode="keyword")) == []
        (best,) = await store.search(query="has a animal", limit=1, mode="semantic")
        assert best.score == pytest.approx(1.0)


async def test_what_is_changed_or_deleted_is_not_found_by_its_former_meaning(stored: Open) -> None:
    async with stored() as store:
        for number in range(3):
            await store.add(content=f"coffee {number}", fact_id=str(number), owner=ANN)
        await drain(store)
        await store.update(fact_id="0", content="dog")
        await store.put(fact_id="1", content="dog", owner=ANN)
        await store.delete(fact_id="2")
        assert await store.search(query="beverage", limit=5, mode="semantic") == []
        assert (await store.count_pending())[:2] == (2, 0)
        await drain(store)
        assert await texts(store.search(query="animal", limit=5, mode="semantic")) == ["dog", "dog"]


async def test_only_a_change_of_the_text_asks_for_a_new_vector(stored: Open, embedder: WordEmbedder) -> None:
    async with stored() as store:
        await store.add(content="coffee", fact_id="a", owner=ANN)
        await drain(store)
        await store.update(fact_id="a", metadata={"x": 1})
        await store.put(fact_id="a", content="coffee", owner=ANN)
        await store.add(content="coffee", fact_id="a", owner=ANN)
        assert (await store.count_pending())[:2] == (0, 0)
        assert await texts(store.search(query="beverage", limit=5, mode="semantic")) == ["coffee"]
        assert embedder.texts == ["coffee"]


async def test_a_text_that_changes_while_it_is_embedded_gets_the_vector_of_the_new_one(
    stored: Open, embedder: WordEmbedder
) -> None:
    answer = embedder.answer
    async with stored() as store:
        for name in ("changed", "deleted", "changed to the same and back"):
            await store.add(content=f"coffee {name}", fact_id=name, owner=ANN)

        async def slow(asked: Sequence[str]) -> Any:
            embedder.answer = answer
            vectors = await answer(asked)
            await store.update(fact_id="changed", content="dog")
            await store.delete(fact_id="deleted")
            await store.update(fact_id="changed to the same and back", content="x")
            await store.update(fact_id="changed to the same and back", content="cat")
            return vectors

        embedder.answer = slow
        await drain(store)
        assert await texts(store.search(query="animal", limit=5, mode="semantic")) == ["cat", "dog"]
        found = await store.search(query="beverage", limit=5, mode="semantic")
        assert [fact.score <= 0.0 for fact in found] == [True, True]


async def test_writers_without_an_embedder_delete_the_vectors_of_what_they_change(stored: Open, look: Any) -> None:
    async with stored() as store, stored(other=None) as plain:
        assert Feature.SEMANTIC_SEARCH not in plain.features
        for name in "abc":
            await store.add(content=f"coffee {name}", fact_id=name, owner=ANN)
        await drain(store)
        await plain.update(fact_id="a", content="dog")
        await plain.delete(fact_id="b")
        await plain.add(content="cat", owner=ANN)
        assert look("SELECT count(*) FROM fact_vector") == [(1,)]
        assert await texts(store.search(query="beverage", limit=5, mode="semantic")) == ["coffee c"]
        await drain(store)
        assert set(await texts(store.search(query="animal", limit=2, mode="semantic"))) == {"dog", "cat"}
        with pytest.raises(NotSupportedError, match="embedder"):
            await plain.search(query="x", limit=1, mode="semantic")
        with pytest.raises(NotSupportedError, match="embedder"):
            await plain.embed_pending(limit=1)


async def test_messages_that_are_deleted_are_not_found_by_meaning(stored: Open, look: Any) -> None:
    async with stored(MESSAGES) as store:
        for number in range(4):
            await MESSAGES.add(store, f"coffee {number}", session_id="one")
            await MESSAGES.add(store, f"tea {number}", session_id="two")
            await MESSAGES.add(store, f"coffee {number}", owner=BOB)
        await drain(store)
        await store.delete_messages(session_id="one", last=2, scope=Scope(user_id="ann"))
        await store.delete(session_id="two", scope=Scope(user_id="ann"))
        found = await store.search(query="beverage", limit=20, mode="semantic")
        assert sorted((hit.user_id, hit.content) for hit in found) == [
            ("ann", "coffee 0"),
            ("ann", "coffee 1"),
            *(("bob", f"coffee {number}") for number in range(4)),
        ]
        assert look("SELECT count(*) FROM message_vector") == [(6,)]
        await store.delete_all()
        assert look("SELECT count(*) FROM message_vector") == [(0,)]
        assert await store.search(query="beverage", limit=20, mode="semantic") == []


async def test_expiry_filters_times_and_scopes_apply_before_the_limit(stored: Open, look: Any) -> None:
    async with stored() as store:
        for number in range(300):
            metadata = {"part": number % 100}
            await store.add(
                content=f"coffee {'tea ' * (number % 3)}", metadata=metadata, owner=ANN if number % 2 else BOB
            )
        moment = datetime.now(UTC)
        gone = await store.add(content="coffee", owner=ANN, expires_at=moment - timedelta(days=1))
        soon = await store.add(content="coffee", owner=ANN, expires_at=moment + timedelta(days=1))
        assert gone.id != soon.id
        await drain(store)
        for mode in ("semantic", "auto"):
            found = await store.search(query="beverage coffee", limit=500, mode=mode)
            assert gone.id not in [hit.id for hit in found]
            assert len(found) == 301
            found = await store.search(query="beverage coffee", limit=3, mode=mode, filters={"part": 57})
            assert [hit.metadata["part"] for hit in found] == [57] * 3
            found = await store.search(query="beverage", limit=500, mode=mode, scope=Scope(user_id="bob"))
            assert [hit.user_id for hit in found] == ["bob"] * 150
            assert await store.search(query="beverage", limit=5, mode=mode, until=soon.created_at - timedelta(1)) == []
            assert await texts(store.search(query="tea", limit=5, mode=mode, since=soon.created_at)) == ["coffee"]
        await store.update(fact_id=soon.id, expires_at=moment - timedelta(seconds=1))
        found = await store.search(query="beverage", limit=500, mode="semantic")
        assert soon.id not in [hit.id for hit in found]
        while await store.purge():
            pass
        assert look("SELECT count(*) FROM fact_vector") == [(300,)]


async def test_a_search_in_a_session_finds_messages_of_that_session_only(stored: Open) -> None:
    async with stored(MESSAGES) as store:
        for session in ("one", "two"):
            await MESSAGES.add(store, f"coffee in {session}", session_id=session)
        await drain(store)
        for mode in ("semantic", "auto"):
            found = await store.search(query="beverage", limit=9, mode=mode, session_id="two")
            assert [hit.content for hit in found] == ["coffee in two"]
            assert await store.search(query="beverage", limit=9, mode=mode, session_id="three") == []


async def test_a_long_text_is_found_by_any_of_its_parts(stored: Open, embedder: WordEmbedder) -> None:
    embedder.max_chars = 24
    async with stored(DOCUMENTS) as store:
        await store.add(content=f"{'filler ' * 60} coffee beans {'padding ' * 40} my dog", doc_id="long", owner=ANN)
        await store.add(content="something else", doc_id="short", owner=ANN)
        await drain(store)
        assert max(map(len, embedder.texts)) <= embedder.max_chars
        for query in ("beverage beans", "my animal"):
            found = await store.search(query=query, limit=2, mode="semantic")
            assert [hit.id for hit in found] == ["long", "short"]


async def test_records_without_text_are_done_without_a_vector(stored: Open, embedder: WordEmbedder) -> None:
    async with stored(MESSAGES) as store:
        await MESSAGES.add(store, "", data={"tool": 1})
        await MESSAGES.add(store, " \n")
        await drain(store)
        assert (await store.count_pending())[:2] == (0, 0)
        assert embedder.texts == []


async def test_a_query_without_words_is_found_as_a_part_of_a_text(stored: Open, embedder: WordEmbedder) -> None:
    async with stored() as store:
        await store.add(content="really ?!", owner=ANN)
        await store.add(content="coffee", owner=ANN)
        await drain(store)
        assert await texts(store.search(query="?!", limit=5)) == ["really ?!"]
        assert embedder.queries == []


async def test_a_failing_embedder_fails_no_write_and_no_search(stored: Open, embedder: WordEmbedder) -> None:
    answer = embedder.answer

    async def fail(_: object) -> Any:
        raise ConnectionError("gone")

    async with stored() as store:
        embedder.answer = fail
        await store.add(content="coffee", owner=ANN)
        with pytest.raises(UnavailableError, match="gone"):
            await store.embed_pending(limit=10)
        assert await texts(store.search(query="coffee", limit=5)) == ["coffee"]
        with pytest.raises(UnavailableError, match="gone"):
            await store.search(query="coffee", limit=5, mode="semantic")
        embedder.answer = answer
        assert await store.embed_pending(limit=10) == Embedded(1, 0)  # what was claimed is free again


async def test_a_text_that_is_refused_alone_three_times_has_failed_and_the_others_have_not(
    stored: Open, embedder: WordEmbedder
) -> None:
    answer, asked = embedder.answer, []

    async def refuse(some: Sequence[str]) -> Any:
        asked.append(list(some))
        if "poison" in some:
            raise ProviderError("no poison")
        return await answer(some)

    embedder.answer = refuse
    async with stored() as store:
        contents = [f"coffee {number}" for number in range(9)]
        for content in (*contents[:5], "poison", *contents[5:]):
            await store.add(content=content, fact_id=content, owner=ANN)
        await drain(store)
        assert (await store.count_pending())[:2] == (0, 1)
        assert asked.count(["poison"]) == 3
        assert set(await texts(store.search(query="beverage", limit=20, mode="semantic"))) == {*contents}
        assert await store.embed_pending(limit=10) == NOTHING
        assert await store.reindex(limit=0) == 1
        while await store.reindex(limit=10):
            pass
        assert (await store.count_pending())[:2] == (0, 1)  # refused again
        assert asked.count(["poison"]) == 6
        embedder.answer = answer
        assert await store.reindex(limit=10) == 0
        assert (await store.count_pending())[:2] == (0, 0)
        embedder.answer = refuse
        await store.update(fact_id="coffee 1", content="poison")
        await drain(store)
        assert (await store.count_pending())[:2] == (0, 1)
        await store.update(fact_id="coffee 1", content="tea")  # another text, which is tried again
        await drain(store)
        assert (await store.count_pending())[:2] == (0, 0)


async def test_what_one_process_has_claimed_is_left_to_it_for_a_while(
    stored: Open, embedder: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, begun, go = embedder.answer, asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def wait(some: Sequence[str]) -> Any:
        loop.call_soon_threadsafe(begun.set)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(go.wait(), loop))
        return await answer(some)

    embedder.answer = wait
    async with stored() as store, stored(other=WordEmbedder()) as rival:
        await store.add(content="coffee", owner=ANN)
        first = asyncio.create_task(store.embed_pending(limit=1))
        await begun.wait()
        assert await rival.embed_pending(limit=1) == NOTHING
        assert (await rival.count_pending())[:2] == (1, 0)
        with monkeypatch.context() as later:
            later.setattr("memio.providers.sqlite._meaning.embedding.now", lambda: 2**60)
            assert await rival.embed_pending(limit=1) == Embedded(1, 0)
        go.set()
        assert await first == NOTHING  # the other one was faster
        assert await texts(store.search(query="beverage", limit=5, mode="semantic")) == ["coffee"]


async def test_a_cancelled_call_leaves_nothing_claimed(stored: Open, embedder: WordEmbedder) -> None:
    answer, begun = embedder.answer, asyncio.Event()
    loop = asyncio.get_running_loop()

    async def wait(_: object) -> Any:
        loop.call_soon_threadsafe(begun.set)
        await asyncio.sleep(60)

    embedder.answer = wait
    async with stored() as store:
        await store.add(content="coffee", owner=ANN)
        task = asyncio.create_task(store.embed_pending(limit=1))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        embedder.answer = answer
        assert await store.embed_pending(limit=1) == Embedded(1, 0)


async def test_texts_are_counted_in_a_scope_and_up_to_a_mark(stored: Open, kind: Kind) -> None:
    async with stored(kind) as store:
        for owner in (ANN, ANN, BOB):
            await kind.add(store, "coffee", owner)
        mark = (await store.count_pending()).mark
        await kind.add(store, "later", BOB)
        for owner, number, before in (("ann", 2, 2), ("bob", 2, 1), ("carol", 0, 0)):
            assert (await store.count_pending(scope=Scope(user_id=owner))).pending == number
            assert (await store.count_pending(scope=Scope(user_id=owner), before=mark)).pending == before
        await store.embed_pending(limit=1)
        assert (await store.count_pending(scope=Scope(user_id="ann"), before=mark)).pending == 1
        assert (await store.count_pending(before=mark)).pending == 2


def other_model() -> WordEmbedder:
    other = WordEmbedder()
    other.model = "words-2"
    return other


async def test_another_embedder_searches_by_words_until_reindex(
    stored: Open, caplog: pytest.LogCaptureFixture, look: Any
) -> None:
    async with stored() as store, stored(other=other_model()) as new:
        for content in ("coffee", "dog", "x"):
            await store.add(content=content, owner=ANN)
        await drain(store)
        with caplog.at_level(logging.WARNING, "memio.sqlite"):
            for limit in (10, 0):
                with pytest.raises(OtherModelError, match="embedded with 'words-1', and the embedder is 'words-2'"):
                    await new.embed_pending(limit=limit)
            for _ in range(3):
                assert await texts(new.search(query="coffee", limit=5)) == ["coffee"]
        assert [record.getMessage().count("memio reindex") for record in caplog.records] == [1]
        with pytest.raises(UnavailableError, match="memio reindex") as caught:
            await new.search(query="coffee", limit=5, mode="semantic")
        assert not caught.value.retryable

        assert await new.reindex(limit=0) == 3
        assert await new.reindex(limit=2) == 1
        # the former ones go on serving, and are made for what is added
        await store.add(content="tea", owner=ANN)
        await drain(store)
        assert len(await store.search(query="beverage", limit=2, mode="semantic")) == 2
        await store.delete_all(scope=Scope(user_id="nobody"))
        assert await new.reindex(limit=1) == 1
        assert await new.reindex(limit=1) == 0
        assert await texts(new.search(query="beverage", limit=2, mode="semantic")) == ["tea", "coffee"]
        assert look("SELECT name FROM model") == [("words-2",)]
        assert look("SELECT count(*) FROM fact_vector") == [(4,)]
        with pytest.raises(UnavailableError, match="words-2"):
            await store.search(query="coffee", limit=5, mode="semantic")
        with pytest.raises(OtherModelError, match="words-2"):
            await store.embed_pending(limit=5)


async def test_deletes_and_updates_during_reindex_reach_the_vectors_of_both_models(stored: Open, look: Any) -> None:
    async with stored() as store, stored(other=other_model()) as new:
        for name in "abcd":
            await store.add(content=f"coffee {name}", fact_id=name, owner=ANN)
        await drain(store)
        assert await new.reindex(limit=3) == 1
        await store.delete(fact_id="a")
        await store.update(fact_id="b", content="dog")
        assert look("SELECT count(*) FROM fact_vector") == [(3,)]  # c of both, d of one
        assert await new.reindex(limit=9) == 0
        found = await new.search(query="animal", limit=5, mode="semantic")
        assert sorted((hit.id, hit.content) for hit in found) == [("b", "dog"), ("c", "coffee c"), ("d", "coffee d")]
        assert found[0].id == "b"


async def test_many_reindexes_that_were_given_up_take_the_place_of_each_other(stored: Open, look: Any) -> None:
    async with stored() as store:
        for name in "ab":
            await store.add(content=f"coffee {name}", owner=ANN)
        await drain(store)
        for number in range(6):
            other = WordEmbedder()
            other.model = f"given up {number}"
            async with stored(other=other) as new:
                assert await new.reindex(limit=1) == 1
        assert len(look("SELECT * FROM model")) == 4
        assert look("SELECT count(*) FROM fact_vector") == [(5,)]
        assert len(await store.search(query="beverage", limit=5, mode="semantic")) == 2
        async with stored(other=other) as new:
            assert await new.reindex(limit=1) == 0
        assert look("SELECT count(*) FROM fact_vector") == [(2,)]


async def test_an_embedder_takes_a_file_whose_model_has_no_vectors(stored: Open, look: Any) -> None:
    async with stored() as store, stored(other=other_model()) as new:
        fact = await store.add(content="coffee", owner=ANN)
        await drain(store)
        await store.delete(fact_id=fact.id)
        await new.add(content="tea", owner=ANN)
        await drain(new)
        assert look("SELECT name FROM model") == [("words-2",)]
        assert await texts(new.search(query="beverage", limit=5, mode="semantic")) == ["tea"]


async def test_vectors_of_another_length_under_the_same_name_are_refused(stored: Open, embedder: WordEmbedder) -> None:
    async with stored() as store:
        await store.add(content="coffee", owner=ANN)
        await drain(store)
    longer = WordEmbedder()
    longer.dimensions = 3

    async def answer(some: Sequence[str]) -> Any:
        return [[1.0, 2.0, 3.0]] * len(some)

    longer.answer = answer
    async with stored(other=longer) as store:
        await store.add(content="tea", owner=ANN)
        with pytest.raises(OtherModelError, match="32 numbers"):
            await store.embed_pending(limit=5)
        with pytest.raises(UnavailableError, match="32 numbers"):
            await store.search(query="x", limit=1, mode="semantic")
        assert await texts(store.search(query="tea", limit=1)) == ["tea"]


async def test_scores_and_order_are_those_of_a_file_that_holds_only_the_owner(
    stored: Open, kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["coffee", "tea", "dog", "cat", "red", "blue", "green", "house", "river", "tree"]
    mine = [" ".join(words[(number * step) % 10] for step in (1, 3, 7)) for number in range(400)]
    async with stored(kind) as shared, stored(kind, where=tmp_path / "alone.db", other=WordEmbedder()) as alone:
        for number, content in enumerate(mine):
            await kind.add(shared, f"{words[number % 7]} {words[number % 9]} secret", BOB)
            await kind.add(shared, content, ANN)
            await kind.add(alone, content, ANN)
        await drain(shared)
        await drain(alone)
        for exact in (20_000, 10):
            monkeypatch.setattr(nearest_module, "EXACT", exact)
            monkeypatch.setattr(nearest_module, "_CANDIDATES", 50)
            for mode in ("auto", "semantic", "keyword"):
                for query in ("beverage", "red animal house", "secret river"):
                    expected, found = [
                        [
                            (hit.content, hit.score)
                            for hit in await store.search(query=query, limit=12, mode=mode, **where)
                        ]
                        for store, where in ((alone, {}), (shared, {"scope": Scope(user_id="ann")}))
                    ]
                    assert found == expected
                    assert found or mode == "keyword"


async def test_many_vectors_are_found_by_their_bits_and_what_was_deleted_or_changed_is_not(
    stored: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest_module, "EXACT", 10)
    monkeypatch.setattr(nearest_module, "_CANDIDATES", 20)
    async with stored() as store, stored(other=WordEmbedder()) as rival:
        for number in range(200):
            content = "coffee" if number < 30 else f"noise {number % 50} {number % 7}"
            await store.add(content=content, fact_id=str(number), owner=ANN if number % 2 else BOB)
        await drain(store)

        async def found(limit: int = 15, **more: Any) -> list[str]:
            hits = await store.search(query="beverage", limit=limit, mode="semantic", **more)
            assert {hit.content for hit in hits[:15]} <= {"coffee", "tea"}
            return [hit.id for hit in hits]

        assert await found() == [str(number) for number in range(29, 14, -1)]
        assert await found(scope=Scope(user_id="ann")) == [str(number) for number in range(29, 0, -2)]
        for number in range(29, 20, -1):
            await rival.delete(fact_id=str(number))
        assert await found() == [str(number) for number in range(20, 5, -1)]
        await rival.update(fact_id="20", content="noise 1 1")
        await rival.add(content="tea", fact_id="new", owner=ANN)
        assert (await found())[:2] == ["19", "18"]
        await drain(rival)
        assert (await found())[:3] == ["new", "19", "18"]
        hits = await store.search(query="beverage", limit=500, mode="semantic")
        assert len(hits) == len({hit.id for hit in hits}) == 192
        assert (await store.search(query="noise", limit=1, mode="semantic", filters={"x": 1})) == []
        await store.erase()
        assert (await found())[:3] == ["new", "19", "18"]


async def test_a_database_in_memory_is_searched_by_meaning(stored: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_module, "EXACT", 1)
    async with stored(where=":memory:") as store:
        for content in ("coffee", "dog", "tree"):
            await store.add(content=content, owner=ANN)
        await drain(store)
        assert (await texts(store.search(query="animal", limit=5, mode="semantic")))[0] == "dog"


async def test_a_file_that_is_only_read_is_searched_by_meaning_and_not_embedded(stored: Open) -> None:
    async with stored() as store:
        await store.add(content="coffee", owner=ANN)
        await drain(store)
        await store.add(content="tea", owner=ANN)
    async with stored(read_only=True) as store:
        with pytest.raises(NotSupportedError, match="only reads"):
            await store.embed_pending(limit=5)
        assert await texts(store.search(query="beverage", limit=5, mode="semantic")) == ["coffee"]


def test_an_embedder_without_numpy_is_refused_with_the_line_that_installs_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"memio-core\[semantic\]"):
        SqliteFactAdapter(path=path).use_embedder(SharedEmbedder(WordEmbedder()))


def test_numpy_is_not_loaded_without_an_embedder(path: Path, program: Any) -> None:
    text = """
import asyncio, sys
from memio import Memio
async def main():
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": sys.argv[1]}}) as memio:
        await memio.facts.add("x")
        print(len(await memio.facts.search("x")), "numpy" in sys.modules)
asyncio.run(main())
"""
    assert program(text, path).communicate(timeout=60)[0].split() == ["1", "False"]


async def test_vectors_of_what_is_forgotten_are_not_in_the_bytes_of_the_file(stored: Open, path: Path) -> None:
    async with stored() as store:
        for number in range(50):
            await store.add(content=f"secret {number} coffee", owner=ANN)
            await store.add(content=f"open {number}", owner=BOB)
        await drain(store)
        with closing(sqlite3.connect(path)) as db:
            sql = "SELECT v.vector FROM fact_vector v JOIN fact f ON f.seq = v.key >> 8 WHERE f.content LIKE ?"
            secrets, others = ({vector for (vector,) in db.execute(sql, (text,))} for text in ("secret%", "open%"))
        assert len(secrets - others) > 20
        await store.delete_all(scope=Scope(user_id="ann"))
        await store.erase(scope=Scope(user_id="ann"))
    everything = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
    assert [vector for vector in secrets - others if vector in everything] == []
    assert all(vector in everything for vector in others)
