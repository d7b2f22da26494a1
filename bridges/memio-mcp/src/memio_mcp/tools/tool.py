"""How a tool is made: it refuses what is not in its schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver.tools import Tool
from mcp_types import ToolAnnotations

from memio_mcp.failures import reporting


def tool(
    function: Callable[..., Any],
    title: str,
    find: str,
    *,
    writes: bool = False,
    destroys: bool = False,
    repeatable: bool = True,
) -> Tool:
    """Return a tool.

    Args:
        function: What it does; its docstring is the description for the model.
        title: What people see.
        find: The tools that show which ids there are, as a sentence for errors.
        writes: Whether it changes anything.
        destroys: Whether it removes or replaces what is stored.
        repeatable: Whether calling it again with the same arguments changes nothing more.
    """
    made = Tool.from_function(
        reporting(find)(function),
        title=title,
        description=" ".join((function.__doc__ or "").split()),
        annotations=ToolAnnotations(
            title=title,
            read_only_hint=not writes,
            destructive_hint=destroys,
            idempotent_hint=repeatable,
            open_world_hint=False,
        ),
        structured_output=True,
    )
    # The SDK ignores arguments that a tool does not have: a model that passes a user would believe that it counts.
    arguments = made.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    made.parameters = arguments.model_json_schema(by_alias=True)
    return made
