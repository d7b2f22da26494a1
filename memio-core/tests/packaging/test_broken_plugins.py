"""Plugins that are broken in different ways, installed together: each fails only where it is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.packaging

# Each is a distribution memio-broken-NAME, whose entry point NAME in memio.facts names its module.
MODULES = {
    "raising": ("raise RuntimeError('the driver is missing')", "fails on import: RuntimeError: the driver is missing"),
    "exiting": ("import sys; sys.exit('no licence')", "fails on import: SystemExit: no licence"),
    "requiring": ("import nobodys", "fails on import: ModuleNotFoundError: No module named 'nobodys'"),
}
HOOKS = """
from memio.hookspecs import hookimpl
from memio.plugins import StoreSpec
from memio.settings import Settings

def spec(**changes):
    usual = {"kind": "facts", "provider": NAME, "settings": Settings, "open": lambda settings, resources: object()}
    return StoreSpec(**{**usual, **changes})

@hookimpl
"""
FUNCTIONS = {
    "newer": ("memio_stores(): return [spec(api=3)]", "version 3 of the plugin interface, this memio 2: install a"),
    "older": ("memio_stores(): return [spec(api=1)]", "this memio 2: install a newer memio-broken-older"),
    "odd": ("memio_stores(): return [spec(api='1')]", "version '1' of the plugin interface, this memio 2"),
    "silent": ("memio_stores(): return []", "no spec for facts silent, which its entry point promises"),
    "absent": ("memio_stores(): pass", "promises; it yields: nothing"),
    "elsewhere": ("memio_stores(): return [spec(kind='graph')]", "it yields: graph elsewhere"),
    "renamed": ("memio_stores(): return [spec(provider='other')]", "it yields: facts other"),
    "doubled": ("memio_stores(): return [spec(), spec()]", "more than one spec for facts doubled"),
    "untyped": ("memio_stores(): return [{'kind': 'facts'}]", "memio_stores yields a dict, not a StoreSpec"),
    "scalar": ("memio_stores(): return 7", "memio_stores fails: TypeError"),
    "failing": ("memio_stores(): raise KeyError('shop')", "memio_stores fails: KeyError: 'shop'"),
    "quitting": ("memio_stores(): raise SystemExit(3)", "memio_stores fails: SystemExit: 3"),
    "misspelt": ("memio_store(): return [spec()]", "a hook of the plugin does not fit"),
    "greedy": ("memio_stores(shop): return [spec()]", "a hook of the plugin does not fit"),
    "unset": ("memio_stores(): return [spec(settings=dict)]", "are not a subclass of memio.settings.Settings"),
    "closed": ("memio_stores(): return [spec(open=lambda *_: 1 / 0)]", "open fails: ZeroDivisionError"),
    "shut": ("memio_stores(): return [spec(open=lambda *_: exit(4))]", "open fails: SystemExit: 4"),
    "storeless": ("memio_stores(): return [spec()]", "facts store is not one: it has no attribute `features`"),
}
BROKEN = {**MODULES, **FUNCTIONS}

ATTEMPT = """
import json, sys
from memio import Memio
from memio.errors import PluginError
try:
    Memio.from_config(json.loads(sys.argv[1]))
except PluginError as error:
    report = [str(error), error.plugin, error.distribution, repr(error.__cause__)]
    print(json.dumps([report, sorted(sys.modules)]))
"""


@pytest.fixture(scope="module")
def environment(make_environment: Callable[..., Any], core_with_cli: str, project: Callable[..., Path]) -> Any:
    """Core, its command line, and every broken plugin."""
    projects: list[Path] = []
    for name, (text, _) in BROKEN.items():
        module = f"memio_broken_{name}"
        source = text if name in MODULES else f"{HOOKS.replace('NAME', repr(name))}def {text}\n"
        points = {"memio.facts": {name: module}}
        projects.append(project(f"memio-broken-{name}", "0.7", points, {f"{module}.py": source}))
    return make_environment("broken", core_with_cli, *projects)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_that_is_named_is_reported_with_its_distribution(environment: Any, name: str) -> None:
    (message, plugin, distribution, _), _ = environment.run(ATTEMPT, json.dumps({"facts": name}))
    assert BROKEN[name][1] in message
    assert distribution == f"memio-broken-{name} 0.7"
    assert plugin == f"memio.facts: {name} = memio_broken_{name}"
    assert plugin in message
    assert distribution in message


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("raising", "RuntimeError('the driver is missing')"),
        ("exiting", "SystemExit('no licence')"),
        ("failing", "KeyError('shop')"),
        ("closed", "ZeroDivisionError('division by zero')"),
    ],
)
def test_the_error_carries_what_the_plugin_raised(environment: Any, name: str, cause: str) -> None:
    (_, _, _, reported), _ = environment.run(ATTEMPT, json.dumps({"facts": name}))
    assert reported == cause


def test_a_misspelt_hook_is_reported_with_the_known_hooks(environment: Any) -> None:
    (message, *_), _ = environment.run(ATTEMPT, '{"facts": "misspelt"}')
    assert "memio_store" in message
    assert "the hooks are memio_embedders, memio_middleware, memio_stores" in message


def test_reporting_one_plugin_imports_no_other(environment: Any) -> None:
    _, modules = environment.run(ATTEMPT, '{"facts": "silent"}')
    assert {module for module in modules if module.startswith("memio_broken_")} == {"memio_broken_silent"}


def test_broken_plugins_that_are_not_named_have_no_effect(environment: Any) -> None:
    # defect: one broken plugin breaks the command line, even the command that removes it
    program = """
import json
from memio import Memio
from memio.registry import installed
names = [entry.name for entry in installed("facts")]
print(json.dumps([names, Memio.from_config({"facts": "sqlite"}).kinds]))
"""
    assert environment.run(program) == [sorted([*BROKEN, "sqlite"]), ["facts"]]


def test_several_broken_plugins_are_reported_at_once(environment: Any) -> None:
    program = """
import json
from memio import Memio
from memio.errors import ConfigError
try:
    Memio.from_config({"facts": "raising", "middleware": ["none-such"]})
except ConfigError as error:
    print(json.dumps([fault.message for fault in error.faults]))
"""
    unknown, broken = environment.run(program)
    assert "no middleware 'none-such' is installed" in unknown
    assert "memio-broken-raising 0.7" in broken


def test_the_command_line_works_with_broken_plugins_installed(environment: Any) -> None:
    # defect: one broken plugin breaks the command line, even the command that removes it
    memio = environment.scripts / "memio"
    for arguments in (["--help"], ["facts", "add", "likes coffee"], ["facts", "search", "coffee"], ["doctor"]):
        done = environment.command(memio, *arguments)
        assert done.returncode == 0, done.stderr
    listed = json.loads(environment.command(memio, "providers", "--json").stdout)["providers"]
    assert {item["provider"] for item in listed if item["kind"] == "facts"} == {*BROKEN, "sqlite"}


def test_the_command_line_finds_out_which_plugins_are_broken(environment: Any) -> None:
    done = environment.command(environment.scripts / "memio", "providers", "--check", "--json")
    assert done.returncode != 0
    checked = {item["provider"]: item for item in json.loads(done.stdout)["providers"] if item["kind"] == "facts"}
    assert checked["sqlite"]["state"] == "ok"
    assert {name: BROKEN[name][1] for name in BROKEN if BROKEN[name][1] not in checked[name]["message"]} == {}
    assert {checked[name]["distribution"] for name in BROKEN} == {f"memio-broken-{name}" for name in BROKEN}
