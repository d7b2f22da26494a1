"""Whose records a command is about: users, agents and namespaces, on every kind of memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

KINDS = ["facts", "history", "documents", "graph"]

ADD = {
    "facts": ["facts", "add", "tea"],
    "history": ["history", "add", "s1", "tea"],
    "documents": ["documents", "add", "tea"],
    "graph": ["graph", "add", "Alice", "likes", "tea"],
}
OWNERS = [
    [],
    ["-u", "alice"],
    ["-u", "alice", "-a", "guide"],
    ["-u", "alice", "--namespace", "app"],
    ["-u", "bob", "--namespace", "app/notes"],
    ["--namespace", '["app/notes"]'],
]
LABELS = [
    (None, None, []),
    ("alice", None, []),
    ("alice", "guide", []),
    ("alice", None, ["app"]),
    ("bob", None, ["app", "notes"]),
    (None, None, ["app/notes"]),
]


def labels_of(records: list[Any]) -> list[tuple[str | None, str | None, list[str]]]:
    return [(record["user_id"], record["agent_id"], record["namespace"]) for record in records]


@pytest.fixture
def filled(here: Callable[..., Any]) -> Callable[..., Any]:
    for kind in KINDS:
        for owner in OWNERS:
            assert here(*ADD[kind], *owner).code == 0
    return here


CHOSEN = [
    ([], [0, 1, 2, 3, 4, 5]),
    (["-u", "alice"], [1, 2, 3]),
    (["-a", "guide"], [2]),
    (["-u", "alice", "--namespace", "app"], [3]),
    (["--namespace", "app/notes"], [4]),
    (["--namespace", '["app/notes"]'], [5]),
    (["--namespace", "/"], [0, 1, 2]),
    (["--namespace-prefix", "app"], [3, 4]),
    (["--namespace-prefix", "app", "-u", "bob"], [4]),
    (["--exact"], [0]),
    (["--exact", "-u", "alice"], [1]),
    (["--exact", "-u", "alice", "--namespace", "app"], [3]),
    (["-u", "carol"], []),
]


@pytest.mark.parametrize("kind", KINDS)
def test_labels_confine_listings_searches_counts_and_owners(filled: Callable[..., Any], kind: str) -> None:
    for scope, chosen in CHOSEN:
        expected = [LABELS[number] for number in chosen]
        assert labels_of(filled(kind, "list", *scope, "--json").json["items"]) == expected, scope
        hits = labels_of(filled(kind, "search", "tea", *scope, "--json").json["items"])
        assert sorted(hits, key=str) == sorted(expected, key=str), scope
        assert filled(kind, "count", *scope, "--json").json == {"count": len(expected)}
        owners = labels_of(filled(kind, "owners", *scope, "--all", "--json").lines)
        assert sorted(owners, key=str) == sorted(expected, key=str), scope


@pytest.mark.parametrize("kind", KINDS)
def test_deleting_all_of_an_owner_leaves_the_others(filled: Callable[..., Any], kind: str) -> None:
    done = filled(kind, "delete-all", "--namespace-prefix", "app", "--yes", "--json")
    assert done.json == {"deleted": "all", "kind": kind, "labels": {"namespace_prefix": ["app"]}}
    assert labels_of(filled(kind, "list", "--json").json["items"]) == [*LABELS[:3], LABELS[5]]
    done = filled(kind, "delete-all", "--exact", "--yes")
    assert done.out == f"deleted all {kind} of no user, no agent and no namespace\n"
    assert labels_of(filled(kind, "list", "--json").json["items"]) == [LABELS[1], LABELS[2], LABELS[5]]
    assert filled(kind, "delete-all", "--yes").out == f"deleted all {kind} of all owners\n"
    assert filled(kind, "count").out == "0\n"


def test_a_record_of_nobody_is_reached_beside_one_of_somebody(here: Callable[..., Any]) -> None:
    here("facts", "add", "hers", "--id", "1", "-u", "alice")
    here("facts", "add", "nobody's", "--id", "1")
    both = here("facts", "get", "1", "--json")
    assert (both.code, both.error["reason"]) == (4, "owners")
    assert "pass --user, --agent or --namespace; with --exact" in both.error["message"]
    assert here("facts", "get", "1", "--exact", "--json").json["content"] == "nobody's"
    assert here("facts", "update", "1", "changed", "--exact").code == 0
    assert here("facts", "delete", "1", "--exact").code == 0
    assert here("facts", "get", "1", "--json").json["content"] == "hers"


def test_a_session_of_several_owners_is_read_by_naming_one(here: Callable[..., Any]) -> None:
    here("history", "add", "trip", "hers", "-u", "alice")
    here("history", "add", "trip", "his", "-u", "bob")
    for command in (["get", "trip"], ["delete", "trip"], ["search", "his", "-s", "trip"]):
        assert here("history", *command).code == 4
    assert [one["content"] for one in here("history", "get", "trip", "-u", "bob", "--json").json["items"]] == ["his"]
    assert here("history", "delete", "trip", "-u", "bob").code == 0
    assert [one["content"] for one in here("history", "get", "trip", "--all", "--json").lines] == ["hers"]


def test_a_table_shows_namespaces_as_options_take_them(filled: Callable[..., Any]) -> None:
    shown = " ".join(filled("facts", "list").out.split())
    assert "user bob · namespace app/notes · " in shown
    assert '· namespace ["app/notes"] · ' in shown
    lines = [line.split() for line in filled("graph", "owners").out.splitlines()]
    assert ["alice", "guide", "/"] in lines
    assert ["bob", "app/notes"] in lines


def test_users_are_listed_once_with_the_kinds_that_have_records(filled: Callable[..., Any]) -> None:
    filled("facts", "add", "tea", "-u", "zoe")
    assert filled("users", "--json").json["items"] == [
        {"user_id": "alice", "kinds": KINDS},
        {"user_id": "bob", "kinds": KINDS},
        {"user_id": "zoe", "kinds": ["facts"]},
    ]
    assert [one["user_id"] for one in filled("users", "--kind", "graph", "--json").json["items"]] == ["alice", "bob"]
    assert [one["user_id"] for one in filled("users", "--namespace-prefix", "app", "--json").json["items"]] == [
        "alice",
        "bob",
    ]
    assert filled("users", "-u", "zoe", "--json").json["items"] == [{"user_id": "zoe", "kinds": ["facts"]}]
    assert ["zoe", "facts"] in [line.split() for line in filled("users").out.splitlines()]
    assert filled("users", "-a", "nobody").out == "no users\n"


def test_users_of_a_store_that_cannot_list_its_owners_are_refused(memio: Any, plain: Callable[[], Any]) -> None:
    plain()
    memio.write("memio.toml", 'facts = "sqlite"\nhistory = { provider = "plain", file = "plain.json" }\n')
    memio("facts", "add", "tea", "-u", "alice")
    refused = memio("users", "--json")
    assert (refused.code, refused.error["type"]) == (2, "NotSupportedError")
    assert "the history of plain cannot list" in refused.error["message"]
    assert "pass --kind facts to list the users of the others" in refused.error["message"]
    assert memio("users", "--kind", "facts", "--json").json["items"] == [{"user_id": "alice", "kinds": ["facts"]}]
    missing = memio("users", "--kind", "graph")
    assert (missing.code, 'add a line such as graph = "sqlite"' in missing.err) == (2, True)
