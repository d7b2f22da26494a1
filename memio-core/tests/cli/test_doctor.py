"""`memio doctor`."""

from __future__ import annotations

from typing import Any

HANGING = """
import asyncio
from memio.hookspecs import hookimpl
from memio.plugins import StoreSpec
from memio.settings import Settings

class Store:
    features = frozenset()
    guarantees = frozenset()
    async def aclose(self): pass
    async def add(self, *, content): raise NotImplementedError
    async def get(self, *, fact_id): raise NotImplementedError
    async def get_all(self, *, limit, cursor): await asyncio.Event().wait()
    async def search(self, *, query, limit): raise NotImplementedError
    async def delete(self, *, fact_id): raise NotImplementedError
    async def delete_all(self): raise NotImplementedError

@hookimpl
def memio_stores():
    return [StoreSpec(kind="facts", provider="slow", settings=Settings, open=lambda settings, resources: Store())]
"""


def test_the_embedded_default_is_in_good_health(memio: Any) -> None:
    done = memio("doctor", "--json")
    assert (done.code, done.err, done.json["ok"], done.json["config"]) == (0, "", True, None)
    assert [store["kind"] for store in done.json["stores"]] == ["facts", "history", "documents", "graph"]
    assert all(store["error"] is None and store["distribution"] == "memio-core" for store in done.json["stores"])
    assert "4 of 4 stores answer" in memio("doctor").out


def test_it_states_where_each_setting_comes_from(memio: Any) -> None:
    path = memio.write("memio.toml", 'facts = { provider = "sqlite", durability = "normal" }\n')
    [store] = memio("doctor", "-c", path, "--json", MEMIO_SQLITE_PATH="here.db").json["stores"]
    assert {(one["name"], one["value"], one["origin"]) for one in store["settings"]} == {
        ("path", str(path.with_name("here.db")), "environment"),
        ("durability", "normal", "given"),
        ("busy_timeout", "30.0", "default"),
        ("read_only", "False", "default"),
    }
    shown = memio("doctor", "-c", path, MEMIO_SQLITE_PATH="here.db").out
    assert "here.db(MEMIO_SQLITE_PATH)" in "".join(shown.split())
    assert "normal  (given)" in shown


def test_the_configuration_may_be_named_in_the_environment(memio: Any) -> None:
    path = memio.write("memio.toml", 'graph = "sqlite"\n')
    assert [store["kind"] for store in memio("doctor", "--json", MEMIO_CONFIG=str(path)).json["stores"]] == ["graph"]


# defect: a key in a repr, a log, an error or a response
def test_no_secret_is_ever_shown_even_of_a_provider_that_did_not_declare_it(memio: Any, plain: Any) -> None:
    plain()
    path = memio.write("memio.toml", 'facts = { provider = "plain", file = "plain.json" }\ndocuments = "letta"\n')
    environment = {
        "PLAIN_PASSWORD": "opensesame",
        "LETTA_API_KEY": "sk-hush",
        "LETTA_AGENT_ID": "agent-00000000-0000-4000-8000-000000000000",
        "LETTA_BASE_URL": "http://127.0.0.1:1",
    }
    for arguments in (["--json"], []):
        done = memio("doctor", "-c", path, *arguments, **environment)
        everything = done.out + done.err
        assert "set, not shown" in everything
        assert not [secret for secret in ("opensesame", "sk-hush", "hunter2") if secret in everything]


def test_one_store_that_fails_is_not_in_the_way_of_the_others(memio: Any) -> None:
    memio.write("broken.db", "This is no database, but a text that is long enough to be looked at. " * 20)
    path = memio.write("memio.toml", 'facts = { provider = "sqlite", path = "broken.db" }\nhistory = "sqlite"\n')
    done = memio("doctor", "-c", path, "--json")
    facts, history = done.json["stores"]
    assert (done.code, done.json["ok"], facts["code"], history["error"]) == (3, False, 3, None)
    assert "broken.db" in facts["error"]
    assert "1 of 2 stores answer" in memio("doctor", "-c", path).out


def test_one_broken_plugin_is_not_in_the_way_of_the_others(memio: Any, distribution: Any) -> None:
    distribution("memio-bad", "bad", "bad_plugin", "raise RuntimeError('no luck')")
    path = memio.write("memio.toml", 'facts = "bad"\nhistory = "sqlite"\n')
    done = memio("doctor", "-c", path, "--json")
    assert (done.code, done.json["ok"], [store["kind"] for store in done.json["stores"]]) == (5, False, ["history"])
    assert "no luck" in done.error["message"]
    assert memio("history", "list", "-c", path).code == 0


def test_a_store_that_does_not_answer_is_given_up(memio: Any, distribution: Any) -> None:
    distribution("memio-slow", "slow", "slow_plugin", HANGING)
    path = memio.write("memio.toml", 'facts = "slow"\n')
    done = memio("doctor", "-c", path, "--timeout", "0.2", "--json")
    assert done.code == 3
    assert "no answer within 0.2 s" in done.json["stores"][0]["error"]


def test_a_store_that_cannot_be_opened_counts_among_those_that_do_not_answer(memio: Any) -> None:
    path = memio.write("memio.toml", 'facts = "sqlite"\nhistory = "none-such"\n')
    done = memio("doctor", "-c", path)
    assert done.code == 2
    assert "1 of 2 stores answer" in done.out
    shown = memio("doctor", "-c", path, "--json").json
    assert [store["kind"] for store in shown["stores"]] == ["facts"]
    assert "no history provider 'none-such' is installed" in shown["broken"]["history"]
