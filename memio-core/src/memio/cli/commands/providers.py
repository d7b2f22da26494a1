"""`memio providers`: list what is installed, and check it on request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memio.capabilities import KINDS
from memio.cli import options
from memio.cli.io.exit import ExitCode
from memio.cli.io.output import console, visible, write_json

if TYPE_CHECKING:
    from memio.cli.isolation import Finding
    from memio.registry import Entry


def providers(
    *,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Import each plugin in a separate process, and show its features or what is wrong."
        ),
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="With --check: the time limit of a plugin.")
    ] = 30.0,
    as_json: options.AsJson = False,
) -> None:
    """List the installed providers, embedders and middleware, without importing them."""
    # Imported here, because the help does not list what is installed.
    from memio.registry import EMBEDDERS, MIDDLEWARE, installed

    entries = [entry for group in (*KINDS, EMBEDDERS, MIDDLEWARE) for entry in installed(group)]
    findings: dict[Entry, Finding] = {}
    if check:
        from memio.cli.isolation import inspect

        findings = inspect(entries, timeout)
    if as_json:
        conflicts = _conflicts(entries)
        write_json({"providers": [_as_json(entry, conflicts, findings.get(entry)) for entry in entries]})
    else:
        _show(entries, findings)
    if any(finding.state == "broken" for finding in findings.values()):
        raise typer.Exit(ExitCode.PLUGIN)


def _conflicts(entries: Sequence[Entry]) -> set[tuple[str, str]]:
    """Return the names that several distributions offer for one kind."""
    counted = Counter((entry.group, entry.name) for entry in entries)
    return {place for place, count in counted.items() if count > 1}


def _as_json(entry: Entry, conflicts: set[tuple[str, str]], finding: Finding | None) -> dict[str, Any]:
    value: dict[str, Any] = {
        "kind": entry.group,
        "provider": entry.name,
        "distribution": entry.distribution,
        "version": entry.version,
        "module": entry.module,
        "conflict": (entry.group, entry.name) in conflicts,
    }
    return value if finding is None else value | finding.as_json()


def _show(entries: Sequence[Entry], findings: dict[Entry, Finding]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from memio.registry import PUBLISHED

    out = console()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), expand=bool(findings))
    for name in ("kind", "provider", "distribution"):
        table.add_column(name, overflow="fold")
    if findings:
        table.add_column("state, features and guarantees", overflow="fold", ratio=1)
    else:
        table.add_column("version", overflow="fold")
    for entry in entries:
        cells = [Text(visible(entry.group), "cyan"), Text(visible(entry.name), "bold")]
        if findings:
            cells += [Text(visible(entry.describe())), _found(findings[entry])]
        else:
            cells += [Text(visible(entry.distribution)), Text(visible(entry.version))]
        table.add_row(*cells)
    out.print(table)
    for group, name in sorted(_conflicts(entries)):
        offers = [entry for entry in entries if (entry.group, entry.name) == (group, name)]
        choices = " or ".join(f'{group} = "{entry.distribution}:{name}"' for entry in offers)
        out.print(f"conflict: {len(offers)} distributions offer {name} for {group}; choose {choices}", soft_wrap=True)
    names = {entry.name for entry in entries}
    for name, offer in PUBLISHED.items():
        if name not in names:
            out.print(f"not installed: {name} ({', '.join(offer.kinds)}); pip install {offer.distribution}")


def _found(finding: Finding) -> Any:
    from rich.text import Text

    colour = {"ok": "green", "broken": "bold red"}.get(finding.state, "yellow")
    lines = [Text.assemble((finding.state, colour), visible(f": {finding.message}" if finding.message else ""))]
    if finding.features or finding.guarantees:
        lines.append(Text(visible(", ".join(finding.features) or "no features")))
        lines.append(Text(visible(", ".join(finding.guarantees) or "no guarantees"), "dim"))
    return Text("\n").join(lines)
