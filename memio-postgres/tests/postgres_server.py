"""Servers for tests, and statements that a test runs on its own connection."""

import asyncio
import os
import socket
import subprocess
from pathlib import Path

import asyncpg

SCRIPTS = (folder / "tools" / "postgres" / "start_postgres.sh" for folder in Path(__file__).parents)
START = next((script for script in SCRIPTS if script.exists()), None)
"""The script that starts a server, where the tests are in the repository."""
KINDS = ("facts", "history", "documents", "graph")


def execute(dsn, *statements):
    """Run statements, and return the rows of the last one."""

    async def work():
        connection = await asyncpg.connect(dsn, statement_cache_size=0)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetch(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(work())


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Server:
    """A server of its own, which may be killed."""

    def __init__(self, folder):
        self._settings = os.environ | {"MEMIO_POSTGRES_DATA": f"{folder}/pg", "MEMIO_POSTGRES_PORT": f"{free_port()}"}
        self.dsn = self._call("dsn").strip()

    def start(self):
        self._call("start")

    def kill(self):
        self._call("kill")

    def stop(self):
        self._call("stop")

    def _call(self, command):
        done = subprocess.run([START, command], env=self._settings, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout
