"""`memio doctor`: open every configured store and list one record of each; check installed commands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from memio.capabilities import KINDS
from memio.cli import options
from memio.cli.io.exit import ExitCode
from memio.cli.io.output import console, counted, visible, write_json
from memio.cli.sources import source_for
from memio.errors import MemioError, PluginError

if TYPE_CHECKING:
    from memio.cli.diagnosis import Diagnosis
    from memio.config import Config


def doctor(
    context: typer.Context,
    *,
    config: options.Config = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="The time limit of a store or a command.")
    ] = 30.0,
    as_json: options.AsJson = False,
) -> None:
    """Check every configured store: open it, list one record, and show its settings and where each comes from.

    Commands of other distributions are imported, each in a separate process, and listed with what is wrong with them;
    they do not change the exit code.
    """
    # Imported here, because the help needs neither the client nor the settings.
    from dataclasses import asdict

    from memio.cli.diagnosis import diagnose

    source = source_for(config, *KINDS)
    file = str(source) if isinstance(source, Path) else None
    configurations, broken, fault = _read(source)
    found: list[Diagnosis] = []
    for configuration in configurations:
        for store in configuration.stores:
            found.append(diagnose(configuration, store, timeout))
            if not as_json:
                _show(found[-1])
    failed = [diagnosis for diagnosis in found if diagnosis.error is not None]
    memio: Any = cast("typer.Context", context.parent).command
    commands = _commands(set(memio.commands), timeout)
    if as_json:
        write_json(
            {
                "config": file,
                "ok": not failed and fault is None,
                "stores": [asdict(diagnosis) for diagnosis in found],
                "broken": broken,
                "commands": commands,
            }
        )
    else:
        for command in commands:
            _show_command(command)
        if found:
            answering = f"{len(found) - len(failed)} of {len(found) + len(broken)} stores answer"
            origin = f"configured by {file}" if file else "without a configuration file, every kind is in sqlite"
            console().print(f"{answering}; {origin}", soft_wrap=True)
    if fault is not None:
        raise fault
    raise typer.Exit(failed[0].code if failed else ExitCode.OK)


def _read(source: Path | Mapping[str, Any]) -> tuple[list[Config], dict[str, str], MemioError | None]:
    """Return the configuration; if it has faults, one for each kind without any, the faults by kind, and the error."""
    from memio.config import load

    try:
        return [load(source)], {}, None
    except MemioError as error:
        fault = error
    sound: list[Config] = []
    broken: dict[str, str] = {}
    for kind in KINDS:
        try:
            sound.append(load(source, kinds=[kind]))
        except MemioError as error:
            broken[kind] = str(error)
    return sound, broken, fault


def _commands(built_in: set[str], timeout: float) -> list[dict[str, Any]]:
    """Return the commands of other distributions; `error` is what is wrong with one, or `None`."""
    from memio.cli.installed_commands import GROUP, refusal
    from memio.registry import installed

    errors: dict[Any, str | None] = {}
    importable: list[Any] = []
    for entry in installed(GROUP):
        if reason := refusal(entry, built_in):
            errors[entry] = str(PluginError(reason, plugin=entry.point, distribution=entry.describe()))
        else:
            importable.append(entry)
    if importable:
        from memio.cli.isolation import inspect

        findings = inspect(importable, timeout)
        errors |= {entry: None if finding.state == "ok" else finding.message for entry, finding in findings.items()}
    return [
        {"name": entry.name, "distribution": entry.distribution, "version": entry.version, "error": errors[entry]}
        for entry in installed(GROUP)
    ]


def _show_command(command: Mapping[str, Any]) -> None:
    from rich.text import Text

    state = ("ok", "green") if command["error"] is None else ("broken", "bold red")
    origin = f" · {command['distribution']} {command['version']} · "
    out = console()
    out.print(Text.assemble((f"command {visible(command['name'])}", "bold cyan"), visible(origin), state))
    if command["error"] is not None:
        out.print(Text(f"  {visible(command['error'])}", "red"), soft_wrap=True)


def _show(found: Diagnosis) -> None:
    from rich.table import Table
    from rich.text import Text

    out = console()
    state = ("ok", "green") if found.error is None else ("failed", "bold red")
    out.print(
        Text.assemble(
            (found.kind, "bold cyan"),
            f" · {found.provider} · {found.distribution} {found.version} · ",
            state,
            f" in {found.milliseconds:.0f} ms",
        ),
        soft_wrap=True,
    )
    rows: list[tuple[str, Any]] = []
    if found.error is not None:
        rows.append(("error", Text(visible(found.error), "red")))
    for setting in found.settings:
        origin = f"{setting.variable}" if setting.origin == "environment" else setting.origin
        rows.append((setting.name, Text.assemble(visible(setting.value), (f"  ({origin})", "dim"))))
    if (embedder := found.embedder) is not None:
        where = "on this machine" if embedder.destination is None else f"texts are sent to {embedder.destination}"
        progress = f"{embedder.model}, {where}; {counted(embedder.pending, 'text')} pending, {embedder.failed} failed"
        rows.append(("embedder", Text(visible(progress))))
        if embedder.other_model is not None:
            rows.append(("", Text(visible(embedder.other_model), style="yellow")))
    if found.features or found.guarantees:
        rows.append(("features", Text(visible(", ".join(found.features)) or "none")))
        rows.append(("guarantees", Text(visible(", ".join(found.guarantees)) or "none")))
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(style="dim", width=max(len(name) for name, _ in rows) + 2, overflow="fold")
    table.add_column(overflow="fold", ratio=1)
    for name, value in rows:
        table.add_row(f"  {name}", value)
    out.print(table)
    out.print()
