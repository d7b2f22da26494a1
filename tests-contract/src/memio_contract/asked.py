"""What the command line asked the suite to check."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memio.capabilities import Kind
    from memio_contract.target import ContractTarget


@dataclass(slots=True)
class Asked:
    """The question of the zero-code suite.

    Attributes:
        targets: What to check; empty when no provider was named.
        kinds: Only these kinds; all when empty.
    """

    targets: list[ContractTarget] = field(default_factory=list["ContractTarget"])
    kinds: tuple[Kind, ...] = ()


ASKED = Asked()
"""Set by the pytest plugin before collection, and read by `memio_contract.suite` when it is imported."""
