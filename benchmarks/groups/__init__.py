"""What is measured, against whom, and how much of it: the tables of each group, with the orders that fill them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.groups import bridges, contract, first_use, framework, letta, meaning, postgres, reads, recall, writes
from benchmarks.orders import Options, Table

GROUPS: dict[str, Callable[[Options], Iterator[Table]]] = {
    "import": first_use.imports,
    "writes": writes.writes,
    "reads": reads.reads,
    "framework": framework.framework,
    "letta": letta.letta,
    "postgres": postgres.postgres,
    "recall": recall.recall,
    "meaning": meaning.meaning,
    "bridges": bridges.bridges,
    "contract": contract.contract,
    "contract-letta": contract.contract_letta,
}
"""By name, in the order in which they run and are shown."""
USUAL = [name for name in GROUPS if name != "contract-letta"]
"""What runs when nothing is named. On a Letta server, the contract suite takes longer than all of it."""
