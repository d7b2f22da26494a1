"""The option `--store` of pytest, only in runs of `memio_langgraph.store_suite`.

pytest loads this module in every project that has memio-langgraph installed, so it imports nothing else.
"""

from __future__ import annotations

import pytest

SUITE = "memio_langgraph.store_suite"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(parser: pytest.Parser, args: list[str]) -> None:
    """Add the option when the arguments name the suite."""
    if any(argument.startswith(SUITE) for argument in args):
        parser.getgroup("memio-langgraph", "checks of a store of LangGraph").addoption(
            "--store",
            metavar="MODULE:FACTORY",
            help="a function without arguments that returns a new, empty store, or a context manager of one",
        )
