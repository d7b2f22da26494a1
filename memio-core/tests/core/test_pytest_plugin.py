"""The fixtures for the tests of applications, in runs of pytest of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def pytest_run(tmp_path: Path) -> Run:
    def run(**files: str) -> subprocess.CompletedProcess[str]:
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(dedent(text), encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MEMIO_", "PYTEST_"))}
        command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:xdist"]
        return subprocess.run(
            [*command, "--rootdir", str(tmp_path), str(tmp_path)],
            cwd=tmp_path,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_each_test_has_a_fresh_client_that_is_closed_afterwards(pytest_run: Run) -> None:
    pytest.importorskip("anyio", reason="anyio, which runs the async tests of this application, is not installed")
    done = pytest_run(
        test_app="""
        import asyncio
        import pytest
        from memio import ClosedError

        clients = []

        def test_one(memio):
            asyncio.run(memio.facts.add("likes coffee", user_id="alice"))
            asyncio.run(memio.history.add(session_id="s", messages=[{"role": "user", "content": "hello"}]))
            clients.append(memio)

        def test_two(memio, blocking_memio, tmp_path):
            assert asyncio.run(memio.facts.get_all()) == []
            with pytest.raises(ClosedError):
                asyncio.run(clients[0].facts.get_all())
            blocking_memio.facts.add("likes tea")
            assert [fact.content for fact in asyncio.run(memio.facts.get_all())] == ["likes tea"]
            assert (tmp_path / "memio.db").exists()
            assert sorted(memio.kinds) == ["documents", "facts", "graph", "history"]

        @pytest.mark.anyio
        async def test_three(memio, anyio_backend):
            await memio.facts.add("likes water")
            assert [fact.content for fact in await memio.facts.search("water")] == ["likes water"]

        @pytest.fixture
        def anyio_backend():
            return "asyncio"
        """
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_the_configuration_and_the_fixture_can_be_replaced(pytest_run: Run) -> None:
    done = pytest_run(
        conftest="""
        import pytest

        @pytest.fixture
        def memio_config(tmp_path):
            return {"facts": {"provider": "sqlite", "path": str(tmp_path / "mine.db")}}
        """,
        test_app="""
        def test_one(blocking_memio, tmp_path):
            assert tuple(blocking_memio.kinds) == ("facts",)
            blocking_memio.facts.add("likes coffee")
            assert (tmp_path / "mine.db").exists()
        """,
        test_own="""
        import pytest

        @pytest.fixture
        def memio():
            return "mine"

        def test_two(memio):
            assert memio == "mine"
        """,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_a_run_that_uses_no_fixture_imports_nothing_else_of_memio(pytest_run: Run) -> None:
    done = pytest_run(
        test_other="""
        import sys

        def test_one():
            loaded = {name for name in sys.modules if name.partition(".")[0] == "memio"}
            assert loaded == {"memio", "memio.pytest_plugin"}
        """
    )
    assert done.returncode == 0, done.stdout + done.stderr
