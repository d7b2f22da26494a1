"""The zero-code suite: `pytest --pyargs memio_contract.suite --memio-provider NAME`.

It has one class per kind that the provider offers, and per target where the provider has several.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from memio_contract.asked import ASKED
from memio_contract.contracts import CONTRACTS, StoreContract
from memio_contract.discovery import chosen, labels


def classes() -> Iterator[type[StoreContract]]:
    """Yield the test classes for what was asked."""
    for number, (label, target) in enumerate(zip(labels(ASKED.targets), ASKED.targets, strict=True), 1):
        for kind in chosen(target, ASKED.kinds):
            name = f"Test{kind.capitalize()}{number if len(ASKED.targets) > 1 else ''}"
            body = {"target": target, "label": label, "__module__": __name__}
            yield cast("type[StoreContract]", type(name, (CONTRACTS[kind],), body))


if not ASKED.targets:
    raise pytest.UsageError("name the provider: pytest --pyargs memio_contract.suite --memio-provider NAME")
globals().update({made.__name__: made for made in classes()})
