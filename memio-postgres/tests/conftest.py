"""A real server: the one that `MEMIO_POSTGRES_DSN` names, and others that a test may kill."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

import pytest

from memio import Memio

sys.path.insert(0, str(Path(__file__).parent))  # with importlib mode, test modules do not see each other

from postgres_server import KINDS, START, Server, execute


@pytest.fixture(scope="session")
def dsn():
    """The DSN of a server whose database the tests may write to."""
    if found := os.environ.get("MEMIO_POSTGRES_DSN"):
        return found
    pytest.skip("MEMIO_POSTGRES_DSN names no server; start one with: tools/postgres/start_postgres.sh start")


@pytest.fixture
def schema(dsn):
    """The name of a schema that is not there yet, and is dropped at the end."""
    name = f"memio_test_{uuid4().hex[:12]}"
    yield name
    execute(dsn, f"DROP SCHEMA IF EXISTS {name} CASCADE")


@pytest.fixture
def connect(dsn, schema):
    """Return what makes a client for the schema, with other settings where they are given."""

    def make(**settings):
        place = {"provider": "postgres", "dsn": dsn, "schema_name": schema, **settings}
        return Memio.from_config(dict.fromkeys(KINDS, place))

    return make


@pytest.fixture(scope="module")
def own_server():
    """A server for the tests of one file, which they may kill."""
    if not os.environ.get("MEMIO_POSTGRES_DSN"):
        pytest.skip("MEMIO_POSTGRES_DSN is not set, so no server is started")
    # A server that runs as another user must reach it, which pytest's own folders do not allow.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Server(folder)
        if START is None or subprocess.run([START, "install"], capture_output=True, check=False).returncode:
            pytest.skip("there is no server to start: tools/postgres/start_postgres.sh install failed")
        server.start()
        yield server
        server.stop()
