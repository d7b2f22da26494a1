"""Writes, and a conversation."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.groups.stores import STORES, VECTORS
from benchmarks.orders import MEMIO, RAW, Options, Table, Work


def writes(options: Options) -> Iterator[Table]:
    """Yield what it costs to store."""
    amounts = options.pick(
        {"alone": 500, "each": 50, "batch": 1_000, "batches": 8},
        {"alone": 100, "each": 10, "batch": 1_000, "batches": 2},
        {"alone": 3, "each": 1, "batch": 10, "batches": 1},
    )
    rounds = options.pick(5, 3, 1)
    vectors = {name: (peer, peer) for name, peer in VECTORS.items()}
    yield Table(
        name="writes",
        title="Writes, per record",
        about="A new file each. memio, sqlite3 and LangGraph: write-ahead log and `synchronous=FULL`, "
        "so an answered write survives a power cut. memio and sqlite3 also write the same "
        "full-text index, LangGraph none. `sqlite3 alone` makes ids, JSON and records, checks "
        "nothing, and commits each call in one executor thread; its batch runs in the calling "
        "thread. Chroma and Qdrant store vectors that are given, with the durability of their "
        "defaults.",
        reference=MEMIO,
        works=[
            Work(
                column=name,
                environment=place,
                # One batch of the vector databases takes long, and is sufficient.
                order={"case": "writes", "peer": peer, **amounts, **({"batches": 1} if name in vectors else {})},
                rounds=rounds,
            )
            for name, (place, peer) in (STORES | vectors).items()
        ],
    )
    yield Table(
        name="conversation",
        title="A conversation",
        about="One session; each append is a call and a commit. memio and `sqlite3 alone` keep a "
        "full-text index with the two messages before (`synchronous=FULL`), openai-agents keeps "
        "none (write-ahead log, SQLite's default `FULL`).",
        reference=MEMIO,
        works=[
            Work(
                column=name,
                environment=place,
                order={
                    "case": "conversation",
                    "peer": peer,
                    "messages": options.pick(1_000, 200, 60),
                    "calls": options.pick(200, 40, 2),
                },
                rounds=rounds,
            )
            for name, (place, peer) in {
                MEMIO: ("memio", "memio_history"),
                RAW: ("memio", "raw_messages"),
                "openai-agents' session": ("openai-agents", "openai_agents"),
            }.items()
        ],
    )
