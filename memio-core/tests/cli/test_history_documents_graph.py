"""`memio history`, `memio documents` and `memio graph`."""

from __future__ import annotations

import json
from typing import Any


def test_a_conversation_is_kept_with_roles_names_and_times(memio: Any) -> None:
    memio("history", "add", "s1", "Be brief.", "--role", "system")
    memio("history", "add", "s1", "Hello", "--name", "Alice", "--time", "2026-05-01T09:30+02:00", "--id", "m2")
    memio("history", "add", "s1", "Good morning", "--role", "assistant", "-m", '{"model": "m"}')
    messages = memio("history", "get", "s1", "--json").json["items"]
    assert [(one["role"], one["content"]) for one in messages] == [
        ("system", "Be brief."),
        ("user", "Hello"),
        ("assistant", "Good morning"),
    ]
    assert messages[1]["timestamp"] == "2026-05-01T07:30:00+00:00"
    assert (messages[1]["name"], messages[1]["id"]) == ("Alice", "m2")
    assert messages[2]["metadata"] == {"model": "m"}
    shown = memio("history", "get", "s1").out
    assert "Alice" in shown
    assert "2026-05-01 07:30 UTC" in shown


def test_a_long_session_is_read_from_either_end(memio: Any) -> None:
    for number in range(3):
        memio("history", "add", "s1", f"message {number}")
    latest = memio("history", "get", "s1", "-n", "2", "--json").json
    assert [one["content"] for one in latest["items"]] == ["message 1", "message 2"]
    before = memio("history", "get", "s1", "-n", "2", "--cursor", latest["next_cursor"], "--json").json
    assert [one["content"] for one in before["items"]] == ["message 0"]
    oldest = memio("history", "get", "s1", "-n", "2", "--start", "oldest", "--json").json
    assert [one["content"] for one in oldest["items"]] == ["message 0", "message 1"]
    everything = memio("history", "get", "s1", "--all", "--json").lines
    assert [one["content"] for one in everything] == ["message 0", "message 1", "message 2"]


def test_sessions_are_listed_searched_and_deleted(memio: Any) -> None:
    added = memio("history", "add", "s1", "the lamp blinks red", "-u", "alice", "--json").json
    assert ([one["session_id"] for one in added["stored"]], added["replies"]) == (["s1"], [])
    memio("history", "add", "s2", "the soup is cold")
    sessions = memio("history", "list", "--json").json["items"]
    assert [(one["id"], one["user_id"], one["message_count"]) for one in sessions] == [
        ("s1", "alice", 1),
        ("s2", None, 1),
    ]
    assert memio("sessions", "--all", "--json").lines == sessions
    assert memio("history", "list", "-u", "alice", "--json").json["items"] == sessions[:1]
    assert "s2" in memio("history", "list").out
    assert [hit["session_id"] for hit in memio("history", "search", "lamp", "--json").json["items"]] == ["s1"]
    assert memio("history", "search", "lamp", "--session", "s2", "--json").json["items"] == []
    assert memio("history", "delete", "s1", "--json").json == {"deleted": "s1"}
    assert memio("history", "delete", "s1").code == 0
    assert memio("history", "get", "s1").out.strip() == "no messages"
    assert memio("history", "delete-all", "--yes").code == 0
    assert memio("history", "list", "--json").json["items"] == []


def test_a_document_is_taken_from_a_file_to_the_last_character(memio: Any) -> None:
    text = "# Charging\n\nPlug it in. 日本語\n\n"
    path = memio.write("page.md", text)
    added = memio("documents", "add", "--file", path, "--id", "page", "-u", "alice", "--json").json
    assert added["content"] == text
    assert memio("documents", "get", "page", "--json").json == added
    assert [hit["id"] for hit in memio("documents", "search", "charging", "--json").json["items"]] == ["page"]
    assert memio("documents", "update", "page", "-", "--json", stdin="Never mind.\n").json["content"] == "Never mind."
    assert "Never mind." in memio("documents", "list").out
    assert memio("documents", "delete", "page", "-u", "bob").code == 1
    assert memio("documents", "delete", "page").code == 0
    assert memio("documents", "delete-all", "--yes", "--json").json == {
        "deleted": "all",
        "kind": "documents",
        "labels": {},
    }


def test_triples_are_added_one_at_a_time_or_from_a_file_and_found_by_entity(memio: Any) -> None:
    one = memio("graph", "add", "Alice", "knows", "Bob", "-m", '{"since": 2020}', "--json").json["items"][0]
    assert (one["subject"], one["predicate"], one["object"], one["metadata"]) == (
        "Alice",
        "knows",
        "Bob",
        {"since": 2020},
    )
    lines = [{"subject": "Bob", "predicate": "works at", "object": "Acme", "id": "t2"}]
    lines.append({"subject": "Acme", "predicate": "is in", "object": "Lisbon", "metadata": {"floor": 3}})
    added = memio("graph", "add", "--file", "-", stdin="\n".join(json.dumps(line) for line in lines) + "\n\n")
    assert added.code == 0
    assert len(memio("graph", "list", "--all", "--json").lines) == 3
    about_bob = memio("graph", "get", "Bob", "--json").json["items"]
    assert [(edge["subject"], edge["object"]) for edge in about_bob] == [("Alice", "Bob"), ("Bob", "Acme")]
    assert memio("graph", "get", "Bob", "--all", "--json").lines == about_bob
    assert "works at" in memio("graph", "search", "acme").out
    assert memio("graph", "delete", "t2").code == 0
    assert memio("graph", "delete", "t2").code == 1
    assert memio("graph", "delete-entity", "Alice", "--json").json == {"deleted": "Alice"}
    assert [edge["object"] for edge in memio("graph", "list", "--json").json["items"]] == ["Lisbon"]
    assert memio("graph", "delete-all", "-y").code == 0
    assert memio("graph", "list").out.strip() == "no triples"


def test_a_file_with_one_bad_triple_stores_none_and_names_the_line(memio: Any) -> None:
    good = '{"subject": "a", "predicate": "b", "object": "c"}\n'
    for bad, words in (
        ('{"subject": "a", "predicate": "b"}', "missing object"),
        ('{"subject": "a", "predicate": "b", "object": "c", "colour": "red"}', "unknown key 'colour'"),
        ("[1]", "must be a JSON object"),
        ("{", "is not valid JSON"),
    ):
        path = memio.write("triples.jsonl", good + "\n" + bad)
        done = memio("graph", "add", "--file", path)
        assert done.code == 2
        assert "line 3" in done.err
        assert words in done.err
    assert memio("graph", "list", "--json").json["items"] == []
