"""Calls of a Letta server."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.orders import MEMIO, Options, Size, Table, Work

LETTA_ABOUT = (
    "A real server on loopback. letta-client alone sends the fewest requests that do the work; "
    "it cannot read a passage by its id, and reads the newest one instead. The updates of letta-client and "
    "memio 0.3.1 lose time and tags, and that of 0.3.1 deletes before it adds."
)
LETTA_SIZES = (10, 1_000, 10_000)
"""Numbers of passages in the agents."""


def letta(options: Options) -> Iterator[Table]:
    """Yield what calls of a Letta server cost."""
    peers = {
        MEMIO: ("memio", "memio"),
        "letta-client": ("memio", "client"),
        "memio 0.3.1": ("memio 0.3.1", "memio"),
    }
    for passages in letta_sizes(options.size, "letta"):
        many = passages == 10_000
        amounts = {"calls": options.pick(3 if many else 5, 2, 1), "turns": options.pick(0 if many else 2, 1, 0)}
        agent = options.agents.get(passages)
        order = {"case": "letta", "url": options.letta, "agent": agent, **amounts}
        yield Table(
            name=f"letta-{passages}",
            title=f"Letta, an agent with {passages:,} passages",
            about="As above." if passages > LETTA_SIZES[0] else LETTA_ABOUT,
            reference=MEMIO,
            works=[
                Work(
                    column=name,
                    environment=place,
                    order={**order, "peer": peer} if agent else options.without_agent(),
                    rounds=options.pick(1 if many else 2, 1, 1),
                )
                for name, (place, peer) in peers.items()
            ],
        )


def letta_sizes(size: Size, group: str) -> list[int]:
    """Return the numbers of passages in the agents that a group needs."""
    if group == "letta":
        return list(LETTA_SIZES[: {"full": 3, "quick": 2, "smoke": 1}[size]])
    return [LETTA_SIZES[0]] if group in ("import", "contract-letta") else []
