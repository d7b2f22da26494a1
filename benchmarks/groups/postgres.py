"""Calls of a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.orders import MEMIO, Options, Table, Work

PEERS = {
    MEMIO: ("memio", "postgres_memio"),
    "asyncpg alone": ("memio", "postgres_raw"),
    "LangGraph's store": ("langgraph-postgres", "postgres_langgraph"),
}
"""By column, the environment and the peer."""


def postgres(options: Options) -> Iterator[Table]:
    """Yield what calls of a PostgreSQL server cost, and how that grows."""
    records, owners = options.pick((100_000, 1_000), (5_000, 50), (60, 3))
    calls, rounds = options.pick(300, 60, 2), options.pick(3, 2, 1)
    yield Table(
        name="postgres",
        title=f"PostgreSQL, {records:,} facts of {owners:,} owners",
        about="One server, pools of ten connections. `asyncpg alone` sends the statements that memio sent for the same "
        "calls, with the same values, to tables of their own, and makes no records of the answers. LangGraph has no "
        "search of texts without an embedding model.",
        reference=MEMIO,
        works=[
            _work(options, column, place, {"peer": peer, "records": records, "owners": owners, "calls": calls}, rounds)
            for column, (place, peer) in PEERS.items()
        ],
    )
    yield Table(
        name="postgres-sessions",
        title="PostgreSQL, a conversation",
        about="Two messages are appended, and the last fifty are read. The session of the Agents SDK indexes no words.",
        reference=MEMIO,
        works=[
            _work(options, column, place, {"peer": peer, "turns": options.pick(200, 60, 30)}, rounds)
            for column, place, peer in (
                (MEMIO, "memio", "postgres_memio"),
                ("Agents SDK's session", "openai-agents-postgres", "postgres_sessions"),
            )
        ],
    )
    sizes = options.pick([10_000, 100_000, 1_000_000], [1_000, 10_000], [60])
    yield Table(
        name="postgres-growth",
        title="One schema that grows",
        about="memio through the client; each owner has a thousand facts. A search without an owner scores all matches "
        "of all owners.",
        reference=None,
        works=[_work(options, MEMIO, "memio", {"sizes": sizes, "calls": calls}, 1)],
    )


def _work(options: Options, column: str, environment: str, order: dict[str, Any], rounds: int) -> Work:
    order = {"case": "postgres", "dsn": options.postgres, **order} if options.postgres else options.without_postgres()
    return Work(column=column, environment=environment, order=order, rounds=rounds, seconds=3_600)
