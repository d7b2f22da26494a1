"""Whose memory a server serves: options, variables and the configuration."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from mcp_clients import environment, run

from memio import ConfigError, MemioError, Owner
from memio_mcp.clients import CLIENTS
from memio_mcp.settings import merged


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_an_option_precedes_the_table_and_cannot_allow_what_it_forbids() -> None:
    table = {"user_id": "alice", "namespace": ["app", "notes"], "read_only": True}
    assert merged({}, table, None).owner == Owner("alice", None, ("app", "notes"))
    settings = merged({"user_id": "bob", "read_only": False, "no_delete": True}, table, None)
    assert (settings.user_id, settings.read_only, settings.no_delete) == ("bob", True, True)
    assert merged({}, {}, None).owner == Owner()


def test_every_fault_of_the_table_is_listed() -> None:
    with pytest.raises(ConfigError) as caught:
        merged({}, {"userid": "alice", "read_only": "yes", "namespace": "app", "agent_id": 5}, "memio.toml")
    assert [fault.path for fault in caught.value.faults] == [
        f"commands.mcp.{name}" for name in ("userid", "read_only", "namespace", "agent_id")
    ]


def test_the_table_of_memio_toml_is_read(tmp_path: Path) -> None:
    (tmp_path / "memio.toml").write_text('facts = "sqlite"\n[commands.mcp]\nuser_id = "alice"\nno_delete = true\n')
    entry = json.loads(run("--print-config", "--client", "vscode").stdout)["servers"]["memory"]
    assert entry["type"] == "stdio"
    assert entry["args"] == [
        *("-m", "memio_mcp", "--config", str(tmp_path / "memio.toml"), "--user", "alice", "--no-delete"),
    ]
    (tmp_path / "memio.toml").write_text('facts = "sqlite"\n[commands.mcp]\nuser = "alice"\n')
    done = run("--print-config")
    assert isinstance(done.exception, ConfigError)
    assert "commands.mcp.user: unknown key; known are: user_id" in str(done.exception)


def test_the_entries_of_all_clients_are_printed_and_hold_no_token(tmp_path: Path) -> None:
    token = "a-token-of-more-than-16-characters"  # noqa: S105  # of this test
    printed = run("--print-config", "--user", "alice", MEMIO_MCP_TOKEN=token).stdout
    assert set(json.loads(printed)) == set(CLIENTS)
    over_http = run("--print-config", "--http", "--port", "9000", MEMIO_MCP_TOKEN=token).stdout
    assert token not in printed + over_http
    code = json.loads(over_http)["claude-code"]["entry"]["mcpServers"]["memory"]
    assert code == {
        "type": "http",
        "url": "http://127.0.0.1:9000/mcp",
        "headers": {"Authorization": "Bearer ${MEMIO_MCP_TOKEN}"},
    }
    assert "claude-desktop" not in json.loads(over_http)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--namespace", "a//b"), "namespace"),
        (("--namespace", "["), "not valid JSON"),
        (("--user", ""), "user_id must not be empty"),
        (("--client", "cursor"), "--client is for --print-config"),
        (("--print-config", "--client", "emacs"), "known are: claude-desktop"),
        (("--config", "missing.toml"), "cannot be read"),
        (("--http", "import", "x"), "do not go together with import"),
    ],
)
def test_what_cannot_be_honoured_is_refused_before_anything_is_served(arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert isinstance(done.exception, MemioError)
    assert message in str(done.exception)
    assert done.stdout == ""


def test_an_error_is_one_line_on_standard_error(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "memio_mcp", "--user", ""],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: --user must not be empty")
