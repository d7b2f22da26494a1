"""The contents of the published archives."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import memio

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.packaging

PACKAGES = {
    "memio-core": {"memio", "memio/providers/sqlite"},
    "memio-letta": {"memio/providers/letta"},
    "memio-postgres": {"memio/providers/postgres"},
    "memio-contract": {"memio_contract"},
    "memio-claude": {"memio_claude"},
    "memio-langgraph": {"memio_langgraph"},
    "memio-mcp": {"memio_mcp"},
    "memio-openai-agents": {"memio_openai_agents"},
}
BRIDGES = [name for name in PACKAGES if (ROOT / "bridges" / name).is_dir()]
TEMPLATE = "memio/cli/scaffold/template/"
TEMPLATES = (TEMPLATE, "memio/cli/scaffold/template_database/")


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def metadata_of(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        path = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(path).decode())


@pytest.mark.parametrize("distribution", PACKAGES)
def test_every_package_is_marked_as_typed(wheels: Mapping[str, Path], distribution: str) -> None:
    assert {f"{package}/py.typed" for package in PACKAGES[distribution]} <= names_in(wheels[distribution])


@pytest.mark.parametrize("distribution", PACKAGES)
def test_a_wheel_holds_its_package_and_metadata_only(wheels: Mapping[str, Path], distribution: str) -> None:
    names = {name for name in names_in(wheels[distribution]) if ".dist-info/" not in name}
    roots = ("memio/",) if distribution == "memio-core" else tuple(f"{package}/" for package in PACKAGES[distribution])
    assert [name for name in sorted(names) if not name.startswith(roots)] == []
    # The templates of a provider are text, and have other tests; a published suite has a conftest.
    names = {name for name in names if not name.startswith((*TEMPLATES, "memio_langgraph/store_suite/"))}
    assert [name for name in sorted(names) if Path(name).suffix not in (".py", ".typed")] == []
    assert [name for name in sorted(names) if {"tests", "conftest.py"} & set(Path(name).parts)] == []


def test_both_archives_of_core_carry_the_whole_template_of_a_provider(
    archives: Mapping[str, tuple[Path, Path]], wheels: Mapping[str, Path]
) -> None:
    source = Path(__file__).resolve().parents[2] / "src"
    template = {path.relative_to(source).as_posix() for path in (source / TEMPLATE).rglob("*.jinja")}
    assert f"{TEMPLATE}.github/workflows/test.yml.jinja" in template
    assert template == {name for name in names_in(wheels["memio-core"]) if name.startswith(TEMPLATE)}
    with tarfile.open(archives["memio-core"][0]) as archive:
        paths = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"src/{path}" for path in template} <= paths


@pytest.mark.parametrize("distribution", PACKAGES)
def test_no_wheel_has_an_init_file_in_the_folder_of_the_providers(
    wheels: Mapping[str, Path], distribution: str
) -> None:
    assert "memio/providers/__init__.py" not in names_in(wheels[distribution])


def test_only_core_contains_the_package_memio(wheels: Mapping[str, Path]) -> None:
    assert "memio/__init__.py" in names_in(wheels["memio-core"])
    for distribution in ("memio-letta", "memio-postgres"):
        assert not {"memio/__init__.py", "memio/__init__.pyi"} & names_in(wheels[distribution])


@pytest.mark.parametrize("distribution", PACKAGES)
def test_a_wheel_contains_licence_and_readme(wheels: Mapping[str, Path], distribution: str) -> None:
    wheel = wheels[distribution]
    licences = [name for name in names_in(wheel) if name.endswith(".dist-info/licenses/LICENSE")]
    assert len(licences) == 1
    metadata = metadata_of(wheel)
    assert metadata["License-Expression"] == "MIT"
    assert str(metadata.get_payload()).startswith("# ")


@pytest.mark.parametrize("distribution", PACKAGES)
def test_every_dependency_has_a_lowest_version(wheels: Mapping[str, Path], distribution: str) -> None:
    # defect: ranges of an SDK without bounds: a fresh install is broken by its next major version
    required = metadata_of(wheels[distribution]).get_all("Requires-Dist", [])
    assert required
    assert [requirement for requirement in required if ">=" not in requirement] == []


def test_what_is_run_time_only_is_capped_and_test_tools_are_not(wheels: Mapping[str, Path]) -> None:
    def capped(distribution: str) -> dict[str, bool]:
        required = metadata_of(wheels[distribution]).get_all("Requires-Dist", [])
        return {text.split(">")[0].split("<")[0].split("[")[0].strip(): "<" in text for text in required}

    core = capped("memio-core")
    assert core["pluggy"]
    assert core["pydantic"]
    assert capped("memio-letta")["letta-client"]
    assert capped("memio-postgres")["asyncpg"]
    assert capped("memio-contract") == {"memio-core": True, "pytest": False, "hypothesis": False}


def test_all_distributions_have_the_version_of_the_package_memio(wheels: Mapping[str, Path]) -> None:
    assert {metadata_of(wheel)["Version"] for wheel in wheels.values()} == {memio.__version__}


@pytest.mark.parametrize("distribution", sorted(set(PACKAGES) - {"memio-core"}))
def test_a_distribution_accepts_the_core_of_the_same_version_and_not_the_next_minor_one(
    wheels: Mapping[str, Path], distribution: str
) -> None:
    required = map(Requirement, metadata_of(wheels[distribution]).get_all("Requires-Dist", []))
    (core,) = (requirement for requirement in required if requirement.name == "memio-core")
    major, minor, _ = Version(memio.__version__).release
    assert core.specifier.contains(memio.__version__, prereleases=True)
    assert not core.specifier.contains(f"{major}.{minor + 1}.0")


@pytest.mark.parametrize("distribution", PACKAGES)
def test_the_source_archive_holds_what_a_build_needs_and_no_more(
    archives: Mapping[str, tuple[Path, Path]], distribution: str
) -> None:
    with tarfile.open(archives[distribution][0]) as archive:
        paths = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE"} <= paths
    tops = {path.partition("/")[0] for path in paths}
    assert tops - {".gitignore", "PKG-INFO", "docs"} == {"pyproject.toml", "README.md", "LICENSE", "src", "tests"}


@pytest.mark.parametrize("distribution", PACKAGES)
def test_the_tests_of_a_source_archive_need_nothing_else_of_the_repository(
    archives: Mapping[str, tuple[Path, Path]], distribution: str, tmp_path: Path
) -> None:
    with tarfile.open(archives[distribution][0]) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    assert len(list(source.glob("tests/**/test_*.py"))) > 1
    above = re.compile(r"__file__\)(?:\.resolve\(\))?\.parents\[(\d+)\]")
    for file in sorted(source.rglob("tests/**/*.py")):
        depth = len(file.relative_to(source).parts) - 1
        climbs = [int(level) for level in above.findall(file.read_text(encoding="utf-8"))]
        assert [level for level in climbs if level > depth] == [], file.relative_to(source)
    if distribution in BRIDGES:
        return  # their frameworks are not in this environment; `nox -s bridges` runs their tests
    command = [sys.executable, "-m", "pytest", "--import-mode=importlib", "--collect-only", "-q", "tests"]
    done = subprocess.run(command, cwd=source, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
