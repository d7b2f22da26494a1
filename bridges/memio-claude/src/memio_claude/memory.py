"""Claude's memory tool over the documents of memio."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from anthropic.lib.tools import BetaAbstractMemoryTool, BetaAsyncAbstractMemoryTool

from memio import Memio, Owner
from memio_claude._commands import Commands
from memio_claude._files import NEEDED, Files
from memio_claude._opening import opened

if TYPE_CHECKING:
    from anthropic.types.beta import (
        BetaCacheControlEphemeralParam,
        BetaMemoryTool20250818CreateCommand,
        BetaMemoryTool20250818DeleteCommand,
        BetaMemoryTool20250818InsertCommand,
        BetaMemoryTool20250818RenameCommand,
        BetaMemoryTool20250818StrReplaceCommand,
        BetaMemoryTool20250818ViewCommand,
    )

    from memio_claude._opening import Source

T = TypeVar("T")

NAMESPACE = ("claude", "memories")
"""Where the files are kept by default."""


class MemioAsyncMemoryTool(BetaAsyncAbstractMemoryTool):
    """Claude's memory tool for `AsyncAnthropic`, on any backend of memio.

    Each file is a document, whose id is the path and whose content is the text, so that `memio.documents.search` finds
    it. Changes of one file at the same time, also from several processes, are all kept, or refused with the reason.

    Args:
        memio: A client with documents, which stays open, or a configuration: a dict, or the path of a TOML or JSON
            file. A client of a configuration belongs to the tool, which closes it.
        user_id: The user that the files belong to; none when left out. The model can neither see nor change it.
        agent_id: The agent that they belong to; none when left out.
        namespace: Where they are kept.
        cache_control: The SDK's setting of the same name.

    Raises:
        StoreNotConfiguredError: The client has no documents.
        NotSupportedError: They lack something that is needed; the error lists what.
        InvalidInputError: A label cannot be honoured.
    """

    def __init__(
        self,
        memio: Source,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        namespace: tuple[str, ...] = NAMESPACE,
        cache_control: BetaCacheControlEphemeralParam | None = None,
    ) -> None:
        super().__init__(cache_control=cache_control)
        self._memio, self._owned = opened(memio)
        self._commands = _commands(self, self._memio, Owner(user_id, agent_id, namespace))

    async def view(self, command: BetaMemoryTool20250818ViewCommand) -> str:
        """Return the lines of a file, or what is in a folder."""
        return await self._commands.view(command)

    async def create(self, command: BetaMemoryTool20250818CreateCommand) -> str:
        """Store a new file."""
        return await self._commands.create(command)

    async def str_replace(self, command: BetaMemoryTool20250818StrReplaceCommand) -> str:
        """Replace the one place where a text stands in a file."""
        return await self._commands.str_replace(command)

    async def insert(self, command: BetaMemoryTool20250818InsertCommand) -> str:
        """Insert text after a line of a file."""
        return await self._commands.insert(command)

    async def delete(self, command: BetaMemoryTool20250818DeleteCommand) -> str:
        """Delete a file, or a folder with what is in it."""
        return await self._commands.delete(command)

    async def rename(self, command: BetaMemoryTool20250818RenameCommand) -> str:
        """Move a file or a folder."""
        return await self._commands.rename(command)

    async def clear_all_memory(self) -> str:
        """Delete every file of this owner."""
        return await self._commands.clear()

    async def aclose(self) -> None:
        """Close the client, if it was made from a configuration."""
        if self._owned:
            await self._memio.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class MemioMemoryTool(BetaAbstractMemoryTool):
    """Claude's memory tool for `Anthropic`, on any backend of memio; see `MemioAsyncMemoryTool`.

    Args:
        memio: A client with documents, which stays open, or a configuration: a dict, or the path of a TOML or JSON
            file. A client of a configuration belongs to the tool, which closes it.
        user_id: The user that the files belong to; none when left out. The model can neither see nor change it.
        agent_id: The agent that they belong to; none when left out.
        namespace: Where they are kept.
        cache_control: The SDK's setting of the same name.

    Raises:
        StoreNotConfiguredError: The client has no documents.
        NotSupportedError: They lack something that is needed; the error lists what.
        InvalidInputError: A label cannot be honoured.

    Example:
        >>> from memio_claude import MemioMemoryTool
        >>> with MemioMemoryTool({"documents": {"provider": "sqlite", "path": ":memory:"}}) as tool:
        ...     tool.call({"command": "create", "path": "/memories/tea.md", "file_text": "likes green tea"})
        'File created successfully at: /memories/tea.md'
    """

    def __init__(
        self,
        memio: Source,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        namespace: tuple[str, ...] = NAMESPACE,
        cache_control: BetaCacheControlEphemeralParam | None = None,
    ) -> None:
        super().__init__(cache_control=cache_control)
        self._memio, self._owned = opened(memio)
        self._commands = _commands(self, self._memio, Owner(user_id, agent_id, namespace))
        # One thread with one event loop: the caller may have a running loop, and a store may belong to its first.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="memio-claude")
        self._runner = asyncio.Runner()

    def view(self, command: BetaMemoryTool20250818ViewCommand) -> str:
        """Return the lines of a file, or what is in a folder."""
        return self._run(self._commands.view(command))

    def create(self, command: BetaMemoryTool20250818CreateCommand) -> str:
        """Store a new file."""
        return self._run(self._commands.create(command))

    def str_replace(self, command: BetaMemoryTool20250818StrReplaceCommand) -> str:
        """Replace the one place where a text stands in a file."""
        return self._run(self._commands.str_replace(command))

    def insert(self, command: BetaMemoryTool20250818InsertCommand) -> str:
        """Insert text after a line of a file."""
        return self._run(self._commands.insert(command))

    def delete(self, command: BetaMemoryTool20250818DeleteCommand) -> str:
        """Delete a file, or a folder with what is in it."""
        return self._run(self._commands.delete(command))

    def rename(self, command: BetaMemoryTool20250818RenameCommand) -> str:
        """Move a file or a folder."""
        return self._run(self._commands.rename(command))

    def clear_all_memory(self) -> str:
        """Delete every file of this owner."""
        return self._run(self._commands.clear())

    def close(self) -> None:
        """End the tool's thread, and close the client, if it was made from a configuration."""
        if self._owned:
            self._run(self._memio.aclose())
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, call: Coroutine[Any, Any, T]) -> T:
        return self._thread.submit(self._runner.run, call).result()


def _commands(tool: object, memio: Memio, owner: Owner) -> Commands:
    memio.scoped(owner=owner).require({"documents": NEEDED}, by=type(tool).__name__)
    return Commands(Files(memio, owner))
