"""What the constructors of the three adapters share."""

from __future__ import annotations

from typing import cast

from memio.errors import ConfigError
from memio.providers.letta._agent import Agent
from memio.providers.letta.settings import LettaOptions, LettaSettings
from memio.settings import forget_locals


def agent_for(adapter: object, agent: object, settings: LettaOptions) -> Agent:
    """Return the agent of an adapter.

    Args:
        adapter: The adapter that is being made.
        agent: What was passed by position.
        settings: What was passed by name. On failure it is emptied: a traceback that shows local variables would
            show the key.

    Raises:
        TypeError: Something else than an agent was passed by position, such as its id.
        ConfigError: With everything that is wrong with the settings.
    """
    if isinstance(agent, Agent):
        return agent
    name = type(adapter).__name__
    if agent is not None:
        # The value is not shown: it may be a key.
        raise TypeError(
            f"{name} takes its settings by name, not a {type(agent).__name__} by position: {name}(agent_id=…)"
        )
    try:
        return Agent(LettaSettings.resolve(**settings))
    except ConfigError as error:
        cast("dict[str, object]", settings).clear()
        forget_locals(error)
        raise


def described(adapter: object) -> str:
    """Return the repr of an adapter, also of one that is not made completely, as in the traceback of its failure."""
    name, agent = type(adapter).__name__, getattr(adapter, "_agent", None)
    if not isinstance(agent, Agent):
        return f"<{name}, incomplete>"
    return f"{name}(agent_id={agent.id!r}, base_url={agent.settings.base_url!r})"
