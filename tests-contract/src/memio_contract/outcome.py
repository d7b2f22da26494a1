"""How a law ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PROPERTY = "memio_contract"
"""The user property of a test's report that carries the outcome of its law."""


class Status(StrEnum):
    """The five ways in which a law ends."""

    PASSED = "passed"
    FAILED = "failed"
    EXPECTED_FAILURE = "expected failure"
    NOT_APPLICABLE = "not applicable"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one law ended for one store.

    Attributes:
        law: The law's id.
        status: How it ended.
        reason: Why, in one line, where it did not simply pass.
        report: For a failure: what is wrong, the calls that show it, and where to look.
        calls: For a failure, every call of the example that shows it.
        relaxed: What the law did not insist on, though a store could be held to it: guarantees that are not
            declared, and limits of the target.
    """

    law: str
    status: Status
    reason: str = ""
    report: str = ""
    calls: tuple[str, ...] = ()
    relaxed: tuple[str, ...] = ()


class LawBroken(AssertionError):  # noqa: N818  # the words that people use
    """The store breaks a law."""


class Hung(LawBroken):
    """The calls of a law did not end in time."""


class SetUpFailed(Exception):  # noqa: N818  # it is not a verdict about a law
    """The store could not be opened."""
