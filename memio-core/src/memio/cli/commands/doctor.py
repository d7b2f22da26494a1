"""`memio doctor`: open every configured store, and read something harmless from each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memio.capabilities import KINDS
from memio.cli import options
from memio.cli.client import source_for
from memio.cli.io.exit import ExitCode
from memio.cli.io.output import console, visible, write_json
from memio.errors import MemioError

if TYPE_CHECKING:
    from memio.cli.diagnosis import Diagnosis
    from memio.config import Config


def doctor(
    *,
    config: options.Config = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long a store may take to answer.")
    ] = 30.0,
    as_json: options.AsJson = False,
) -> None:
    """Open every configured store, list one record, and say what works and where each setting comes from."""
    # Only here: the help needs neither the client nor the settings.
    from dataclasses import asdict

    from memio.cli.diagnosis import diagnose

    configurations, broken, fault = _read(source_for(config, *KINDS))
    found: list[Diagnosis] = []
    for configuration in configurations:
        for store in configuration.stores:
            found.append(diagnose(configuration, store, timeout))
            if not as_json:
                _show(found[-1])
    failed = [diagnosis for diagnosis in found if diagnosis.error is not None]
    if as_json:
        write_json(
            {
                "config": None if config is None else str(config),
                "ok": not failed and fault is None,
                "stores": [asdict(diagnosis) for diagnosis in found],
                "broken": broken,
            }
        )
    elif found:
        answering = f"{len(found) - len(failed)} of {len(found) + len(broken)} stores answer"
        console().print(f"{answering}; configured by {config or 'the embedded default'}", soft_wrap=True)
    if fault is not None:
        raise fault
    raise typer.Exit(failed[0].code if failed else ExitCode.OK)


def _read(source: Path | Mapping[str, Any]) -> tuple[list[Config], dict[str, str], MemioError | None]:
    """Read a configuration; of one with faults, the kinds that have none, and what is wrong with each of the others."""
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
