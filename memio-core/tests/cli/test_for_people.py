"""What people see: help, tables and notices."""

from __future__ import annotations

import re
from typing import Any

import pytest

GROUPS = ("facts", "history", "documents", "graph")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", ["search", "add", "count", "delete-all"])
def test_a_command_that_each_kind_has_is_pointed_to(here: Any, name: str) -> None:
    done = here(name, "coffee")
    assert done.code == 2
    for group in GROUPS:
        assert f"memio {group} {name}" in done.err


def test_a_command_that_nobody_has_is_unknown(here: Any) -> None:
    assert "No such command 'telephone'" in here("telephone").err


@pytest.mark.parametrize("command", [(), ("facts",), ("facts", "search"), ("history", "add"), ("copy",)])
def test_the_help_prints_no_type_of_a_flag(here: Any, command: tuple[str, ...]) -> None:
    shown = here(*command, "--help").out
    assert "--help" in shown
    assert "bool" not in shown.lower()
    assert "<str>" not in shown


def test_scores_are_shown_in_percent_of_the_best_hit(here: Any) -> None:
    here("facts", "add", "coffee with milk and sugar")
    here("facts", "add", "coffee and a long walk through the old town with many other people")
    shown = here("facts", "search", "coffee milk")
    text = " ".join(shown.out.split())
    (other,) = map(int, re.findall(r"(\d+)% of the best match", text))
    assert 0 < other < 100
    assert text.count("best match") == 2
    raw = [item["score"] for item in here("facts", "search", "coffee milk", "--json").json["items"]]
    assert round(100 * raw[1] / raw[0]) == other
    assert "match" not in here("facts", "list").out


def test_a_search_that_finds_nothing_names_its_words(here: Any) -> None:
    here("facts", "add", "likes coffee")
    done = here("facts", "search", "What about zebras?")
    assert (done.code, done.out) == (0, "no facts\n")
    assert "searched for words: zebra" in done.err
    assert "no embedder is configured" in done.err
    assert "has no word to search for" in here("facts", "search", "?!").err
    assert here("facts", "search", "zebras", "--json").err == ""


def test_tables_in_a_pipe_have_no_blanks_at_the_ends_of_lines(here: Any) -> None:
    here("facts", "add", "likes coffee", "--user", "alice")
    here("history", "add", "s", "hello", "--user", "alice")
    for command in (["facts", "list"], ["history", "get", "s"], ["users"], ["sessions"], ["providers"], ["--help"]):
        out = here(*command).out
        assert out
        if command != ["--help"]:  # typer writes it
            assert [line for line in out.splitlines() if line != line.rstrip()] == []


def test_notices_on_a_terminal_wrap_at_words(memio: Any) -> None:
    wide = memio("search", "x").err
    assert wide.count("\n") == 1
    narrow = COLOURS.sub("", memio("search", "x", FORCE_COLOR="1", COLUMNS="40").err)
    assert max(map(len, narrow.splitlines())) <= 40
    assert narrow.split() == wide.split()


def test_numbers_have_nouns_in_the_right_number(here: Any) -> None:
    for text in ("one", "two", "three"):
        here("history", "add", "s", text)
    assert here("history", "delete-messages", "s", "--last", "1").out.startswith("deleted 1 message:")
    assert here("history", "delete-messages", "s", "--last", "2").out.startswith("deleted 2 messages:")
