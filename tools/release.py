"""The distributions of this repository, and the steps of a release before it is built, for the workflow `release.yml`.

python tools/release.py list
python tools/release.py names
python tools/release.py check-tag v1.2.3
python tools/release.py write-urls https://REPOSITORY https://DOCUMENTATION
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORE = "memio-core"
VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)


def distributions(root: Path = ROOT) -> dict[str, str]:
    """Return the folder of each distribution by its name: core first, which the others require.

    Every folder of the repository, and of `bridges`, whose project file names a project is one.

    Args:
        root: The repository.
    """
    found: dict[str, str] = {}
    for path in sorted((*root.glob("*/pyproject.toml"), *root.glob("bridges/*/pyproject.toml"))):
        project = tomllib.loads(path.read_text(encoding="utf-8")).get("project")
        if project is not None:
            found[project["name"]] = path.parent.relative_to(root).as_posix()
    return {CORE: found.pop(CORE), **found}


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
    files = {folder: root / folder / "pyproject.toml" for folder in distributions(root).values()}
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
        case ["list"]:
            print("\n".join(f"{name} {folder}" for name, folder in distributions().items()))
            return 0
        case ["names"]:
            print(json.dumps([*distributions()]))
            return 0
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
