"""Check that the built site needs nothing from elsewhere: no script, style, font or image is fetched from another host.

python tools/docs/check_site.py site
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

FETCHED = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "img": ("src", "srcset"),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
}
"""What a browser fetches to show a page. Links that a reader follows are not included."""

NAMES_ONLY = {"canonical", "alternate", "next", "prev"}
"""Relations that name a page without fetching it."""

ELSEWHERE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
IN_STYLE = re.compile(r"url\(\s*['\"]?((?:https?:)?//[^)'\"]+)|@import\s+['\"]((?:https?:)?//[^'\"]+)", re.IGNORECASE)


class Fetches(HTMLParser):
    """Collects what a page fetches from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        given = dict(attrs)
        if tag == "link" and given.get("rel") in NAMES_ONLY:
            return
        self.found += [value for name in FETCHED.get(tag, ()) if (value := given.get(name)) and ELSEWHERE.match(value)]
        self.found += fetched_by_style(given.get("style") or "")


def fetched_by_style(text: str) -> Iterator[str]:
    """Yield what a style sheet fetches from elsewhere."""
    for found in IN_STYLE.finditer(text):
        yield found[1] or found[2]


def main(site: Path) -> int:
    """Check every page and style sheet, and return how much is fetched from elsewhere."""
    faults: list[str] = []
    pages = sorted(site.rglob("*.html"))
    for page in pages:
        fetches = Fetches()
        text = page.read_text(encoding="utf-8")
        fetches.feed(text)
        inline = [
            url
            for style in re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL)
            for url in fetched_by_style(style)
        ]
        faults += [f"{page.relative_to(site)}: {url}" for url in [*fetches.found, *inline]]
    for style in sorted(site.rglob("*.css")):
        faults += [f"{style.relative_to(site)}: {url}" for url in fetched_by_style(style.read_text(encoding="utf-8"))]
    print("\n".join(faults) if faults else f"{len(pages)} pages, and nothing is fetched from elsewhere")
    return len(faults) if pages else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
