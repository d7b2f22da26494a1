"""Folds calls that differ by a running number into a loop, so that a story stays short enough to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

AT_ONCE = "other calls were running"
"""What the comment of a call says that began while others were on their way."""
_FEWEST = 4
_NUMBER = re.compile(r"\d+")


def folded(lines: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield lines of Python, with runs of calls as loops.

    Args:
        lines: Code and comment of each line. A line without a comment is never part of a loop.
    """
    run: list[tuple[str, str]] = []
    for line in lines:
        if run and not _continues(run, line):
            yield from _told(run)
            run = []
        run.append(line)
    yield from _told(run)


def _continues(run: list[tuple[str, str]], line: tuple[str, str]) -> bool:
    first, code = run[0][0], line[0]
    if not line[1] or not code.startswith("await ") or "{" in re.sub(r"\{'[^{}]*\}", "", code):
        return False
    if _NUMBER.split(first) != _NUMBER.split(code):
        return False
    step = {int(new) - int(old) for old, new in zip(_NUMBER.findall(first), _NUMBER.findall(code), strict=True)}
    return step - {0} == {len(run)}


def _told(run: list[tuple[str, str]]) -> Iterator[str]:
    if len(run) < _FEWEST:
        yield from (f"{code}  # {comment}" if comment else code for code, comment in run)
        return
    first, second = run[0][0], run[1][0]
    start = 0
    told = ""
    end = 0
    for old, new in zip(_NUMBER.finditer(first), _NUMBER.finditer(second), strict=True):
        told += first[end : old.start()]
        end = old.end()
        if old[0] == new[0]:
            told += old[0]
            continue
        start = int(old[0])
        quote = _open_quote(told)
        if quote is None:
            told += "n"
        else:
            told = told if told[quote - 1] == "f" else f"{told[:quote]}f{told[quote:]}"
            told += "{n}"
    told += first[end:]
    counted = f"range({start}, {start + len(run)})" if start else f"range({len(run)})"
    if all(AT_ONCE in comment for _, comment in run[1:]):
        yield f"await asyncio.gather(*({told.removeprefix('await ')} for n in {counted}))"
    else:
        yield f"for n in {counted}:"
        yield f"    {told}"


def _open_quote(text: str) -> int | None:
    """Return where the string literal begins in which a text ends, if it ends in one."""
    opened: int | None = None
    for place, character in enumerate(text):
        if opened is None and character in "'\"":
            opened = place
        elif opened is not None and character == text[opened] and text[place - 1] != "\\":
            opened = None
    return opened
