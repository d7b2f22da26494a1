"""What a server is configured with: options, the environment, and the table `[commands.mcp]` of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from memio import ConfigError, Owner
from memio.errors import Fault

TABLE = "commands.mcp"


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """What a server is configured with.

    Attributes:
        user_id: The user whose records the tools see; `None` for those of no user.
        agent_id: The agent, likewise.
        namespace: The namespace, exactly; `()` is the root.
        read_only: Whether the tools that change something are left out.
        no_delete: Whether the tools that delete are left out.
    """

    user_id: str | None = None
    agent_id: str | None = None
    namespace: tuple[str, ...] = ()
    read_only: bool = False
    no_delete: bool = False

    @property
    def owner(self) -> Owner:
        """The one owner whose records the tools see."""
        return Owner(self.user_id, self.agent_id, self.namespace)


def merged(given: Mapping[str, Any], table: Mapping[str, Any], source: str | None) -> ServerSettings:
    """Return the settings; an option or variable that was given precedes the table.

    What the table forbids, an option cannot allow.

    Args:
        given: The options and variables, without those that were left out.
        table: The table of the configuration.
        source: The file that it is from.

    Raises:
        ConfigError: The table has an unknown key, or a value of the wrong type; every fault is listed.
    """
    kinds: dict[str, Any] = {"namespace": list, "read_only": bool, "no_delete": bool}
    known = [field.name for field in fields(ServerSettings)]
    faults: list[Fault] = []
    for name, value in table.items():
        kind = kinds.get(name, str)
        if name not in known:
            faults.append(Fault(f"{TABLE}.{name}", f"unknown key; known are: {', '.join(known)}"))
        elif not isinstance(value, kind) and not (kind is list and isinstance(value, tuple)):
            wanted = "a list of texts" if kind is list else "true or false" if kind is bool else "text"
            faults.append(Fault(f"{TABLE}.{name}", f"must be {wanted}, got {value!r}"))
    if faults:
        raise ConfigError(faults, source)
    held = dict(table)
    if "namespace" in held:
        held["namespace"] = tuple(held["namespace"])
    held.update(given)
    for lock in ("read_only", "no_delete"):
        held[lock] = bool(given.get(lock)) or bool(table.get(lock))
    return ServerSettings(**held)
