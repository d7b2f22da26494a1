"""The data of the demo: notes about Nadia, a support case, two product pages, a small graph; and a short program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from memio.capabilities import Kind
from memio.cli.sources import EMBEDDED
from memio.models import Message, Triple

USER = "nadia"
OTHER_USER = "omar"


class Note(NamedTuple):
    """One fact or document of the story."""

    id: str
    content: str
    user: str = USER
    metadata: dict[str, Any] = {}  # noqa: RUF012  # never changed: records copy it


FACTS = (
    Note("demo-food", "Nadia is vegetarian and allergic to hazelnuts."),
    Note("demo-home", "Nadia lives in Lisbon and cycles to work.", metadata={"topic": "home"}),
    Note("demo-style", "Nadia likes short answers, with their sources.", metadata={"topic": "style"}),
    Note("demo-ines", "Nadia's daughter Ines turns seven on 12 June.", metadata={"topic": "family"}),
    Note("demo-other", "Omar takes hazelnut syrup in his coffee.", user=OTHER_USER),
)
FACTS_QUESTION = "Can I bake a cake with hazelnuts?"

SESSION = "support-4711"
MESSAGES = (
    Message(
        id="demo-1",
        role="user",
        content="Hello, my bike light has stopped charging. I bought it in March.",
        timestamp=datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
    ),
    Message(
        id="demo-2",
        role="assistant",
        content="I am sorry to hear that. What does the small lamp do when you plug it in?",
        timestamp=datetime(2026, 5, 4, 9, 31, tzinfo=UTC),
    ),
    Message(
        id="demo-3",
        role="user",
        content="It blinks red three times, and then nothing.",
        timestamp=datetime(2026, 5, 4, 9, 33, tzinfo=UTC),
    ),
    Message(
        id="demo-4",
        role="assistant",
        content="That is a worn battery, which the warranty covers: a new light is on its way to Lisbon.",
        timestamp=datetime(2026, 5, 4, 9, 34, tzinfo=UTC),
    ),
)
HISTORY_QUESTION = "When did we talk about the lamp that blinks?"

DOCUMENTS = (
    Note(
        "demo-charging",
        "Lumen bike light, charging. Plug the light into any USB-C charger; it is full after two hours, "
        "when its lamp turns green. Three red blinks mean that the battery is worn.",
        metadata={"product": "lumen", "page": 4},
    ),
    Note(
        "demo-warranty",
        "Lumen bike light, warranty. Batteries are covered for two years from the day of purchase. "
        "Keep the receipt; there is no need to send the old light back.",
        metadata={"product": "lumen", "page": 11},
    ),
)
DOCUMENTS_QUESTION = "How long does the warranty cover a worn battery?"

TRIPLES = (
    Triple(subject="Nadia", predicate="is mother of", object="Ines"),
    Triple(subject="Nadia", predicate="works at", object="Solaria"),
    Triple(subject="Nadia", predicate="owns", object="Lumen bike light"),
    Triple(subject="Solaria", predicate="has its office in", object="Lisbon"),
)
ENTITY = "Solaria"


def program(provider: str, kinds: Sequence[Kind], path: str) -> str:
    """Return a Python program that stores something of each kind and recalls it. It may be run repeatedly.

    Args:
        provider: The provider that the program uses.
        kinds: The kinds of memory that the provider has.
        path: The file of the embedded provider.
    """
    embedded = provider == EMBEDDED
    # Every JSON string is a Python literal, too.
    name = json.dumps(provider)
    store = f'{{"provider": {name}, "path": {json.dumps(path)}}}' if embedded else name
    imports = ["Memio", *(record for record, kind in (("Message", "history"), ("Triple", "graph")) if kind in kinds)]
    body = [line for kind in kinds for line in (_WITH_IDS if embedded else _WITHOUT)[kind]]
    if embedded:
        # Owners, and ids that make adding safe to repeat, are features that other providers may lack.
        body = [f'memory = memio.scoped(user_id="{USER}")', *(line.replace("memio.", "memory.") for line in body)]
    return "\n".join(
        [
            "import asyncio",
            "",
            f"from memio import {', '.join(imports)}",
            "",
            f"STORE = {store}",
            f"CONFIG = {{{', '.join(f'{json.dumps(kind)}: STORE' for kind in kinds)}}}",
            "",
            "",
            "async def main():",
            "    async with Memio.from_config(CONFIG) as memio:",
            *(f"        {line}" for line in body),
            "",
            "",
            "asyncio.run(main())",
        ]
    )


_FACTS_RECALLED = (
    'for fact in await memio.facts.search(query="cello"):',
    "    print(fact.content)",
)
_HISTORY_RECALLED = (
    'await memio.history.add(session_id="music", messages=[question])',
    'for message in await memio.history.get(session_id="music"):',
    '    print(f"{message.role}: {message.content}")',
)
_DOCUMENTS_RECALLED = (
    'for document in await memio.documents.search(query="bow"):',
    "    print(document.content)",
)
_GRAPH = (
    'edge = Triple(subject="Nadia", predicate="plays", object="cello")',
    "await memio.graph.add(triples=[edge])",
    'for triple in await memio.graph.get(entity="cello"):',
    "    print(triple.subject, triple.predicate, triple.object)",
)
_TEXT = 'text = "Caring for a cello: loosen the bow after playing."'
_QUESTION = 'question = Message(role="user", content="How do I tune it?"'

_WITH_IDS: dict[Kind, tuple[str, ...]] = {
    "facts": (
        'await memio.facts.add(content="Nadia plays the cello", fact_id="cello")',
        *_FACTS_RECALLED,
    ),
    "history": (f'{_QUESTION}, id="m1")', *_HISTORY_RECALLED),
    "documents": (_TEXT, 'await memio.documents.add(content=text, doc_id="bow")', *_DOCUMENTS_RECALLED),
    "graph": _GRAPH,
}
_WITHOUT: dict[Kind, tuple[str, ...]] = {
    "facts": ('await memio.facts.add(content="Nadia plays the cello")', *_FACTS_RECALLED),
    "history": (f"{_QUESTION})", *_HISTORY_RECALLED),
    "documents": (_TEXT, "await memio.documents.add(content=text)", *_DOCUMENTS_RECALLED),
    "graph": _GRAPH,
}
