"""Commands of other distributions, installed as real distributions into a fresh environment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.packaging

SYNC = """
import sys
from typing import Annotated

import typer

from memio.errors import InvalidInputError

app = typer.Typer(help="Synchronise with Acme.")


@app.command()
def push(name: str, count: Annotated[int, typer.Option("--count")] = 1) -> None:
    if count < 1:
        raise InvalidInputError("--count must be at least 1")
    if count > 9:
        raise typer.Exit(7)
    print(name * count)


@app.command()
def modules() -> None:
    print(",".join(sorted(sys.modules)))
"""
SINGLE = """
import typer

app = typer.Typer()


@app.command()
def hello(name: str) -> None:
    '''Greet somebody.'''
    print(f"hello {name}")
"""


@pytest.fixture(scope="module")
def environment(make_environment: Callable[..., Any], core_with_cli: str, project: Callable[..., Path]) -> Any:
    """Core, distributions with working commands, with broken ones, and with names that are refused."""
    points: dict[str, tuple[dict[str, str], str]] = {
        "memio-acme": ({"acme": "memio_acme:app", "acme-hello": "memio_acme_hello:app"}, SYNC),
        "memio-raising": ({"raising": "memio_raising:app"}, "raise RuntimeError('the driver is missing')"),
        "memio-exiting": ({"exiting": "memio_exiting:app"}, "import os; os._exit(3)"),
        "memio-untyped": ({"untyped": "memio_untyped:app"}, "app = dict()"),
        "memio-absent": ({"absent": "memio_absent:app"}, ""),
        "memio-empty": ({"empty": "memio_empty:app"}, "import typer; app = typer.Typer()"),
        "memio-bare": ({"bare": "memio_bare"}, SINGLE),
        "memio-clashing": ({"facts": "memio_clashing:app"}, SINGLE),
        "memio-shouting": ({'"Shout it"': "memio_shouting:app"}, SINGLE),
        "memio-first": ({"same": "memio_first:app"}, SINGLE),
        "memio-second": ({"same": "memio_second:app"}, SINGLE),
    }
    projects: list[Path] = []
    for name, (commands, source) in points.items():
        module = name.replace("-", "_")
        files = {f"{module}.py": source}
        if name == "memio-acme":
            files["memio_acme_hello.py"] = SINGLE
        projects.append(project(name, "1.2", {"memio.commands": commands}, files))
    return make_environment("commands", core_with_cli, *projects)


@pytest.fixture
def memio(environment: Any) -> Callable[..., Any]:
    return lambda *arguments: environment.command(environment.scripts / "memio", *arguments, COLUMNS="200")


def test_a_command_runs_with_its_arguments_and_options(memio: Callable[..., Any]) -> None:
    done = memio("acme", "push", "ab", "--count", "3")
    assert (done.returncode, done.stdout) == (0, "ababab\n")


def test_an_app_of_one_command_is_that_command(memio: Callable[..., Any]) -> None:
    assert memio("acme-hello", "Alice").stdout == "hello Alice\n"


def test_the_help_of_a_command_is_that_of_its_app(memio: Callable[..., Any]) -> None:
    shown = memio("acme", "--help").stdout
    assert "Synchronise with Acme." in shown
    assert "push" in shown
    assert "--install-completion" not in shown


def test_an_error_of_memio_becomes_its_message_and_exit_code(memio: Callable[..., Any]) -> None:
    done = memio("acme", "push", "ab", "--count", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--count must be at least 1" in done.stderr
    assert memio("acme", "push", "ab", "--count", "10").returncode == 7


def test_wrong_usage_is_reported_as_for_the_commands_of_memio(memio: Callable[..., Any]) -> None:
    done = memio("acme", "push")
    assert done.returncode == 2
    assert "memio acme push --help" in done.stderr


def test_the_help_lists_every_command_with_its_distribution_and_imports_none(memio: Callable[..., Any]) -> None:
    done = memio("--help")
    assert done.returncode == 0, done.stderr  # memio-exiting would end the process
    for name in ("acme", "acme-hello", "raising", "exiting", "untyped", "absent", "empty", "bare"):
        line = next(line for line in done.stdout.splitlines() if line.lstrip("│ ").startswith(f"{name} "))
        assert f"Installed by memio-{name.removesuffix('-hello')} 1.2." in line


def test_the_help_lists_the_commands_that_were_refused(memio: Callable[..., Any]) -> None:
    shown = " ".join(memio("--help").stdout.split())
    assert "memio.commands: facts = memio_clashing:app (memio has a command 'facts'" in shown
    assert "'Shout it' cannot name a command" in shown
    assert "memio-first 1.2, memio-second 1.2 offer the command 'same'" in shown


def test_a_command_imports_no_other(memio: Callable[..., Any]) -> None:
    done = memio("acme", "modules")
    assert {name for name in done.stdout.strip().split(",") if name.startswith("memio_")} == {"memio_acme"}


def test_a_command_of_memio_imports_no_other_and_keeps_its_name(memio: Callable[..., Any]) -> None:
    assert memio("facts", "add", "likes coffee").returncode == 0
    done = memio("facts", "search", "coffee", "--json")
    assert [fact["content"] for fact in json.loads(done.stdout)["items"]] == ["likes coffee"]
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("raising", "the plugin fails on import: RuntimeError: the driver is missing"),
        ("untyped", "memio_untyped:app must be a typer.Typer, and is a dict"),
        ("absent", "memio_absent:app must be a typer.Typer, and is nothing"),
        ("empty", "typer cannot make a command of memio_empty:app"),
        ("bare", "must name an object, as in 'bare = \"memio_bare:app\"'"),
        ("same", "memio-first 1.2, memio-second 1.2 offer the command 'same': uninstall all but one"),
        ("Shout it", "'Shout it' cannot name a command"),
    ],
)
def test_a_broken_command_that_is_called_names_its_distribution(
    memio: Callable[..., Any], name: str, message: str
) -> None:
    done = memio(name, "--json")
    assert (done.returncode, done.stdout) == (5, "")
    error = json.loads(done.stderr.splitlines()[-1])["error"]
    assert error["type"] == "PluginError"
    assert message in error["message"]
    assert "memio.commands: " in error["message"]


def test_an_unknown_command_is_refused_as_without_other_commands(memio: Callable[..., Any]) -> None:
    done = memio("acne")
    assert done.returncode == 2
    assert "No such command 'acne'" in done.stderr


def test_the_doctor_lists_each_command_with_what_is_wrong_with_it(memio: Callable[..., Any]) -> None:
    done = memio("doctor", "--json")
    assert done.returncode == 0, done.stderr
    errors = {(item["name"], item["distribution"]): item["error"] for item in json.loads(done.stdout)["commands"]}
    assert errors["acme", "memio-acme"] is None
    assert errors["acme-hello", "memio-acme"] is None
    assert "the driver is missing" in errors["raising", "memio-raising"]
    assert "exit code 3" in errors["exiting", "memio-exiting"]
    assert "typer.Typer" in errors["untyped", "memio-untyped"]
    assert "memio has a command 'facts'" in errors["facts", "memio-clashing"]
    assert "offer the command 'same'" in errors["same", "memio-second"]
    shown = memio("doctor").stdout
    assert "command raising · memio-raising 1.2 · broken" in shown
    assert "command acme · memio-acme 1.2 · ok" in shown


def test_the_shell_completes_commands_of_other_distributions(environment: Any) -> None:
    done = environment.command(
        environment.scripts / "memio", _MEMIO_COMPLETE="complete_bash", COMP_WORDS="memio ac", COMP_CWORD="1"
    )
    assert done.stdout.split() == ["acme", "acme-hello"]
