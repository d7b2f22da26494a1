"""A server that is killed under many calls: what was acknowledged is there when it comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from memio import Memio, Message
from memio.errors import ProviderError
from memio.providers.letta import LettaFactAdapter, LettaHistoryAdapter

Run = Callable[[Coroutine[Any, Any, Any]], Any]
SCRIPT = Path(__file__).parents[2] / "tools" / "letta" / "start_letta.sh"


@pytest.fixture
def kill() -> Callable[[], None]:
    """Kill the server; it is started again when the test asks for it."""
    home = os.environ.get("LETTA_HOME")
    if not home:
        pytest.skip("kills the server: name the LETTA_HOME that tools/letta/start_letta.sh started it in")
    process = int((Path(home) / "letta.pid").read_text())
    return lambda: os.kill(process, signal.SIGKILL)


@pytest.mark.slow
def test_a_killed_server_loses_nothing_that_was_acknowledged(
    run: Run, server: Any, agent: str, kill: Callable[[], None]
) -> None:
    acknowledged: list[str] = []
    unknown: list[str] = []

    async def main() -> None:
        enough = asyncio.Event()
        kwargs: Any = {"base_url": server.url, "agent_id": agent, "max_retries": 0}
        async with Memio(facts=LettaFactAdapter(**kwargs), history=LettaHistoryAdapter(**kwargs)) as memio:

            async def attempt(text: str, call: Coroutine[Any, Any, Any]) -> None:
                try:
                    await call
                except ProviderError as error:
                    if error.outcome == "unknown":
                        unknown.append(text)
                else:
                    acknowledged.append(text)
                if len(acknowledged) > 12:
                    enough.set()

            async def write(name: str) -> None:
                for number in range(30):
                    text = f"{name} {number}"
                    await attempt(text, memio.facts.add(content=text))
                    messages = [Message(role="user", content=text)]
                    await attempt(f"message {text}", memio.history.add(session_id=name, messages=messages))

            writers = [asyncio.create_task(write(name)) for name in "abc"]
            await enough.wait()
            kill()
            await asyncio.gather(*writers)

    run(main())
    subprocess.run([SCRIPT, "start"], check=True, stdout=subprocess.DEVNULL)
    stored = server.texts(agent)
    for conversation in server.conversations(agent):
        stored += [f"message {text}" for text in server.visible(conversation["id"]) if text != "ok from stub"]
    assert acknowledged
    assert set(acknowledged) <= set(stored)
    assert set(stored) <= {*acknowledged, *unknown}
    assert len(stored) == len(set(stored))
