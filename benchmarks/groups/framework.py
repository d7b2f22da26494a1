"""What memio itself adds to a call."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.orders import MEMIO, Options, Table, Work


def framework(options: Options) -> Iterator[Table]:
    """Yield what memio itself adds to a call."""
    yield Table(
        name="framework",
        title="What memio adds to a call",
        about="A store that does nothing, called directly and through the client; for the client's "
        "calls, the additional time. 28 characters of content, an owner, and metadata where it "
        "is named.",
        reference=None,
        works=[
            Work(
                column=MEMIO,
                environment="memio",
                order={"case": "facade", "loops": options.pick(1_000, 200, 5)},
                rounds=options.pick(5, 2, 1),
            )
        ],
    )
