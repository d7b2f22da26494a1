"""The chat remembers across restarts, per user, with a model and without."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from memio.blocking import Memio

STUB = Path(__file__).parents[2] / "tools" / "letta" / "start_stub.py"


@pytest.fixture
def endpoint():
    """An OpenAI-compatible endpoint in a separate process."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(STUB), str(port)])
    try:
        for _ in range(3000):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None
                process_waits(process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def process_waits(process):
    """Give the process a moment, unless it ends meanwhile."""
    try:
        process.wait(0.01)
    except subprocess.TimeoutExpired:
        return


def test_it_remembers_after_a_restart(run):
    first = run("chat.py", "alice", typed="remember I like coffee\nDo you know what I like? coffee?\n")
    assert "I know 0 facts about you." in first
    assert "You know of the user: I like coffee. And 0 earlier messages" in first
    again = run("chat.py", "alice", typed="coffee again\n")
    assert "I know 1 facts about you." in again
    assert "You know of the user: I like coffee. And 2 earlier messages" in again


def test_it_keeps_users_apart_and_forgets(example, tmp_path):
    chat = example("chat")
    config = {"facts": "sqlite", "history": "sqlite", "providers": {"sqlite": {"path": str(tmp_path / "chat.db")}}}
    with Memio.from_config(config) as memio:
        alice, bob = memio.scoped(user_id="alice"), memio.scoped(user_id="bob")
        chat.reply(alice, "remember I like coffee", chat.show_context)
        chat.reply(alice, "hello", chat.show_context)
        assert "nothing that fits. And 0 earlier" in chat.reply(bob, "coffee", chat.show_context)
        assert "I like coffee. And 2 earlier" in chat.reply(alice, "coffee", chat.show_context)
        assert chat.reply(alice, "forget me", chat.show_context) == "Everything is forgotten."
        assert "nothing that fits. And 0 earlier" in chat.reply(alice, "coffee", chat.show_context)
        assert "And 2 earlier" in chat.reply(bob, "coffee", chat.show_context)


def test_a_model_answers_and_one_that_fails_is_reported(run, endpoint):
    settings = {"OPENAI_BASE_URL": endpoint, "OPENAI_API_KEY": "sk-secret"}
    out = run("chat.py", "alice", typed="[[stub:status=500]]\n[[stub:reply=Hello, Alice.]] hi\n", **settings)
    assert re.search(r"(?s)> No answer, and nothing was remembered: .*500.*\n> Hello, Alice\.\n", out)
    assert "sk-secret" not in out
    assert "And 2 earlier messages" in run("chat.py", "alice", "--offline", typed="hi\n", **settings)
