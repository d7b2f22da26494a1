"""A hook of mkdocs: adds pages from outside of `docs/`, and makes links work on the site as in the repository.

A link in a page names a file of the repository, so that it works wherever the repository is read. When the site is
built, it becomes a link to the page that the site makes of that file; any other file is copied into the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = {
    "changelog.md": "CHANGELOG.md",
    "contract.md": "tests-contract/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "coverage.md": "tests-contract/docs/coverage.md",
    "laws.md": "tests-contract/docs/laws.md",
    "providers/letta.md": "memio-letta/README.md",
    "with-claude.md": "bridges/memio-claude/README.md",
    "with-langgraph.md": "bridges/memio-langgraph/README.md",
    "with-mcp.md": "bridges/memio-mcp/README.md",
    "with-openai-agents.md": "bridges/memio-openai-agents/README.md",
}
"""The pages of the site whose file is outside of `docs/`, in the folder of what it describes: page and file."""

LINK = re.compile(r"(\]\()(?![a-z]+:|#)([^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside of `docs/`."""
    for page, source in ELSEWHERE.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point the links of a page to pages of the site; hide the table of contents of a page without sections."""
    if "\n## " not in markdown and "\n::: " not in markdown:
        page.meta["hide"] = ["toc"]
    source = ELSEWHERE.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    pages = {file: name for name, file in ELSEWHERE.items()}

    def relinked(found: re.Match[str]) -> str:
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), found[2]))
        if file not in pages and file.startswith("docs/"):
            pages[file] = file.removeprefix("docs/")
        if file not in pages and (ROOT / file).is_file():
            pages[file] = _copied(file, config, files)
        target = pages.get(file)
        return found[1] + (posixpath.relpath(target, posixpath.dirname(page.file.src_uri)) if target else found[2])

    return LINK.sub(relinked, markdown)


def _copied(file: str, config: MkDocsConfig, files: Files) -> str:
    """Put a file of the repository into the site as it is, and return where."""
    # Markdown would become a page without a place in the navigation.
    name = f"files/{file}.txt"
    if files.get_file_from_path(name) is None:
        copy = File.generated(config, name, abs_src_path=str(ROOT / file), inclusion=InclusionLevel.INCLUDED)
        files.append(copy)
    return name
