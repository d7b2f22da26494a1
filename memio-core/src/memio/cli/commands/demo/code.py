"""The lines of Python that do what the demo did. They are printed, and they run."""

from __future__ import annotations

import json
from collections.abc import Sequence

from memio.capabilities import Kind
from memio.cli.client import EMBEDDED
from memio.cli.commands.demo import story


def lines(provider: str, kinds: Sequence[Kind], path: str) -> str:
    """Return a program that stores something of each kind and recalls it.

    Args:
        provider: The provider that it is to use.
        kinds: The kinds of memory that the provider has.
        path: The file of the embedded provider. The program may run on it again and again.
    """
    embedded = provider == EMBEDDED
    # Python reads every JSON string, too.
    name = json.dumps(provider)
    store = f'{{"provider": {name}, "path": {json.dumps(path)}}}' if embedded else name
    imports = ["Memio", *(record for record, kind in (("Message", "history"), ("Triple", "graph")) if kind in kinds)]
    body = [line for kind in kinds for line in (_WITH_IDS if embedded else _WITHOUT)[kind]]
    if embedded:
        # An owner, and ids that make adding safe to repeat, are features, which not every provider has.
        body = [f'memory = memio.scoped(user_id="{story.USER}")', *(line.replace("memio.", "memory.") for line in body)]
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
