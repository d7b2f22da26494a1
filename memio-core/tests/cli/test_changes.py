"""What facts and documents hold, and how it changes: put, update, versions, data and expiry."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

GROUPS = ["facts", "documents"]


@pytest.mark.parametrize("kind", GROUPS)
def test_put_stores_and_replaces_as_a_whole(here: Callable[..., Any], kind: str) -> None:
    first = here(kind, "put", "k", "tea", "-u", "alice", "-m", '{"n": 1}', "--json").json
    again = here(kind, "put", "k", "coffee", "-u", "alice", "--json").json
    assert (again["content"], again["metadata"], again["created_at"]) == ("coffee", {}, first["created_at"])
    assert again["version"] != first["version"]
    here(kind, "put", "k", "water", "-u", "bob")
    assert here(kind, "get", "k", "-u", "alice", "--json").json == again
    assert here(kind, "count").out == "2\n"


@pytest.mark.parametrize("kind", GROUPS)
def test_metadata_is_changed_alone(here: Callable[..., Any], kind: str) -> None:
    here(kind, "add", "tea", "--id", "k")
    changed = here(kind, "update", "k", "--metadata", '{"n": 2}', "--json").json
    assert (changed["content"], changed["metadata"]) == ("tea", {"n": 2})
    changed = here(kind, "update", "k", "--metadata", "{}", "--json").json
    assert (changed["content"], changed["metadata"]) == ("tea", {})


@pytest.mark.parametrize("kind", GROUPS)
def test_a_change_happens_only_while_the_version_is_the_named_one(here: Callable[..., Any], kind: str) -> None:
    version = here(kind, "add", "tea", "--id", "k", "--json").json["version"]
    newer = here(kind, "update", "k", "coffee", "--if-version", version, "--json").json["version"]
    for command in (["put", "k", "x"], ["update", "k", "x"], ["delete", "k"]):
        refused = here(kind, *command, "--if-version", version, "--json")
        assert (refused.code, refused.error["type"], refused.error["reason"]) == (4, "ConflictError", "version")
    assert here(kind, "get", "k", "--json").json["content"] == "coffee"
    assert f"version {newer}" in " ".join(here(kind, "get", "k").out.split())
    assert here(kind, "delete", "k", "--if-version", newer).code == 0
    assert here(kind, "put", "k", "x", "--if-version", newer).code == 4
    assert here(kind, "update", "k", "x", "--if-version", newer).code == 1


def test_data_comes_from_the_option_a_file_or_standard_input(memio: Any) -> None:
    value = {"list": [1, None, {"NUL": "\0", "half": "\ud800", "日本": 1.5}]}
    path = memio.write("data.json", json.dumps(value))
    assert memio("documents", "add", "text", "--id", "1", "--data", json.dumps(value), "--json").json["data"] == value
    added = memio("documents", "add", "--id", "2", "--data", f"@{path}", "--json").json
    assert (added["content"], added["data"]) == ("", value)
    assert memio("documents", "put", "3", "--data", "@-", "--json", stdin='"text"\n').json["data"] == "text"
    assert memio("documents", "get", "2", "--json").json["data"] == value
    assert '"half": "\\ud800"' in "".join(memio("documents", "get", "2", COLUMNS="200").out)
    assert memio("documents", "search", "text", "--json").json["items"][0]["data"] == value
    assert memio("documents", "update", "2", "--data", "[]", "--json").json["data"] == []
    removed = memio("documents", "update", "1", "text", "--data", "null", "--json").json
    assert (removed["content"], removed["data"]) == ("text", None)


@pytest.mark.parametrize("kind", GROUPS)
def test_a_time_of_expiry_is_set_moved_and_taken_back(here: Callable[..., Any], kind: str) -> None:
    added = here(kind, "add", "tea", "--id", "k", "--expires", "24h", "--json").json
    assert added["expires_at"] > added["created_at"]
    moved = here(kind, "update", "k", "--expires", "2999-01-01T00:00Z", "--json").json
    assert (moved["expires_at"], moved["version"]) == ("2999-01-01T00:00:00+00:00", added["version"])
    assert "expires 2999-01-01 00:00 UTC" in " ".join(here(kind, "list").out.split())
    assert here(kind, "update", "k", "--expires", "never", "--json").json["expires_at"] is None
    assert here(kind, "update", "k", "--expires", "now").code == 0
    assert here(kind, "get", "k").code == 1
    assert here(kind, "put", "k", "tea", "--expires", "never", "--json").json["expires_at"] is None


def test_purge_removes_what_has_expired(here: Callable[..., Any]) -> None:
    here("facts", "add", "tea", "--id", "k")
    here("documents", "add", "tea", "--id", "k")
    here("facts", "update", "k", "--expires", "2020-01-01")
    done = here("purge", "--json")
    assert (done.code, set(done.json["purged"])) == (0, {"facts", "documents"})
    assert here("facts", "list").out.strip() == "no facts"
    assert here("documents", "count").out == "1\n"
    assert here("purge").out == "removed 0 facts, 0 documents\n"


def test_purge_where_nothing_can_expire_states_so(memio: Any, plain: Callable[[], Any]) -> None:
    plain()
    memio.write("memio.toml", 'facts = { provider = "plain", file = "plain.json" }\n')
    done = memio("purge")
    assert (done.code, "no store here has records that can expire" in done.out) == (0, True)


@pytest.mark.parametrize("kind", GROUPS)
def test_records_are_chosen_by_time_and_listed_newest_first(here: Callable[..., Any], kind: str) -> None:
    for number in (1, 2, 3):
        here(kind, "add", "tea", "--id", str(number), "-m", f'{{"n": {number}}}')

    def ids(command: str, *options: str) -> list[str]:
        return [item["id"] for item in here(kind, command, *options, "--json").json["items"]]

    assert ids("list", "--newest") == ["3", "2", "1"]
    assert ids("list", "--newest", "--filter", "n>=2", "--filter", "n<3") == ["2"]
    assert ids("list", "--filter", '{"$or": [{"n": 1}, {"n": 3}]}') == ["1", "3"]
    assert ids("list", "--since", "1h") == ["1", "2", "3"]
    assert ids("list", "--until", "1h") == []
    assert ids("search", "tea", "--since", "2999-01-01") == []
    second = here(kind, "get", "2", "--json").json["created_at"]
    assert ids("list", "--since", second) == ["2", "3"]
    assert ids("list", "--until", second) == ["1"]
    assert here(kind, "count", "--since", second, "--filter", "n!=3").out == "1\n"
    assert [item["id"] for item in here(kind, "list", "--newest", "--all", "--json").lines] == ["3", "2", "1"]
