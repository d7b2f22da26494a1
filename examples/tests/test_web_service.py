"""The web service, over HTTP and a real server: no user reaches another user's memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

EXAMPLES = Path(__file__).parents[1]
TOKENS = {"alice": "token of alice", "bob": "token of bob"}


@pytest.fixture
def service(tmp_path, environment):
    """The service on a free port, in a process that is stopped by a signal."""
    command = [sys.executable, "-W", "error", "-m", "uvicorn", "--app-dir", str(EXAMPLES), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--no-access-log", "web_service:app"],
        cwd=tmp_path,
        env={**environment, "SERVICE_TOKENS": json.dumps(TOKENS)},
        stderr=subprocess.PIPE,
        text=True,
    )
    log = []
    for line in process.stderr:
        log.append(line)
        if found := re.search(r"running on (http://\S+)", line):
            break
    else:
        pytest.fail("".join(log))
    try:
        yield found[1]
    finally:
        process.terminate()
        _, rest = process.communicate(timeout=60)
    assert "Application shutdown complete" in rest
    assert "Traceback" not in "".join(log) + rest
    assert "token of" not in "".join(log) + rest
    assert [path.name for path in tmp_path.iterdir()] == ["service.db"], "the client was closed"


def user(service, name):
    return httpx.Client(base_url=service, headers={"Authorization": f"Bearer {TOKENS[name]}"}, trust_env=False)


def test_users_are_kept_apart(service):
    with user(service, "alice") as alice, user(service, "bob") as bob:
        added = alice.post("/facts", json={"content": "the PIN is 4711", "metadata": {"n": 1}})
        assert added.status_code == 201
        fact = added.json()
        assert fact == {"id": fact["id"], "content": "the PIN is 4711", "metadata": {"n": 1}}
        bob.post("/facts", json={"content": "likes the PIN of tea"})

        assert [hit["content"] for hit in bob.get("/facts", params={"query": "PIN"}).json()["facts"]] == [
            "likes the PIN of tea"
        ]
        assert len(bob.get("/facts").json()["facts"]) == 1
        assert bob.get(f"/facts/{fact['id']}").status_code == 404
        assert bob.delete(f"/facts/{fact['id']}").status_code == 404
        # A user that the client names is ignored: only the token identifies the user.
        assert bob.get("/facts", params={"user_id": "alice", "query": "4711"}).json()["facts"] == []
        refused = bob.post("/facts", json={"content": "x", "user_id": "alice"})
        assert refused.status_code == 201
        assert [hit["content"] for hit in alice.get("/facts").json()["facts"]] == ["the PIN is 4711"]

        assert alice.get(f"/facts/{fact['id']}").json() == fact
        assert alice.delete(f"/facts/{fact['id']}").status_code == 204
        assert alice.get("/facts").json() == {"facts": [], "next_cursor": None}

        # A cursor of the one is none of the other.
        for number in range(3):
            alice.post("/facts", json={"content": f"fact {number}"})
        page = alice.get("/facts", params={"limit": 2}).json()
        assert [fact["content"] for fact in page["facts"]] == ["fact 0", "fact 1"]
        rest = alice.get("/facts", params={"limit": 2, "cursor": page["next_cursor"]}).json()
        assert [fact["content"] for fact in rest["facts"]] == ["fact 2"]
        assert bob.get("/facts", params={"limit": 2, "cursor": page["next_cursor"]}).status_code == 400


def test_what_cannot_be_served_is_refused(service):
    with httpx.Client(base_url=service, trust_env=False) as anonymous, user(service, "alice") as alice:
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Basic dG9rZW4="},
            {"Authorization": "Bearer é"},
        ):
            answer = anonymous.get("/facts", headers={name: value.encode() for name, value in headers.items()})
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert anonymous.post("/facts", json={"content": "x"}).status_code == 401
        for body in (b"", b"[]", b"{}", b'"text"', b"null", b"\xff", b'{"content": 5}', b'{"content": ""}'):
            assert alice.post("/facts", content=body).status_code == 400, body
        for asked in ({"limit": "0"}, {"limit": "x"}, {"cursor": "x"}, {"query": ""}):
            assert alice.get("/facts", params=asked).status_code == 400, asked
        assert "content" in alice.post("/facts", json={"content": ""}).json()["error"]
        assert alice.get("/facts").json()["facts"] == []
