"""What the memory tool answers: listings and lines with numbers, as the SDK's own tool writes them."""

from __future__ import annotations

from collections.abc import Mapping

MOST_LINES = 999_999
_WIDTH = len(str(MOST_LINES))
_AROUND = 2
"""Lines before and after a change that are shown."""
_KIB = 1024
_DEEPEST = 2


def numbered(lines: list[str], first: int = 1) -> str:
    """Return lines with their numbers."""
    return "\n".join(f"{number:>{_WIDTH}}\t{line}" for number, line in enumerate(lines, first))


def view_of_file(path: str, text: str, view_range: list[int] | None) -> str:
    """Return the lines of a file; of a range, those in it. The last line of a range is -1 for the last of the file."""
    lines = text.split("\n")
    first, shown = 1, lines
    if view_range:
        first = max(1, view_range[0])
        last = len(lines) if view_range[1] == -1 else view_range[1]
        shown = lines[first - 1 : last]
    return f"Here's the content of {path} with line numbers:\n{numbered(shown, first)}"


def view_of_change(before: str, text: str, position: int) -> str:
    """Return the lines around a change.

    Args:
        before: The text before the change.
        text: The text after it.
        position: Where in both texts the change begins.
    """
    line = before.count("\n", 0, position)
    lines = text.split("\n")
    first = max(0, line - _AROUND)
    return "The memory file has been edited. Here is the snippet showing the change (with line numbers):\n" + numbered(
        lines[first : line + _AROUND + 1], first + 1
    )


def view_of_folder(path: str, sizes: Mapping[str, int]) -> str:
    """Return the files and folders of a folder, two levels deep, without hidden ones.

    Args:
        path: The folder.
        sizes: The bytes of each file below it, by path. A folder is as large as the files in it.
    """
    totals: dict[str, int] = {}
    folders: set[str] = set()
    for file, size in sizes.items():
        parts = file.removeprefix(f"{path}/").split("/")
        for depth in range(1, min(len(parts), _DEEPEST) + 1):
            if parts[depth - 1].startswith("."):
                break
            name = "/".join(parts[:depth])
            totals[name] = totals.get(name, 0) + size
            if depth < len(parts):
                folders.add(name)
    lines = [f"{_size(sum(sizes.values()))}\t{path}"]
    lines += [
        f"{_size(totals[name])}\t{path}/{name}{'/' if name in folders else ''}"
        for name in sorted(totals, key=lambda each: each.split("/"))
    ]
    header = f"Here're the files and directories up to 2 levels deep in {path}, excluding hidden items:"
    return "\n".join([header, *lines])


def _size(count: int) -> str:
    """Return a number of bytes as people write it: 0B, 12B, 1.5K, 3M."""
    size, unit = float(count), "B"
    for larger in "KMG":
        if size < _KIB:
            break
        size, unit = size / _KIB, larger
    return f"{size:.0f}{unit}" if size == int(size) else f"{size:.1f}{unit}"
