"""What the suite does not ask: construction, what a backend lacks, event loops, and hostile input."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from langgraph.store.base import GetOp, InvalidNamespaceError, ListNamespacesOp, MatchCondition, PutOp, SearchOp

from memio import InvalidInputError, Memio, NotSupportedError, StoreNotConfiguredError
from memio.providers.sqlite import SqliteDocumentAdapter
from memio_langgraph import MemioStore

CONFIG = {"documents": {"provider": "sqlite", "path": ":memory:"}}


@pytest.fixture
def memio():
    client = Memio.from_config(CONFIG)
    yield client
    asyncio.run(client.aclose())


@pytest.fixture
def store(memio):
    return MemioStore(memio)


class Lacking:
    """Documents of sqlite without some features and guarantees."""

    def __init__(self, *lacking):
        self._documents = SqliteDocumentAdapter(path=":memory:")
        self.features = self._documents.features - set(lacking)
        self.guarantees = self._documents.guarantees - set(lacking)

    def __getattr__(self, name):
        return getattr(self._documents, name)


# How it is made


def test_a_path_of_a_configuration(tmp_path):
    path = tmp_path / "memio.json"
    path.write_text(json.dumps({"documents": {"provider": "sqlite", "path": str(tmp_path / "m.db")}}))
    with MemioStore(path) as store:
        store.put(("a",), "k", {"v": 1})
    with MemioStore(str(path)) as store:
        assert store.get(("a",), "k").value == {"v": 1}


def test_a_client_stays_open_and_one_of_a_configuration_is_closed(memio):
    with MemioStore(memio) as store:
        store.put(("a",), "k", {"v": 1})
    assert asyncio.run(memio.documents.count()) == 1
    owning = MemioStore(CONFIG)
    owning.close()
    owning.close()
    with pytest.raises(RuntimeError):
        owning.get(("a",), "k")


def test_closing_inside_an_event_loop():
    async def main():
        with MemioStore(CONFIG) as store:
            await store.aput(("a",), "k", {"v": 1})
        async with MemioStore(CONFIG) as store:
            await store.aput(("a",), "k", {"v": 1})

    asyncio.run(main())


def test_a_client_without_documents():
    with pytest.raises(StoreNotConfiguredError, match="documents"):
        MemioStore({"facts": "sqlite"})


@pytest.mark.parametrize("missing", ["data", "put", "namespaces", "owners", "newest_first", "agent_scope"])
def test_what_the_documents_lack_is_stated_at_construction(missing):
    client = Memio(documents=Lacking(missing))
    with pytest.raises(NotSupportedError, match=f"MemioStore needs {missing}, which the documents of"):
        MemioStore(client)
    asyncio.run(client.aclose())


@pytest.mark.parametrize(
    "missing", [("filters", "filter_operators"), ("filter_operators",), ("versions",), ("expiry",)]
)
def test_backends_without_filters_or_expiry(missing):
    with MemioStore({"documents": "sqlite"}) as whole:
        assert whole.supports_ttl
    client = Memio(documents=Lacking(*missing))
    store = MemioStore(client)
    for number in range(30):
        store.put(("a",), str(number), {"n": number, "even": number % 2 == 0, "s": str(number)})
    assert [item.key for item in store.search(("a",), filter={"n": {"$lt": 4}, "even": True})] == ["2", "0"]
    assert [item.key for item in store.search(("a",), filter={"s": "7"})] == ["7"]
    assert store.supports_ttl is not bool({"versions", "expiry"} & set(missing))
    if not store.supports_ttl:
        with pytest.raises(NotImplementedError, match="TTL"):
            store.put(("a",), "k", {"v": 1}, ttl=1)
        with pytest.raises(NotSupportedError, match="default_ttl"):
            MemioStore(client, ttl={"default_ttl": 1})
    asyncio.run(client.aclose())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"agent_id": ""}, "agent_id"),
        ({"agent_id": None}, "agent_id"),
        ({"user_id": None}, "user_id"),
        ({"fields": "text"}, "fields"),
        ({"fields": [""]}, "fields"),
        ({"fields": [1]}, "fields"),
        ({"ttl": {"default": 1}}, "unknown key 'default'"),
        ({"ttl": {"sweep_interval_minutes": 5}}, "sweep"),
        ({"ttl": {"default_ttl": float("nan")}}, "default_ttl"),
    ],
)
def test_settings_that_cannot_be_honoured(memio, arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        MemioStore(memio, **arguments)


# What is stored


def test_an_item_is_a_document(memio, store):
    value = {"text": "likes it black", "n": 3, "deep": {"x": [1]}, "long": "x" * 300, "nul": "a\0b", "$k": 1}
    store.put(("alice", "notes"), "coffee", value, index=["text"], ttl=60)
    document = asyncio.run(memio.documents.get("coffee", namespace=("alice", "notes")))
    assert document.owner.labels == {"agent_id": "langgraph", "namespace": ("alice", "notes")}
    assert document.content == "likes it black"
    assert document.data == value
    assert document.metadata == {"text": "likes it black", "n": 3, "$ttl": 60}
    assert timedelta(minutes=59) < document.expires_at - datetime.now(UTC) <= timedelta(minutes=60)


def test_other_documents_are_no_items(memio, store):
    asyncio.run(memio.documents.add("a page", doc_id="page", namespace=("a",)))
    asyncio.run(memio.documents.add("no item", doc_id="text", namespace=("a",), agent_id="langgraph"))
    store.put(("a",), "k", {"text": "page"})
    assert [item.key for item in store.search((), query="page")] == ["k"]
    assert store.get(("a",), "page") is store.get(("a",), "text") is None
    assert store.list_namespaces() == [("a",)]


def test_stores_with_other_labels_are_apart(memio):
    stores = [MemioStore(memio, agent_id="other"), MemioStore(memio, user_id="ann"), MemioStore(memio, user_id="bob")]
    for number, store in enumerate(stores):
        store.put(("a",), "k", {"n": number})
    assert [store.get(("a",), "k").value["n"] for store in stores] == [0, 1, 2]
    assert [len(store.search(())) for store in stores] == [1, 1, 1]
    stores[1].delete(("a",), "k")
    assert stores[1].list_namespaces() == []
    assert [len(store.search(())) for store in stores] == [1, 0, 1]
    assert asyncio.run(memio.forget(user_id="bob")).complete
    assert stores[2].search(()) == []


def test_a_listing_begins_with_what_was_added_last(store):
    for key in ("one", "two", "three"):
        store.put(("a",), key, {"v": key})
    store.put(("a",), "one", {"v": "again"})
    assert [item.key for item in store.search(("a",))] == ["three", "two", "one"]


def test_matches_come_first_and_the_others_have_no_score(store):
    store.put(("a",), "match", {"text": "zebra"})
    store.put(("a",), "other", {"text": "horse"})
    store.put(("a",), "hidden", {"text": "zebra"}, index=False)
    items = store.search(("a",), query="zebra")
    assert [(item.key, item.score is None) for item in items] == [("match", False), ("other", True)]


def test_the_fields_of_the_store_are_searched(memio):
    store = MemioStore(memio, fields=["text", "parts[*].text"])
    store.put(("a",), "k", {"text": "one", "parts": [{"text": "two"}, {"text": "th\0ree"}], "note": "four"})
    store.put(("a",), "empty", {"note": "four"})
    document = asyncio.run(memio.documents.get("k", namespace=("a",)))
    assert document.content == "one\ntwo\nth\ufffdree"
    assert [item.key for item in store.search(("a",), query="four")] == ["k"]
    assert store.get(("a",), "empty").value == {"note": "four"}


def test_lone_surrogates_are_kept(store):
    store.put(("a",), "k", {"text": "a\ud800b", "k\udfff": 1})
    assert store.get(("a",), "k").value == {"text": "a\ud800b", "k\udfff": 1}
    assert [item.key for item in store.search(("a",), filter={"text": "a\ud800b"})] == ["k"]
    assert store.search(("a",), filter={"text": "a\ufffdb"}) == []
    assert len(store.search(("a",), query="a\ud800b")) == 1


# Input that cannot be honoured


@pytest.mark.parametrize("key", ["", "a\0b", "x" * 1001, "\ud800"])
def test_a_key_that_cannot_be_stored(store, key):
    for call in (lambda: store.put(("a",), key, {"v": 1}), lambda: store.get(("a",), key)):
        with pytest.raises(InvalidInputError, match="key"):
            call()
    with pytest.raises(InvalidInputError, match="key"):
        store.delete(("a",), key)


@pytest.mark.parametrize("namespace", [tuple("x" * 17), ("x" * 1001,), ("a\ud800",)])
def test_a_namespace_that_cannot_be_stored(store, namespace):
    with pytest.raises(InvalidInputError, match="namespace"):
        store.put(namespace, "k", {"v": 1})
    with pytest.raises(InvalidInputError, match="namespace"):
        store.search(namespace)


def test_a_namespace_with_dots_is_refused_by_langgraph_and_kept_in_a_batch(store):
    with pytest.raises(InvalidNamespaceError):
        store.put(("a.b",), "k", {"v": 1})
    store.batch([PutOp(("a.b",), "k", {"v": 1}), PutOp(("a", "b"), "k", {"v": 2}), PutOp((), "k", {"v": 3})])
    found = store.batch([GetOp(("a.b",), "k"), GetOp(("a", "b"), "k"), GetOp((), "k"), SearchOp(("a",))])
    assert [item.value["v"] for item in (*found[:3], *found[3])] == [1, 2, 3, 2]
    assert store.list_namespaces() == [(), ("a", "b"), ("a.b",)]


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"when": datetime.now(UTC)}, "data.when"),
        ({"a": [{"b": {1}}]}, r"data.a\[0\].b"),
        ({"t": (1, 2)}, "data.t"),
        ({"n": float("nan")}, "data.n"),
        ({"i": 10**4000}, "data.i"),
        ({1: "x"}, "key 1"),
        ([("a", 1)], "must be a dict"),
        ("text", "must be a dict"),
    ],
)
def test_a_value_that_is_not_json(store, value, place):
    with pytest.raises(InvalidInputError, match=f"'k'.*{place}"):
        store.put(("a",), "k", value)
    assert store.search(()) == []


def test_a_value_that_nests_too_deep(store):
    value = {}
    value["me"] = value
    with pytest.raises(InvalidInputError, match="nests deeper"):
        store.put(("a",), "k", value)


def test_nothing_of_a_batch_happens_when_an_operation_is_refused(store):
    for wrong in (
        PutOp(("a",), "bad", {"v": object()}),
        GetOp(("a",), ""),
        SearchOp(("a",), filter={"v": {"$near": 1}}),
        SearchOp(("a",), limit=-1),
        SearchOp(("a",), offset=-1),
        ListNamespacesOp(max_depth=0),
        ListNamespacesOp(match_conditions=(MatchCondition("infix", ("a",)),)),
        PutOp(("a",), "bad", {"v": 1}, ttl="1"),
        "no operation",
    ):
        with pytest.raises(InvalidInputError):
            store.batch([PutOp(("a",), "good", {"v": 1}), wrong])
    assert store.search(()) == []


@pytest.mark.parametrize(
    "wrong", [{"v": {1}}, {"v": object()}, {1: 2}, {"v": {"$in": "x"}}, {"v": {"$exists": 1}}, {"v": {"$gt": []}}, "x"]
)
def test_a_filter_that_nothing_could_pass_is_refused(store, wrong):
    with pytest.raises(InvalidInputError, match="filter"):
        store.search(("a",), filter=wrong)


@pytest.mark.parametrize("index", ["text", [1], [""], True, 5])
def test_an_index_that_is_no_list_of_paths(store, index):
    with pytest.raises(InvalidInputError, match="index"):
        store.put(("a",), "k", {"v": 1}, index=index)
    assert store.search(()) == []


def test_texts_in_place_of_namespaces_and_numbers_in_place_of_queries(store):
    for op in (PutOp("abc", "k", {"v": 1}), GetOp("abc", "k"), SearchOp("abc"), SearchOp((), query=5)):
        with pytest.raises(InvalidInputError, match=r"namespace|query"):
            store.batch([op])


def test_a_filter_that_refers_to_itself(store):
    wanted = {}
    wanted["me"] = wanted
    with pytest.raises(InvalidInputError, match="nests too deep"):
        store.search((), filter=wanted)


@pytest.mark.parametrize(
    "value",
    [
        {"$x": 1, "$gt": 2},
        {"": "v"},
        {"x" * 300: "v"},
        {"a\0b": "v"},
        {"i": 10**3999},
        {f"k{number}": number for number in range(5000)},
    ],
    ids=["operators", "empty key", "long key", "NUL", "huge integer", "many keys"],
)
def test_hostile_keys_and_values_are_kept_and_filtered(store, value):
    store.put(("a",), "k", value)
    store.put(("a",), "other", {"other": 1})
    assert store.get(("a",), "k").value == value
    key, wanted = list(value.items())[-1]
    assert [item.key for item in store.search(("a",), filter={key: wanted})] == ["k"]
    assert [item.key for item in store.search(("a",), filter={key: {"$ne": wanted}})] == ["other"]


def test_puts_and_deletes_of_one_key_at_the_same_time(store):
    async def main():
        calls = [store.aput(("c",), "k", {"n": n}) if n % 2 else store.adelete(("c",), "k") for n in range(60)]
        await asyncio.gather(*calls)
        return await store.asearch(("c",))

    assert len(asyncio.run(main())) <= 1


@pytest.mark.parametrize("ttl", [float("nan"), float("inf"), 1e300, "1", True])
def test_a_time_to_live_that_is_no_number(store, ttl):
    with pytest.raises(InvalidInputError, match="ttl"):
        store.put(("a",), "k", {"v": 1}, ttl=ttl)
    assert store.search(()) == []


def test_a_failed_write_of_a_batch_names_what_failed(memio):
    async def fail(operation, call_next):
        if operation.method == "put" and operation.arguments["doc_id"] == "bad":
            raise RuntimeError("the disk is full")
        return await call_next(operation)

    client = Memio(documents=SqliteDocumentAdapter(path=":memory:"), middleware=[fail])
    store = MemioStore(client)
    ops = [PutOp(("a",), key, {"v": 1}) for key in ("one", "bad", "two")]
    for batch in (store.batch, lambda ops: asyncio.run(store.abatch(ops))):
        with pytest.raises(RuntimeError, match="disk is full") as caught:
            batch(ops)
        assert caught.value.__notes__ == ["1 of the 3 writes of the batch failed, the others are done: (('a',), 'bad')"]
        assert sorted(item.key for item in store.search(())) == ["one", "two"]
    asyncio.run(client.aclose())


# Time to live


def test_the_settings_of_the_time_to_live(memio):
    store = MemioStore(memio, ttl={"default_ttl": 60, "refresh_on_read": False})
    store.put(("a",), "k", {"v": 1})
    store.put(("a",), "never", {"v": 1}, ttl=None)

    def expiry(key):
        return asyncio.run(memio.documents.get(key, namespace=("a",))).expires_at

    first = expiry("k")
    assert expiry("never") is None
    store.get(("a",), "k")
    store.search(("a",))
    assert expiry("k") == first
    store.get(("a",), "k", refresh_ttl=True)
    second = expiry("k")
    assert second > first
    store.search(("a",), refresh_ttl=True)
    assert expiry("k") > second


def test_a_refresh_changes_no_version_and_no_time_of_update(memio, store):
    store.put(("a",), "k", {"v": 1}, ttl=60)
    before = asyncio.run(memio.documents.get("k", namespace=("a",)))
    store.get(("a",), "k")
    after = asyncio.run(memio.documents.get("k", namespace=("a",)))
    assert after.expires_at > before.expires_at
    assert (after.version, after.updated_at) == (before.version, before.updated_at)


def test_a_refresh_does_not_reach_what_was_stored_since(memio):
    async def replace(operation, call_next):
        if operation.method == "update":
            await memio.documents.put("k", "", data={"v": 2}, namespace=("a",), agent_id="langgraph")
        return await call_next(operation)

    adapter = SqliteDocumentAdapter(path=":memory:")
    memio = Memio(documents=adapter, middleware=[replace])
    store = MemioStore(memio)
    store.put(("a",), "k", {"v": 1}, ttl=60)
    assert store.get(("a",), "k").value == {"v": 1}
    document = asyncio.run(memio.documents.get("k", namespace=("a",)))
    assert (document.data, document.expires_at) == ({"v": 2}, None)
    asyncio.run(memio.aclose())


# Threads and event loops


def test_one_store_in_many_threads_and_loops():
    with MemioStore(CONFIG) as store:

        def work(number):
            if number % 2:
                asyncio.run(store.aput(("t",), str(number), {"n": number}))
            else:
                store.put(("t",), str(number), {"n": number})
            return store.get(("t",), str(number)).value["n"]

        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(work, range(40))) == list(range(40))
        assert len(store.search(("t",), limit=100)) == 40


def test_a_client_that_belongs_to_one_loop():
    client = Memio(documents=Lacking("any_loop"))
    store = MemioStore(client)

    async def main():
        await store.aput(("a",), "k", {"v": 1})
        item = await store.aget(("a",), "k")
        await client.aclose()
        return item.value

    with pytest.raises(RuntimeError, match="own_loop=True"):
        store.put(("a",), "k", {"v": 1})
    assert asyncio.run(main()) == {"v": 1}

    client = Memio(documents=Lacking("any_loop"), own_loop=True)
    store = MemioStore(client)
    store.put(("a",), "k", {"v": 1})
    assert asyncio.run(store.aget(("a",), "k")).value == {"v": 1}
    asyncio.run(client.aclose())


def test_a_cancelled_call(store):
    async def main():
        task = asyncio.create_task(store.abatch([PutOp(("a",), str(n), {"n": n}) for n in range(50)]))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await store.aput(("b",), "after", {"v": 1})
        return await store.aget(("b",), "after")

    assert asyncio.run(main()).value == {"v": 1}


def test_sync_calls_inside_an_event_loop(store):
    async def main():
        store.put(("a",), "k", {"v": 1})
        return store.get(("a",), "k")

    assert asyncio.run(main()).value == {"v": 1}


def test_a_store_that_was_not_closed_keeps_what_it_acknowledged(tmp_path):
    program = (
        "from memio_langgraph import MemioStore\n"
        f"store = MemioStore({{'documents': {{'provider': 'sqlite', 'path': {str(tmp_path / 'm.db')!r}}}}})\n"
        "store.put(('a',), 'k', {'v': 1})\n"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with MemioStore({"documents": {"provider": "sqlite", "path": str(tmp_path / "m.db")}}) as store:
        assert store.get(("a",), "k").value == {"v": 1}


def test_a_store_can_be_collected(memio):
    before = threading.active_count()
    for _ in range(20):
        MemioStore(memio).put(("a",), "k", {"v": 1})
    gc.collect()
    assert threading.active_count() <= before + 1


def test_a_repr(store):
    assert repr(store) == "<MemioStore over sqlite: {'agent_id': 'langgraph'}>"


# More than the backend returns at once


def test_more_items_than_a_search_ranks():
    with MemioStore(CONFIG) as store:
        store.put(("a",), "wanted", {"text": "zebra " + "and more " * 20, "tags": ["b"]}, index=["text"])
        asyncio.run(
            store.abatch(
                [PutOp(("a",), str(n), {"text": "zebra zebra", "tags": ["a"]}, index=["text"]) for n in range(1100)]
            )
        )
        items = store.search(("a",), query="zebra", filter={"tags": ["b"]}, limit=1)
        assert [(item.key, item.score) for item in items] == [("wanted", None)]  # its rank is beyond the thousandth
        assert len(store.search(("a",), query="zebra", limit=2000)) == 1101
        keys = [item.key for item in store.search(("a",), query="zebra", limit=300, offset=900)]
        assert len(set(keys)) == 201
        assert [item.key for item in store.search(("a",), limit=1, offset=1100)] == ["wanted"]
