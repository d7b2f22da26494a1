"""Search by meaning: what is embedded, what is found, and what is never found."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from embedded_postgres import ANN, BOB, MESSAGES, NOTHING, WordEmbedder, drain, texts

from memio import ConflictError, NotSupportedError, OtherModelError, ProviderError, UnavailableError
from memio.capabilities import Feature
from memio.owners import Scope
from memio.protocols import Embedded

VECTORS = "SELECT count(*) FROM {schema}.fact_vector"


async def test_what_is_meant_is_found_once_it_is_embedded(stored, kind):
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


async def test_what_is_changed_or_deleted_is_not_found_by_its_former_meaning(stored, look):
    async with stored() as store:
        for number in range(3):
            await store.add(content=f"coffee {number}", fact_id=str(number), owner=ANN)
        await drain(store)
        await store.update(fact_id="0", content="dog")
        await store.put(fact_id="1", content="dog", owner=ANN)
        await store.delete(fact_id="2")
        assert await store.search(query="beverage", limit=5, mode="semantic") == []
        assert await look(VECTORS) == [(0,)]
        assert (await store.count_pending())[:2] == (2, 0)
        await drain(store)
        assert await texts(store.search(query="animal", limit=5, mode="semantic")) == ["dog", "dog"]


async def test_only_a_change_of_the_text_asks_for_a_new_vector(stored, embedder):
    async with stored() as store:
        fact = await store.add(content="coffee", fact_id="a", owner=ANN)
        await drain(store)
        fact = await store.update(fact_id="a", metadata={"x": 1})
        fact = await store.put(fact_id="a", content="coffee", owner=ANN)
        await store.put(fact_id="a", content="coffee", owner=ANN, if_version=fact.version)
        await store.add(content="coffee", fact_id="a", owner=ANN)
        with pytest.raises(ConflictError):
            await store.put(fact_id="a", content="dog", owner=ANN, if_version=fact.version)
        assert (await store.count_pending())[:2] == (0, 0)
        assert await texts(store.search(query="beverage", limit=5, mode="semantic")) == ["coffee"]
        assert embedder.texts == ["coffee"]


async def test_a_text_that_changes_while_it_is_embedded_gets_the_vector_of_the_new_one(stored, embedder):
    answer = embedder.answer
    loop = asyncio.get_running_loop()
    async with stored() as store:
        for name in ("changed", "deleted", "changed to the same and back"):
            await store.add(content=f"coffee {name}", fact_id=name, owner=ANN)

        async def change():
            await store.update(fact_id="changed", content="dog")
            await store.delete(fact_id="deleted")
            await store.update(fact_id="changed to the same and back", content="x")
            await store.update(fact_id="changed to the same and back", content="cat")

        async def slow(asked):
            embedder.answer = answer
            vectors = await answer(asked)
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(change(), loop))
            return vectors

        embedder.answer = slow
        await drain(store)
        assert await texts(store.search(query="animal", limit=5, mode="semantic")) == ["cat", "dog"]
        found = await store.search(query="beverage", limit=5, mode="semantic")
        assert [fact.score for fact in found] == [0.0, 0.0]


async def test_writers_without_an_embedder_delete_the_vectors_of_what_they_change(stored, look):
    async with stored() as store:
        for name in "abcd":
            await store.add(content=f"coffee {name}", fact_id=name, owner=ANN)
        await drain(store)
        async with stored(other=None) as plain:
            assert Feature.SEMANTIC_SEARCH not in plain.features
            await plain.update(fact_id="a", content="dog")
            await plain.put(fact_id="d", content="dog", owner=ANN)
            await plain.delete(fact_id="b")
            await plain.add(content="cat", owner=ANN)
            assert await look(VECTORS) == [(1,)]
            with pytest.raises(NotSupportedError, match="embedder"):
                await plain.search(query="x", limit=1, mode="semantic")
            with pytest.raises(NotSupportedError, match="embedder"):
                await plain.embed_pending(limit=1)
        assert await texts(store.search(query="beverage", limit=5, mode="semantic")) == ["coffee c"]
        await drain(store)
        assert set(await texts(store.search(query="animal", limit=3, mode="semantic"))) == {"dog", "cat"}


async def test_a_writer_that_does_not_know_of_vectors_leaves_none_that_is_found(stored, look):
    async with stored(other=None) as plain, stored() as store:
        for name in "ab":  # before there are tables of vectors
            await plain.add(content=f"coffee {name}", fact_id=name, owner=ANN)
        await drain(store)
        await plain.update(fact_id="a", content="dog")
        await plain.delete(fact_id="b")
        assert await store.search(query="beverage", limit=5, mode="semantic") == []
        await drain(store)
        assert await look(VECTORS) == [(1,)]
        assert await texts(store.search(query="animal", limit=5, mode="semantic")) == ["dog"]


async def test_messages_that_are_deleted_are_not_found_by_meaning(stored, look):
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
        assert await look("SELECT count(*) FROM {schema}.message_vector") == [(6,)]
        assert len(await store.search(query="beverage", limit=20, mode="semantic", session_id="one")) == 2
        await store.delete_all()
        assert await look("SELECT count(*) FROM {schema}.message_vector") == [(0,)]


async def test_expiry_filters_times_and_scopes_apply_before_the_limit(stored, look):
    async with stored() as store:
        items = [
            {
                "content": f"coffee {'tea ' * (number % 3)}",
                "metadata": {"part": number % 100},
                "owner": ANN if number % 2 else BOB,
            }
            for number in range(300)
        ]
        await store.add_many(items=items)
        moment = datetime.now(UTC)
        gone = await store.add(content="coffee", owner=ANN, expires_at=moment - timedelta(days=1))
        soon = await store.add(content="coffee", owner=ANN, expires_at=moment + timedelta(days=1))
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
        await store.purge()
        assert await look(VECTORS) == [(300,)]


async def test_a_long_text_is_found_by_any_of_its_parts(stored, embedder, look):
    async with stored() as store:
        long = " ".join(["word"] * 60 + ["dog"] + ["other"] * 60)
        await store.add(content=long, fact_id="a", owner=ANN)
        await store.add(content="cat word", owner=ANN)
        await drain(store)
        assert max(map(len, embedder.texts)) <= embedder.max_chars
        assert (await look(VECTORS))[0][0] > 3
        assert len(await store.search(query="animal", limit=5, mode="semantic")) == 2
        await store.update(fact_id="a", content="short")
        await drain(store)
        assert await look(VECTORS) == [(2,)]


async def test_records_without_text_are_done_without_a_vector(stored, embedder):
    async with stored() as store:
        await store.add(content="   ", owner=ANN)
        await drain(store)
        assert (await store.count_pending())[:2] == (0, 0)
        assert embedder.texts == []
        assert await store.search(query="coffee", limit=5, mode="semantic") == []


async def test_a_query_without_a_direction_is_answered(stored, embedder):
    async with stored() as store:
        await store.add(content="coffee", owner=ANN)
        await drain(store)

        async def zero(asked):
            return [[0.0] * embedder.dimensions for _ in asked]

        embedder.answer = zero
        assert [hit.score for hit in await store.search(query="coffee", limit=5, mode="semantic")] == [0.0]


async def test_a_failing_embedder_fails_no_write_and_no_search(stored, embedder):
    answer = embedder.answer

    async def fail(_):
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


async def test_a_text_that_is_refused_alone_three_times_has_failed_and_the_others_have_not(stored, embedder):
    answer, asked = embedder.answer, []

    async def refuse(some):
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


async def test_what_one_process_has_claimed_is_left_to_it_for_a_while(stored, embedder, look):
    answer, begun, go = embedder.answer, asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def wait(some):
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
        await look("UPDATE {schema}.fact_vector SET due = 1", "SELECT 1")  # as after a minute
        assert await rival.embed_pending(limit=1) == Embedded(1, 0)
        go.set()
        assert await first == NOTHING  # the other one was faster
        assert await texts(store.search(query="beverage", limit=5, mode="semantic")) == ["coffee"]


async def test_a_cancelled_call_leaves_nothing_claimed(stored, embedder):
    answer, begun = embedder.answer, asyncio.Event()
    loop = asyncio.get_running_loop()

    async def wait(_):
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


async def test_several_clients_share_the_work_and_embed_each_text_once(stored, kind):
    embedders = [WordEmbedder() for _ in range(4)]
    async with (
        stored(kind, embedders[0]) as one,
        stored(kind, embedders[1]) as two,
        stored(kind, embedders[2]) as three,
        stored(kind, embedders[3]) as four,
    ):
        stores = (one, two, three, four)

        async def write(number):
            for turn in range(25):
                await kind.add(stores[number], f"text {number} {turn}", session_id=f"{number}")

        async def embed(store):
            for _ in range(20):
                await store.embed_pending(limit=5)

        await asyncio.gather(*map(write, range(4)), *map(embed, stores))
        await asyncio.gather(*map(drain, stores))
        assert (await one.count_pending())[:2] == (0, 0)
        asked = [text for embedder in embedders for text in embedder.texts]
        assert sorted(asked) == sorted(f"text {number} {turn}" for number in range(4) for turn in range(25))


async def test_a_text_whose_transaction_commits_late_is_embedded(stored, dsn, schema, look):
    async with stored() as store:
        await store.add(content="first", owner=ANN)
        await drain(store)
        late = await asyncpg.connect(dsn, statement_cache_size=0)
        transaction = late.transaction()
        await transaction.start()
        # A writer with an earlier number than those that are embedded before it commits.
        await late.execute(
            f"INSERT INTO {schema}.fact SELECT owner, '\\x00', n, n, n, created_at, updated_at, expires_at, length, "
            "'late', metadata, tags, 'tea', data, words "
            f"FROM {schema}.fact, (SELECT nextval('{schema}.fact_numbers') AS n) numbers"
        )
        for number in range(3):
            await store.add(content=f"later {number}", owner=ANN)
            await drain(store)
        ((upto,),) = await look("SELECT upto FROM {schema}.model")
        await transaction.commit()
        await late.close()
        assert (await store.count_pending())[:2] == (1, 0)
        await drain(store)
        assert (await store.count_pending())[:2] == (0, 0)
        assert await texts(store.search(query="beverage", limit=1, mode="semantic")) == ["tea"]
        await drain(store)
        assert await look("SELECT upto FROM {schema}.model") == [(upto + 4,)]


async def test_texts_are_counted_in_a_scope_and_up_to_a_mark(stored, kind):
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


async def test_another_embedder_searches_by_words_until_reindex(stored, caplog, look):
    async with stored() as store, stored(other=WordEmbedder("words-2")) as new:
        for content in ("coffee", "dog", "x"):
            await store.add(content=content, owner=ANN)
        await drain(store)
        with caplog.at_level(logging.WARNING, "memio.postgres"):
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
        assert await new.reindex(limit=1) == 1
        assert await new.reindex(limit=1) == 0
        assert await texts(new.search(query="beverage", limit=2, mode="semantic")) == ["tea", "coffee"]
        assert await look("SELECT name FROM {schema}.model") == [("words-2",)]
        assert await look(VECTORS) == [(4,)]
        with pytest.raises(UnavailableError, match="words-2"):
            await store.search(query="coffee", limit=5, mode="semantic")
        with pytest.raises(OtherModelError, match="words-2"):
            await store.embed_pending(limit=5)


async def test_deletes_and_updates_during_reindex_reach_the_vectors_of_both_models(stored, look):
    async with stored() as store, stored(other=WordEmbedder("words-2")) as new:
        for name in "abcd":
            await store.add(content=f"coffee {name}", fact_id=name, owner=ANN)
        await drain(store)
        assert await new.reindex(limit=3) == 1
        await store.delete(fact_id="a")
        await store.update(fact_id="b", content="dog")
        assert await look(VECTORS) == [(3,)]  # c of both, d of one
        assert await new.reindex(limit=9) == 0
        found = await new.search(query="animal", limit=5, mode="semantic")
        assert sorted((hit.id, hit.content) for hit in found) == [("b", "dog"), ("c", "coffee c"), ("d", "coffee d")]
        assert found[0].id == "b"


async def test_of_many_reindexes_that_were_given_up_a_few_are_kept(stored, look):
    async with stored() as store:
        for name in "ab":
            await store.add(content=f"coffee {name}", owner=ANN)
        await drain(store)
        for number in range(6):
            other = WordEmbedder(f"given up {number}")
            async with stored(other=other) as new:
                assert await new.reindex(limit=1) == 1
        assert len(await look("SELECT * FROM {schema}.model")) == 4
        assert await look(VECTORS) == [(5,)]
        assert len(await store.search(query="beverage", limit=5, mode="semantic")) == 2
        async with stored(other=other) as new:
            assert await new.reindex(limit=1) == 0
        assert await look(VECTORS) == [(2,)]


async def test_an_embedder_takes_a_database_whose_model_has_no_vectors(stored, look):
    async with stored() as store, stored(other=WordEmbedder("words-2")) as new:
        fact = await store.add(content="coffee", owner=ANN)
        await drain(store)
        await store.delete(fact_id=fact.id)
        await new.add(content="tea", owner=ANN)
        await drain(new)
        assert await look("SELECT name FROM {schema}.model WHERE current") == [("words-2",)]
        assert await texts(new.search(query="beverage", limit=5, mode="semantic")) == ["tea"]


async def test_vectors_of_another_length_under_the_same_name_are_refused(stored):
    longer = WordEmbedder()
    longer.dimensions = 33

    async def answer(asked):
        return [[1.0] * 33 for _ in asked]

    longer.answer = answer
    async with stored() as store, stored(other=longer) as new:
        await store.add(content="coffee", owner=ANN)
        await drain(store)
        await new.add(content="dog", owner=ANN)
        with pytest.raises(OtherModelError, match=r"32 numbers.*of 33"):
            await new.embed_pending(limit=10)
        with pytest.raises(UnavailableError, match=r"32 numbers.*of 33"):
            await new.search(query="x", limit=1, mode="semantic")
        assert await texts(new.search(query="coffee", limit=1)) == ["coffee"]
        await drain(store)
        assert len(await store.search(query="x", limit=5, mode="semantic")) == 2


async def test_scores_and_order_do_not_depend_on_other_owners(stored):
    async with stored() as store:
        for content in ("coffee dog", "tea", "dog house", "river"):
            await store.add(content=content, owner=ANN)
        await drain(store)

        async def found():
            return [
                [(hit.id, hit.score) for hit in await store.search(query=query, limit=9, mode=mode, scope=ann)]
                for query in ("beverage dog", "house")
                for mode in ("auto", "semantic")
            ]

        ann = Scope(user_id="ann")
        before = await found()
        await store.add_many(items=[{"content": f"beverage dog house {n}", "owner": BOB} for n in range(50)])
        await drain(store)
        assert await found() == before


async def test_a_role_without_the_right_to_create_is_told_what_an_administrator_runs(stored, dsn, schema, look):
    role = f"{schema}_role"
    async with stored() as store:
        await store.add(content="coffee", owner=ANN)
    await look(
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA {{schema}} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {{schema}} TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {{schema}} TO {role}",
        "SELECT 1",
    )
    try:
        async with stored(dsn=dsn.replace("//memio@", f"//{role}@")) as store:
            with pytest.raises(
                UnavailableError, match=f"memio postgres ddl --schema {schema} --role {role} --vectors only`"
            ):
                await store.search(query="beverage", limit=1, mode="semantic")
            assert await texts(store.search(query="coffee", limit=1)) == ["coffee"]
    finally:
        await look(f"DROP OWNED BY {role}", f"DROP ROLE {role}", "SELECT 1")


async def test_without_pgvector_searches_go_by_words_and_the_error_states_what_to_install(stored, has_vectors, caplog):
    if has_vectors:
        pytest.skip("this server has pgvector")
    async with stored() as store:
        await store.add(content="coffee", owner=ANN)
        with caplog.at_level(logging.WARNING, "memio.postgres"):
            for _ in range(3):
                assert await texts(store.search(query="coffee", limit=1)) == ["coffee"]
        assert [record.getMessage().count("CREATE EXTENSION") for record in caplog.records] == [1]
        for call in (store.search(query="x", limit=1, mode="semantic"), store.embed_pending(limit=1)):
            with pytest.raises(UnavailableError, match="CREATE EXTENSION vector") as caught:
                await call
            assert not caught.value.retryable


async def test_vectors_in_tables_that_are_dropped_and_made_again_are_made_again(stored, look):
    async with stored() as store:
        await store.add(content="coffee", owner=ANN)
        await drain(store)
        await look("DROP SCHEMA {schema} CASCADE", "SELECT 1")
        with pytest.raises(UnavailableError, match="were removed"):
            await store.search(query="coffee", limit=1, mode="semantic")
        await store.add(content="tea", owner=ANN)
        await drain(store)
        assert await texts(store.search(query="beverage", limit=1, mode="semantic")) == ["tea"]
