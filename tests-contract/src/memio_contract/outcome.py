"""How a law ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """The five ways in which a law ends. Nothing ends in silence."""

    PASSED = "passed"
    FAILED = "failed"
    EXPECTED_FAILURE = "expected failure"
    NOT_APPLICABLE = "not applicable"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one law said about one store.

    Attributes:
        law: The law's id.
        status: How it ended.
        reason: Why, in one line, where it did not simply pass.
        report: For a failure, the whole story: what is wrong, the calls that show it, where to look.
        calls: For a failure, every call of the example that shows it.
        relaxed: The guarantees that are not declared, and that the law therefore did not insist on.
    """

    law: str
    status: Status
    reason: str = ""
    report: str = ""
    calls: tuple[str, ...] = ()
    relaxed: tuple[str, ...] = ()


class LawBroken(AssertionError):  # noqa: N818  # the words that people use
    """The store does not do what a law says."""


class SetUpFailed(Exception):  # noqa: N818  # it is no verdict about a law
    """There was no store to hold against the law."""
