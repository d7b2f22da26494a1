"""Owner labels: whose records a call is about."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from memio._call.arguments import CHECKS
from memio._values.text import shown
from memio.errors import InvalidInputError


class _Omitted(Enum):
    # A member of an enumeration stays the same object when it is copied or pickled.
    OMITTED = "omitted"

    def __repr__(self) -> str:
        return "OMITTED"


OMITTED: Final[Any] = _Omitted.OMITTED
"""The default of a label or session that a caller may leave out.

`None` cannot be that default: it is what a lookup returns that found nothing, and a lost login must not widen
a call to the records of every user. The type is `Any`, so that signatures state the type of what is given.
"""


def add_label(owner: dict[str, str], name: str, value: object) -> None:
    """Add a label that a call gives to those that it is confined to already.

    Args:
        owner: The labels that the call is confined to; it is changed.
        name: The name of the label.
        value: What the caller gave.

    Raises:
        InvalidInputError: The value is not a label, or the call is confined to another one.
    """
    if value is None:
        raise none_refused(name)
    label = CHECKS[name](value)
    if owner.setdefault(name, label) != label:
        raise InvalidInputError(
            f"{name} is {shown(label)}, but the call is confined to {shown(owner[name])}: leave it out",
            argument=name,
        )


def none_refused(name: str) -> InvalidInputError:
    """Return what to raise when `None` was given for a label or session."""
    return InvalidInputError(
        f"{name} is None, which does not mean all: pass a string, or leave {name} out on purpose", argument=name
    )


def as_argument(label: str | None) -> str:
    """Return the label of a record, or the value of an option, as a call takes it: `None` is left out."""
    return OMITTED if label is None else label
