"""A real Letta server, where `MEMIO_LETTA_URL` names one, and a real proxy in front of it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for letta_proxy: with importlib mode, tests do not see each other

MODEL = "openai-proxy/gpt-4o-mini"
EMBEDDING = "openai/text-embedding-3-small"


class Server:
    """The server as seen without memio and letta-client: what it has stored."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=120)
        self.agents: list[str] = []

    def ask(self, method: str, path: str, **more: Any) -> Any:
        answer = self.http.request(method, path, **more)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def new_agent(self) -> str:
        body = {"name": f"memio-{uuid4().hex[:12]}", "model": MODEL, "embedding": EMBEDDING}
        agent = self.ask("POST", "/v1/agents/", json={**body, "memory_blocks": [], "include_base_tools": False})
        self.agents.append(agent["id"])
        return str(agent["id"])

    def archive(self, agent: str) -> str:
        return str(self.ask("GET", "/v1/archives/", params={"agent_id": agent})[0]["id"])

    def passages(self, agent: str) -> list[Any]:
        return list(self.ask("GET", f"/v1/agents/{agent}/archival-memory", params={"limit": 10_000}))

    def texts(self, agent: str) -> list[str]:
        return [passage["text"] for passage in self.passages(agent)]

    def add_passage(self, agent: str, text: str, **more: Any) -> Any:
        return self.ask("POST", f"/v1/agents/{agent}/archival-memory", json={"text": text, **more})[0]

    def add_many(self, agent: str, texts: list[str], **more: Any) -> None:
        """Add passages that all have the same time."""
        body = {"passages": [{"text": text, **more} for text in texts]}
        self.ask("POST", f"/v1/archives/{self.archive(agent)}/passages/batch", json=body)

    def delete_passage(self, agent: str, passage: str) -> None:
        self.ask("DELETE", f"/v1/archives/{self.archive(agent)}/passages/{passage}")

    def conversations(self, agent: str) -> list[Any]:
        return list(self.ask("GET", "/v1/conversations/", params={"agent_id": agent, "limit": 10_000, "order": "asc"}))

    def messages(self, conversation: str) -> list[Any]:
        return list(
            self.ask("GET", f"/v1/conversations/{conversation}/messages", params={"order": "asc", "limit": 10_000})
        )

    def visible(self, conversation: str) -> list[str]:
        shown = ("user_message", "assistant_message")
        return [item["content"] for item in self.messages(conversation) if item["message_type"] in shown]

    def clean(self) -> None:
        for agent in self.agents:
            with suppress(httpx.HTTPStatusError):
                archives = self.ask("GET", "/v1/archives/", params={"agent_id": agent})
                self.ask("DELETE", f"/v1/agents/{agent}")
                for archive in archives:
                    self.ask("DELETE", f"/v1/archives/{archive['id']}")
        self.http.close()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LETTA_AGENT_ID", "LETTA_BASE_URL", "LETTA_API_KEY", "LETTA_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    url = os.environ.get("MEMIO_LETTA_URL")
    if not url:
        pytest.skip("needs a Letta server: start one with tools/letta/start_letta.sh, and name it in MEMIO_LETTA_URL")
    server = Server(url)
    yield server
    server.clean()


@pytest.fixture
def agent(server: Server) -> str:
    """A fresh agent, which is deleted with its archive after the test."""
    return server.new_agent()


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine to its end, in a new event loop, within ten minutes."""

    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(asyncio.wait_for(coroutine, 600))

    return run
