"""The examples with frameworks, each where its framework is installed: `nox -s frameworks` installs them."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "frameworks"
PAGE = (FOLDER.parents[1] / "docs" / "examples.md").read_text(encoding="utf-8")
PRINTED = {
    "with_pydantic_ai": ("pydantic_ai", "Noted. 0 answers before.\nNoted. 1 answers before.\n"),
    "with_google_adk": ("google.adk", "['I take my coffee black']\n"),
    "with_agent_framework": ("agent_framework", "1 messages\n3 messages\n"),
}


def need(module):
    parent = module.partition(".")[0]
    if importlib.util.find_spec(parent) is None or importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_runs(name, tmp_path, environment):
    module, printed = PRINTED[name]
    need(module)
    command = [sys.executable, str(FOLDER / f"{name}.py")]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (0, printed), done.stderr


def test_the_dependency_of_fastapi(tmp_path, monkeypatch, example):
    need("fastapi")
    from fastapi.testclient import TestClient

    monkeypatch.chdir(tmp_path)
    alice, bob = {"x-token": "a-long-secret"}, {"x-token": "another-long-secret"}
    with TestClient(example("frameworks/with_fastapi").app) as client:
        added = client.post("/facts", params={"content": "likes coffee"}, headers=alice).json()
        assert (added["content"], added["user_id"]) == ("likes coffee", "alice")
        assert [item["id"] for item in client.get("/facts", headers=alice).json()["items"]] == [added["id"]]
        assert client.get("/facts", headers=bob).json()["items"] == []
        assert client.get("/facts", headers={"x-token": "guessed"}).status_code == 401
        assert client.get("/facts").status_code == 422


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_an_example_is_short_and_shown(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    imports = (ast.Import, ast.ImportFrom)
    code = [node for node in statements if not isinstance(node, imports) and not _is_docstring(node)]
    assert 10 <= len({node.lineno for node in code}) <= 25
    assert f'--8<-- "examples/frameworks/{path.name}"' in PAGE


def _is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
