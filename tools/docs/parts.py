"""The generated parts of a page, between two comments: `<!-- generated: NAME -->` and `<!-- end -->`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

PART = re.compile(r"(<!-- generated: (.*?) -->\n).*?(<!-- end -->)", re.DOTALL)


def regenerated(text: str, parts: Mapping[str, Callable[[], Iterator[str]]]) -> str:
    """Return a page with the named ones of its generated parts regenerated."""

    def replace(found: re.Match[str]) -> str:
        if found[2] not in parts:
            return found[0]
        # Markdown needs the blank lines: a comment begins a block of HTML.
        return "\n".join([found[1], *parts[found[2]](), "", found[3]])

    return PART.sub(replace, text)
