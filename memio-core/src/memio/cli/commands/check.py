"""`memio check`: check an installed provider with the contract suite."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from memio.cli.io.exit import ExitCode
from memio.cli.io.failures import write_failure


def check(
    *,
    provider: Annotated[str, typer.Argument(metavar="NAME", help="The name of the provider.", show_default=False)],
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="A configuration with its settings.", show_default=False),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", "-k", metavar="KIND", help="Only this kind. May be repeated.", show_default=False),
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", "-p", metavar="PROFILE", help="How thorough.", show_default=False)
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write the result here too.", show_default=False)
    ] = None,
    scorecard: Annotated[
        Path | None,
        typer.Option(
            "--scorecard", metavar="FILE", help="Write a page for publishing here, with a badge.", show_default=False
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Repeat a run with its examples.", show_default=False)
    ] = None,
) -> None:
    """Check a provider with the contract suite. It needs memio-contract."""
    if find_spec("memio_contract") is None:
        write_failure(
            "UsageError",
            "the contract suite is not installed: pip install memio-contract",
            ExitCode.USAGE,
            as_json=False,
        )
        raise typer.Exit(ExitCode.USAGE)
    options = {
        "config": config,
        "kinds": kinds,
        "profile": profile,
        "report": report,
        "scorecard": scorecard,
        "seed": seed,
    }
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    # By name: core must not need what only the suite depends on.
    raise typer.Exit(import_module("memio_contract.cli").check(provider, **given))
