"""The demo from beginning to end: open, play, clean up, and show."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from secrets import token_hex
from typing import Any

from memio.capabilities import KINDS, Kind
from memio.cli.client import EMBEDDED
from memio.cli.commands.demo import DEMO_FILE, code, page, story
from memio.cli.commands.demo.play import Chapter, play
from memio.cli.io.output import write_json
from memio.cli.io.records import json_of
from memio.client import Memio
from memio.config import load
from memio.errors import ConflictError, InvalidInputError
from memio.registry import find, kinds_of


def perform(provider: str, path: Path | None, *, as_json: bool) -> None:
    """Run the demo.

    Args:
        provider: The provider to show.
        path: The file of the embedded provider, or `None`.
        as_json: Whether a program reads the result.

    Raises:
        InvalidInputError: A file was named for a provider that has none.
        ConflictError: The file holds other records under the demo's ids.
    """
    embedded = provider == EMBEDDED
    if path is not None and not embedded:
        raise InvalidInputError(f"--path is for {EMBEDDED} only: {provider} has settings of its own")
    file = DEMO_FILE if path is None else path
    kinds = _kinds(provider)
    settings: Any = {"provider": EMBEDDED, "path": str(file)} if embedded else provider
    if not as_json:
        page.show_beginning(provider, kinds)
    chapters = asyncio.run(_played(dict.fromkeys(kinds, settings), kept=embedded, as_json=as_json, file=file))
    program = code.lines(provider, kinds, str(file))
    if as_json:
        write_json(
            {
                "provider": provider,
                "path": str(file.absolute()) if embedded else None,
                "chapters": [_as_json(chapter) for chapter in chapters],
                "python": program,
            }
        )
    else:
        page.show_end(provider, file if embedded else None, program)


def _kinds(provider: str) -> list[Kind]:
    """Return the kinds that a provider has, which may be named as `distribution:name`."""
    name = provider.rpartition(":")[2]
    kinds = kinds_of(name)
    if not kinds:
        # Raises, and says what is installed and what to install.
        find(KINDS[0], provider, "--provider")
    return kinds


async def _played(config: Mapping[str, Any], *, kept: bool, as_json: bool, file: Path) -> list[Chapter]:
    chapters: list[Chapter] = []
    # A name of its own where others may have sessions, one to come back to in the demo's own file.
    session = story.SESSION if kept else f"memio-demo-{token_hex(4)}"
    async with Memio.from_config(load(config)) as memio, AsyncExitStack() as undo:
        try:
            async for chapter in play(memio, session, None if kept else undo):
                chapters.append(chapter)
                if not as_json:
                    page.show_chapter(chapter)
        except ConflictError as error:
            if not kept:
                raise
            raise ConflictError(
                error.resource,
                error.resource_id,
                hint=f"{file} holds another one under the demo's id: remove the file, or choose another with --path",
            ) from None
    return chapters


def _as_json(chapter: Chapter) -> dict[str, Any]:
    return {
        "kind": chapter.kind,
        "stored": [json_of(record) for record in chapter.stored],
        "question": chapter.question,
        "found": [json_of(record) for record in chapter.found],
    }
