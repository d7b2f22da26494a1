"""Which of the stores that prove the suite are tried: all of them, or a part where others try the rest."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

Case = TypeVar("Case")

PART, PARTS = map(int, os.environ.get("MEMIO_STORES_PART", "1/1").split("/"))


def part(cases: Iterable[Case]) -> list[Case]:
    """Return the cases to try, such as every second one from the first for `MEMIO_STORES_PART=1/2`."""
    return list(cases)[PART - 1 :: PARTS]
