"""How much of what answers a question is found."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.orders import Options, Table, Work


def recall(options: Options) -> Iterator[Table]:
    """Yield how much of what answers a question is found."""
    stores = {
        "memio, history": ("memio", "memio_history"),
        "memio, documents": ("memio", "memio_documents"),
        "plain FTS5": ("memio", "plain_fts5"),
        "LangGraph's store": ("langgraph", "langgraph"),
        "Chroma, its model": ("chroma", "chroma"),
        "Chroma, any word": ("chroma", "chroma_words"),
    }
    most = options.pick(10, 1, 1)
    yield Table(
        name="recall",
        title="Recall on long conversations (LoCoMo)",
        about="The share of the turns that answer a question among the first hits, and the mean "
        "reciprocal rank, as their users get it offline: LangGraph ignores the query without an "
        "embedding model, and Chroma without its model finds the texts that contain a word, in no "
        "order.",
        reference=None,
        works=[
            Work(
                column=name,
                environment=place,
                order={"case": "recall", "peer": peer, "data": options.locomo, "most": most},
                rounds=1,
            )
            for name, (place, peer) in stores.items()
        ],
    )
