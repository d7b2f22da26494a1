"""`memio new-provider` writes a provider that is clean for every choice of kinds, and never over anything."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from memio.cli.scaffold.project import EXAMPLES, render, write
from memio.cli.scaffold.provider_names import MAX_NAME, provider_names
from memio.errors import InvalidInputError

KINDS = ("facts", "history", "documents", "graph")
SUBSETS = [subset for size in range(1, 5) for subset in combinations(KINDS, size)]
# Long names make long lines, and the shortest one makes lines that a formatter might join.
NAMES = ("a", "acme-db", "m" * MAX_NAME, "a-b-c-d-e-f-g-h-i-j-k-l")


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("kinds", SUBSETS, ids="-".join)
def test_what_is_rendered_is_whole_and_fits_the_kinds(kinds, example):
    shared = ["records"] if example == "database" and {"facts", "documents"} & set(kinds) else []
    for name in NAMES:
        names = provider_names(name)
        files = render(names, kinds, example)
        package = f"src/{names.package}"
        assert {path for path in files if path.startswith(f"{package}/") and path.endswith(".py")} == {
            f"{package}/{module}.py"
            for module in ("__init__", "plugin", "settings", "backend", "contract", *shared, *kinds)
        }
        for path, text in files.items():
            assert "{{" not in text.replace("${{ matrix.python }}", ""), path
            assert "{%" not in text, path
            assert text == "" or (text.endswith("\n") and not text.endswith("\n\n")), path
            assert "\n\n\n\n" not in text, path
            if path.endswith(".py"):
                compile(text, path, "exec")
        project = tomllib.loads(files["pyproject.toml"])["project"]
        assert project["name"] == names.distribution
        assert project["entry-points"] == {f"memio.{kind}": {name: f"{names.package}.plugin"} for kind in kinds}
        assert all(">=" in bound and "<" in bound for bound in project["dependencies"])


def test_ruff_finds_nothing_to_mend_for_any_choice_of_kinds(tmp_path):
    ruff = shutil.which("ruff", path=os.fspath(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed with this Python or on the path")
    for name in NAMES:
        for kinds, example in product(SUBSETS, EXAMPLES):
            names = provider_names(name)
            folder = tmp_path / name / "-".join((example, *kinds))
            folder.mkdir(parents=True)
            write(folder / names.distribution, render(names, kinds, example))
    for command in (["format", "--check"], ["check"]):
        done = subprocess.run([ruff, *command, "--no-cache", tmp_path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_writes_a_new_distribution_and_states_what_to_do_next(memio):
    done = memio("new-provider", "acme", "--kind", "history", "--kind", "facts")
    assert done.code == 0, done.err
    assert "a provider 'acme' for facts, history" in done.out
    for step in ("cd memio-acme", "pip install -e '.[test]'", "pytest", "memio providers", "memio check acme"):
        assert step in done.out
    assert written(memio.folder / "memio-acme") == {
        ".github/workflows/test.yml",
        ".gitignore",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "src/memio_acme/__init__.py",
        "src/memio_acme/backend.py",
        "src/memio_acme/contract.py",
        "src/memio_acme/facts.py",
        "src/memio_acme/history.py",
        "src/memio_acme/plugin.py",
        "src/memio_acme/py.typed",
        "src/memio_acme/settings.py",
        "tests/test_contract.py",
        "tests/test_provider.py",
    }
    assert [path.name for path in memio.folder.iterdir()] == ["memio-acme"]


def test_it_shows_programs_what_it_wrote(here, tmp_path):
    (tmp_path / "below").mkdir()
    done = here("new-provider", "acme-db", "--directory", "below", "--json")
    values = done.json
    assert set(values.pop("files")) == written(tmp_path / "below" / "memio-acme-db")
    assert values == {
        "provider": "acme-db",
        "distribution": "memio-acme-db",
        "package": "memio_acme_db",
        "kinds": ["facts"],
        "folder": str(Path("below", "memio-acme-db")),
    }


def test_kinds_may_be_given_one_by_one(here):
    assert here("new-provider", "acme", "-k", "graph", "-k", "facts", "--json").json["kinds"] == ["facts", "graph"]


def test_an_example_that_there_is_not_is_refused_with_a_list(here, tmp_path):
    done = here("new-provider", "acme", "--example", "databse")
    assert done.code == 2
    assert "unknown example 'databse', did you mean 'database'?; the examples are memory, database" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kinds", "error"),
    [
        ([""], "unknown kind ''"),
        (["facts,history"], "unknown kind 'facts,history'"),
        (["fact"], "unknown kind 'fact', did you mean 'facts'?"),
        (["facts", "facts history"], "unknown kind 'facts history'"),
        (["Facts"], "unknown kind 'Facts'"),
    ],
)
def test_unknown_kinds_are_refused_with_a_list_of_the_four(here, tmp_path, kinds, error):
    done = here("new-provider", "acme", *(option for kind in kinds for option in ("--kind", kind)))
    assert done.code == 2
    assert error in done.err
    assert "the kinds are facts, history, documents, graph" in done.err
    assert "--kind facts --kind history" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("", None),
        ("Acme", "acme"),
        ("acme_db", "acme-db"),
        ("acme.db", "acme-db"),
        ("acme--db", "acme-db"),
        ("-acme", "acme"),
        ("acme-", "acme"),
        ("7up", "up"),
        ("42", None),
        ("ünï", "uni"),
        ("日本", None),
        ("acme db", "acme-db"),
        ("../acme", "acme"),
        ("acme/db", "acme-db"),
        ("acme\n", "acme"),
        ("x" * (MAX_NAME + 1), "x" * MAX_NAME),
        ("memio-acme", "acme"),
        ("memio_acme", "acme"),
        ("Memio", None),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_and_another_suggested(name, suggested):
    with pytest.raises(InvalidInputError) as caught:
        provider_names(name)
    message = str(caught.value)
    assert ("for example" in message) == (suggested is not None), message
    if suggested is not None:
        assert message.endswith(f"for example {suggested!r}")
        provider_names(suggested)


@pytest.mark.parametrize("name", ["memio", "core", "contract", "sqlite", "letta"])
def test_names_of_memio_itself_are_refused(name):
    with pytest.raises(InvalidInputError, match=f"'{name}' belongs to memio"):
        provider_names(name)


@pytest.mark.parametrize("name", ["class", "none", "json", "a1", "a-1"])
def test_keywords_and_modules_of_python_can_name_a_provider(name):
    names = provider_names(name)
    assert names.package.isidentifier()
    assert names.variables.isidentifier()
    for path, text in render(names, KINDS).items():
        if path.endswith(".py"):
            compile(text, path, "exec")


def test_a_provider_that_is_installed_is_not_written_again(memio, plain: Callable[[], Path]):
    plain()
    done = memio("new-provider", "plain")
    assert done.code == 2
    assert "a provider 'plain' is installed, from memio-plain 1.0 (facts, history, documents, graph)" in done.err
    assert not (memio.folder / "memio-plain").exists()


def test_a_distribution_that_is_installed_is_not_written_again(memio, distribution: Callable[..., Path]):
    # Names of distributions are equal whatever their case and separators.
    distribution("Memio_Acme", "other", "somewhere", "")
    done = memio("new-provider", "acme")
    assert done.code == 2
    assert "a distribution memio-acme 1.0 is installed" in done.err


@pytest.mark.parametrize("path", ["memio_acme.py", "memio_acme/__init__.py", "memio_acme/module.py"])
def test_an_import_package_that_is_there_is_not_written_again(memio, path):
    site = memio.folder / "site"
    (site / path).parent.mkdir(parents=True)
    (site / path).touch()
    done = memio("new-provider", "acme", PYTHONPATH=str(site))
    assert done.code == 2
    assert "an import package memio_acme exists" in done.err
    assert str(site) in done.err


def test_nothing_is_written_over(here, tmp_path):
    place = tmp_path / "memio-acme"
    for make, remove in (
        (lambda: place.write_text("mine"), place.unlink),
        (place.mkdir, place.rmdir),
        (lambda: place.symlink_to("nowhere"), place.unlink),
    ):
        make()
        before = place.lstat()
        done = here("new-provider", "acme")
        assert done.code == 2
        assert "memio-acme exists and is not overwritten" in done.err
        assert place.lstat() == before
        assert list(tmp_path.iterdir()) == [place]
        remove()


def test_a_directory_that_is_not_there_is_an_error(here, tmp_path):
    done = here("new-provider", "acme", "--directory", "nowhere/below")
    assert done.code == 2
    assert f"{Path('nowhere/below')} does not exist" in done.err
    (tmp_path / "file").touch()
    assert "file is not a folder" in here("new-provider", "acme", "--directory", "file").err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_failure_half_way_leaves_nothing(tmp_path):
    files = {"first.txt": "text", "second.txt": "text", "second.txt/below.txt": "no folder is there"}
    with pytest.raises(InvalidInputError, match="nothing was written"):
        write(tmp_path / "memio-acme", files)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_appears_meanwhile_is_not_written_over(tmp_path):
    class Slow(dict[str, str]):
        def items(self) -> Any:
            (tmp_path / "memio-acme").mkdir()
            (tmp_path / "memio-acme" / "mine.txt").write_text("mine")
            return super().items()

    with pytest.raises(InvalidInputError, match="cannot be written"):
        write(tmp_path / "memio-acme", Slow({"first.txt": "text"}))
    assert written(tmp_path) == {"memio-acme/mine.txt"}


def test_the_folder_is_as_open_as_any_new_one(tmp_path):
    write(tmp_path / "memio-acme", {"first.txt": "text"})
    (tmp_path / "other").mkdir()
    assert stat.S_IMODE((tmp_path / "memio-acme").stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)
