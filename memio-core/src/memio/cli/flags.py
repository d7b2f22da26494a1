"""The help of flags: without the type that typer would print behind each of them."""

from __future__ import annotations

from typing import Any


def without_types(command: Any) -> Any:
    """Make the help of a command, and of those below it, leave out what adds nothing, and return the command.

    A flag takes no value, and the help of an argument describes its value; typer 0.29 prints `<bool>` and `<str>`.
    """
    listed = command.get_params

    def get_params(context: Any) -> list[Any]:
        parameters: list[Any] = listed(context)
        for parameter in parameters:
            if getattr(parameter, "is_flag", False) or parameter.param_type_name == "argument":
                parameter.display_type_rich = _nothing
        return parameters

    command.get_params = get_params
    for below in getattr(command, "commands", {}).values():
        without_types(below)
    return command


def _nothing(ctx: Any) -> None:
    """Print no type."""
