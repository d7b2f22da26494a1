"""Configurations: every fault at once, each with its path, and never a secret.

The providers here are real distributions as Python sees them: a module and its metadata in a folder on the path,
used by a process of their own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ACME = """
from typing import Annotated
from pydantic import Field, SecretStr
from memio import Fact, Page
from memio.hookspecs import hookimpl
from memio.plugins import MiddlewareSpec, StoreSpec
from memio.settings import Env, RelativePath, Settings

class AcmeSettings(Settings):
    agent: Annotated[str, Env("ACME_AGENT")]
    key: Annotated[SecretStr | None, Env("ACME_KEY")] = None
    size: Annotated[int, Field(ge=1)] = 10
    folder: Annotated[str, RelativePath(keep=(":memory:",))] = "acme"

class Connection:
    closed = 0
    async def aclose(self): self.closed += 1

class Store:
    features = guarantees = frozenset()
    def __init__(self, settings, resources):
        self.settings = settings
        self.connection = resources.obtain(settings.agent, Connection)
    async def add(self, *, content): return Fact(id="1", content=content)
    async def get(self, *, fact_id=None, doc_id=None): return Fact(id="1", content="")
    async def get_all(self, *, limit, cursor): return Page()
    async def search(self, *, query, limit): return []
    async def delete(self, *, fact_id=None, doc_id=None): ...
    async def delete_all(self): ...
    async def aclose(self): ...

class CountSettings(Settings):
    step: int = 1

def open_count(settings):
    async def count(operation, call_next):
        count.calls += settings.step
        return await call_next(operation)
    count.calls = 0
    count.settings = settings
    return count

@hookimpl
def memio_stores():
    return [StoreSpec(kind=kind, provider="acme", settings=AcmeSettings, open=Store) for kind in ("facts", "documents")]

@hookimpl
def memio_middleware():
    return [MiddlewareSpec(name="count", settings=CountSettings, open=open_count)]
"""
ENTRY_POINTS = """
[memio.facts]
acme = acme_plugin
[memio.documents]
acme = acme_plugin
[memio.middleware]
count = acme_plugin
"""
PRELUDE = """
import asyncio, json, os, sys
from memio import Memio
from memio.config import load
def fails(source):
    try:
        Memio.from_config(source)
    except Exception as error:
        print(type(error).__name__, "|", error)
    else:
        print("nothing was wrong")
"""


HISTROY = (
    "  histroy: unknown key, did you mean 'history'?; "
    "known are: commands, documents, embedder, facts, graph, history, middleware, providers"
)

NO_FILE = (
    "ConfigError | the name of a configuration file must end in .toml or .json; "
    "to name a provider, pass a dict such as {'facts': 'sqlite'} (in sqlite)"
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a program where a provider `acme` is installed, in a new folder; return what it prints."""
    site = tmp_path / "site"
    info = site / "memio_acme-1.2.dist-info"
    info.mkdir(parents=True)
    (site / "acme_plugin.py").write_text(ACME)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: memio-acme\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.chdir(tmp_path)
    for name in ("ACME_AGENT", "ACME_KEY", "MEMIO_SQLITE_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(site))

    def program(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", PRELUDE + dedent(code)], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return program


def test_settings_of_a_store_precede_those_of_the_provider_which_precede_the_environment(run, monkeypatch, tmp_path):
    monkeypatch.setenv("ACME_AGENT", "from the environment")
    (tmp_path / "memio.toml").write_text(
        dedent("""
        facts = { provider = "acme", agent = "in place" }
        documents = "acme"
        [providers.acme]
        agent = "of the provider"
        size = 3
        """)
    )
    assert run("""
        for source in ({"facts": "acme"}, "memio.toml"):
            for store in load(source).stores:
                print(store.kind, store.settings.agent, store.settings.size,
                      [store.settings.origin_of(name) for name in ("agent", "size", "key")])
    """).splitlines() == [
        "facts from the environment 10 ['environment', 'default', 'default']",
        "facts in place 3 ['given', 'given', 'default']",
        "documents of the provider 3 ['given', 'given', 'default']",
    ]


def test_every_fault_is_reported_at_once_with_its_path_and_no_secret(run, monkeypatch, tmp_path):
    # defect: unknown configuration keys dropped
    monkeypatch.setenv("ACME_KEY", "hunter2")
    (tmp_path / "memio.json").write_text(
        json.dumps(
            {
                "facts": {"provider": "acme", "agnt": "x", "size": 0, "key": "${NOT_SET}hunter2"},
                "documents": {"provider": "acm", "agent": "x"},
                "graph": 5,
                "histroy": "sqlite",
                "middleware": ["cuont", {"name": "count", "step": "hunter2"}],
                "providers": {"acme": {"siz": "hunter2"}, "amce": {}},
            }
        )
    )
    output = run('fails("memio.json")')
    assert "hunter2" not in output
    # The other distributions may be installed where the tests run.
    assert output.replace("letta, ", "").replace("postgres, ", "").splitlines() == [
        "ConfigError | 11 problems in memio.json:",
        "  facts.key: the environment variable NOT_SET is not set",
        HISTROY,
        "  providers.amce: no such provider is installed, did you mean 'acme'?; installed are: acme, sqlite",
        "  documents: no documents provider 'acm' is installed, did you mean 'acme'?; installed are: acme, sqlite",
        "  graph: must be a name, or a table with a name under 'provider'",
        "  facts.agnt: unknown key, did you mean 'agent'?; known are: agent, folder, key, size",
        "  providers.acme.siz: unknown key, did you mean 'size'?; known are: agent, folder, key, size",
        "  facts.agent: required; set it here or as the environment variable ACME_AGENT",
        "  facts.size: Input should be greater than or equal to 1",
        (
            "  middleware[0]: no middleware 'cuont' is installed, did you mean 'count'?; "
            "installed are: count, log, otel, resilience"
        ),
        "  middleware[1].step: Input should be a valid integer, unable to parse string as an integer",
    ]


def test_variables_are_replaced_and_escapes_kept(run, monkeypatch):
    monkeypatch.setenv("NAME", "ann")
    assert run("""
        store, = load({"facts": {"provider": "acme", "agent": "${NAME}-$${NAME}-$NAME-$$"}}).stores
        print(store.settings.agent)
        fails({"facts": {"provider": "acme", "agent": "${NAME"}})
        fails({"facts": {"provider": "acme", "agent": "${MISSING}"}})
    """).splitlines() == [
        "ann-${NAME}-$NAME-$$",
        "ConfigError | facts.agent: '${' starts no ${NAME}; write '$${' for a literal '${' (in the configuration)",
        "ConfigError | facts.agent: the environment variable MISSING is not set (in the configuration)",
    ]


def test_relative_paths_are_relative_to_the_file(run, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "memio.toml").write_text(
        'facts = { provider = "acme", agent = "a", folder = "data" }\n'
        'documents = { provider = "acme", agent = "a", folder = ":memory:" }\n'
    )
    assert run("""
        print([store.settings.folder for store in load("sub/memio.toml").stores])
        print(load({"facts": {"provider": "acme", "agent": "a", "folder": "data"}}).stores[0].settings.folder)
        print(load({"facts": {"provider": "acme", "agent": "a", "folder": "~/x"}}).stores[0].settings.folder)
    """).splitlines() == [f"['{tmp_path}/sub/data', ':memory:']", "data", str(Path("~/x").expanduser())]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("missing.toml", None, "the file cannot be read: No such file or directory"),
        ("broken.toml", "facts = ", "the file is not valid TOML: Invalid value (at end of document)"),
        ("unquoted.toml", "facts = sqlite", """column 9); text needs quotes, as in facts = "sqlite\""""),
        ("broken.json", "{", "the file is not valid JSON"),
        ("unquoted.json", '{"facts": sqlite}', """at character 11; text needs quotes, as in {"facts": "sqlite"}"""),
        ("twice.json", '{"facts": "a", "facts": "b"}', "duplicate key 'facts'"),
        ("list.json", "[]", "the file must hold a JSON object"),
        ("memio.yaml", "facts: sqlite", "the name of a configuration file must end in .toml or .json, not '.yaml'"),
        (
            "empty.toml",
            "",
            "no store is configured: name a provider for at least one of facts, history, documents, graph",
        ),
        ("list.toml", "facts = []", "facts: must be a name, or a table with a name under 'provider'"),
        (
            "middleware.toml",
            'facts = "sqlite"\nmiddleware = "count"',
            'middleware: must be a list of names, as ["otel"]',
        ),
        (
            "former.toml",
            'facts = "sqlite"\nplugins = ["count"]',
            'plugins: this key is now named middleware: write middleware = ["otel"]',
        ),
        ("section.toml", 'facts = "sqlite"\nproviders = 3', "providers: must be a table of tables"),
        ("letta.toml", 'graph = "letta"', "'letta' has no graph store, only facts, history, documents"),
    ],
)
def test_the_error_for_a_file_that_cannot_be_used_states_the_reason(name, text, message, run, tmp_path):
    if text is not None:
        (tmp_path / name).write_text(text)
    output = run(f"fails({name!r})")
    assert message in output
    assert name in output


@pytest.mark.parametrize("kind", ["facts", "embedder"])
def test_an_address_instead_of_a_provider_is_not_repeated_and_becomes_a_setting(kind, run):
    # defect: the password of a DSN that was written where the name belongs
    output = run(f"fails({{'history': 'sqlite', {kind!r}: 'postgresql://ann:hunter2@host/app'}})")
    assert "hunter2" not in output
    assert "an address stands where the name of a plugin belongs: write the name" in output
    assert ('{ provider = "postgres", dsn = "…" }' in output) == (kind == "facts")


@pytest.mark.parametrize("path", ["memory.db", "data/memory", "C:\\memory", "x.sqlite3"])
def test_a_path_instead_of_a_provider_becomes_a_setting(path, run):
    output = run(f"fails({{'facts': {path!r}}})")
    assert "a path, stands where the name of a plugin belongs: write the name" in output
    assert '{ provider = "sqlite", path = "…" }' in output


def test_the_error_for_a_published_provider_states_how_to_install_it(run, tmp_path):
    # memio-letta may well be installed where the tests run: a path that hides it stands for one where it is not.
    output = run("""
        from memio import registry
        entries = tuple(entry for entry in registry._entries() if entry.name != "letta")
        registry._entries = lambda: entries
        registry.installed.cache_clear()
        fails({"facts": "letta"})
        fails({"facts": "lettta"})
    """)
    assert "no facts provider 'letta' is installed: pip install memio-letta" in output
    assert "did you mean 'letta'?" in output


def test_stores_of_one_client_share_their_connection_and_the_client_closes_it(run):
    # defect: clients never closed; a connection per store
    assert run("""
        async def main():
            shared = {"provider": "acme", "agent": "a"}
            async with Memio.from_config({"facts": shared, "documents": shared}) as memio:
                facts, documents = (memio._stores[kind].store for kind in ("facts", "documents"))
                print(facts.connection is documents.connection)
            print(facts.connection.closed)
            other = Memio.from_config({"facts": shared})
            print(other._stores["facts"].store.connection is facts.connection)
        asyncio.run(main())
    """).splitlines() == ["True", "1", "False"]


def test_each_store_of_a_configuration_is_checked_once(monkeypatch):
    from memio import client, config
    from memio._call.conformance import faults_of

    checked: list[str] = []

    def counted(store: object, kind: str) -> list[str]:
        checked.append(kind)
        return faults_of(store, kind)

    monkeypatch.setattr(client, "faults_of", counted)
    monkeypatch.setattr(config, "faults_of", counted)
    memory = {"provider": "sqlite", "path": ":memory:"}
    client.Memio.from_config(config.load({"facts": memory, "history": memory}))
    assert checked == ["facts", "history"]


def test_middleware_by_name_works_and_installed_alone_does_nothing(run):
    assert run("""
        async def main(config):
            async with Memio.from_config(config) as memio:
                await memio.facts.delete_all()
                print([middleware.calls for middleware in memio._state.middleware])
        acme = {"provider": "acme", "agent": "a"}
        asyncio.run(main({"facts": acme}))
        asyncio.run(main({"facts": acme, "middleware": ["count"]}))
        asyncio.run(main({"facts": acme, "middleware": [{"name": "count", "step": 5}, "memio-acme:count"]}))
    """).splitlines() == ["[]", "[1]", "[5, 1]"]


def test_errors_of_a_configured_store_name_its_distribution(run):
    assert (
        run("""
        async def main():
            memio = Memio.from_config({"facts": {"provider": "acme", "agent": "a"}})
            async def broken(**_): raise ConnectionError("refused")
            memio._stores["facts"].store.search = broken
            try:
                await memio.facts.search(query="x")
            except Exception as error:
                print(type(error).__name__, "|", error)
        asyncio.run(main())
    """)
        == "UnavailableError | ConnectionError: refused [facts.search, provider acme from memio-acme 1.2]"
    )


def test_no_repr_has_a_secret(run):
    output = run("""
        source = {"facts": {"provider": "acme", "agent": "a", "key": "hunter2"}}
        print(load(source), load(source).stores[0].settings, Memio.from_config(source))
    """)
    assert "hunter2" not in output


def test_an_adapter_made_in_code_resolves_its_settings_in_the_same_way(run, monkeypatch):
    monkeypatch.setenv("ACME_AGENT", "ambient")
    assert run("""
        from acme_plugin import AcmeSettings
        settings = AcmeSettings.resolve(size=2, key=None)
        print(settings.agent, settings.size, *(settings.origin_of(name) for name in ("agent", "size", "key")))
        try:
            AcmeSettings.resolve(size="many", colour="red")
        except Exception as error:
            print(error)
    """).splitlines() == [
        "ambient 2 environment given default",
        "2 problems in the arguments of AcmeSettings:",
        "  colour: unknown key; known are: agent, folder, key, size",
        "  size: Input should be a valid integer, unable to parse string as an integer",
    ]


def test_only_the_requested_kinds_are_read(run):
    assert run("""
        source = {"facts": "sqlite", "documents": {"provider": "acme", "agent": ""}, "graph": "missing"}
        print([store.kind for store in load(source, kinds=("facts",)).stores], "acme_plugin" in sys.modules)
    """).splitlines() == ["['facts'] False"]


def test_a_loaded_configuration_can_be_opened(run):
    assert run('print(Memio.from_config(load({"facts": "sqlite"})).kinds)') == "('facts',)"


def test_a_value_that_is_not_a_configuration_is_refused(run):
    assert run("""
        fails(None)
        fails(["facts"])
        fails("sqlite")
        fails({"facts": {"provider": "acme", "agent": "a", 1: 2}})
        cycle = {"provider": "acme", "agent": "a"}
        cycle["size"] = cycle
        fails({"facts": cycle})
    """).splitlines() == [
        "ConfigError | a configuration is a dict or the path of a file, not a NoneType (in the configuration)",
        "ConfigError | a configuration is a dict or the path of a file, not a list (in the configuration)",
        NO_FILE,
        "ConfigError | facts: the key 1 is not text (in the configuration)",
        "ConfigError | 2 problems in the configuration:",
        "  facts: nests deeper than 50 levels, or refers to itself",
        "  facts.size: Input should be a valid integer",
    ]


def test_a_name_from_a_variable_is_shown_as_it_was_written(run, monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    output = run("""
        fails({"facts": "${SECRET}", "documents": {"provider": "${SECRET}"}, "middleware": ["${SECRET}"]})
    """)
    assert "hunter2" not in output
    assert output.count("'${SECRET}'") == 3


def test_a_plugin_that_is_broken_for_several_kinds_is_one_fault(run, tmp_path):
    (tmp_path / "site" / "acme_plugin.py").write_text("raise ImportError('no libacme')")
    output = run('fails({"facts": "acme", "documents": "acme"})')
    assert output.startswith("PluginError | the plugin fails on import: ImportError: no libacme")


def test_settings_of_commands_are_kept_as_they_are_written_and_must_be_tables(run, monkeypatch):
    monkeypatch.delenv("NOT_SET", raising=False)
    assert run("""
        from memio.config import load
        tables = {"mcp": {"user_id": "alice", "token": "${NOT_SET}"}}
        print(load({"facts": "sqlite", "commands": tables}).commands == tables, load({"facts": "sqlite"}).commands)
        fails({"facts": "sqlite", "commands": ["mcp"]})
        fails({"facts": "sqlite", "commands": {"mcp": "alice"}})
    """).splitlines() == [
        "True {}",
        "ConfigError | commands: must be a table of tables, as [commands.mcp] (in the configuration)",
        "ConfigError | commands.mcp: must be a table of settings (in the configuration)",
    ]
