"""The entries with which known MCP clients start or call the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from memio import InvalidInputError

NAME = "memory"
"""What the server is called in a client."""


class Known(NamedTuple):
    """A client.

    Attributes:
        file: The file that the entry belongs into.
        key: Under which key of it.
        typed: Whether an entry names its type.
        variable: How the file refers to an environment variable; `None` where the client has no entry for HTTP.
    """

    file: str
    key: str = "mcpServers"
    typed: bool = False
    variable: str | None = None


CLIENTS = {
    "claude-desktop": Known("claude_desktop_config.json (Settings, Developer, Edit Config)"),
    "claude-code": Known(".mcp.json in the project", typed=True, variable="${%s}"),
    "cursor": Known(".cursor/mcp.json in the project, or ~/.cursor/mcp.json", variable="${env:%s}"),
    "vscode": Known(".vscode/mcp.json in the project", "servers", typed=True, variable="${env:%s}"),
    "windsurf": Known("~/.codeium/windsurf/mcp_config.json"),
    "gemini-cli": Known(".gemini/settings.json in the project, or ~/.gemini/settings.json"),
    "lm-studio": Known("mcp.json (Program, Install, Edit mcp.json)"),
    "zed": Known("settings.json", "context_servers"),
}


def entry(client: str, command: Sequence[str], variables: Mapping[str, str]) -> dict[str, Any]:
    """Return what a client starts the server with.

    Args:
        client: The name of the client.
        command: The program and its arguments.
        variables: Environment variables that it needs.
    """
    known = _known(client)
    kind = {"type": "stdio"} if known.typed else {}
    env = {"env": dict(variables)} if variables else {}
    return {known.key: {NAME: {**kind, "command": command[0], "args": list(command[1:]), **env}}}


def http_entry(client: str, url: str, variable: str | None) -> dict[str, Any] | None:
    """Return what a client calls a running server with; `None` where the client has no such entry.

    Args:
        client: The name of the client.
        url: The address.
        variable: The environment variable that has the token; `None` for a server without one.
    """
    known = _known(client)
    if known.variable is None:
        return None
    kind = {"type": "http"} if known.typed else {}
    token = {"headers": {"Authorization": f"Bearer {known.variable % variable}"}} if variable else {}
    return {known.key: {NAME: {**kind, "url": url, **token}}}


def _known(client: str) -> Known:
    if client not in CLIENTS:
        raise InvalidInputError(f"no such client: {client!r}; known are: {', '.join(CLIENTS)}", argument="client")
    return CLIENTS[client]
