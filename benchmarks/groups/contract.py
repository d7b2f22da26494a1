"""How long the contract suite takes."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.orders import Options, Table, Work


def contract(options: Options) -> Iterator[Table]:
    """Yield how long the contract suite takes."""
    profiles = options.pick(["dev", "ci"], ["dev"], ["dev"])
    kinds = options.pick(KINDS, KINDS, KINDS[-1:])
    yield _contract("contract", "The contract suite", options, "sqlite", profiles, kinds)


def contract_letta(options: Options) -> Iterator[Table]:
    """Yield how long the contract suite takes on a Letta server."""
    kinds = [kind for kind in KINDS if kind != "graph"]
    yield _contract("contract-letta", "The contract suite on Letta", options, "letta", ["live"], kinds)


KINDS = ["facts", "history", "documents", "graph"]


def _contract(name: str, title: str, options: Options, provider: str, profiles: list[str], kinds: list[str]) -> Table:
    orders = [
        {"case": "contract", "provider": provider, "profile": profile, "kind": kind}
        for profile in profiles
        for kind in kinds
    ]
    return Table(
        name=name,
        title=title,
        about="`memio check`, the whole process, for one kind of memory.",
        reference=None,
        works=[
            Work(
                column=f"{provider}, profile {order['profile']}",
                environment="memio",
                order=options.on_letta(provider, order),
                rounds=1,
                seconds=3600,
            )
            for order in orders
        ],
    )
