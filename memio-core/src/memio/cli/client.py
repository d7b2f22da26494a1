"""Opens clients for the commands, and runs their calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from memio._call.sizes import memory_of
from memio.capabilities import Kind
from memio.cli.io.exit import ExitCode
from memio.cli.io.input import confirmed
from memio.cli.io.output import done, note
from memio.cli.io.records import Record, Stream, show_many
from memio.errors import InvalidInputError, StoreNotConfiguredError
from memio.models import Page

if TYPE_CHECKING:
    from memio.client import Memio

T = TypeVar("T")

EMBEDDED = "sqlite"
"""The provider of every kind when there is no configuration."""

BATCH = 100
"""Records of a complete listing that are printed at once, and the records of a page by default."""
BATCH_BYTES = 1_000_000
"""Bytes of memory of those records, without the last one. Their output needs many times as much."""


def source_for(config: Path | None, *kinds: Kind) -> Path | Mapping[str, Any]:
    """Return the configuration: the file that was passed, or the embedded default for these kinds."""
    return config if config is not None else dict.fromkeys(kinds, EMBEDDED)


def opened(config: Path | None, kind: Kind) -> Memio:
    """Return a client with the store of one kind.

    The other kinds of the configuration are ignored: their faults have no effect, and their plugins are not imported.

    Raises:
        StoreNotConfiguredError: The configuration has no store of this kind.
    """
    from memio.client import Memio
    from memio.config import load

    read = load(source_for(config, kind), kinds=[kind])
    if not read.stores:
        raise StoreNotConfiguredError(f'{read.source} has no {kind} store: add a line such as {kind} = "{EMBEDDED}"')
    return Memio.from_config(read)


def call(config: Path | None, kind: Kind, action: Callable[[Memio], Awaitable[T]]) -> T:
    """Open a client, run an action with it, close it, and return the result."""
    return run_with(opened(config, kind), action)


def run_with(client: Memio, action: Callable[[Memio], Awaitable[T]]) -> T:
    """Run an action with a client, close it, and return the result."""
    import asyncio

    async def run() -> T:
        async with client as memio:
            return await action(memio)

    return asyncio.run(run())


def show_listing(
    config: Path | None,
    kind: Kind,
    what: str,
    *,
    page: Callable[[Memio, int, str | None], Awaitable[Page[Any]]],
    everything: Callable[[Memio], AsyncIterator[Record]] | None,
    limit: int | None,
    cursor: str | None,
    as_json: bool,
) -> None:
    """Print a page of a listing, or all of it.

    Args:
        config: The configuration file that was passed, or `None`.
        kind: The kind of memory to list.
        what: The plural of its records, such as `facts`.
        page: Reads one page, with a size and a cursor.
        everything: Iterates over all records; `None` to print one page.
        limit: The size of the page; `None` for the default.
        cursor: Where the page begins; `None` for the beginning.
        as_json: Whether to print JSON.
    """
    if everything is None:
        size = BATCH if limit is None else limit
        show_many(kind, call(config, kind, lambda memio: page(memio, size, cursor)), what, as_json=as_json)
        return
    if limit is not None or cursor is not None:
        raise InvalidInputError("--all lists everything from the beginning: leave --limit and --cursor out")
    out = Stream(kind, what, as_json=as_json)

    async def run(memio: Memio) -> None:
        batch: list[Record] = []
        size = 0
        async for record in everything(memio):
            batch.append(record)
            size += len(record) if isinstance(record, str) else memory_of(record)
            if len(batch) == BATCH or size >= BATCH_BYTES:
                out.show(batch)
                batch.clear()
                size = 0
        out.show(batch)
        out.end()

    call(config, kind, run)


def delete_all(
    config: Path | None,
    kind: Kind,
    action: Callable[[Memio], Awaitable[None]],
    *,
    owner: Mapping[str, str | None],
    yes: bool,
    as_json: bool,
) -> ExitCode:
    """Delete all records of an owner, or all records, after a question.

    Args:
        config: The configuration file that was passed, or `None`.
        kind: The kind of memory.
        action: Deletes the records.
        owner: The labels of the owner by name, such as `user`; `None` where one was left out.
        yes: Whether `--yes` was passed.
        as_json: Whether to print JSON.

    Returns:
        The exit code.
    """
    named = [f"{word} {value!r}" for word, value in owner.items() if value is not None]
    everything = f"all {kind} of {' and '.join(named)}" if named else f"all {kind} of all users"

    client = opened(config, kind)
    # Asked outside the event loop, which would delay an interrupt of the question.
    if not confirmed(f"Delete {everything} from {getattr(client, kind).provider}", yes=yes):
        note("nothing was deleted", as_json=as_json)
        return ExitCode.NEGATIVE
    run_with(client, action)
    done(f"deleted {everything}", as_json=as_json, deleted="all", kind=kind, **owner)
    return ExitCode.OK
