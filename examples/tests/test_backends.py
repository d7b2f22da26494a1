"""The program that runs on two backends, the provider in one file, and the store of a page of the documentation."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

EXAMPLES = Path(__file__).parents[1]
LINE = 'BACKEND = "sqlite"  # or "postgres", or "letta"\n'


def test_the_program_runs_on_sqlite(run, tmp_path):
    out = run("switch_backend.py", MEMIO_SQLITE_PATH=str(tmp_path / "memory.db"))
    assert out.startswith("recalled: Alice likes coffee {'source': 'example'}\nread back: user Where were we?\n")
    assert out.endswith("left: 0\n")


@pytest.fixture
def agent():
    """An agent on a real server, which goes with its archive when the test is over."""
    url = os.environ.get("MEMIO_LETTA_URL")
    if not url:
        pytest.skip("needs a Letta server: start one with tools/letta/start_letta.sh, and name it in MEMIO_LETTA_URL")
    create = [sys.executable, str(EXAMPLES.parent / "tools" / "letta" / "create_agent.py"), url]
    agent = subprocess.run(create, check=True, capture_output=True, text=True).stdout.strip()
    yield {"LETTA_BASE_URL": url, "LETTA_AGENT_ID": agent}
    with httpx.Client(base_url=url, timeout=120) as server:
        archives = server.get("/v1/archives/", params={"agent_id": agent}).json()
        server.delete(f"/v1/agents/{agent}").raise_for_status()
        for archive in archives:
            server.delete(f"/v1/archives/{archive['id']}").raise_for_status()


def run_changed(line, folder, environment):
    """Run the program with another line for the backend, and return what it prints."""
    text = (EXAMPLES / "switch_backend.py").read_text(encoding="utf-8")
    assert text.count(LINE) == 1
    (folder / "program.py").write_text(text.replace(LINE, f"{line}\n"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "program.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("left: 0\n")
    return done.stdout


def test_the_program_runs_on_letta_when_one_line_is_changed(agent, tmp_path, environment):
    out = run_changed('BACKEND = "letta"', tmp_path, {**environment, **agent})
    assert "recalled: Alice likes coffee {'source': 'example'}\nanswered: " in out
    assert "read back: user Where were we?\nread back: assistant " in out


def test_the_program_runs_on_postgres_when_one_line_is_changed(tmp_path, environment):
    dsn = os.environ.get("MEMIO_POSTGRES_DSN")
    if not dsn:
        pytest.skip("MEMIO_POSTGRES_DSN names no server; start one with: tools/postgres/start_postgres.sh start")
    asyncpg = pytest.importorskip("asyncpg")
    schema = f"memio_test_{uuid4().hex[:12]}"

    async def drop():
        connection = await asyncpg.connect(dsn)
        await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        await connection.close()

    line = f'BACKEND = {{"provider": "postgres", "schema_name": "{schema}"}}'
    try:
        out = run_changed(line, tmp_path, {**environment, "MEMIO_POSTGRES_DSN": dsn})
    finally:
        asyncio.run(drop())
    assert out.startswith("recalled: Alice likes coffee {'source': 'example'}\nread back: user Where were we?\n")


def test_the_provider_runs_and_keeps_its_facts(run, tmp_path):
    assert run("provider.py") == "['Alice likes coffee']\n"
    assert run("provider.py") == "['Alice likes coffee', 'Alice likes coffee']\n"
    assert len(list((tmp_path / "facts").glob("*.fact"))) == 2


def test_a_configuration_names_the_provider_once_an_entry_point_does(tmp_path, environment):
    # What an installation of a distribution leaves behind, so far as memio looks at it.
    metadata = tmp_path / "site" / "folder_facts-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: folder-facts\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[memio.facts]\nfolder = provider\n")
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path / "site"), str(EXAMPLES)])
    program = """
from memio.blocking import Memio
with Memio.from_config({"facts": {"provider": "folder", "path": "notes"}}) as memio:
    memio.facts.add(content="likes coffee")
    print(memio.facts.provider, [fact.content for fact in memio.facts.iter_all()])
"""
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("folder ['likes coffee']\n", "")
    assert (tmp_path / "notes").is_dir()


CONTRACT = """
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory

from memio_contract import ContractTarget, FactStoreContract
from provider import FolderFactAdapter


@asynccontextmanager
async def fresh():
    with TemporaryDirectory() as folder:
        yield lambda: FolderFactAdapter(folder)


class TestFolderFactAdapter(FactStoreContract):
    target = ContractTarget(fresh=fresh)
"""


STORE_OF_THE_PAGE = """
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from memio_contract import ContractTarget, FactStoreContract
from page import WordFactAdapter


@asynccontextmanager
async def fresh():
    with TemporaryDirectory() as folder:
        yield lambda: WordFactAdapter(Path(folder) / "words.db")


class TestWordFacts(FactStoreContract):
    target = ContractTarget(fresh=fresh)
"""


def test_the_provider_passes_the_contract_suite(tmp_path, environment):
    environment["PYTHONPATH"] = str(EXAMPLES)
    pass_the_suite(CONTRACT, tmp_path, environment)


def test_the_store_of_the_toolkit_page_passes_the_contract_suite(tmp_path, environment):
    page = (EXAMPLES.parent / "docs" / "toolkit.md").read_text(encoding="utf-8")
    [store] = [
        code for code in re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE) if "class " in code
    ]
    (tmp_path / "page.py").write_text(store.replace("asyncio.run(main())", ""), encoding="utf-8")
    environment["PYTHONPATH"] = str(tmp_path)
    pass_the_suite(STORE_OF_THE_PAGE, tmp_path, environment)


def pass_the_suite(test, tmp_path, environment):
    (tmp_path / "test_store.py").write_text(test)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "--memio-profile", "dev", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "passed: " in done.stdout
    assert "incomplete" not in done.stdout
