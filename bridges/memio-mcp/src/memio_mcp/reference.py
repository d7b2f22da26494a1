"""The file of the reference memory server, `memory.jsonl`: read, checked, and imported.

- An entity is a relation `NAME is a TYPE`.
- An observation is a memory `NAME: OBSERVATION`, with the entity and its type in the metadata.
- A relation is a relation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid5

from memio import Feature, InvalidInputError, StoreNotConfiguredError, Triple
from memio.client import Stores
from memio_mcp.tools.memories import ABOUT

IS_A = "is a"
TYPE = "entity_type"
_IDS = UUID("7d4e3f0a-6c55-4f0e-9a56-0c2f6a1d9b11")
"""The name space of the ids of imported observations, so that importing again stores nothing twice."""
_BATCH = 500
MOST_BYTES = 64 * 1024
"""Bytes of an entity, a type or a relation in UTF-8: what memio keeps as a part of a triple."""
_FIELDS = {"entity": {"type", "name", "entityType", "observations"}, "relation": {"type", "from", "to", "relationType"}}


@dataclass
class Contents:
    """What a file holds.

    Attributes:
        triples: The entities and relations.
        facts: The observations, as arguments of `facts.add`.
        repeated: How many entities, observations and relations stand in it more than once; each is stored once.
        losses: What cannot be imported, each with its line and the reason.
    """

    triples: dict[tuple[str, str, str], None] = field(default_factory=dict[tuple[str, str, str], None])
    facts: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    repeated: int = 0
    losses: list[str] = field(default_factory=list[str])

    def relate(self, triple: tuple[str, str, str]) -> None:
        """Note a relation."""
        self.repeated += triple in self.triples
        self.triples[triple] = None

    def observe(self, name: str, kind: str, text: str) -> None:
        """Note an observation."""
        made = str(uuid5(_IDS, json.dumps([name, text])))
        self.repeated += made in self.facts
        metadata = {ABOUT: name, TYPE: kind} if kind else {ABOUT: name}
        self.facts.setdefault(made, {"content": f"{name}: {text}", "metadata": metadata, "fact_id": made})


def read(path: Path) -> Contents:
    """Return what a file holds, and what of it cannot be imported. Nothing is stored.

    Raises:
        InvalidInputError: The file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path} cannot be read: it is not UTF-8") from error
    contents = Contents()
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            for reason in _take(line, contents):
                contents.losses.append(f"line {number}: {reason}")
    return contents


async def store(memio: Stores, contents: Contents) -> tuple[int, int]:
    """Store what a file holds, and return how many memories and relations that were. It may be repeated.

    Args:
        memio: The client, confined to an owner.
        contents: What the file holds.

    Raises:
        StoreNotConfiguredError: There are no facts or no graph to store it in.
    """
    for kind, count in (("facts", len(contents.facts)), ("graph", len(contents.triples))):
        if count and kind not in memio.kinds:
            raise StoreNotConfiguredError(
                f'the file has {count} records for {kind}, and none is configured: add a line such as {kind} = "sqlite"'
            )
    facts = list(contents.facts.values())
    if facts and Feature.CLIENT_IDS not in memio.facts.features:
        for fact in facts:
            del fact["fact_id"]
    for start in range(0, len(facts), _BATCH):
        await memio.facts.add_many(cast("Any", facts[start : start + _BATCH]))
    triples = [Triple(subject=one, predicate=two, object=three) for one, two, three in contents.triples]
    for start in range(0, len(triples), _BATCH):
        await memio.graph.add(triples=triples[start : start + _BATCH])
    return len(facts), len(triples)


def _take(line: str, contents: Contents) -> Iterator[str]:
    """Take what a line holds, and yield what of it cannot be taken."""
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        yield f"it is not JSON ({error})"
        return
    item = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    kind = item.get("type")
    if kind not in ("entity", "relation"):
        yield f"its type is {kind!r}, and neither 'entity' nor 'relation'"
        return
    unknown = sorted(item.keys() - _FIELDS[kind])
    if unknown:
        yield f"it has fields that have no place: {', '.join(unknown)}"
    yield from (_take_relation if kind == "relation" else _take_entity)(item, contents)


def _take_relation(item: dict[str, Any], contents: Contents) -> Iterator[str]:
    parts = {name: item.get(name) for name in ("from", "relationType", "to")}
    refused = [f"{name} is {_why(part, MOST_BYTES)}" for name, part in parts.items() if _why(part, MOST_BYTES)]
    if refused:
        yield f"the relation is left out: {', '.join(refused)}"
    else:
        contents.relate(cast("tuple[str, str, str]", tuple(parts.values())))


def _take_entity(item: dict[str, Any], contents: Contents) -> Iterator[str]:
    name, kind, observations = item.get("name"), item.get("entityType"), item.get("observations", [])
    if reason := _why(name, MOST_BYTES):
        yield f"the entity is left out: name is {reason}"
        return
    name = cast("str", name)
    reason = _why(kind, MOST_BYTES)
    if reason:
        yield f"the type of {name!r} is left out: it is {reason}"
    else:
        contents.relate((name, IS_A, cast("str", kind)))
    if not isinstance(observations, list):
        yield f"the observations of {name!r} are left out: they are no list"
        return
    for number, text in enumerate(cast("list[Any]", observations), 1):
        if refused := _why(text):
            yield f"observation {number} of {name!r} is left out: it is {refused}"
        else:
            contents.observe(name, "" if reason else cast("str", kind), text)


def _why(value: object, most: int | None = None) -> str:
    """Return why memio cannot keep a text, or nothing when it can.

    Args:
        value: The text.
        most: Bytes in UTF-8, at most.
    """
    if not isinstance(value, str):
        return f"no text but {json.dumps(value)[:40]}"
    if not value:
        return "empty"
    if "\0" in value:
        return "text with a NUL character"
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        return "text with half of a surrogate pair"
    return f"{size:,} bytes long, of at most {most:,}" if most is not None and size > most else ""
