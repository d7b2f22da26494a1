"""The pytest plugin: options only, until the suite is asked for.

It is loaded in every pytest run of every project that has memio-contract installed, so it imports neither
Hypothesis nor pydantic nor memio.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from memio_contract.outcome import PROPERTY

if TYPE_CHECKING:
    from collections.abc import Generator

PROFILES = ("dev", "ci", "live")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite."""
    group = parser.getgroup("memio", "memio contract suite")
    group.addoption(
        "--memio-provider", dest="memio_provider", metavar="NAME", help="the provider that memio_contract.suite checks"
    )
    group.addoption(
        "--memio-config", dest="memio_config", metavar="FILE", help="a configuration file for that provider"
    )
    group.addoption(
        "--memio-kind",
        dest="memio_kinds",
        metavar="KIND",
        action="append",
        help="check only this kind; may be repeated: facts, history, documents, graph",
    )
    group.addoption(
        "--memio-profile",
        dest="memio_profile",
        choices=PROFILES,
        default="ci",
        help="how much: dev (seconds), ci (default), live (few examples, for paid or slow servers)",
    )
    group.addoption(
        "--memio-seed",
        dest="memio_seed",
        type=int,
        default=0,
        metavar="N",
        help="where generated values start; default 0",
    )
    group.addoption(
        "--memio-report",
        dest="memio_report",
        metavar="FILE",
        help="write the result as JSON, and as Markdown to the same name in .md",
    )
    group.addoption(
        "--memio-scorecard",
        dest="memio_scorecard",
        metavar="FILE",
        help="write a page for publishing as Markdown, and its badge to the same name in .svg",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Pass the options on to the suite."""
    provider = config.getoption("memio_provider")
    if provider:
        _ask(config, str(provider))
    if provider or config.getoption("memio_report") or config.getoption("memio_scorecard"):
        _account(config)
    config.pluginmanager.register(_Reports(config), "memio_contract_reports")


class _Reports:
    """Passes reports of laws on to the account, which a run with pytest-xdist needs before anything was collected."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a law ended."""
        if report.when == "call" and any(name == PROPERTY for name, _ in report.user_properties):
            _account(self._config).note(report)


def _ask(config: pytest.Config, provider: str) -> None:
    from memio.capabilities import KINDS
    from memio.errors import MemioError
    from memio_contract.asked import ASKED
    from memio_contract.discovery import targets_of

    kinds = tuple(config.option.memio_kinds or ())
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise pytest.UsageError(f"--memio-kind {unknown[0]}: the kinds are {', '.join(KINDS)}")
    ASKED.kinds = kinds
    try:
        ASKED.targets = targets_of(provider, config.option.memio_config, ASKED.kinds)
    except MemioError as error:
        raise pytest.UsageError(f"--memio-provider {provider}: {error}") from error


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, None, None]:
    """Begin the account when contract classes were collected, before anything is deselected."""
    if "memio_contract.contracts" in sys.modules:
        _account(config).expect(items)
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker of pytest-xdist collected."""
    output = getattr(node, "workeroutput", {})
    if "memio_contract" in output:
        _account(node.config).take_over(output["memio_contract"])


def _account(config: pytest.Config) -> Accounting:
    """Return the account of this run."""
    from memio_contract.accounting import Accounting

    found = config.pluginmanager.get_plugin("memio_contract_accounting")
    if found is None:
        found = Accounting(config)
        config.pluginmanager.register(found, "memio_contract_accounting")
    assert isinstance(found, Accounting)  # noqa: S101  # only this function registers under this name
    return found


if TYPE_CHECKING:
    from memio_contract.accounting import Accounting
