"""`memio export`, `memio import` and `memio copy`, as processes."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

EXPIRED = (
    '{"format":"memio-export","version":2,"kinds":["facts"],"scope":{}}\n'
    '{"kind":"facts","order":1,"id":"f","user_id":null,"agent_id":null,"namespace":[],"content":"x","metadata":{},'
    '"created_at":null,"updated_at":null,"expires_at":"2020-01-01T00:00:00.000000Z"}\n'
)
EXPIRED += json.dumps(
    {
        "end": "memio-export",
        "counts": {"facts": 1},
        "digests": {"facts": hashlib.sha256(EXPIRED.partition("\n")[2].encode()).hexdigest()},
        "sha256": hashlib.sha256(EXPIRED.encode()).hexdigest(),
    }
)
EXPIRED += "\n"
"""An export with one fact that has expired."""


@pytest.fixture
def configured(memio: Any) -> Any:
    """Two configurations, the first with some records."""
    for name in ("a", "b"):
        memio.write(f"{name}.toml", f'facts = {{ provider = "sqlite", path = "{name}.db" }}\n')
    for text, user in (("likes tea", "alice"), ("likes coffee", "bob")):
        assert memio("facts", "add", text, "--user", user, "-c", "a.toml").code == 0
    return memio


def test_an_export_is_imported_and_compared(configured: Any) -> None:
    made = configured("export", "out.jsonl", "-c", "a.toml", "--json")
    assert (made.code, made.json["counts"]) == (0, {"facts": 2})
    done = configured("import", "out.jsonl", "-c", "b.toml", "--json")
    assert (done.code, done.json["equal"], done.json["losses"]) == (0, True, [])
    assert done.json["kinds"][0]["source"] == done.json["kinds"][0]["target"]
    assert configured("export", "two.jsonl", "-c", "b.toml").code == 0
    assert (configured.folder / "out.jsonl").read_bytes() == (configured.folder / "two.jsonl").read_bytes()


def test_a_person_sees_counts_in_plain_words_and_no_progress_bar_without_a_terminal(configured: Any) -> None:
    done = configured("copy", "--from", "a.toml", "--to", "b.toml")
    assert done.code == 0
    for column in ("in source", "in target", "left out", "only in target"):
        assert column in done.out
    assert "both sides are equal" in done.out
    assert done.err == ""


def test_standard_streams_can_stand_for_files(configured: Any) -> None:
    made = configured("export", "-", "-c", "a.toml", "--user", "alice")
    assert made.code == 0
    assert [line.get("content") for line in made.lines] == [None, "likes tea", None]
    done = configured("import", "-", "-c", "b.toml", stdin=made.out)
    assert done.code == 0
    assert configured("facts", "list", "-c", "b.toml", "--json").json["items"][0]["content"] == "likes tea"


def test_the_records_of_some_owners_are_moved(configured: Any) -> None:
    assert configured("facts", "add", "of a note", "--namespace", "app/notes", "-c", "a.toml").code == 0
    assert configured("facts", "add", "of a bot", "--agent", "bot", "-c", "a.toml").code == 0
    for options, texts in (
        (["--namespace", "app/notes"], ["of a note"]),
        (["--namespace-prefix", "app"], ["of a note"]),
        (["--agent", "bot"], ["of a bot"]),
        (["--agent", "bot", "--exact"], ["of a bot"]),
        (["--exact"], []),
        (["--namespace", "/"], ["likes tea", "likes coffee", "of a bot"]),
    ):
        made = configured("export", "-", "-c", "a.toml", *options)
        assert (made.code, [line["content"] for line in made.lines[1:-1]]) == (0, texts), options
    assert configured("copy", "--from", "a.toml", "--to", "b.toml", "--namespace-prefix", "app").code == 0
    assert configured("export", "all.jsonl", "-c", "a.toml").code == 0
    assert configured("import", "all.jsonl", "-c", "b.toml", "--agent", "bot").code == 0
    items = configured("facts", "list", "-c", "b.toml", "--json").json["items"]
    assert [item["content"] for item in items] == ["of a note", "of a bot"]
    refused = configured("export", "x.jsonl", "-c", "a.toml", "--namespace", "app", "--namespace-prefix", "app")
    assert (refused.code, (configured.folder / "x.jsonl").exists()) == (2, False)


def test_each_loss_has_its_name(configured: Any, plain: Any) -> None:
    plain()
    configured.write("plain.toml", 'facts = { provider = "plain", file = "plain.json" }\n')
    options = ("--namespace", "app", "--expires", "9000-01-01T00:00:00Z")
    assert configured("facts", "add", "of a note", *options, "-c", "a.toml").code == 0
    copy = ("copy", "--from", "a.toml", "--to", "plain.toml", "--accept", "owner,ids,created_at")
    refused = configured(*copy, "--json")
    assert {loss["loss"]: loss["records"] for loss in refused.error["losses"]} == {"namespaces": 1, "expiry": 1}
    assert configured(*copy, "--accept", "namespaces").code == 2
    assert configured(*copy, "--accept", "namespaces,expiry").code == 0


def test_what_has_expired_is_counted(configured: Any) -> None:
    done = configured("import", "-", "-c", "b.toml", "--json", stdin=EXPIRED)
    assert (done.code, done.json["expired"], done.json["kinds"]) == (0, {"facts": 1}, [])
    shown = configured("import", "-", "-c", "b.toml", stdin=EXPIRED)
    assert "expired: 1 fact: it was not stored, or gone from the target by now" in shown.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_standard_streams_that_cannot_be_used_are_named(configured: Any) -> None:
    # defect: success is reported, and nothing was written
    for stdout, reason in ((">&-", "is closed"), ("> /dev/full", "cannot be written: No space left on device")):
        done = configured.run(["sh", "-c", f'"{sys.executable}" -m memio export - -c a.toml --json {stdout}'])
        assert (done.code, reason in done.error["message"]) == (74 if ">&-" in stdout else 3, True), done
    done = configured("import", "-", "-c", "b.toml", stdin="id,content\n")
    assert done.err.startswith("Error: standard input, line 1: it is not an export of memio")


def test_an_existing_file_is_left_alone(configured: Any) -> None:
    assert configured("export", "out.jsonl", "-c", "a.toml").code == 0
    again = configured("export", "out.jsonl", "-c", "a.toml", "--json")
    assert (again.code, "exists: choose another" in again.error["message"]) == (2, True)
    assert configured("export", "out.jsonl", "-c", "a.toml", "--force").code == 0


def test_a_bad_file_is_refused_with_its_line(configured: Any) -> None:
    assert configured("export", "out.jsonl", "-c", "a.toml").code == 0
    path = configured.folder / "out.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    done = configured("import", "out.jsonl", "-c", "b.toml", "--json")
    assert (done.code, done.error["type"]) == (2, "ExportFileError")  # it is the last line
    assert "out.jsonl, line 4: the file ends in the middle of this line" in done.error["message"]
    assert not (configured.folder / "b.db").exists()


def test_losses_are_reported_and_accepted(configured: Any, plain: Any) -> None:
    plain()
    configured.write("plain.toml", 'facts = { provider = "plain", file = "plain.json" }\n')
    refused = configured("copy", "--from", "a.toml", "--to", "plain.toml", "--json")
    assert refused.code == 2
    assert {loss["loss"] for loss in refused.error["losses"]} == {"owner", "ids", "created_at"}
    unknown = configured("copy", "--from", "a.toml", "--to", "plain.toml", "--accept", "everything")
    assert (unknown.code, "unknown loss 'everything': the losses are owner" in unknown.err) == (2, True)
    for known in (0, 2):
        done = configured(
            "copy",
            "--from",
            "a.toml",
            "--to",
            "plain.toml",
            "--accept",
            "owner,ids",
            "--accept",
            "created_at",
            "--json",
        )
        assert (done.code, done.json["equal"], done.json["kinds"][0]["known"]) == (0, True, known)
        intent = next(event["intent"] for event in done.events if "intent" in event)
        assert intent == {"counts": {"facts": 2}, "losses": done.json["losses"]}
        assert (configured.folder / done.json["journal"]).exists()


def test_losses_are_shown_to_people_first(configured: Any, plain: Any) -> None:
    plain()
    configured.write("plain.toml", 'facts = { provider = "plain", file = "plain.json" }\n')
    copy = ("copy", "--from", "a.toml", "--to", "plain.toml", "--accept", "owner,ids,created_at")
    lines = configured(*copy).err.splitlines()
    assert lines[0].startswith("will be lost, as accepted: owner: facts, 2 records, to plain: they lose their user")
    assert len(lines) == 3


def test_programs_get_the_progress(configured: Any) -> None:
    done = configured("copy", "--from", "a.toml", "--to", "b.toml", "--json")
    assert done.json["equal"]
    assert done.events == [
        {"progress": {"stage": "reading", "kind": "facts", "done": 2, "total": None}},
        {"intent": {"counts": {"facts": 2}, "losses": []}},
        {"progress": {"stage": "writing", "kind": "facts", "done": 2, "total": 2}},
        {"progress": {"stage": "comparing", "kind": "facts", "done": 2, "total": 2}},
    ]
    made = configured("export", "-", "-c", "a.toml", "--json")
    assert [line.get("kind") for line in made.lines] == [None, "facts", "facts", None]
    assert made.events[0] == {"progress": {"stage": "reading", "kind": "facts", "done": 2, "total": None}}
    assert "exported 2 facts" in made.events[-1]["note"]


def test_differences_are_reported_and_the_exit_code_reports_it(configured: Any) -> None:
    assert configured("facts", "add", "first", "--id", "f", "-c", "a.toml").code == 0
    assert configured("facts", "add", "other", "--id", "f", "-c", "b.toml").code == 0
    done = configured("copy", "--from", "a.toml", "--to", "b.toml")
    assert done.code == 1
    assert "conflict: facts 'f' (the target has another record under its id)" in done.out
    assert re.search(r"the sides differ: \d+ differences?$", done.out, re.MULTILINE)
    copied = configured("copy", "--from", "a.toml", "--to", "b.toml", "--json")
    assert (copied.code, copied.json["equal"]) == (1, False)


def test_what_cannot_be_is_refused(configured: Any) -> None:
    same = configured("copy", "--from", "a.toml", "--to", "a.toml")
    assert (same.code, "the same configuration" in same.err) == (2, True)
    kind = configured("export", "x.jsonl", "-c", "a.toml", "--kind", "dreams")
    assert (kind.code, "--kind 'dreams': unknown kind" in kind.err) == (2, True)
    absent = configured("export", "x.jsonl", "-c", "a.toml", "--kind", "graph")
    assert (absent.code, "a.toml has no graph store" in absent.err) == (2, True)
    missing = configured("import", "nothing.jsonl", "-c", "b.toml", "--json")
    assert (missing.code, json.loads(missing.err)["error"]["type"]) == (2, "ExportFileError")
    assert not Path(configured.folder / "x.jsonl").exists()
