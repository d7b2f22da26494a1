"""`memio demo`: the first minute."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest


def program(shown: str) -> str:
    """Return the lines of Python that the demo showed."""
    lines = shown.splitlines()
    return "\n".join(lines[lines.index("import asyncio") : lines.index("asyncio.run(main())") + 1])


def test_it_stores_and_recalls_all_four_kinds_and_prints_where_the_data_is(memio: Any) -> None:
    done = memio("demo", "--json")
    assert (done.code, done.err) == (0, "")
    chapters = {chapter["kind"]: chapter for chapter in done.json["chapters"]}
    assert list(chapters) == ["facts", "history", "documents", "graph"]
    assert [fact["id"] for fact in chapters["facts"]["found"]] == ["demo-food"]
    assert "demo-3" in [message["id"] for message in chapters["history"]["found"]]
    assert [document["id"] for document in chapters["documents"]["found"]] == ["demo-warranty"]
    assert {edge["predicate"] for edge in chapters["graph"]["found"]} == {"works at", "has its office in"}
    assert done.json["path"] == str(memio.folder / "memio-demo.db")
    shown = memio("demo").out
    assert str(memio.folder / "memio-demo.db") in shown
    assert "memio demo --provider NAME" in shown


def test_running_it_again_doubles_nothing(memio: Any) -> None:
    first, second = memio("demo", "--json"), memio("demo", "--json")
    assert first.json["chapters"] == second.json["chapters"]
    environment = {"MEMIO_SQLITE_PATH": "memio-demo.db"}
    assert len(memio("facts", "list", "--json", **environment).json["items"]) == 5
    assert len(memio("history", "get", "support-4711", "--json", **environment).json["items"]) == 4
    assert len(memio("documents", "list", "--json", **environment).json["items"]) == 2
    assert len(memio("graph", "list", "--json", **environment).json["items"]) == 4


def test_the_lines_of_python_that_it_shows_run_and_may_be_run_again(memio: Any) -> None:
    code = program(memio("demo", COLUMNS="60").out)
    assert code == memio("demo", "--json").json["python"]
    for _ in range(2):
        done = memio.run([sys.executable, "-W", "error", "-c", code])
        assert (done.code, done.err) == (0, "")
        assert done.out.splitlines() == [
            "Nadia plays the cello",
            "user: How do I tune it?",
            "Caring for a cello: loosen the bow after playing.",
            "Nadia plays cello",
        ]


@pytest.mark.skipif(sys.platform == "win32", reason="the command is for the shells of Unix")
def test_the_command_that_it_shows_runs_and_finds_something(memio: Any) -> None:
    shown = memio("demo", "--path", "my demo.db").out
    [line] = [line for line in shown.splitlines() if "memio facts search" in line]
    path = os.pathsep.join([str(Path(sys.executable).parent), memio.environment["PATH"]])
    done = memio.run(["sh", "-c", line], PATH=path)
    assert (done.code, done.err) == (0, "")
    assert "allergic to hazelnuts" in done.out


@pytest.mark.parametrize("columns", [80, 120])
def test_it_fits_the_terminal(memio: Any, columns: int) -> None:
    lines = memio("demo", COLUMNS=str(columns)).out.splitlines()
    tables = [line for line in lines if line.startswith(("│", "╭", "├", "╰"))]
    assert tables
    assert {len(line) for line in tables} == {min(columns, 110)}
    assert all(len(line) <= columns for line in program("\n".join(lines)).splitlines())


def test_records_that_were_changed_are_not_overwritten(memio: Any) -> None:
    memio("demo")
    memio("facts", "update", "demo-food", "Nadia eats everything.", MEMIO_SQLITE_PATH="memio-demo.db")
    done = memio("demo")
    assert done.code == 4
    assert "remove the file, or choose another with --path" in done.err


# The provider has no feature at all: no owner, no ids, no times, no search over all sessions, and it answers messages.
def test_another_provider_runs_what_it_has_and_is_left_as_it_was(memio: Any, plain: Any) -> None:
    plain()
    mine = {"facts": {"1": "mine"}, "history": {"support-4711": [{"role": "user", "content": "mine"}]}}
    (memio.folder / "plain.json").write_text(json.dumps(mine))
    done = memio("demo", "--provider", "plain", "--json", PLAIN_FILE="plain.json")
    assert (done.code, done.err, done.json["path"]) == (0, "", None)
    chapters = {chapter["kind"]: chapter for chapter in done.json["chapters"]}
    assert [message["content"] for message in chapters["history"]["stored"]][-1] == "Noted."
    assert all(chapter["stored"] and chapter["found"] for chapter in chapters.values())
    left = json.loads((memio.folder / "plain.json").read_text())
    assert {kind: records for kind, records in left.items() if records} == mine
    shown = memio("demo", "--provider", "plain", PLAIN_FILE="plain.json").out
    assert "The demo removed from plain what it had added." in shown
    assert "the backend's own answer" in shown
    assert not (memio.folder / "memio-demo.db").exists()
    ran = memio.run([sys.executable, "-c", program(shown)], PLAIN_FILE="plain.json")
    assert (ran.code, ran.err) == (0, "")


def test_a_provider_that_is_not_installed_or_lacks_settings_is_an_error(memio: Any, plain: Any) -> None:
    plain()
    unknown = memio("demo", "--provider", "plan")
    assert (unknown.code, "did you mean 'plain'" in unknown.err) == (2, True)
    unset = memio("demo", "--provider", "plain")
    assert (unset.code, "PLAIN_FILE" in unset.err) == (2, True)
    pathless = memio("demo", "--provider", "plain", "--path", "x.db")
    assert (pathless.code, "--path is for sqlite only" in pathless.err) == (2, True)
