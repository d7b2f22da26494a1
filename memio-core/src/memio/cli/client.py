"""Opens clients for the commands, and runs their calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from memio._call.labels import narrowed
from memio._call.sizes import memory_of
from memio.capabilities import KINDS, Kind
from memio.cli.groups import Common, Paging, Span
from memio.cli.io.exit import ExitCode
from memio.cli.io.input import confirmed
from memio.cli.io.labels import words
from memio.cli.io.output import console, done, note, write_json
from memio.cli.io.records import Listed, Stream, show_many
from memio.cli.sources import EMBEDDED, source_for, without_new_files
from memio.errors import InvalidInputError, StoreNotConfiguredError
from memio.models import Page, Record, Session
from memio.owners import ANYWHERE, Owner

if TYPE_CHECKING:
    from memio.client import Memio

T = TypeVar("T")

BATCH = 100
"""Records of a complete listing that are printed at once, and the records of a page by default."""
BATCH_BYTES = 1_000_000
"""Bytes of memory of those records, without the last one. Their output needs many times as much."""


def opened(common: Common, *kinds: Kind, creates: bool = False) -> Memio:
    """Return a client with the stores of some kinds.

    Args:
        common: The configuration file that was passed, and whether to print JSON.
        kinds: The kinds of memory; none for all that the configuration has.
        creates: Whether the command stores something, so that an embedded store makes its file.

    Raises:
        StoreNotConfiguredError: The configuration has no store of a kind.
    """
    source = source_for(common.config, *(kinds or KINDS))
    return client_of(source, kinds, creates=creates, as_json=common.as_json)


def client_of(
    source: Path | Mapping[str, Any],
    kinds: Sequence[Kind],
    *,
    among: Sequence[Kind] = KINDS,
    creates: bool,
    as_json: bool,
) -> Memio:
    """Return a client with the stores of a configuration.

    Its other kinds are ignored: their faults have no effect, and their plugins are not imported.

    Args:
        source: The configuration.
        kinds: The kinds that it must have; none for those that it has.
        among: Where `kinds` has none, only these.
        creates: Whether the command stores something. Otherwise, the file of an embedded store that does not exist is
            not made; a notice names it.
        as_json: Whether the notice is JSON.

    Raises:
        StoreNotConfiguredError: The configuration has no store of a kind.
    """
    from memio.client import Memio
    from memio.config import load

    config = load(source, kinds=kinds or among)
    for kind in kinds:
        if kind not in [store.kind for store in config.stores]:
            advice = f'add a line such as {kind} = "{EMBEDDED}"'
            raise StoreNotConfiguredError(f"{config.source} has no {kind} store: {advice}")
    if not creates:
        config, missing = without_new_files(config)
        for path in missing:
            note(f"{path} does not exist yet, so nothing is stored in it", as_json=as_json)
    return Memio.from_config(config)


def call(common: Common, kind: Kind, action: Callable[[Memio], Awaitable[T]], *, creates: bool = False) -> T:
    """Open a client, run an action with it, close it, and return the result.

    Args:
        common: The configuration file that was passed, and whether to print JSON.
        kind: The kind of memory that the action uses.
        action: Makes the calls.
        creates: Whether it stores something, so that an embedded store makes its file.
    """
    return run_with(opened(common, kind, creates=creates), action)


def run_with(client: Memio, action: Callable[[Memio], Awaitable[T]]) -> T:
    """Run an action with a client, close it, and return the result."""
    import asyncio

    async def run() -> T:
        async with client as memio:
            return await action(memio)

    return asyncio.run(run())


def show_listing(
    common: Common,
    kind: Kind,
    what: str,
    *,
    page: Callable[[Memio, int, str | None], Awaitable[Page[Any]]],
    everything: Callable[[Memio], AsyncIterator[Listed]],
    paging: Paging,
) -> None:
    """Print a page of a listing, or all of it.

    Args:
        common: The configuration file that was passed, and whether to print JSON.
        kind: The kind of memory to list.
        what: The plural of what is listed, such as `facts`.
        page: Reads one page, with a size and a cursor.
        everything: Iterates over all of it.
        paging: The part that is printed.
    """
    if not paging.everything:
        size = BATCH if paging.limit is None else paging.limit
        show_many(call(common, kind, lambda memio: page(memio, size, paging.cursor)), what, as_json=common.as_json)
        return
    if paging.limit is not None or paging.cursor is not None:
        raise InvalidInputError("--all lists everything from the beginning: leave --limit and --cursor out")
    out = Stream(what, as_json=common.as_json)

    async def run(memio: Memio) -> None:
        batch: list[Listed] = []
        size = 0
        async for record in everything(memio):
            batch.append(record)
            size += 0 if isinstance(record, (Session, Owner)) else memory_of(record)
            if len(batch) == BATCH or size >= BATCH_BYTES:
                out.show(batch)
                batch.clear()
                size = 0
        out.show(batch)
        out.end()

    call(common, kind, run)


def show_hits(
    common: Common, kind: Kind, what: str, query: str, search: Callable[[Memio], Awaitable[Sequence[Record]]]
) -> None:
    """Print what a search finds, and when it finds nothing, what it has looked for.

    Args:
        common: The configuration file that was passed, and whether to print JSON.
        kind: The kind of memory that is searched.
        what: The plural of its records, such as `facts`.
        query: What is searched for.
        search: Makes the call.
    """

    async def run(memio: Memio) -> tuple[Sequence[Record], bool]:
        facade = facade_of(memio, kind)
        by_words = facade.provider == EMBEDDED and "semantic_search" not in facade.features
        return await search(memio), by_words

    hits, by_words = call(common, kind, run)
    show_many(hits, what, as_json=common.as_json)
    if by_words and not hits and not common.as_json:
        from memio.toolkit import query_terms

        terms = [term.text for term in query_terms(query)]
        looked = f"searched for words: {', '.join(terms)}" if terms else "the query has no word to search for"
        note(f"{looked}; no embedder is configured")


def show_owners(common: Common, kind: Kind, span: Span, paging: Paging) -> None:
    """Print the owners that have records of a kind."""
    labels = span.labels
    show_listing(
        common,
        kind,
        "owners",
        page=lambda memio, limit, cursor: facade_of(memio, kind).get_owners(limit=limit, cursor=cursor, **labels),
        everything=lambda memio: facade_of(memio, kind).iter_owners(**labels),
        paging=paging,
    )


def show_count(common: Common, kind: Kind, action: Callable[[Memio], Awaitable[int]]) -> None:
    """Print a number that an action returns."""
    count = call(common, kind, action)
    if common.as_json:
        write_json({"count": count})
    else:
        console().print(count)


def delete_all(common: Common, kind: Kind, span: Span, *, yes: bool) -> ExitCode:
    """Delete all records of an owner, or all records, after a question.

    Args:
        common: The configuration file that was passed, and whether to print JSON.
        kind: The kind of memory.
        span: Whose records.
        yes: Whether `--yes` was passed.

    Returns:
        The exit code.
    """
    labels = span.labels
    named = narrowed(ANYWHERE, **labels).labels
    everything = f"all {kind} of {words(named)}" if named else f"all {kind} of all owners"

    client = opened(common, kind)
    facade = facade_of(client, kind)
    # Asked outside the event loop, which would delay an interrupt of the question.
    if not confirmed(f"Delete {everything} from {facade.provider}", yes=yes):
        note("nothing was deleted", as_json=common.as_json)
        return ExitCode.NEGATIVE
    run_with(client, lambda memio: facade_of(memio, kind).delete_all(**labels))
    done(f"deleted {everything}", as_json=common.as_json, deleted="all", kind=kind, labels=named)
    return ExitCode.OK


def facade_of(memio: Memio, kind: Kind) -> Any:
    """Return the façade of a kind."""
    return getattr(memio, kind)
