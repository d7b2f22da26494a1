"""The file for docker compose keeps to its specification; nothing is started."""

import subprocess
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "tools" / "postgres" / "compose.yaml"


def test_the_file_for_docker_compose_is_valid():
    pytest.importorskip("check_jsonschema", reason="check-jsonschema, of the dependency group lint, is not installed")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_it_serves_the_address_that_the_documentation_names():
    assert "127.0.0.1:${MEMIO_POSTGRES_PORT:-54339}:5432" in FILE.read_text(encoding="utf-8")
