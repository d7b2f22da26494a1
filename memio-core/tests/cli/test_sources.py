"""Which stores a command opens, and that only a command that stores something makes a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

READS = [
    *(
        f"{kind} {command}"
        for kind in ("facts", "documents")
        for command in ("list", "list --all", "search x", "count")
    ),
    *("facts get 1", "documents get 1", "facts owners", "documents owners"),
    *("history list", "sessions", "history get s", "history search x", "history count", "history owners"),
    *("graph list", "graph get x", "graph search x", "graph count", "graph owners"),
    *("doctor", "users", "purge", "providers --check"),
    # They change what is there, and there is nothing.
    *("facts update 1 x", "facts delete 1", "documents update 1 x", "documents delete 1", "graph delete 1"),
    *("facts delete-all --yes", "history delete s", "history delete-messages s --last 1", "graph delete-entity x"),
    "forget --user alice --yes",
]


@pytest.mark.parametrize("command", READS)
def test_a_command_that_stores_nothing_makes_no_file(memio: Any, here: Any, command: str) -> None:
    done = here(*command.split())
    nothing_found = {"get", "update", "delete"} & set(command.split()[:2]) and command.split(maxsplit=1)[0] != "history"
    assert done.code == (1 if nothing_found and "graph get" not in command else 0)
    assert list(memio.folder.iterdir()) == []


@pytest.mark.parametrize(
    "command", ["facts add x", "facts put 1 x", "history add s x", "documents add x", "graph add a b c"]
)
def test_a_command_that_stores_something_makes_the_file(memio: Any, here: Any, command: str) -> None:
    assert here(*command.split()).code == 0
    assert [path.name for path in memio.folder.iterdir()] == ["memories.db"]


def test_moving_data_makes_no_file_of_the_source(memio: Any, here: Any) -> None:
    assert here("export", "out.jsonl").code == 0
    assert [path.name for path in memio.folder.iterdir()] == ["out.jsonl"]
    source = memio.write("source.toml", 'facts = { provider = "sqlite", path = "source.db" }\n')
    target = memio.write("target.toml", 'facts = { provider = "sqlite", path = "target.db" }\n')
    assert here("copy", "--from", str(source), "--to", str(target)).code == 0
    assert not (memio.folder / "source.db").exists()


def test_a_notice_names_the_file_that_does_not_exist(memio: Any) -> None:
    path = memio.environment["MEMIO_SQLITE_PATH"]
    assert memio("facts", "list").err == f"{path} does not exist yet, so nothing is stored in it\n"
    assert memio("users", "--json").events == [{"note": f"{path} does not exist yet, so nothing is stored in it"}]
    memio("facts", "add", "tea")
    assert memio("facts", "list").err == ""


def test_a_file_that_could_not_be_made_is_an_error(memio: Any) -> None:
    done = memio("facts", "list", MEMIO_SQLITE_PATH=str(memio.folder / "nowhere" / "m.db"))
    assert (done.code, "nowhere" in done.err) == (3, True)
    path = memio.write("memio.toml", 'facts = { provider = "sqlite", path = "m.db", read_only = true }\n')
    assert memio("facts", "list", "-c", path).code == 3
    assert not (memio.folder / "m.db").exists()


def test_the_configuration_of_the_working_directory_is_read(memio: Any) -> None:
    memio.write("memio.toml", 'facts = { provider = "sqlite", path = "mine.db" }\n')
    assert memio("facts", "add", "tea").code == 0
    assert (memio.folder / "mine.db").exists()
    assert not (memio.folder / "memories.db").exists()
    doctor = memio("doctor", "--json").json
    assert (doctor["config"], [store["kind"] for store in doctor["stores"]]) == ("memio.toml", ["facts"])
    assert "configured by memio.toml" in memio("doctor").out
    missing = memio("graph", "list")
    assert (missing.code, missing.err.startswith("Error: memio.toml has no graph store")) == (2, True)


def test_a_configuration_that_was_passed_wins(memio: Any) -> None:
    memio.write("memio.toml", "not TOML\n")
    other = memio.write("other.toml", 'facts = { provider = "sqlite", path = "other.db" }\n')
    assert memio("facts", "add", "tea", "-c", other).code == 0
    assert memio("facts", "count", MEMIO_CONFIG=str(other)).out == "1\n"
    broken = memio("facts", "list")
    assert (broken.code, "memio.toml" in broken.err) == (2, True)


def test_a_folder_below_does_not_read_it(memio: Any) -> None:
    memio.write("memio.toml", 'facts = { provider = "sqlite", path = "mine.db" }\n')
    below = memio.folder / "below"
    below.mkdir()
    memio.folder = Path(below)
    assert memio("facts", "add", "tea").code == 0
    assert not (below.parent / "mine.db").exists()
