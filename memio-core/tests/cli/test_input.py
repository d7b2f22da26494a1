"""What comes in: text from three places, and everything that is refused before anything is written."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

MEMIO = Path(sys.executable).with_name("memio")


def test_text_comes_from_an_argument_a_file_or_standard_input(memio: Any) -> None:
    path = memio.write("fact.txt", "from a file\n")
    assert memio("facts", "add", "from an argument\n", "--json").json["content"] == "from an argument\n"
    assert memio("facts", "add", "--file", path, "--json").json["content"] == "from a file\n"
    # `echo` ends its text with a line end, which is not meant.
    assert memio("facts", "add", "-", "--json", stdin="from echo\n").json["content"] == "from echo"
    assert memio("facts", "add", "-", "--json", stdin="two\n\n").json["content"] == "two\n"
    assert memio("facts", "add", "-", "--json", stdin="from Windows\r\n").json["content"] == "from Windows"


def test_a_text_that_looks_like_an_option_stands_behind_two_dashes(memio: Any) -> None:
    assert memio("facts", "add", "--json", "--", "--yes").json["content"] == "--yes"


BAD = {
    "no text": (["facts", "add"], "no text was passed"),
    "two texts": (["facts", "add", "x", "--file", "y"], "passed twice"),
    "an empty text": (["facts", "add", ""], "content must not be empty"),
    "no file": (["facts", "add", "--file", "nowhere.txt"], "nowhere.txt cannot be read: No such file"),
    "a folder": (["facts", "add", "--file", "."], "cannot be read"),
    "an empty user": (["facts", "add", "x", "--user", ""], "--user must not be empty"),
    "an empty user to delete": (["facts", "delete-all", "--yes", "--user", ""], "--user must not be empty"),
    "metadata that is not JSON": (["facts", "add", "x", "-m", "{topic: tea}"], "--metadata is not valid JSON"),
    "metadata that is a list": (["facts", "add", "x", "-m", "[1]"], "--metadata must be a JSON object"),
    "metadata with NaN": (["facts", "add", "x", "-m", '{"a": NaN}'], "NaN is not a JSON number"),
    "metadata beyond all numbers": (["facts", "add", "x", "-m", '{"a": 1e999}'], "the number 1e999 is too large"),
    "metadata with a key twice": (["facts", "add", "x", "-m", '{"a": 1, "a": 2}'], "duplicate key 'a'"),
    "metadata too deep": (["facts", "add", "x", "-m", '{"a": ' + "[" * 30_000 + "]" * 30_000 + "}"], "deep"),
    "metadata with NUL": (["facts", "add", "x", "-m", '{"a": "\\u0000"}'], "NUL"),
    "metadata with half a character": (["facts", "add", "x", "-m", '{"a": "\\ud800"}'], "lone surrogate"),
    "a filter without a value": (["facts", "list", "--filter", "tea"], "is not KEY=VALUE"),
    "a filter twice": (["facts", "list", "--filter", "a=1", "--filter", "a=2"], "has the key 'a' twice"),
    "a filter that is half JSON": (["facts", "list", "--filter", "a={1"], "the value is not valid JSON"),
    "a filter on a list": (["facts", "list", "--filter", "a=[1]"], "filters.a is a list"),
    "limit 0": (["facts", "list", "--limit", "0"], "Invalid value for '--limit'"),
    "limit -1": (["facts", "search", "x", "--limit", "-1"], "Invalid value for '--limit'"),
    "limit too large": (["facts", "list", "--limit", "1001"], "Invalid value for '--limit'"),
    "a limit in words": (["facts", "list", "--limit", "ten"], "--limit"),
    "a cursor of no listing": (["facts", "list", "--cursor", "abc"], "cursor does not belong to this listing"),
    "all of a page": (["facts", "list", "--all", "--limit", "5"], "leave --limit and --cursor out"),
    "an empty query": (["facts", "search", ""], "query must not be empty"),
    "an unknown role": (["history", "add", "s", "x", "--role", "robot"], "it must be one of system, developer, user"),
    "no time": (["history", "add", "s", "x", "--time", "noon"], "--time is 'noon', not a time"),
    "no time since": (["facts", "list", "--since", "noon"], "--since is 'noon', not a time"),
    "no time until": (["graph", "count", "--until", "7"], "--until is '7', not a time"),
    "no time of expiry": (["facts", "add", "x", "--expires", "soon"], "--expires is 'soon', not a time"),
    "a namespace with an empty element": (["facts", "add", "x", "--namespace", "app//notes"], "has an empty element"),
    "an empty namespace": (["facts", "list", "--namespace", ""], "--namespace '' has an empty element"),
    "a namespace that is half JSON": (["facts", "list", "--namespace", "[1"], "is not valid JSON"),
    "a namespace of numbers": (["facts", "list", "--namespace", "[1]"], "--namespace[0] must be a string"),
    "a prefix of everything": (["facts", "list", "--namespace-prefix", "/"], "leave it out on purpose"),
    "a namespace and a prefix": (
        ["facts", "list", "--namespace", "a", "--namespace-prefix", "b"],
        "--namespace means one namespace: leave it or --namespace-prefix out",
    ),
    "exactly and a prefix": (["facts", "list", "--exact", "--namespace-prefix", "b"], "--exact means one namespace"),
    "an empty user, exactly": (["facts", "get", "1", "--exact", "--user", ""], "--user must not be empty"),
    "no change": (["facts", "update", "1"], "nothing to change: pass TEXT, --file, --metadata or --expires"),
    "no change of a document": (["documents", "update", "1"], "pass TEXT, --file, --metadata, --data or --expires"),
    "an empty version": (["facts", "delete", "1", "--if-version", ""], "--if-version must not be empty"),
    "data that is not JSON": (["documents", "add", "--data", "tea"], "--data is not valid JSON"),
    "data of a missing file": (["documents", "add", "--data", "@none.json"], "none.json cannot be read"),
    "neither text nor data": (["documents", "put", "1"], "no text was passed"),
    "data that is null and no text": (["documents", "add", "--data", "null"], "no text was passed"),
    "two from standard input": (["documents", "add", "-", "--data", "@-"], "both read from standard input"),
    "no data left": (["documents", "update", "1", "--data", "null"], "--data null removes the data: pass the text"),
    "an empty message": (["history", "add", "s", ""], "message 1: content must not be empty"),
    "a message and a text": (["history", "add", "s", "x", "--message", "{}"], "--message holds whole messages"),
    "a message and a role": (["history", "add", "s", "-r", "user", "--message", "{}"], "leave TEXT, --file, --role"),
    "a message that is text": (
        ["history", "add", "s", "--message", '"x"'],
        "--message must be a JSON object or a list",
    ),
    "a message in a list that is text": (["history", "add", "s", "--message", '[{}, "x"]'], "item 2 is 'x'"),
    "no messages": (["history", "add", "s", "--message", "[]"], "--message is an empty list"),
    "a message without a role": (["history", "add", "s", "--message", "{}"], "is kept by --role ROLE --data JSON"),
    "a message with an unknown role": (
        ["history", "add", "s", "--message", '[{"role": "user", "content": "x"}, {"role": "robot", "content": "x"}]'],
        "message 2: role is 'robot'",
    ),
    "nothing to delete": (["history", "delete-messages", "s"], "pass --last N or --id ID, one of them"),
    "two ways to delete": (["history", "delete-messages", "s", "--last", "1", "--id", "1"], "one of them"),
    "an id to delete twice": (["history", "delete-messages", "s", "--id", "1", "--id", "1"], "for the second time"),
    "none to delete": (["history", "delete-messages", "s", "--last", "0"], "Invalid value for '--last'"),
    "a session without messages": (
        ["history", "count", "--session", "s"],
        "--session chooses messages: pass --messages",
    ),
    "filtered sessions": (["history", "count", "--filter", "a=1"], "--filter chooses messages: pass --messages"),
    "a triple with an empty part": (["graph", "add", "a", "", "c"], "triple 1: predicate must not be empty"),
    "users of an unknown kind": (["users", "--kind", "fact"], "--kind 'fact': unknown kind; the kinds are facts"),
    "an unknown start": (["history", "get", "s", "--start", "middle"], "'latest' or 'oldest'"),
    "an empty session": (["history", "get", ""], "SESSION must not be empty"),
    "half a triple": (["graph", "add", "Alice", "knows"], "a triple has three parts"),
    "a triple and a file": (["graph", "add", "a", "b", "c", "--file", "-"], "leave SUBJECT"),
    "an empty entity": (["graph", "delete-entity", ""], "entity must not be empty"),
    "an unknown command": (["facts", "forget"], "No such command 'forget'"),
    "an unknown command like no other": (["facts", "rm", "x"], "No such command 'rm'. There are add, put, "),
    "an unknown option": (["facts", "list", "--usr", "x"], "No such option"),
    "a configuration before the command": (
        ["-c", "memio.toml", "facts", "list"],
        "-c is written after the command: memio … -c FILE",
    ),
    "an option between group and command": (
        ["facts", "--user", "a", "list"],
        "--user is written after the command: memio facts … --user ID",
    ),
    "a missing argument": (["facts", "get"], "Missing argument 'ID'"),
}


@pytest.mark.parametrize(("arguments", "words"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_refused_in_clear_words_and_changes_nothing(
    memio: Any, here: Any, arguments: list[str], words: str
) -> None:
    done = here(*arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert "Traceback" not in done.err
    assert not (memio.folder / "memories.db").exists()


def test_bytes_that_are_no_text_are_refused_where_they_stand(memio: Any) -> None:
    piped = memio("facts", "add", "-", stdin=b"caf\xe9")
    assert (piped.code, "standard input is not UTF-8: byte 0xe9 at position 3" in piped.err) == (2, True)
    (memio.folder / "latin.txt").write_bytes(b"\xff")
    assert "latin.txt is not UTF-8: byte 0xff at position 0" in memio("facts", "add", "-f", "latin.txt").err
    argument = memio.run([os.fsencode(MEMIO), b"facts", b"add", b"caf\xe9"])
    assert (argument.code, "lone surrogate (U+DCE9) at position 3" in argument.err) == (2, True)


def test_bad_input_is_json_for_a_program(memio: Any) -> None:
    refused = memio("facts", "list", "--cursor", "abc", "--json")
    assert refused.error["type"] == "InvalidInputError"
    assert refused.error["operation"] == "facts.get_all"
    misused = memio("facts", "list", "--limit", "ten", "--json")
    assert (misused.code, misused.error["type"], misused.error["exit_code"]) == (2, "UsageError", 2)
