"""The file of the reference memory server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from mcp_clients import MEMORY, run

from memio import InvalidInputError, Memio, StoreNotConfiguredError
from memio_mcp.reference import read, store

ENTITIES = [
    {"type": "entity", "name": "Anna", "entityType": "person", "observations": ["prefers tea", "lives in Lisbon"]},
    {"type": "entity", "name": "Acme", "entityType": "company", "observations": []},
]
RELATION = {"type": "relation", "from": "Anna", "to": "Acme", "relationType": "works for"}


def write(folder: Path, *lines: Any) -> Path:
    path = folder / "memory.jsonl"
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_is_kept_and_importing_again_stores_nothing_twice(tmp_path: Path) -> None:
    path = write(tmp_path, *ENTITIES, RELATION, "", RELATION)

    async def main() -> None:
        async with Memio.from_config({"facts": MEMORY, "graph": MEMORY}) as memio:  # type: ignore[typeddict-item]
            alice = memio.scoped(user_id="alice")
            for _ in range(2):
                contents = read(path)
                assert (contents.losses, contents.repeated) == ([], 1)
                assert await store(alice, contents) == (2, 3)
            facts = [(fact.content, fact.metadata) async for fact in alice.facts.iter_all()]
            about = {"entity": "Anna", "entity_type": "person"}
            assert facts == [("Anna: prefers tea", about), ("Anna: lives in Lisbon", about)]
            triples = [(each.subject, each.predicate, each.object) async for each in alice.graph.iter_all()]
            assert triples == [
                ("Anna", "is a", "person"),
                ("Acme", "is a", "company"),
                ("Anna", "works for", "Acme"),
            ]
            assert await memio.facts.count() == 2

    asyncio.run(main())


@pytest.mark.parametrize(
    ("line", "loss"),
    [
        ("{", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "its type is None"),
        ({"type": "note"}, "its type is 'note'"),
        ({"type": ["entity"]}, "its type is ['entity']"),
        ({**RELATION, "weight": 3}, "fields that have no place: weight"),
        ({**RELATION, "to": ""}, "the relation is left out: to is empty"),
        ({**RELATION, "from": None}, "from is no text but null"),
        ({**RELATION, "to": "x" * 70_000}, "to is 70,000 bytes long, of at most 65,536"),
        ({**ENTITIES[0], "name": ""}, "the entity is left out: name is empty"),
        ({**ENTITIES[0], "entityType": ""}, "the type of 'Anna' is left out: it is empty"),
        ({**ENTITIES[0], "observations": "tea"}, "they are no list"),
        ({**ENTITIES[0], "observations": ["", "ok"]}, "observation 1 of 'Anna' is left out: it is empty"),
        ({**ENTITIES[0], "observations": ["a\0b"]}, "NUL character"),
        ({**ENTITIES[0], "observations": ["\ud800"]}, "half of a surrogate pair"),
    ],
)
def test_what_cannot_be_kept_is_named_with_its_line(tmp_path: Path, line: Any, loss: str) -> None:
    contents = read(write(tmp_path, ENTITIES[1], line))
    assert len(contents.losses) == 1
    assert contents.losses[0].startswith("line 2: ")
    assert loss in contents.losses[0]


def test_the_command_imports_nothing_until_losses_are_accepted(tmp_path: Path) -> None:
    path = write(tmp_path, *ENTITIES, {"type": "note"})

    command = ["--user", "alice", "import", str(path)]
    database = tmp_path / "memory.db"
    refused = run(*command, MEMIO_SQLITE_PATH=str(database))
    assert isinstance(refused.exception, InvalidInputError)
    assert "nothing was imported" in str(refused.exception)
    assert "line 3: its type is 'note'" in refused.stderr
    assert not database.exists()
    accepted = run(*command, "--accept-losses", MEMIO_SQLITE_PATH=str(database))
    assert (accepted.exit_code, accepted.stdout) == (0, "imported 2 memories and 2 relations\n")


def test_a_client_without_a_place_for_it_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    async def main() -> None:
        async with Memio.from_config({"facts": MEMORY}) as memio:  # type: ignore[typeddict-item]
            with pytest.raises(StoreNotConfiguredError, match="for graph, and none is configured"):
                await store(memio, read(write(tmp_path, *ENTITIES)))
            assert await memio.facts.count() == 0

    asyncio.run(main())


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"missing\.jsonl cannot be read"):
        read(tmp_path / "missing.jsonl")
    path = tmp_path / "latin.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInputError, match="not UTF-8"):
        read(path)
