"""Records made of values that need neither a check nor a copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields, make_dataclass
from typing import Any, TypeVar

R = TypeVar("R")


def trusted(record: type[R]) -> Callable[..., R]:
    """Return a constructor of a record class that checks and copies nothing.

    Making a record costs a caller checks and a copy of the metadata. A store that has just read a row needs neither:
    its text was checked when it was added, and nothing else has the metadata that was just parsed. It takes a fifth of
    the time.

    Args:
        record: `Fact`, `Document`, `Message`, `Triple` or `Session`.

    Returns:
        A function with the arguments of the class, by name. Times must be aware and in UTC, metadata a dict that the
        record may keep.

    Example:
        >>> from memio import Fact
        >>> from memio.toolkit import trusted
        >>> make_fact = trusted(Fact)
        >>> make_fact(id="1", content="likes coffee") == Fact(id="1", content="likes coffee")
        True
    """
    # The records are frozen, so that setting an attribute takes a detour. An instance of a class with the same slots
    # that is not frozen is filled directly, and then becomes a record. It has the same base too: Python lets an
    # instance change its class only then.
    draft: Any = make_dataclass(
        f"_{record.__name__}",
        [(known.name, Any) for known in fields(record)],  # type: ignore[arg-type]
        bases=record.__bases__,
        slots=True,
        init=False,
        eq=False,
        repr=False,
    )
    # Compiled, as the `__init__` of a dataclass is: a call of a class, with all values by name, takes twice as long.
    known: dict[str, Any] = {"new": draft.__new__, "draft": draft, "record": record}
    exec(_source(record, known), known)  # noqa: S102  # a text from here, made of the names of the fields
    return known["make"]  # type: ignore[no-any-return]


def _source(record: type[Any], known: dict[str, Any]) -> str:
    """Return the source of a function that makes a record, and add the defaults that it refers to to what it knows."""
    parameters: list[str] = []
    lines = ["made = new(draft)"]
    for each in fields(record):
        name, value = each.name, each.name
        if each.default_factory is not MISSING:
            known[f"default_{name}"] = each.default_factory
            parameters.append(f"{name}=None")
            value = f"default_{name}() if {name} is None else {name}"
        elif each.default is not MISSING:
            known[f"default_{name}"] = each.default
            parameters.append(f"{name}=default_{name}")
        else:
            parameters.append(name)
        lines.append(f"made.{name} = {value}")
    lines += ["made.__class__ = record", "return made"]
    return f"def make(*, {', '.join(parameters)}):\n" + "\n".join(f"    {line}" for line in lines)
