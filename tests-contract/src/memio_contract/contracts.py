"""The laws as pytest classes: subclass one, give it a target, and run pytest.

    class TestAcmeFacts(FactStoreContract):
        target = ContractTarget(fresh=fresh)

The tests are synchronous and start an event loop each, so it does not matter which asyncio plugin is
installed, or in which mode.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from memio.capabilities import Kind
from memio.kinds import SPECS
from memio_contract.law import Law
from memio_contract.lawbook import laws
from memio_contract.outcome import PROPERTY, Outcome, Status
from memio_contract.profile import PROFILES
from memio_contract.runner import run_law
from memio_contract.target import ContractTarget


class StoreContract:
    """What the four contract classes share.

    Attributes:
        kind: The kind of store; set by the four classes.
        target: The store under test; set by the adopter.
        label: What the result calls it; the provider's name when empty.
    """

    kind: ClassVar[Kind]
    target: ClassVar[ContractTarget]
    label: ClassVar[str] = ""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if changed := changed_laws(cls):
            raise TypeError(
                f"{cls.__name__} overrides or deletes {', '.join(changed)}: laws cannot be changed; "
                "name a known fault in the target's expected_failures, with a reason and a link"
            )


def changed_laws(cls: type[StoreContract]) -> list[str]:
    """Return the ids of the laws that are not in a class as they were written."""
    if not hasattr(cls, "kind"):
        return []
    return [law.id for law in laws(cls.kind) if getattr(cls, law.test_name, None) is not _TESTS[law.id]]


def _test_of(law: Law) -> Callable[[StoreContract, pytest.FixtureRequest], None]:
    def test(self: StoreContract, request: pytest.FixtureRequest) -> None:
        profile = PROFILES[str(request.config.getoption("memio_profile", "ci"))]
        seed = int(str(request.config.getoption("memio_seed", 0)))
        outcome = run_law(law, self.target, profile=profile, seed=seed)
        request.node.user_properties.append((PROPERTY, dumped(outcome)))
        _end_as(outcome)

    test.__name__ = law.test_name
    test.__doc__ = f"{law.id}: {law.means}"
    return test


def _end_as(outcome: Outcome) -> None:
    """End a test as its law ended."""
    __tracebackhide__ = True
    match outcome.status:
        case Status.PASSED:
            return
        case Status.NOT_APPLICABLE:
            pytest.skip(f"not applicable: {outcome.reason}")
        case Status.EXPECTED_FAILURE:
            pytest.xfail(outcome.reason)
        case Status.NOT_RUN:
            if outcome.report:
                pytest.fail(f"The law {outcome.law} was not run: {outcome.report}", pytrace=False)
            pytest.skip(f"not run: {outcome.reason}")  # the account of the run makes it incomplete
        case Status.FAILED:
            pytest.fail(outcome.report, pytrace=False)


def dumped(outcome: Outcome) -> str:
    """Return an outcome as text that a report of pytest can carry, also between processes."""
    return json.dumps(
        {
            "law": outcome.law,
            "status": outcome.status,
            "reason": outcome.reason,
            "report": outcome.report,
            "calls": outcome.calls,
            "relaxed": outcome.relaxed,
        }
    )


def loaded(text: str) -> Outcome:
    """Return the outcome that `dumped` wrote."""
    data: dict[str, Any] = json.loads(text)
    status, calls, relaxed = Status(data.pop("status")), tuple(data.pop("calls")), tuple(data.pop("relaxed"))
    return Outcome(status=status, calls=calls, relaxed=relaxed, **data)


_TESTS: dict[str, Any] = {law.id: _test_of(law) for law in laws()}


class FactStoreContract(StoreContract):
    """The laws of a store of facts. Subclass it and set `target`."""


class DocumentStoreContract(StoreContract):
    """The laws of a store of documents. Subclass it and set `target`."""


class HistoryStoreContract(StoreContract):
    """The laws of a store of conversations. Subclass it and set `target`."""


class GraphStoreContract(StoreContract):
    """The laws of a store of triples. Subclass it and set `target`."""


CONTRACTS: dict[Kind, type[StoreContract]] = {kind: globals()[f"{spec.store}Contract"] for kind, spec in SPECS.items()}

for _kind, _class in CONTRACTS.items():
    _class.kind = _kind
    for _law in laws(_kind):
        setattr(_class, _law.test_name, _TESTS[_law.id])
