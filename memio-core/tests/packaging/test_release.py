"""What the release workflow does before it publishes."""

from __future__ import annotations

import importlib.util
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


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """The files that a release reads, with a changelog that is ready for it."""
    ignored = shutil.ignore_patterns("__pycache__", "tests")
    for folder in (*release.DISTRIBUTIONS, "changelog.d"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for fragment in (tmp_path / "changelog.d").glob("+*"):
        fragment.unlink()
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {memio.__version__} (2026-12-01)\n", encoding="utf-8")
    return tmp_path


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
    for folder in release.DISTRIBUTIONS:
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
    assert not [folder for folder in release.DISTRIBUTIONS if "urls" in (clone / folder / "pyproject.toml").read_text()]


def test_addresses_that_are_already_set_are_refused_before_anything_is_written(clone):
    with (clone / "tests-contract" / "pyproject.toml").open("a") as file:
        file.write('[project.urls]\nSource = "https://other.example"\n')
    with pytest.raises(ValueError, match="tests-contract"):
        release.write_urls(REPOSITORY, DOCUMENTATION, clone)
    assert "[project.urls]" not in (clone / "memio-core" / "pyproject.toml").read_text()
