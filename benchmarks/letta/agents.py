"""Agents to measure with: `python -m benchmarks.letta.agents make URL PASSAGES`, or `… remove URL AGENT`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from benchmarks.texts import texts

PORTION = 500
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = 120.0
"""For one request; five hundred passages take a few seconds on an idle machine."""


def make(server: httpx.Client, passages: int) -> str:
    """Make an agent with so many passages, and return its id."""
    body = {"model": "openai-proxy/gpt-4o-mini", "embedding": "openai/text-embedding-3-small"}
    plain: dict[str, Any] = {"memory_blocks": [], "include_base_tools": False}
    agent = _ask(server, "POST", "/v1/agents/", {"name": f"memio-bench-{uuid4().hex[:12]}", **body, **plain})["id"]
    contents = list(texts(passages))
    _ask(
        server,
        "POST",
        f"/v1/agents/{agent}/archival-memory",
        {"text": contents[0], "created_at": BEGINNING.isoformat()},
    )
    (archive,) = server.get("/v1/archives/", params={"agent_id": agent}).json()
    for first in range(1, passages, PORTION):
        # As if they had been added one by one. Without a time, each has that of the request.
        portion = [
            {"text": text, "created_at": (BEGINNING + timedelta(seconds=number)).isoformat()}
            for number, text in enumerate(contents[first : first + PORTION], first)
        ]
        _ask(server, "POST", f"/v1/archives/{archive['id']}/passages/batch", {"passages": portion})
    return str(agent)


def remove(server: httpx.Client, agent: str) -> None:
    """Remove an agent and its archive."""
    archives = server.get("/v1/archives/", params={"agent_id": agent}).json()
    server.delete(f"/v1/agents/{agent}").raise_for_status()
    for archive in archives:
        server.delete(f"/v1/archives/{archive['id']}").raise_for_status()


def _ask(server: httpx.Client, method: str, path: str, body: dict[str, Any]) -> Any:
    answer = server.request(method, path, json=body)
    answer.raise_for_status()
    return answer.json()


if __name__ == "__main__":
    _, what, url, which = sys.argv
    with httpx.Client(base_url=url, timeout=SECONDS) as http:
        if what == "make":
            print(make(http, int(which)))
        else:
            remove(http, which)
