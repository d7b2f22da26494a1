"""`memio facts`, the fullest of the four groups; what holds here by shared code is not repeated for the others."""

from __future__ import annotations

from typing import Any


def test_a_fact_is_added_found_changed_and_deleted(memio: Any) -> None:
    added = memio("facts", "add", "Alice likes coffee", "--user", "alice", "--agent", "guide", "--json").json
    assert (added["content"], added["user_id"], added["agent_id"]) == ("Alice likes coffee", "alice", "guide")
    assert memio("facts", "get", added["id"], "--json").json == added
    assert [hit["id"] for hit in memio("facts", "search", "coffee", "--json").json["items"]] == [added["id"]]
    changed = memio("facts", "update", added["id"], "Alice likes tea", "--json").json
    assert (changed["id"], changed["content"]) == (added["id"], "Alice likes tea")
    assert memio("facts", "delete", added["id"], "--json").json == {"deleted": added["id"]}
    gone = memio("facts", "get", added["id"])
    assert (gone.code, gone.out) == (1, "")
    assert added["id"] in gone.err


def test_a_person_sees_every_word_at_any_width(memio: Any) -> None:
    words = [f"word{number}" for number in range(60)]
    memio("facts", "add", " ".join(words), "--id", "long-" + "x" * 50)
    for columns in ("30", "80", "200"):
        shown = memio("facts", "list", COLUMNS=columns).out
        assert all(word in shown.split() for word in words)
        assert max(len(line) for line in shown.splitlines()) <= int(columns)
        assert "long-" + "x" * 50 in shown.replace("\n", "").replace(" ", "")


def test_a_stored_text_cannot_steer_the_terminal(memio: Any) -> None:
    memio("facts", "add", "-", stdin="safe\x1b[31m\x07 [bold]not markup[/] \u202egnp :coffee:")
    shown = memio("facts", "list", FORCE_COLOR="1").out
    assert "safe\\x1b[31m\\x07 [bold]not markup[/] \\u202egnp :coffee:" in shown
    assert "\x1b[31m" not in shown
    assert "\x07" not in shown


def test_metadata_is_kept_filtered_replaced_and_cleared(memio: Any) -> None:
    memio("facts", "add", "one", "--id", "1", "--metadata", '{"n": 5, "tag": "5", "on": true}')
    memio("facts", "add", "two", "--id", "2", "-m", '{"n": 6, "none": null}')

    def found(*filters: str) -> list[str]:
        options = [word for text in filters for word in ("--filter", text)]
        return [item["id"] for item in memio("facts", "list", *options, "--json").json["items"]]

    assert found("n=5") == ["1"]
    assert found("tag=5") == []
    assert found('tag="5"') == ["1"]
    assert found("on=true", "n=5") == ["1"]
    assert found("none=null") == ["2"]
    memio("facts", "update", "1", "one again")
    assert memio("facts", "get", "1", "--json").json["metadata"] == {"n": 5, "tag": "5", "on": True}
    memio("facts", "update", "1", "one again", "-m", "{}")
    assert memio("facts", "get", "1", "--json").json["metadata"] == {}


def test_a_listing_goes_on_at_its_cursor_and_all_of_it_is_json_lines(memio: Any) -> None:
    for number in range(3):
        memio("facts", "add", f"fact {number}", "--id", str(number))
    first = memio("facts", "list", "--limit", "2", "--json").json
    assert [item["id"] for item in first["items"]] == ["0", "1"]
    rest = memio("facts", "list", "--limit", "2", "--cursor", first["next_cursor"], "--json").json
    assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == (["2"], None)
    assert [item["id"] for item in memio("facts", "list", "--all", "--json").lines] == ["0", "1", "2"]
    shown = memio("facts", "list", "--limit", "2").out
    assert f"--cursor '{first['next_cursor']}'" in shown
    everything = memio("facts", "list", "--all").out
    assert all(f"fact {number}" in everything for number in range(3))


def test_a_listing_of_many_pages_has_one_heading_and_every_record(memio: Any, many_facts: Any) -> None:
    many_facts(250)
    lines = [line.strip() for line in memio("facts", "list", "--all").out.splitlines()]
    assert [line for line in lines if line.startswith("fact ")] == [f"fact number {number}" for number in range(250)]
    assert lines.count("fact") == 1


def test_a_listing_of_nothing_reports_it_and_is_no_failure(memio: Any) -> None:
    for arguments in (["list"], ["list", "--all"], ["search", "tea"]):
        done = memio("facts", *arguments)
        assert (done.code, done.out.strip()) == (0, "no facts")
    assert memio("facts", "list", "--json").json == {"items": [], "next_cursor": None}
    assert memio("facts", "list", "--all", "--json").out == ""
    assert memio("facts", "search", "tea", "--json").json == {"items": []}


def test_an_owner_confines_every_command(memio: Any) -> None:
    memio("facts", "add", "tea", "-u", "alice", "--id", "1")
    memio("facts", "add", "tea", "-u", "bob", "--id", "2")
    assert [item["id"] for item in memio("facts", "search", "tea", "-u", "bob", "--json").json["items"]] == ["2"]
    assert [item["id"] for item in memio("facts", "list", "-u", "alice", "--json").json["items"]] == ["1"]
    for command in (["get", "1"], ["update", "1", "x"], ["delete", "1"]):
        assert memio("facts", *command, "-u", "bob").code == 1
    assert memio("facts", "delete-all", "-u", "bob", "--yes").code == 0
    assert [item["id"] for item in memio("facts", "list", "--json").json["items"]] == ["1"]


def test_a_client_id_makes_adding_safe_to_repeat_and_a_taken_one_is_a_conflict(memio: Any) -> None:
    first = memio("facts", "add", "tea", "--id", "1", "--json")
    again = memio("facts", "add", "tea", "--id", "1", "--json")
    assert first.json == again.json
    other = memio("facts", "add", "coffee", "--id", "1", "--json")
    assert (other.code, other.out, other.error["type"], other.error["exit_code"]) == (4, "", "ConflictError", 4)
    assert "tea" not in other.err
