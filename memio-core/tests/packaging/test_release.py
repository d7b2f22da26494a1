"""What the release workflow does before it publishes."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path

import pytest

import memio

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).resolve().parents[3]
REPOSITORY, DOCUMENTATION = "https://forge.example/owner/name", "https://owner.example/name/"

spec = importlib.util.spec_from_file_location("release", ROOT / "tools" / "release.py")
release = importlib.util.module_from_spec(spec)
spec.loader.exec_module(release)
DISTRIBUTIONS: dict[str, str] = release.distributions()


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """The files that a release reads, with a changelog that is ready for it."""
    ignored = shutil.ignore_patterns("__pycache__", "tests")
    for folder in (*DISTRIBUTIONS.values(), "changelog.d"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for fragment in (tmp_path / "changelog.d").glob("+*"):
        fragment.unlink()
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {memio.__version__} (2026-12-01)\n", encoding="utf-8")
    return tmp_path


def test_every_project_file_of_the_repository_is_found_and_core_is_the_first():
    tracked = subprocess.run(
        ["git", "ls-files", "*pyproject.toml"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    folders = {Path(path).parent.as_posix() for path in tracked.stdout.split()} - {"."}  # the root publishes nothing
    assert set(DISTRIBUTIONS.values()) == folders
    assert next(iter(DISTRIBUTIONS)) == "memio-core"


def test_a_new_bridge_is_found_by_its_project_file(clone):
    new = clone / "bridges" / "memio-acme" / "pyproject.toml"
    new.parent.mkdir(parents=True)
    new.write_text('[project]\nname = "memio-acme"\n', encoding="utf-8")
    assert release.distributions(clone) == {**DISTRIBUTIONS, "memio-acme": "bridges/memio-acme"}


def test_the_commands_of_the_workflow_print_all_distributions(capsys):
    assert release.main(["list"]) == 0
    assert dict(line.split() for line in capsys.readouterr().out.splitlines()) == DISTRIBUTIONS
    assert release.main(["names"]) == 0
    assert json.loads(capsys.readouterr().out) == [*DISTRIBUTIONS]


def test_the_workflow_names_no_distribution():
    workflow = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    assert [name for name in (*DISTRIBUTIONS, *DISTRIBUTIONS.values()) if name in workflow] == []


def test_updates_of_dependencies_are_asked_for_in_every_distribution():
    text = (ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8")
    (patterns,) = re.findall(r"directories: (\[.+\])", text)
    found = {path.relative_to(ROOT) for pattern in json.loads(patterns) for path in ROOT.glob(pattern.lstrip("/"))}
    assert {path.as_posix() for path in found if (ROOT / path / "pyproject.toml").exists()} == {*DISTRIBUTIONS.values()}


def test_the_sessions_of_nox_know_every_distribution():
    nox = pytest.importorskip("nox", reason="the project file of nox imports it")
    del nox
    spec = importlib.util.spec_from_file_location("noxfile", ROOT / "noxfile.py")
    sessions = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # it reads the project file of the root
        spec.loader.exec_module(sessions)
    known = (*sessions.EDITABLE, *sessions.OWN_BRIDGES)
    assert {path.removeprefix("./").partition("[")[0] for path in known} == {*DISTRIBUTIONS.values()}
    assert {*sessions.LOWEST, *(f"bridges/{bridge}" for bridge in sessions.BRIDGES)} == {*DISTRIBUTIONS.values()}


def test_the_tag_of_the_version_may_be_released(clone):
    assert release.check_tag(f"v{memio.__version__}", clone) == []


def test_a_tag_of_another_version_may_not(clone):
    (fault,) = release.check_tag("v99.0.0", clone)
    assert memio.__version__ in fault


def test_a_version_that_the_changelog_lacks_may_not(clone):
    (clone / "CHANGELOG.md").write_text(f"# Changelog\n\n## {memio.__version__} (unreleased)\n", encoding="utf-8")
    (fault,) = release.check_tag(f"v{memio.__version__}", clone)
    assert "towncrier build" in fault


def test_a_version_may_not_while_fragments_are_left(clone):
    (clone / "changelog.d" / "+speed.changed.md").write_text("Faster.\n", encoding="utf-8")
    (fault,) = release.check_tag(f"v{memio.__version__}", clone)
    assert "+speed.changed.md" in fault


def test_the_addresses_are_in_the_metadata_of_every_distribution(clone, uv, tmp_path_factory):
    release.write_urls(f"{REPOSITORY}/", DOCUMENTATION, clone)
    for folder in DISTRIBUTIONS.values():
        out = tmp_path_factory.mktemp("built")
        build = [uv, "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", out, clone / folder]
        subprocess.run(build, check=True)
        with zipfile.ZipFile(next(out.glob("*.whl"))) as archive:
            path = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            urls = Parser().parsestr(archive.read(path).decode()).get_all("Project-URL")
        assert set(urls) == {
            f"Documentation, {DOCUMENTATION}",
            f"Source, {REPOSITORY}/tree/main/{folder}",
            f"Issues, {REPOSITORY}/issues",
            f"Changelog, {REPOSITORY}/blob/main/CHANGELOG.md",
        }


@pytest.mark.parametrize(
    "urls", [("http://plain.example/x", DOCUMENTATION), (REPOSITORY, ""), (REPOSITORY, 'https://"')]
)
def test_an_address_without_https_is_refused_before_anything_is_written(clone, urls):
    with pytest.raises(ValueError, match="https"):
        release.write_urls(*urls, clone)
    assert not [
        folder for folder in DISTRIBUTIONS.values() if "urls" in (clone / folder / "pyproject.toml").read_text()
    ]


def test_addresses_that_are_already_set_are_refused_before_anything_is_written(clone):
    with (clone / "tests-contract" / "pyproject.toml").open("a") as file:
        file.write('[project.urls]\nSource = "https://other.example"\n')
    with pytest.raises(ValueError, match="tests-contract"):
        release.write_urls(REPOSITORY, DOCUMENTATION, clone)
    assert "[project.urls]" not in (clone / "memio-core" / "pyproject.toml").read_text()
