"""The default of an argument that a caller may leave out, where `None` would mean something."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final


class _Omitted(Enum):
    # A member of an enumeration stays the same object when it is copied or pickled.
    OMITTED = "omitted"

    def __repr__(self) -> str:
        return "OMITTED"


OMITTED: Final[Any] = _Omitted.OMITTED
"""The default of a label, a session, or a new value that a caller may leave out.

`None` cannot be that default. For a label it is what a lookup returns that found nothing, and a lost login must not
widen a call to the records of every user; for a time of expiry it means never. The type is `Any`, so that signatures
state the type of what is given.
"""
