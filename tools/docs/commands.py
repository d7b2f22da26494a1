"""The reference of the command line, from the commands themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import typer
from cells import cell

from memio.cli.app import app
from memio.cli.io.exit import MEANINGS
from memio.providers.postgres.commands import app as postgres

# The commands are typer's or click's, whichever its version uses; both have these attributes.
Command = Any


def command_reference() -> Iterator[str]:
    """Yield a section per command, in the order of the help."""
    root: Command = typer.main.get_command(app)
    yield "## Exit codes"
    yield ""
    yield "| code | |"
    yield "|---|---|"
    for code, meaning in MEANINGS.items():
        yield f"| {code.value} | {cell(meaning)} |"
    for name, command in root.commands.items():
        if hasattr(command, "commands"):
            yield from _group(name, command)
        else:
            yield from _section(f"memio {name}", command, level=2)
    yield from _group("postgres", typer.main.get_command(postgres))
    yield ""
    yield "## memio"
    yield ""
    yield "| option | |"
    yield "|---|---|"
    for parameter in root.params:
        yield _row(parameter)


def _group(name: str, group: Command) -> Iterator[str]:
    yield ""
    yield f"## memio {name}"
    yield ""
    yield _text(group)
    for child, command in group.commands.items():
        yield from _section(f"memio {name} {child}", command, level=3)


def _section(path: str, command: Command, *, level: int) -> Iterator[str]:
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    shown = [_metavar(argument) if argument.required else f"[{_metavar(argument)}]" for argument in arguments]
    yield ""
    yield f"{'#' * level} {path}"
    yield ""
    yield _text(command)
    yield ""
    yield "```text"
    yield " ".join([path, *shown, "[OPTIONS]"])
    yield "```"
    yield ""
    yield "| argument or option | |" if arguments else "| option | |"
    yield "|---|---|"
    for parameter in [*arguments, *options]:
        yield _row(parameter)


def _text(command: Command) -> str:
    return inspect.cleandoc(command.help or "")


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = f"`{_metavar(parameter)}`"
    else:
        value = "" if parameter.is_flag else f" {_metavar(parameter)}"
        names = [*sorted(parameter.opts, key=len, reverse=True), *parameter.secondary_opts]
        name = ", ".join(f"`{option}{value}`" for option in names)
    sentences = [parameter.help or ""]
    if parameter.param_type_name == "option":
        if parameter.envvar:
            sentences.append(f"Environment: `{parameter.envvar}`.")
        # Where the default is not a plain value, the text names it itself.
        sentences[0] = re.sub(r" *\[default: (.*?)\]", r" Default: `\1`.", sentences[0])
        if parameter.default not in (None, False) and "Default:" not in sentences[0]:
            sentences.append(f"Default: `{parameter.default}`.")
    return f"| {name} | {cell(' '.join(sentences))} |"


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())
