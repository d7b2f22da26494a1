"""A real server: the one that `MEMIO_POSTGRES_DSN` names."""

import os

import pytest


@pytest.fixture(scope="session")
def dsn():
    """The DSN of a server whose database the tests may write to."""
    if found := os.environ.get("MEMIO_POSTGRES_DSN"):
        return found
    pytest.skip("MEMIO_POSTGRES_DSN names no server; start one with: tools/postgres/start_postgres.sh start")
