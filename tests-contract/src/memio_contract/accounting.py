"""Keeps account of every law in a run of pytest: which were collected, and how each ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from memio_contract import once
from memio_contract.contracts import StoreContract, changed_laws, loaded
from memio_contract.discovery import distribution_of
from memio_contract.outcome import PROPERTY, Outcome, SetUpFailed
from memio_contract.result import Checked, Result
from memio_contract.runner import declared, unknown_expectations
from memio_contract.scorecard import write_scorecard
from memio_contract.table import by_title, lines
from memio_contract.written import write


class Accounting:
    """The account of one run; in a run with pytest-xdist, each worker's and the controller's."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.classes: dict[str, type[StoreContract]] = {}
        self.checked: dict[str, Checked] = {}

    @property
    def result(self) -> Result:
        """The result so far."""
        option = self.config.option
        return Result(checked=list(self.checked.values()), profile=option.memio_profile, seed=option.memio_seed)

    def expect(self, items: list[pytest.Item]) -> None:
        """Note every contract class of the collected tests: all of its laws must end somehow."""
        for item in items:
            cls = getattr(item, "cls", None)
            if not isinstance(cls, type) or not issubclass(cls, StoreContract):
                continue
            key = item.nodeid.rpartition("::")[0]
            if key in self.checked:
                continue
            self._check(cls)
            self.classes[key] = cls
            self.checked[key] = Checked(label=cls.label, name=cls.__name__, kind=cls.kind)

    def _check(self, cls: type[StoreContract]) -> None:
        if getattr(cls, "target", None) is None:
            raise pytest.UsageError(f"{cls.__name__} has no target: set target = ContractTarget(fresh=…)")
        if changed := changed_laws(cls):
            raise pytest.UsageError(f"{cls.__name__} overrides or deletes {', '.join(changed)}: laws cannot be changed")
        if unknown := unknown_expectations(cls.target.expected_failures):
            raise pytest.UsageError(
                f"expected_failures of {cls.__name__} names ids that no law has: {', '.join(unknown)}; "
                "memio_contract.laws() lists them"
            )

    def take_over(self, collected: str) -> None:
        """Add what a worker collected."""
        for key, data in json.loads(collected).items():
            self.checked.setdefault(key, Checked(**data)).describe(data)

    def note(self, report: pytest.TestReport) -> None:
        """Note how a law ended."""
        key = report.nodeid.rpartition("::")[0]
        for name, value in report.user_properties:
            if name == PROPERTY:
                outcome: Outcome = loaded(str(value))
                self.checked.setdefault(key, Checked(kind=outcome.law.partition(".")[0])).outcomes[outcome.law] = (
                    outcome
                )

    def pytest_report_header(self) -> str:
        """Return the line of the header: what the run depends on."""
        option = self.config.getoption
        return f"memio contract: profile {option('memio_profile')}, seed {option('memio_seed')}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that is incomplete, and write the report."""
        self._describe()
        once.leave()
        output: dict[str, Any] | None = getattr(self.config, "workeroutput", None)
        if output is not None:
            known = {
                key: {
                    "label": checked.label,
                    "name": checked.name,
                    "kind": checked.kind,
                    "provider": checked.provider,
                    "features": checked.features,
                    "guarantees": checked.guarantees,
                    "limits": checked.limits,
                }
                for key, checked in self.checked.items()
            }
            output["memio_contract"] = json.dumps(known)
            return
        if self.config.option.collectonly:
            return
        if self.checked and self.result.verdict != "passed" and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        report = self.config.getoption("memio_report")
        if report:
            write(self.result, Path(str(report)))
        scorecard = self.config.getoption("memio_scorecard")
        if scorecard and self.checked:
            provider = self.config.getoption("memio_provider")
            title = str(provider) if provider else ", ".join(by_title(self.result))
            distribution = distribution_of(str(provider)) if provider else ""
            write_scorecard(self.result, Path(str(scorecard)), title=title, provider=distribution)

    def _describe(self) -> None:
        for key, cls in self.classes.items():
            if not self.checked[key].outcomes:
                continue
            try:
                store = declared(cls.target, cls.kind)
            except SetUpFailed:
                continue  # the outcomes of its laws have the reason
            self.checked[key].declare(store)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table."""
        if not self.checked or self.config.option.collectonly:
            return
        terminalreporter.section("memio contract")
        for line in lines(self.result):
            terminalreporter.write_line(line)
        if target := self.config.getoption("memio_report"):
            terminalreporter.write_line(f"The report is in {target}, as JSON, with Markdown in the same folder.")
        if target := self.config.getoption("memio_scorecard"):
            terminalreporter.write_line(f"The scorecard is in {target}, with its badge as SVG in the same folder.")
