"""Providers are found whatever the metadata of the installed distributions is like.

Metadata is damaged as it is found in the wild: by installations that were interrupted, and by copies of copies. Each
case is a folder on the path of a new process.
"""

from __future__ import annotations

import ast
import asyncio
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from memio import Memio, __version__, _built_in, _bundled, _distributions
from memio.errors import ProviderError

CORE = Path(__file__).resolve().parents[2]
METADATA = b"Metadata-Version: 2.1\nName: memio-acme\nVersion: 1.2\n"
FACTS = b"[memio.facts]\nacme = acme.plugin\n"
TOOL = b"[console_scripts]\ntool = tool:main\n"

LISTING = """
    import asyncio, json, warnings
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        from memio import Memio
        from memio.registry import installed
        async def main():
            async with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
                await memio.facts.add(content="likes coffee")
        asyncio.run(main())
        others = ("letta", "postgres")
        found = [[entry.name, entry.describe()] for entry in installed("facts") if entry.name not in others]
    print(json.dumps([found, [str(warning.message) for warning in caught]]))
"""


def run(program: str, *path: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program with folders at the front of its path."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", dedent(program)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment, **options)


def listed(*path: Path) -> tuple[list[list[str]], list[str]]:
    """Return the providers of facts that are found, after sqlite was used, and the warnings."""
    done = run(LISTING, *path)
    assert done.returncode == 0, done.stderr
    found, warned = json.loads(done.stdout)
    assert [name for name, _ in found].count("sqlite") == 1
    return [entry for entry in found if entry[0] != "sqlite"], warned


def install(site: Path, files: dict[str, bytes], folder: str = "memio_acme-1.2.dist-info") -> Path:
    """Write metadata; a name that ends in a slash makes a folder."""
    info = site / folder
    info.mkdir(parents=True)
    for name, content in files.items():
        if name.endswith("/"):
            (info / name).mkdir()
        else:
            (info / name).write_bytes(content)
    return info


DAMAGED: dict[str, tuple[dict[str, bytes], str, str]] = {
    "entry points in another encoding": (
        {"METADATA": METADATA, "entry_points.txt": b"[console_scripts]\nx = \xff:y\n"},
        "entry_points.txt",
        "it is not UTF-8: byte 22 is 0xff",
    ),
    "entry points without a value": (
        {"METADATA": METADATA, "entry_points.txt": b"[memio.facts]\nacme\n"},
        "entry_points.txt",
        "line 2, 'acme', must be a [section] or 'name = module' below one",
    ),
    "entry points without a section": (
        {"METADATA": METADATA, "entry_points.txt": b"acme = acme.plugin\n"},
        "entry_points.txt",
        "line 1, 'acme = acme.plugin', must be a [section] or 'name = module' below one",
    ),
    "a name that is there twice": (
        {"METADATA": METADATA, "entry_points.txt": FACTS + b"acme = other.plugin\n"},
        "entry_points.txt",
        "line 3 repeats the name 'acme' in the group 'memio.facts'",
    ),
    "a folder in place of the entry points": (
        {"METADATA": METADATA, "entry_points.txt/": b""},
        "entry_points.txt",
        "it cannot be read: Is a directory",
    ),
    "no METADATA": ({"entry_points.txt": FACTS}, "", "it has no METADATA"),
    "METADATA without a name": (
        {"METADATA": b"Metadata-Version: 2.1\n\nName: in the text\n", "entry_points.txt": FACTS},
        "METADATA",
        "it has no name and no version",
    ),
    "METADATA without a version": (
        {"METADATA": b"Metadata-Version: 2.1\nName: memio-acme\n", "entry_points.txt": FACTS},
        "METADATA",
        "it has no version",
    ),
    "empty METADATA": ({"METADATA": b"", "entry_points.txt": FACTS}, "METADATA", "it has no name and no version"),
    "METADATA in another encoding": (
        {"METADATA": METADATA + b"Author: Jos\xe9\n", "entry_points.txt": FACTS},
        "METADATA",
        "it is not UTF-8: byte 63 is 0xe9",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_distribution_with_damaged_metadata_is_skipped_and_the_file_is_named(case: str, tmp_path: Path) -> None:
    files, file, why = DAMAGED[case]
    place = install(tmp_path, files)
    found, warned = listed(tmp_path)
    assert found == []
    ours = [text for text in warned if text.startswith("an installed distribution has damaged metadata")]
    assert len(ours) == 1
    assert f"{place / file}: {why}" in ours[0]
    assert "Reinstall the distribution" in ours[0]


@pytest.mark.skipif(sys.platform == "win32", reason="making links is a privilege there")
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    info = install(tmp_path, {"METADATA": METADATA})
    # A link to itself cannot be read by any user, root included.
    (info / "entry_points.txt").symlink_to("entry_points.txt")
    found, warned = listed(tmp_path)
    assert found == []
    expected = f"{info / 'entry_points.txt'}: it cannot be read: Too many levels of symbolic links"
    assert any(expected in text for text in warned)


def test_a_file_in_place_of_a_folder_of_metadata_is_named(tmp_path: Path) -> None:
    (tmp_path / "memio_acme-1.2.dist-info").write_bytes(METADATA)
    found, warned = listed(tmp_path)
    assert found == []
    assert len(warned) == 1
    assert f"{tmp_path / 'memio_acme-1.2.dist-info'}: it is a file where a folder must be" in warned[0]


@pytest.mark.parametrize(
    "files",
    [{}, {"entry_points.txt": TOOL}, {"METADATA": METADATA, "entry_points.txt": b""}],
    ids=["empty folder", "no METADATA", "no entry points"],
)
def test_damaged_metadata_that_memio_does_not_need_causes_no_warning(files: dict[str, bytes], tmp_path: Path) -> None:
    install(tmp_path, files)
    assert listed(tmp_path) == ([], [])


def test_metadata_in_the_old_form_causes_no_warning(tmp_path: Path) -> None:
    (tmp_path / "acme-1.2.egg-info").write_bytes(METADATA)
    assert listed(tmp_path) == ([], [])


def test_an_intact_distribution_is_found_after_a_damaged_one_of_the_same_name(tmp_path: Path) -> None:
    # an empty folder of an older version, or a damaged copy that comes first on the path
    install(tmp_path / "first", {"METADATA": b"", "entry_points.txt": FACTS})
    install(tmp_path / "second", {}, "memio_acme-1.1.dist-info")
    install(tmp_path / "second", {"METADATA": METADATA, "entry_points.txt": FACTS})
    found, warned = listed(tmp_path / "first", tmp_path / "second")
    assert found == [["acme", "memio-acme 1.2"]]
    assert str(tmp_path / "first") in " ".join(warned)


def test_a_distribution_that_is_twice_in_a_folder_counts_once_with_its_highest_version(tmp_path: Path) -> None:
    for version in ("1.9", "1.10", "1.2"):
        metadata = METADATA.replace(b"1.2", version.encode())
        install(tmp_path, {"METADATA": metadata, "entry_points.txt": FACTS}, f"memio_acme-{version}.dist-info")
    found, warned = listed(tmp_path)
    assert found == [["acme", "memio-acme 1.10"]]
    assert len(warned) == 1
    assert "memio-acme is installed more than once in one folder" in warned[0]
    assert str(tmp_path / "memio_acme-1.9.dist-info") in warned[0]


def test_a_distribution_without_entry_points_hides_an_older_one_that_has_them(tmp_path: Path) -> None:
    # Python imports the modules of the first
    install(tmp_path / "first", {"METADATA": METADATA.replace(b"1.2", b"2.0")}, "memio_acme-2.0.dist-info")
    install(tmp_path / "second", {"METADATA": METADATA, "entry_points.txt": FACTS})
    assert listed(tmp_path / "first", tmp_path / "second") == ([], [])


def test_what_an_interrupted_pip_left_is_skipped(tmp_path: Path) -> None:
    files = {"METADATA": METADATA, "entry_points.txt": FACTS}
    left = install(tmp_path, files, "~emio_acme-1.1.dist-info")
    install(tmp_path, files)
    found, warned = listed(tmp_path)
    assert found == [["acme", "memio-acme 1.2"]]
    assert len(warned) == 1
    assert f"{left}: an interrupted pip left it there" in warned[0]


def test_a_finder_that_fails_causes_a_warning_and_sqlite_is_found(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        dedent("""
            import sys
            class Finder:
                def find_spec(self, *arguments): return None
                def find_distributions(self, *arguments): raise OSError("no such archive")
            sys.meta_path.insert(0, Finder())
        """)
    )
    _, warned = listed(tmp_path)
    assert any("the list of installed distributions is incomplete: OSError: no such archive" in text for text in warned)


@pytest.mark.parametrize("arguments", [["providers"], ["doctor"], ["facts", "list"]], ids=" ".join)
def test_commands_work_with_damaged_metadata_and_name_it(arguments: list[str], tmp_path: Path) -> None:
    pytest.importorskip("typer", reason="the command line is not installed here")
    files = {"METADATA": METADATA, "entry_points.txt": b"[console_scripts]\nx = \xff:y\n"}
    info = install(tmp_path / "site", files)
    program = f"import sys; from memio.cli import main; sys.exit(main({arguments!r}))"
    done = run(program, tmp_path / "site", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert f"{info / 'entry_points.txt'}" in done.stderr.replace("\n", "")


def test_entry_points_of_a_zip_are_found(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "site.zip", "w") as archive:
        for name, content in {"METADATA": METADATA, "entry_points.txt": FACTS}.items():
            archive.writestr(f"memio_acme-1.2.dist-info/{name}", content)
    assert listed(tmp_path / "site.zip") == ([["acme", "memio-acme 1.2"]], [])


UNINSTALLED = """
    import sys, json
    import importlib_metadata
    every = importlib_metadata.distributions
    importlib_metadata.distributions = lambda **only: [
        one for one in every(**only) if not str(one._path.name).startswith("memio")
    ]
    from memio import registry
    groups = ("facts", "history", "documents", "graph", "embedders", "middleware")
    entries = [entry for group in groups for entry in registry.installed(group)]
    found = [[entry.group, entry.name, entry.module, entry.describe()] for entry in entries]
    loaders = {registry.MIDDLEWARE: registry.load_middleware, registry.EMBEDDERS: registry.load_embedder}
    loaded = [loaders.get(entry.group, registry.load_store)(entry).api for entry in entries]
    print(json.dumps([found, len(loaded)]))
"""


def test_built_in_plugins_are_found_and_loaded_without_metadata() -> None:
    import memio

    done = run(UNINSTALLED)
    assert done.returncode == 0, done.stderr
    found, loaded = json.loads(done.stdout)
    core = f"memio-core {memio.__version__}"
    assert sorted(found) == sorted([*entry, core] for entry in _built_in.ENTRY_POINTS)
    assert loaded == len(found)


def test_the_built_in_entry_points_are_those_that_the_distribution_declares() -> None:
    project = tomllib.loads((CORE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [
        (group.removeprefix("memio."), name, module)
        for group, points in project["entry-points"].items()
        if group.startswith("memio.")
        for name, module in points.items()
    ]
    assert sorted(_built_in.ENTRY_POINTS) == sorted(declared)
    assert project["name"] == _built_in.DISTRIBUTION


def test_every_built_in_plugin_is_imported_by_a_statement_that_freezing_tools_find() -> None:
    statements = ast.walk(ast.parse(Path(_bundled.__file__).read_text(encoding="utf-8")))
    imported = {
        alias.name for statement in statements if isinstance(statement, ast.Import) for alias in statement.names
    }
    assert imported == {module for _, _, module in _built_in.ENTRY_POINTS}
    _bundled.import_built_in_plugins()


def test_the_client_imports_the_module_that_freezing_tools_read() -> None:
    statements = ast.walk(ast.parse((CORE / "src/memio/client.py").read_text(encoding="utf-8")))
    names = [
        alias.name
        for statement in statements
        if isinstance(statement, ast.ImportFrom) and statement.module == "memio"
        for alias in statement.names
    ]
    assert "_bundled" in names


def test_the_error_of_a_store_names_its_distribution_and_reads_no_metadata(tmp_path, monkeypatch):
    memio = Memio.from_config({"facts": {"provider": "sqlite", "path": str(tmp_path)}})  # a folder in place of a file

    def read(*_: object) -> None:
        raise AssertionError("metadata is read on the event loop while an error is reported")

    async def main() -> str | None:
        async with memio:
            with pytest.raises(ProviderError) as caught:
                await memio.facts.add("likes coffee")
            return caught.value.distribution

    for reading in ("_text", "_distributions"):
        monkeypatch.setattr(_distributions, reading, read)
    assert asyncio.run(main()) == f"memio-core {__version__}"
