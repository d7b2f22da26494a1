"""Commands of other distributions: entry points in the group `memio.commands`.

The help lists them from their entry points. A module is imported only when its command is called, so a broken one
affects no other command.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from memio.cli.flags import without_types
from memio.errors import PluginError
from memio.registry import Entry, installed, load_module

GROUP = "commands"
"""The group of entry points, without the prefix `memio.`."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_COMPLETION = ("install_completion", "show_completion")
"""The options that typer adds to a program; a command of `memio` does not have them."""


def refusal(entry: Entry, built_in: Collection[str]) -> str | None:
    """Return why an entry point cannot be a command, or `None` if it can. Nothing is imported.

    Args:
        entry: The entry point.
        built_in: The names of memio's own commands.
    """
    if entry.name in built_in:
        return f"memio has a command {entry.name!r}: {entry.distribution} must choose another name"
    if not _NAME.fullmatch(entry.name):
        return f"{entry.name!r} cannot name a command: use small letters a to z, digits and single hyphens"
    others = [other for other in installed(GROUP) if other.name == entry.name and other != entry]
    if others:
        offers = ", ".join(sorted(other.describe() for other in (entry, *others)))
        return f"{offers} offer the command {entry.name!r}: uninstall all but one"
    return None


def load_command(entry: Entry) -> Any:
    """Import the app of an entry point, and return it as a command.

    Raises:
        PluginError: It cannot be imported, or it is not a `typer.Typer` with a command.
    """
    module_name, _, attribute = entry.module.partition(":")
    if not attribute:
        raise entry.error(
            f"the entry point of a command must name an object, as in '{entry.name} = \"{module_name}:app\"'"
        )
    module = load_module(entry)
    app: object = getattr(module, attribute.strip(), None)
    if not isinstance(app, typer.Typer):
        found = "nothing" if app is None else f"a {type(app).__name__}"
        raise entry.error(f"{entry.module} must be a typer.Typer, and is {found}")
    try:
        command: Any = typer.main.get_command(app)
    except Exception as error:
        raise entry.error(f"typer cannot make a command of {entry.module}: {type(error).__name__}: {error}") from error
    command.name = entry.name
    command.params = [parameter for parameter in command.params if parameter.name not in _COMPLETION]
    return without_types(command)


class Commands(TyperGroup):
    """The commands of memio, followed by those of other distributions."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, those of other distributions last, in alphabetical order."""
        return [*super().list_commands(ctx), *sorted(self._others())]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command as the help lists it: of another distribution, a description that imports nothing."""
        if cmd_name in self.commands or cmd_name not in self._others():
            return super().get_command(ctx, cmd_name)
        return TyperCommand(cmd_name, help=f"Installed by {self._others()[cmd_name].describe()}.")

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the arguments name, imported."""
        name = args[0]
        if name in self.commands:
            return super().resolve_command(ctx, args)
        entries = [entry for entry in installed(GROUP) if entry.name == name]
        if not entries:
            try:
                return super().resolve_command(ctx, args)
            except Exception as error:
                usage: Any = error  # of typer, about usage: its class is not public
                if hasattr(usage, "message") and (others := self._of_kinds(ctx, name)):
                    usage.message = f"{name!r} is a command of each kind of memory: {', '.join(others)}"
                raise
        if reason := refusal(entries[0], self.commands):
            raise PluginError(reason, plugin=entries[0].point, distribution=entries[0].describe())
        return name, load_command(entries[0]), args[1:]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help; below the exit codes, the commands that were refused."""
        refused = [
            f"Not available: {entry.point} ({reason})."
            for entry in installed(GROUP)
            if (reason := refusal(entry, self.commands))
        ]
        if refused:
            self.epilog = "\n\n".join([self.epilog or "", *refused])
        super().format_help(ctx, formatter)

    def _of_kinds(self, ctx: Any, name: str) -> list[str]:
        """Return the commands of a name below the groups, as they are called."""
        groups = {group: getattr(command, "commands", {}) for group, command in self.commands.items()}
        return [f"{ctx.command_path} {group} {name}" for group, commands in groups.items() if name in commands]

    def _others(self) -> dict[str, Entry]:
        """Return the entry points that can be commands, by name."""
        return {entry.name: entry for entry in installed(GROUP) if refusal(entry, self.commands) is None}
