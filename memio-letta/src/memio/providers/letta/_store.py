"""What the three adapters have in common: their settings, their agent, and what they guarantee."""

from __future__ import annotations

from typing import Never, Self, Unpack, cast

from memio.capabilities import Guarantee
from memio.errors import ConfigError
from memio.plugins import Resources
from memio.providers.letta._api.agent import Agent
from memio.providers.letta._api.connection import Connection
from memio.providers.letta.settings import LettaOptions, LettaSettings
from memio.settings import forget_locals


class LettaStore:
    """A store in a Letta agent. Nothing is opened before the first call.

    Args:
        misplaced: Refused: settings are passed by name.
        settings: The keys of `LettaSettings`.

    Raises:
        ConfigError: With everything that is wrong with the settings.
        TypeError: A setting was passed by position.
    """

    provider = "letta"

    def __init__(self, *misplaced: Never, **settings: Unpack[LettaOptions]) -> None:
        name = type(self).__name__
        if misplaced:
            kind = type(cast("object", misplaced[0])).__name__
            # The value is not shown: it may be a key.
            raise TypeError(f"{name} takes its settings by name, not a {kind} by position: {name}(agent_id=…)")
        try:
            agent = Agent(LettaSettings.resolve(**settings))
        except ConfigError as error:
            # A traceback with local variables would show the key.
            cast("dict[str, object]", settings).clear()
            forget_locals(error)
            raise
        self._use(agent)

    @classmethod
    def sharing(cls, settings: LettaSettings, resources: Resources) -> Self:
        """Return a store that shares the connection of its client, which closes it."""
        connection = resources.obtain(Connection.key(settings), lambda: Connection(settings))
        store = cls.__new__(cls)
        store._use(Agent(settings, connection))  # noqa: SLF001  # an instance of this class
        return store

    def __repr__(self) -> str:
        agent = getattr(self, "_agent", None)
        if agent is None:  # in the traceback of a constructor that failed
            return f"<{type(self).__name__}, incomplete>"
        return f"{type(self).__name__}(agent_id={agent.id!r}, base_url={agent.settings.base_url!r})"

    async def aclose(self) -> None:
        """Give the connection back. Closing again does nothing."""
        await self._agent.aclose()

    def _use(self, agent: Agent) -> None:
        """Set the attributes that follow from the agent and its settings."""
        self._agent = agent
        # Sessions and passages are separate in any case; facts and documents are with a collection only.
        separate = [Guarantee.SEPARATE_KINDS] if agent.settings.collection else []
        self.guarantees = frozenset[str]({Guarantee.VERBATIM, Guarantee.READ_YOUR_WRITES, Guarantee.DURABLE, *separate})
