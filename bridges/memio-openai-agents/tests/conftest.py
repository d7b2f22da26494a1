"""Sessions on sqlite, and the ways to run an agent."""

from __future__ import annotations

import asyncio

import pytest
from agents import Agent, Runner, set_tracing_disabled
from agents.testing import ScriptedModel

from memio_openai_agents import MemioSession

set_tracing_disabled(disabled=True)  # nothing is sent anywhere


@pytest.fixture
def config(tmp_path):
    return {"history": {"provider": "sqlite", "path": str(tmp_path / "memio.db")}}


@pytest.fixture
def open_session(config):
    """Open sessions, and close them at the end."""
    opened = []

    def make(session_id="session", source=None, **more):
        opened.append(MemioSession(session_id, source or config, **more))
        return opened[-1]

    yield make
    for session in opened:
        session.close()


@pytest.fixture
def session(open_session):
    return open_session()


class Chat:
    """An agent with a scripted model, run by one of the three methods of the runner."""

    def __init__(self, method):
        self.method = method
        self.model = ScriptedModel()
        self.agent = Agent(name="test", model=self.model)

    def turn(self, reply, given, **more):
        """Run one turn, and return its result."""
        self.model.enqueue(reply)
        if self.method == "run_sync":
            # It runs in the event loop of the thread, and makes one that it never closes where there is none.
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
            try:
                return Runner.run_sync(self.agent, given, **more)
            finally:
                asyncio.set_event_loop(None)
                loop.close()
        if self.method == "run":
            return asyncio.run(Runner.run(self.agent, given, **more))

        async def stream():
            result = Runner.run_streamed(self.agent, given, **more)
            async for _ in result.stream_events():
                pass
            return result

        return asyncio.run(stream())

    @property
    def last_input(self):
        """What the model got in its last call."""
        return self.model.calls[-1].input


@pytest.fixture(params=["run", "run_sync", "run_streamed"])
def chat(request):
    return Chat(request.param)
