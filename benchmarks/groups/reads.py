"""Reads among many records, and how they grow."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.groups.stores import MANY, STORES, VECTORS
from benchmarks.orders import MEMIO, Options, Table, Work


def reads(options: Options) -> Iterator[Table]:
    """Yield what it costs to read, and how that grows."""
    about = (
        "`sqlite3 alone` goes through one executor thread, and makes records. LangGraph has no search of texts "
        "without an embedding model. Chroma and Qdrant search by a vector that is given, which finds something else "
        "than words do; they are called in the event loop's own thread, and keep it waiting, so nothing else can "
        "run meanwhile. `while one writes`: another caller adds records without a pause."
    )
    yield _reads("reads", about, options.pick(10_000, 2_000, 150), options.pick(300, 60, 3), options.pick(3, 2, 1))
    if options.size == "full":
        about = "As above, once. The memory of memio and of `sqlite3 alone` includes the ids, which this program keeps."
        yield _reads("reads-1000000", about, 1_000_000, 100, 1)
    sizes = options.pick([1_000, 10_000, 100_000, 1_000_000], [1_000, 10_000], [1_000])
    yield Table(
        name="growth",
        title="One file that grows",
        about="memio through the client; `plain` is the same statement by sqlite3 in the calling "
        "thread, on the same file: the physical floor. A search costs what scoring its matches "
        "costs.",
        reference=None,
        works=[Work(column=MEMIO, environment="memio", order={"case": "growth", "sizes": sizes}, rounds=1)],
    )


def _reads(name: str, about: str, records: int, calls: int, rounds: int) -> Table:
    order = {"case": "reads", "records": records, "calls": calls}
    works = [
        Work(column=column, environment=place, order={**order, "peer": peer}, rounds=rounds)
        for column, (place, peer) in STORES.items()
    ]
    for column, peer in VECTORS.items():
        too_many = {"skipped": "storing a million takes too long, see the batch above"} if records > MANY else None
        # They take long to be filled, so they have one turn.
        works.append(Work(column=column, environment=peer, order=too_many or {**order, "peer": peer}, rounds=1))
    return Table(name=name, title=f"Reads among {records:,} records", about=about, reference=MEMIO, works=works)
