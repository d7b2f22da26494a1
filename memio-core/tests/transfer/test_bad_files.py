"""A file that is no sound export is refused with line and reason, and changes nothing."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from somewhat import COUNTS, fill, open_client

from memio.errors import InvalidInputError, MemioError
from memio.transfer import ExportFileError, export, import_

Lines = list[bytes]

HISTORY = 1 + COUNTS["facts"]
"""The index of the first line of history."""
END = 1 + sum(COUNTS.values())
"""The index of the last line."""


def changed(number: int, **values: Any) -> Callable[[Lines], Lines]:
    """Change fields of a line; `...` takes one away."""

    def change(lines: Lines) -> Lines:
        value = json.loads(lines[number]) | values
        kept = {name: item for name, item in value.items() if item is not ...}
        return [*lines[:number], json.dumps(kept).encode() + b"\n", *lines[number + 1 :]]

    return change


def replaced(number: int, line: bytes) -> Callable[[Lines], Lines]:
    return lambda lines: [*lines[:number], line, *lines[number + 1 :]]


CASES: dict[str, tuple[Callable[[Lines], Lines], int | None, str]] = {
    "empty": (lambda _: [], 1, "it is not an export of memio"),
    "foreign": (lambda _: [b"id,content\n1,hello\n"], 1, "it is not an export of memio"),
    "binary": (lambda _: [b"\x80\x00" * 100_000], 1, "it is not an export of memio"),
    "other JSON lines": (lambda _: [b'{"a":1}\n'], 1, "it is not an export of memio"),
    "newer": (changed(0, version=3), 1, "it has version 3 of the format, and this memio reads up to 2: upgrade"),
    "version that is none": (changed(0, version="1"), 1, "the version of the format must be a number, not '1'"),
    "unknown kind in the header": (changed(0, kinds=["facts", "dreams"]), 1, "kinds is"),
    "kinds in another order": (changed(0, kinds=["history", "facts", "documents", "graph"]), 1, "kinds must be in"),
    "unknown header field": (changed(0, more=1), 1, "the header has the unknown field 'more'"),
    "scope that is none": (changed(0, scope="alice"), 1, "scope must be an object with some of user_id, agent_id"),
    "scope of an unknown label": (changed(0, scope={"colour": "red"}), 1, "scope must be an object with some of"),
    "no trailer": (lambda lines: lines[:-1], END + 1, "the file ends before its last line: it is truncated"),
    "cut in a line": (lambda lines: [*lines[:-2], lines[-2][:-9]], END, "the file ends in the middle of this line"),
    "cut after a line": (lambda lines: lines[:5], 6, "the file ends before its last line: it is truncated"),
    "cut in the trailer": (lambda lines: [*lines[:-1], lines[-1][:-1]], END + 1, "the file ends in the middle"),
    "more after the end": (lambda lines: [*lines, lines[3]], END + 2, "there are more lines after the last line"),
    "two exports in one": (lambda lines: [*lines, *lines], END + 2, "there are more lines after the last line"),
    "a line less": (lambda lines: [*lines[:3], *lines[4:]], 4, "order is not 3"),
    "a line twice": (lambda lines: [*lines[:3], lines[2], *lines[3:]], 4, "order is not 3"),
    "lines changed about": (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], 4, "order is not 3"),
    "no JSON": (replaced(4, b'{"kind":"facts",\n'), 5, "it is not valid JSON"),
    "an empty line": (replaced(4, b"\n"), 5, "it is not valid JSON"),
    "a list": (replaced(4, b"[1]\n"), 5, "it is not a JSON object"),
    "no UTF-8": (replaced(4, b'{"kind":"\xff"}\n'), 5, "it is not UTF-8: byte 0xff at 10"),
    "NaN": (replaced(4, b'{"kind":"facts","order":4,"metadata":{"a":NaN}}\n'), 5, "NaN is not a JSON number"),
    "a key twice": (replaced(4, b'{"kind":"facts","kind":"facts"}\n'), 5, "duplicate key 'kind'"),
    "deep": (replaced(4, b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"\n"), 5, "nested too deeply"),
    "a wrong kind": (changed(4, kind="dreams"), 5, "kind is 'dreams': at this place it must be facts, history"),
    "no kind": (changed(4, kind=...), 5, "kind is None"),
    "a kind too early": (
        changed(HISTORY + 1, kind="facts"),
        HISTORY + 2,
        "kind is 'facts': at this place it must be history",
    ),
    "a field less": (changed(4, content=...), 5, "missing content; a record of facts has id, user_id"),
    "a field more": (changed(4, colour="red"), 5, "unknown field 'colour'"),
    "no id": (changed(4, id=None), 5, "id is null"),
    "an empty content": (changed(4, content=""), 5, "content must not be empty"),
    "content that is no text": (changed(4, content=5), 5, "content must be a string, not int"),
    "a lone surrogate": (changed(4, content="\ud800"), 5, "lone surrogate"),
    "a NUL": (changed(4, user_id="a\0b"), 5, "NUL character"),
    "an owner that is too long": (changed(4, user_id="a" * 1001), 5, "user_id has 1,001 characters"),
    "a namespace that is text": (changed(4, namespace="app/notes"), 5, r"namespace must be a tuple of texts"),
    "a namespace of too many": (changed(4, namespace=["a"] * 17), 5, "namespace has 17 elements, of at most 16"),
    "a namespace with an empty element": (changed(4, namespace=["a", ""]), 5, r"namespace\[1\] must not be empty"),
    "a namespace that is null": (changed(4, namespace=None), 5, "namespace must be a tuple of texts"),
    "an empty content without data": (
        changed(HISTORY, content="", data=None),
        HISTORY + 1,
        "content must not be empty",
    ),
    "data too deep": (changed(HISTORY, data=json.loads("[" * 101 + "]" * 101)), HISTORY + 1, "data nests deeper than"),
    "a time of expiry that is none": (changed(4, expires_at="never"), 5, "expires_at is 'never': it must be a time"),
    "metadata that is none": (changed(4, metadata=[1]), 5, "metadata must be a JSON object"),
    "no time": (changed(4, created_at="yesterday"), 5, "created_at is 'yesterday': it must be a time"),
    "a time without a zone": (changed(4, created_at="2026-05-01T09:30:00"), 5, "without a time zone"),
    "a number for a time": (changed(4, created_at=5), 5, "created_at is '5': it must be a time"),
    "an unknown role": (changed(HISTORY, role="robot"), HISTORY + 1, "role is 'robot'"),
    "changed content": (changed(4, content="forged"), END + 1, "digests of the last line|sha256 of the last line"),
    "changed counts": (changed(END, counts={"facts": 9}), END + 1, "counts of the last line is"),
    "a trailer that is none": (changed(END, sha256=...), END + 1, "the last line must have"),
    "line ends of another system": (
        lambda lines: [line[:-1] + b"\r\n" for line in lines],
        1,
        "the line ends were changed to CR LF",
    ),
    "a byte order mark": (
        lambda lines: [b"\xef\xbb\xbf" + lines[0], *lines[1:]],
        1,
        "it begins with a byte order mark",
    ),
    "UTF-16": (lambda lines: [b"".join(lines).decode().encode("utf-16")], 1, "it begins with a byte order mark"),
    "compressed": (lambda lines: [gzip.compress(b"".join(lines))], 1, "it is compressed: decompress it first"),
    "NUL bytes": (replaced(4, b"\0" * 5000 + b"\n"), 5, "it is not valid JSON"),
    "a number beyond all": (
        replaced(4, b'{"kind":"facts","order":4,"metadata":{"a":1e999}}\n'),
        5,
        "the number 1e999 is too large",
    ),
    "a number with too many digits": (
        replaced(4, b'{"kind":"facts","order":4,"metadata":{"a":' + b"9" * 5000 + b"}}\n"),
        5,
        "it is not valid JSON",
    ),
    "a time before all times": (changed(4, created_at="0001-01-01T00:00:00+05:00"), 5, "created_at is '0001-01-01T"),
    "an id that is too long": (changed(4, id="a" * 1001), 5, "^[^ ]*, line 5: id has 1,001 characters"),
    "a session that is empty": (
        changed(HISTORY, session_id=""),
        HISTORY + 1,
        f"^[^ ]*, line {HISTORY + 1}: session_id must not be empty",
    ),
    "a name that is none": (
        changed(HISTORY, name=5),
        HISTORY + 1,
        f"^[^ ]*, line {HISTORY + 1}: name must be a string",
    ),
    "an id twice": (
        lambda lines: [*lines[:2], lines[1].replace(b'"order":1', b'"order":2'), *lines[3:]],
        3,
        "duplicate record",
    ),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    """The lines of a sound export."""
    folder = tmp_path_factory.mktemp("sound")

    async def main() -> None:
        async with open_client(folder / "all.db") as memio:
            await fill(memio)
            await export(memio, folder / "all.jsonl")

    asyncio.run(main())
    lines = [line + b"\n" for line in (folder / "all.jsonl").read_bytes().split(b"\n")[:-1]]
    assert len(lines) == END + 1
    return lines


@pytest.mark.parametrize("name", CASES)
def test_an_invalid_file_is_refused_with_line_and_reason(name: str, sound: Lines, tmp_path: Path, run: Any) -> None:
    # defect: half an import before the fault was met
    spoil, line, reason = CASES[name]
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"".join(spoil(sound)))

    async def main() -> ExportFileError:
        async with open_client(tmp_path / "new.db") as new:
            with pytest.raises(ExportFileError, match=reason) as caught:
                await import_(new, path)
        assert not (tmp_path / "new.db").exists()  # not even opened
        return caught.value

    error = run(main())
    assert error.line == line
    assert str(error).startswith(f"{path}, line {line}: ")
    assert str(error).endswith("Nothing was changed")


def test_a_file_that_is_changed_between_the_passes_is_refused(sound: Lines, tmp_path: Path, run: Any) -> None:
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"".join(sound))

    async def main() -> None:
        async with open_client(tmp_path / "new.db") as new:
            with pytest.raises(MemioError, match="was changed while it was read"):
                await import_(new, path, progress=lambda _: path.write_bytes(b"".join([*sound, b"{}\n"])))
            assert await new.facts.get_all() == []

    run(main())


def test_nothing_is_stored_that_was_not_checked(tmp_path: Path, run: Any) -> None:
    # defect: a file is checked, changed, and stored; and the error states that nothing was changed
    path = tmp_path / "export.jsonl"

    async def main() -> None:
        async with open_client(tmp_path / "old.db", "facts") as old, open_client(tmp_path / "new.db", "facts") as new:
            await old.facts.add_many([f"fact {number}" for number in range(1500)])
            await export(old, path)
            checked = path.read_bytes()
            with pytest.raises(MemioError, match=r"was changed while it was read: repeat the call") as caught:
                await import_(
                    new, path, announce=lambda _: path.write_bytes(checked.replace(b"fact 1307", b"FACT 1307"))
                )
            assert not isinstance(caught.value, InvalidInputError)  # some of it was stored
            assert caught.value.__notes__[0].startswith("500 records were stored before the error")
            assert {fact.content[:4] async for fact in new.facts.iter_all()} == {"fact"}
            path.write_bytes(checked)
            assert (await import_(new, path)).differences == ()

    run(main())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_can_be_read_though_only_once(sound: Lines, tmp_path: Path, run: Any) -> None:
    # defect: the second pass waits for a writer for ever
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    async def main() -> None:
        writing = Thread(target=pipe.write_bytes, args=(b"".join(sound),))
        writing.start()
        async with open_client(tmp_path / "new.db") as new:
            assert (await import_(new, pipe)).differences == ()
            writing.join()
            await export(new, tmp_path / "again.jsonl")

    run(main())
    assert (tmp_path / "again.jsonl").read_bytes() == b"".join(sound)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        async with open_client(tmp_path / "new.db") as new:
            with pytest.raises(ExportFileError, match=r"no\.jsonl: it cannot be read: No such file"):
                await import_(new, tmp_path / "no.jsonl")

    run(main())
