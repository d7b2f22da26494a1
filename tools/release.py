"""The steps of a release that the workflow `release.yml` runs before it builds.

python tools/release.py check-tag v1.2.3
python tools/release.py write-urls https://REPOSITORY https://DOCUMENTATION
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DISTRIBUTIONS = ("memio-core", "memio-letta", "memio-postgres", "tests-contract")
VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)


def check_tag(tag: str, root: Path = ROOT) -> list[str]:
    """Return what keeps a tag from being released; nothing when it may be.

    Args:
        tag: The tag, such as `v1.2.3`.
        root: The repository.
    """
    (version,) = VERSION.findall((root / "memio-core/src/memio/__init__.py").read_text(encoding="utf-8"))
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    fragments = sorted(path.name for path in (root / "changelog.d").iterdir() if path.name != "README.md")
    faults: list[str] = []
    if tag != f"v{version}":
        faults.append(f"the tag is {tag!r} and the version is {version!r}: tag v{version}, or change __version__ first")
    if not re.search(rf"^## {re.escape(version)} \(\d{{4}}-\d{{2}}-\d{{2}}\)$", changelog, re.MULTILINE):
        faults.append(f"CHANGELOG.md has no section '## {version} (DATE)': run `towncrier build`")
    if fragments:
        faults.append(f"changelog.d has entries of no release ({', '.join(fragments)}): run `towncrier build`")
    return faults


def write_urls(repository: str, documentation: str, root: Path = ROOT) -> None:
    """Add the project's addresses to the metadata of every distribution.

    The project files hold none, so that a fork or a move of the repository cannot publish a wrong one.

    Args:
        repository: The address of the repository on GitHub.
        documentation: The address of the documentation site.
        root: The repository.

    Raises:
        ValueError: An address is not https, or a project file has addresses already; nothing was written.
    """
    repository = repository.rstrip("/")
    for url in (repository, documentation):
        if not re.fullmatch(r'https://[^\s"\\]+', url):
            raise ValueError(f"{url!r} is not an https address")
    files = {folder: root / folder / "pyproject.toml" for folder in DISTRIBUTIONS}
    texts = {folder: path.read_text(encoding="utf-8") for folder, path in files.items()}
    for folder, text in texts.items():
        if "[project.urls]" in text:
            raise ValueError(f"{folder}/pyproject.toml has a table [project.urls] already: take it out")
    for folder, path in files.items():
        lines = [
            "",
            "[project.urls]",
            f'Documentation = "{documentation}"',
            f'Source = "{repository}/tree/main/{folder}"',
            f'Issues = "{repository}/issues"',
            f'Changelog = "{repository}/blob/main/CHANGELOG.md"',
        ]
        path.write_text(texts[folder] + "\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    """Run one step and return the exit code."""
    match arguments:
        case ["check-tag", tag]:
            faults = check_tag(tag)
            print("\n".join(faults), file=sys.stderr, end="\n" if faults else "")
            return 1 if faults else 0
        case ["write-urls", repository, documentation]:
            write_urls(repository, documentation)
            return 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
