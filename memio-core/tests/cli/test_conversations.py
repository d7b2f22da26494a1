"""Conversations: messages as chat APIs have them, times, counts, and taking messages back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "rain"}


def contents(done: Any) -> list[str]:
    return [message["content"] for message in done.json["items"]]


def test_a_tool_call_and_its_result_are_stored_as_chat_apis_have_them(memio: Any) -> None:
    added = memio("history", "add", "s1", "--message", json.dumps([CALL, RESULT]), "-u", "alice", "--json").json
    assert [message["data"] for message in added["stored"]] == [CALL, RESULT]
    call, result = memio("history", "get", "s1", "--json").json["items"]
    assert (call["role"], call["content"], call["data"]) == ("assistant", "", CALL)
    assert (result["role"], result["content"], result["data"]) == ("tool", "rain", RESULT)
    assert memio("history", "add", "s1", "--message", "@-", stdin='{"role": "user", "content": "thanks"}').code == 0
    path = memio.write("turn.json", json.dumps({"role": "assistant", "content": "gladly"}))
    assert memio("history", "add", "s1", "--message", f"@{path}").code == 0
    assert contents(memio("history", "get", "s1", "-u", "alice", "--json")) == ["", "rain"]
    assert contents(memio("history", "get", "s1", "--exact", "--json")) == ["thanks", "gladly"]
    assert "tool_calls" in memio("history", "get", "s1", "-u", "alice").out


def test_data_of_a_message_may_stand_in_place_of_its_text(here: Callable[..., Any]) -> None:
    stored = here("history", "add", "s1", "-r", "developer", "--data", '{"a": [1]}', "--json").json["stored"][0]
    assert (stored["role"], stored["content"], stored["data"]) == ("developer", "", {"a": [1]})
    stored = here("history", "add", "s1", "text", "--data", "7", "--json").json["stored"][0]
    assert (stored["role"], stored["content"], stored["data"]) == ("user", "text", 7)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the local time zone of a process can be set on Unix only")
def test_the_time_of_a_message_without_a_zone_is_local(memio: Any) -> None:
    zone = "CET-1CEST,M3.5.0,M10.5.0/3"
    memio("history", "add", "s1", "x", "--time", "2026-07-01T10:00", TZ=zone)
    memio("history", "add", "s1", "y", "--time", "2026-07-01T10:00+05:30", TZ=zone)
    moments = [message["timestamp"] for message in memio("history", "get", "s1", "--json").json["items"]]
    assert [moment[:16] for moment in moments] in (
        ["2026-07-01T08:00", "2026-07-01T04:30"],
        ["2026-07-01T10:00", "2026-07-01T10:00"],  # with the offset that was given
    )
    assert memio("history", "count", "--since", "2026-07-01T10:00", "--messages", TZ=zone).out == "1\n"


@pytest.fixture
def talks(here: Callable[..., Any]) -> Callable[..., Any]:
    for session, day, user in (("old", 1, "alice"), ("busy", 2, "alice"), ("other", 3, "bob"), ("busy", 9, "alice")):
        options = ["--time", f"2026-05-0{day}T10:00Z", "-u", user, "--id", f"m{day}", "-m", f'{{"day": {day}}}']
        assert here("history", "add", session, f"tea on day {day}", *options).code == 0
    return here


def test_sessions_are_listed_with_times_and_counts(talks: Callable[..., Any]) -> None:
    sessions = talks("sessions", "--json").json["items"]
    assert [(one["id"], one["user_id"], one["message_count"]) for one in sessions] == [
        ("old", "alice", 1),
        ("busy", "alice", 2),
        ("other", "bob", 1),
    ]
    assert (sessions[1]["created_at"], sessions[1]["updated_at"]) == (
        "2026-05-02T10:00:00+00:00",
        "2026-05-09T10:00:00+00:00",
    )
    assert talks("history", "list", "--json").json["items"] == sessions
    shown = " ".join(talks("sessions").out.split())
    assert "busy user alice · messages 2 · first 2026-05-02 10:00 UTC · last 2026-05-09 10:00 UTC" in shown


def test_sessions_are_listed_by_their_last_message(talks: Callable[..., Any]) -> None:
    def ids(*options: str) -> list[str]:
        return [session["id"] for session in talks("sessions", *options, "--json").json["items"]]

    assert ids("--newest") == ["busy", "other", "old"]
    assert ids("--since", "2026-05-03T10:00Z") == ["busy", "other"]
    assert ids("--until", "2026-05-03T10:00Z") == ["old"]
    assert ids("--newest", "-u", "alice") == ["busy", "old"]
    first = talks("sessions", "--newest", "-n", "2", "--json").json
    rest = talks("sessions", "--newest", "-n", "2", "--cursor", first["next_cursor"], "--json").json
    assert [one["id"] for one in first["items"] + rest["items"]] == ["busy", "other", "old"]


def test_messages_are_searched_by_metadata_and_time(talks: Callable[..., Any]) -> None:
    def days(*options: str) -> list[int]:
        return sorted(
            hit["metadata"]["day"] for hit in talks("history", "search", "tea", *options, "--json").json["items"]
        )

    assert days("--filter", "day>=2") == [2, 3, 9]
    assert days("--filter", "day>=2", "-s", "busy") == [2, 9]
    assert days("--filter", '{"$not": {"day": 1}}', "-u", "bob") == [3]
    assert days("--since", "2026-05-02T10:00Z", "--until", "2026-05-09T10:00Z") == [2, 3]


def test_sessions_and_messages_are_counted(talks: Callable[..., Any]) -> None:
    assert talks("history", "count").out == "3\n"
    assert talks("history", "count", "-u", "alice", "--json").json == {"count": 2}
    assert talks("history", "count", "--since", "2026-05-03T10:00Z").out == "2\n"
    assert talks("history", "count", "--messages").out == "4\n"
    assert talks("history", "count", "--messages", "-s", "busy").out == "2\n"
    assert talks("history", "count", "--messages", "--filter", "day<9", "--until", "2026-05-03T10:00Z").out == "2\n"


def test_the_last_messages_are_taken_back(talks: Callable[..., Any]) -> None:
    shown = talks("history", "delete-messages", "busy", "--last", "1").out
    assert "deleted 1 message:" in shown
    assert "tea on day 9" in shown
    assert contents(talks("history", "get", "busy", "--json")) == ["tea on day 2"]
    assert talks("sessions", "--newest", "--json").json["items"][0]["id"] == "other"
    deleted = talks("history", "delete-messages", "busy", "--last", "5", "--json").json["deleted"]
    assert [message["id"] for message in deleted] == ["m2"]
    assert [one["id"] for one in talks("sessions", "--json").json["items"]] == ["old", "other"]
    assert talks("history", "delete-messages", "busy", "--last", "1").out == "no messages; nothing was deleted\n"
    assert talks("history", "delete-messages", "busy", "--last", "1", "--json").json == {"deleted": []}


def test_messages_are_deleted_by_their_ids_all_or_none(talks: Callable[..., Any]) -> None:
    missing = talks("history", "delete-messages", "busy", "--id", "m2", "--id", "m3", "--json")
    assert (missing.code, "m3" in missing.error["message"]) == (1, True)
    assert len(contents(talks("history", "get", "busy", "--json"))) == 2
    assert talks("history", "delete-messages", "busy", "--id", "m9", "--id", "m2", "-u", "alice").code == 0
    assert talks("history", "get", "busy").out.strip() == "no messages"
    assert talks("history", "add", "busy", "again", "--id", "m2", "-u", "alice").code == 0


def test_triples_are_counted_and_listed_newest_first(here: Callable[..., Any]) -> None:
    for name in ("Bob", "Carol", "Dan"):
        here("graph", "add", "Alice", "knows", name)
    edges = here("graph", "list", "--newest", "--json").json["items"]
    assert [edge["object"] for edge in edges] == ["Dan", "Carol", "Bob"]
    assert here("graph", "count", "--since", edges[1]["created_at"]).out == "2\n"
    assert len(here("graph", "get", "Alice", "--until", edges[1]["created_at"], "--all", "--json").lines) == 1
    assert len(here("graph", "search", "knows", "--since", "1h", "--json").json["items"]) == 3
    assert "added " in here("graph", "list").out
