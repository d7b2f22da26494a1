"""Tracebacks of a store's errors: its frames first, without those of the suite, the client and Hypothesis."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

import hypothesis

import memio

_SUITE, _HYPOTHESIS, _LIBRARY = (Path(file).parent for file in (__file__, hypothesis.__file__, traceback.__file__))
_CORE = Path(str(memio.__file__)).parent


def trace(error: BaseException) -> str:
    """Return an error and its causes, the first cause first, each with the frames of the store."""
    return "\n".join(line for shown in _chain(error) for line in _shown(shown))


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    step: BaseException | None = error
    while step is not None and step not in found:
        found.insert(0, step)
        step = step.__cause__ or (None if step.__suppress_context__ else step.__context__)
    return found


def _shown(error: BaseException) -> Iterator[str]:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _of_store(frame.filename)]
    yield "".join(traceback.format_exception_only(error)).rstrip()
    # The frame that raised comes first; without one of the store, the last of all is shown.
    for frame in reversed(own or frames[-1:]):
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
        if frame.line:
            yield f"    {frame.line}"


def _of_store(filename: str) -> bool:
    path = Path(filename)
    if filename.startswith("<") or path.is_relative_to(_SUITE) or path.is_relative_to(_HYPOTHESIS):
        return False
    if path.is_relative_to(_CORE):
        return path.is_relative_to(_CORE / "providers")
    return not path.is_relative_to(_LIBRARY) or "site-packages" in path.parts
