"""The targets of the contract suite for `letta`: a fresh agent per example, on the configured server.

The configured agent (`LETTA_AGENT_ID`) is only read: the fresh ones have its model and embedding. They
and their archives are removed afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from memio.providers.letta._api.client import make_client
from memio.providers.letta.settings import LettaSettings

if TYPE_CHECKING:
    from letta_client import AsyncLetta

    from memio_contract import ContractTarget

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds between two attempts to delete an agent that is still busy."""

Fresh = Callable[[], AbstractAsyncContextManager[Mapping[str, Any]]]


def targets(config: str | None) -> list[ContractTarget]:
    """Return a target with the default settings, and one with every setting that adds something."""
    from memio_contract import ContractTarget

    settings = _settings(config)
    every = {"user_scope": True, "agent_scope": True, "namespaces": True, "collection": "contract"}
    return [
        ContractTarget(fresh=_fresh(settings, {}), provider="letta", kinds=("facts", "history", "documents")),
        ContractTarget(fresh=_fresh(settings, every), provider="letta scoped", kinds=("facts", "documents")),
    ]


def _settings(config: str | None) -> LettaSettings:
    if config is None:
        return LettaSettings.resolve()
    from memio.config import load

    for store in load(config).stores:
        if isinstance(store.settings, LettaSettings):
            return store.settings
    return LettaSettings.resolve()


def _fresh(settings: LettaSettings, more: Mapping[str, Any]) -> Fresh:
    given: dict[str, Any] = {
        name: value for name, value in settings.model_dump().items() if settings.origin_of(name) == "given"
    }
    if settings.api_key is not None and "api_key" in given:
        given["api_key"] = settings.api_key.get_secret_value()

    @asynccontextmanager
    async def fresh() -> AsyncGenerator[Mapping[str, Any]]:
        async with make_client(settings) as letta:
            agent_id = await _new_agent(letta, settings.agent_id)
            try:
                chosen = {**given, **more, "agent_id": agent_id}
                kinds = dict.fromkeys(("facts", "history", "documents"), "letta")
                yield {**kinds, "providers": {"letta": chosen}}
            finally:
                await _remove(letta, agent_id)

    return fresh


async def _new_agent(letta: AsyncLetta, like: str) -> str:
    template = await letta.agents.retrieve(like)
    agent = await letta.agents.create(
        name="memio-contract",
        model=template.model or "",
        embedding=template.embedding or "",
        memory_blocks=[],
        include_base_tools=False,
    )
    return agent.id


async def _remove(letta: AsyncLetta, agent_id: str) -> None:
    """Delete an agent and its archives: the server does not delete these with it."""
    archives = await letta.archives.list(agent_id=agent_id)
    await _delete_agent(letta, agent_id)
    for archive in archives.items:
        await letta.archives.delete(archive.id)


async def _delete_agent(letta: AsyncLetta, agent_id: str) -> None:
    """Delete an agent, also one whose turn was cancelled: the server still stores the turn, and refuses meanwhile."""
    from letta_client import ConflictError, InternalServerError

    for pause in PAUSES:
        try:
            await letta.agents.delete(agent_id)
        except (ConflictError, InternalServerError):
            await asyncio.sleep(pause)
        else:
            return
    await letta.agents.delete(agent_id)
