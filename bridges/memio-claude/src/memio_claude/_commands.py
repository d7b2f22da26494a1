"""The commands of the memory tool over `Files`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from anthropic.lib.tools import ToolError

from memio import InvalidInputError, MemioError
from memio_claude._files import FileError, Files
from memio_claude._paths import ROOT, PathError, checked
from memio_claude._views import MOST_LINES, view_of_change, view_of_file, view_of_folder

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from anthropic.types.beta import (
        BetaMemoryTool20250818CreateCommand,
        BetaMemoryTool20250818DeleteCommand,
        BetaMemoryTool20250818InsertCommand,
        BetaMemoryTool20250818RenameCommand,
        BetaMemoryTool20250818StrReplaceCommand,
        BetaMemoryTool20250818ViewCommand,
    )

T = TypeVar("T")

_PAIR = 2


class Commands:
    """Carries out the commands; what a model can correct is a `ToolError`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def view(self, command: BetaMemoryTool20250818ViewCommand) -> str:
        """Return the lines of a file, or what is in a folder."""
        path = _path(command.path)
        text = None if path == ROOT else await _carried_out(self._files.read(path))
        if text is None:
            sizes = await _carried_out(self._files.sizes(path))
            if not sizes and path != ROOT:
                raise _missing(command.path)
            return view_of_folder(path, sizes)
        if text.count("\n") >= MOST_LINES:
            raise ToolError(f"File {command.path} exceeds maximum line limit of {MOST_LINES:,} lines.")
        return view_of_file(path, text, _range(command.view_range))

    async def create(self, command: BetaMemoryTool20250818CreateCommand) -> str:
        """Store a new file."""
        path = _file(command.path)
        _check_text(command.file_text, "file_text")
        if not await _carried_out(self._files.create(path, command.file_text)):
            raise ToolError(f"File {command.path} already exists")
        return f"File created successfully at: {command.path}"

    async def str_replace(self, command: BetaMemoryTool20250818StrReplaceCommand) -> str:
        """Replace the one place where a text stands."""
        path, old = _file(command.path), command.old_str
        new = command.new_str if command.new_str is not None else ""  # pyright: ignore[reportUnnecessaryComparison]  # a model may leave it out
        _check_text(old, "old_str")
        _check_text(new, "new_str")
        if not old:
            raise ToolError("No replacement was performed, old_str is empty: pass the text to replace")
        before = ""

        def edit(text: str) -> str:
            nonlocal before
            before = text
            places = _places(text, old)
            if not places:
                raise ToolError(
                    f"No replacement was performed, old_str `{old}` did not appear verbatim in {command.path}."
                )
            if len(places) > 1:
                lines = ", ".join(str(text.count("\n", 0, place) + 1) for place in places)
                raise ToolError(
                    f"No replacement was performed. Multiple occurrences of old_str `{old}` in lines: {lines}. "
                    "Please ensure it is unique"
                )
            return text.replace(old, new)

        text = await _carried_out(self._files.change(path, edit))
        if text is None:
            raise await self._not_a_file(path, command.path)
        return view_of_change(before, text, before.find(old))

    async def insert(self, command: BetaMemoryTool20250818InsertCommand) -> str:
        """Insert lines after a line; 0 is the beginning of the file."""
        path, line = _file(command.path), command.insert_line
        _check_text(command.insert_text, "insert_text")
        if not isinstance(line, int) or isinstance(line, bool):  # pyright: ignore[reportUnnecessaryIsInstance]  # the SDK checks no types
            raise ToolError(f"Invalid `insert_line` parameter: {line!r}. It should be a whole number.")

        def edit(text: str) -> str:
            lines = text.split("\n")
            if lines[-1] == "":
                lines.pop()
            if not 0 <= line <= len(lines):
                raise ToolError(
                    f"Invalid `insert_line` parameter: {line}. It should be within the range [0, {len(lines)}]."
                )
            lines.insert(line, command.insert_text.rstrip("\n"))
            joined = "\n".join(lines)
            return joined if joined.endswith("\n") else f"{joined}\n"

        if await _carried_out(self._files.change(path, edit)) is None:
            raise await self._not_a_file(path, command.path)
        return f"The file {command.path} has been edited."

    async def delete(self, command: BetaMemoryTool20250818DeleteCommand) -> str:
        """Delete a file, or a folder with what is in it."""
        path = _path(command.path)
        if path == ROOT:
            raise ToolError(f"Cannot delete the {ROOT} directory itself")
        if not await _carried_out(self._files.delete(path)):
            raise ToolError(f"The path {command.path} does not exist")
        return f"Successfully deleted {command.path}"

    async def rename(self, command: BetaMemoryTool20250818RenameCommand) -> str:
        """Move a file or a folder."""
        old, new = _path(command.old_path), _path(command.new_path)
        if old == ROOT:
            raise ToolError(f"Cannot rename the {ROOT} directory itself")
        if new == ROOT:
            raise ToolError(f"The destination {command.new_path} already exists")
        if not await _carried_out(self._files.move(old, new)):
            raise ToolError(f"The path {command.old_path} does not exist")
        return f"Successfully renamed {command.old_path} to {command.new_path}"

    async def clear(self) -> str:
        """Delete every file."""
        await _carried_out(self._files.clear())
        return "All memory cleared"

    async def _not_a_file(self, path: str, written: str) -> ToolError:
        if await _carried_out(self._files.is_folder(path)):
            return ToolError(f"The path {written} is not a file.")
        return _missing(written)


async def _carried_out(call: Awaitable[T]) -> T:
    try:
        return await call
    except FileError as error:
        raise ToolError(str(error)) from error
    except InvalidInputError as error:
        raise ToolError(error.message) from error
    except MemioError as error:
        raise ToolError(f"The memory cannot be used at the moment: {error.message}") from error


def _path(path: str) -> str:
    try:
        return checked(path)
    except PathError as error:
        raise ToolError(str(error)) from error


def _file(path: str) -> str:
    name = _path(path)
    if name == ROOT:
        raise ToolError(f"The path {path} is not a file.")
    return name


def _missing(path: str) -> ToolError:
    return ToolError(f"The path {path} does not exist. Please provide a valid path.")


def _check_text(text: object, name: str) -> None:
    """Refuse what is not text: the SDK makes commands of what a model wrote without checking the types."""
    if not isinstance(text, str):
        raise ToolError(f"Invalid `{name}` parameter: it must be a string, got {type(text).__name__}")


def _range(view_range: object) -> list[int] | None:
    if view_range is None or view_range == []:
        return None
    lines: list[object] = list(cast("list[object]", view_range)) if isinstance(view_range, list) else []
    numbers = [line for line in lines if isinstance(line, int) and not isinstance(line, bool)]
    if len(numbers) != len(lines) or len(numbers) != _PAIR:
        raise ToolError(f"Invalid `view_range` parameter: {view_range!r}. It should be two line numbers.")
    first, last = numbers
    if last != -1 and last < max(1, first):
        raise ToolError(f"Invalid `view_range` parameter: {view_range}. The last line comes before the first.")
    return numbers


def _places(text: str, part: str) -> list[int]:
    """Return where a text stands, also where it overlaps itself."""
    places: list[int] = []
    place = text.find(part)
    while place != -1:
        places.append(place)
        place = text.find(part, place + 1)
    return places
