"""Calls of the client, from a program that has no event loop."""

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

TOGETHER = 100
"""How many records of a whole listing are printed at once, and how many a page has."""
BYTES = 1_000_000
"""How much memory they take at most, without the last one. What is printed takes many times as much."""


def source_for(config: Path | None, *kinds: Kind) -> Path | Mapping[str, Any]:
    """Return the configuration to use: the file that was named, or the embedded default for these kinds."""
    return config if config is not None else dict.fromkeys(kinds, EMBEDDED)


def opened(config: Path | None, kind: Kind) -> Memio:
    """Return a client with the store of one kind.

    The other kinds of the configuration are not looked at: what is wrong with them, or broken in
    their plugins, is not in the way here, and what is not needed is not imported.

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
    """Open a client, do one thing with it, close it, and return the result."""
    return run_with(opened(config, kind), action)


def run_with(client: Memio, action: Callable[[Memio], Awaitable[T]]) -> T:
    """Do one thing with a client, close it, and return the result."""
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
        config: The configuration, if one was named.
        kind: The kind of memory to list.
        what: How several of its records are called.
        page: Fetches one page, of a size and from a cursor.
        everything: Iterates over all records, when all were asked for.
        limit: The size of the page, or `None`.
        cursor: Where the page begins, or `None`.
        as_json: Whether a program reads it.
    """
    if everything is None:
        size = TOGETHER if limit is None else limit
        show_many(kind, call(config, kind, lambda memio: page(memio, size, cursor)), what, as_json=as_json)
        return
    if limit is not None or cursor is not None:
        raise InvalidInputError("--all shows everything from the beginning: leave --limit and --cursor out")
    out = Stream(kind, what, as_json=as_json)

    async def run(memio: Memio) -> None:
        waiting: list[Record] = []
        size = 0
        async for record in everything(memio):
            waiting.append(record)
            size += len(record) if isinstance(record, str) else memory_of(record)
            if len(waiting) == TOGETHER or size >= BYTES:
                out.show(waiting)
                waiting.clear()
                size = 0
        out.show(waiting)
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
    """Delete everything in a scope, after asking.

    Args:
        config: The configuration, if one was named.
        kind: The kind of memory.
        action: Deletes it.
        owner: Whose records, as errors and questions say it; `None` where the owner was left out.
        yes: Whether the caller has agreed already.
        as_json: Whether a program reads the answer.

    Returns:
        The exit code.
    """
    named = [f"{word} {value!r}" for word, value in owner.items() if value is not None]
    everything = f"all {kind} of {' and '.join(named)}" if named else f"all {kind} of everybody"

    client = opened(config, kind)
    # Asked before there is an event loop, which would keep an interrupt from the question.
    if not confirmed(f"Delete {everything} from {getattr(client, kind).provider}", yes=yes):
        note("nothing was deleted", as_json=as_json)
        return ExitCode.NEGATIVE
    run_with(client, action)
    done(f"deleted {everything}", as_json=as_json, deleted="all", kind=kind, **owner)
    return ExitCode.OK
