"""`import_` and `copy`: from a file or from stores, into the stores of a client."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from memio._call.labels import narrowed
from memio._call.store import destination_of
from memio._values.omitted import OMITTED
from memio.capabilities import KINDS, Kind
from memio.errors import InvalidInputError, MemioError, StoreNotConfiguredError
from memio.models import Record
from memio.owners import ANYWHERE, Owner, Scope
from memio.transfer._comparing import Comparison, Difference, Moved
from memio.transfer._journal import Journal
from memio.transfer._losses import Census, Finding, Loss, accepted_losses, check_losses
from memio.transfer._plan import Plan, plan_for
from memio.transfer._progress import Announce, Callbacks, Intent, Listener, Stage, report
from memio.transfer._records import key_of
from memio.transfer._sending import Sender, resolve
from memio.transfer._stores import (
    StoreSource,
    check_client,
    check_source,
    chosen_kinds,
    listing,
    target_of,
)
from memio.transfer._threads import batches, run_in_thread_uncancelled
from memio.transfer.file.disk import disk_errors
from memio.transfer.file.reading import FileSource, spooled
from memio.transfer.file.writing import STANDARD_STREAM

if TYPE_CHECKING:
    from memio._call.store import CheckedStore
    from memio.client import Memio


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """The result of a transfer, and how the two sides compare afterwards.

    Attributes:
        kinds: The result for each kind.
        losses: What the records lost, as accepted, and how many of them.
        journal: The path of the journal, where one is needed to keep track of what was stored. As long as the file
            exists, the transfer may be repeated, and nothing is stored twice.
        recovered: How many records an earlier transfer had sent without an answer, and the target has.
        expired: By kind, how many records have expired: they were not stored, or are gone from the target by now.
    """

    kinds: tuple[Moved, ...]
    losses: tuple[Finding, ...]
    journal: str | None
    recovered: int = 0
    expired: Mapping[Kind, int] = field(default_factory=dict["Kind", int])

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Every difference between the sides, beyond the losses that were accepted."""
        return tuple(difference for moved in self.kinds for difference in moved.differences)


_IMPORTING: Mapping[Kind, str] = dict.fromkeys(KINDS, "importing")
"""What an import does with each kind, as errors about its journal show it. It does not depend on the file's name."""


class Source(Protocol):
    """The source of a transfer: a file, or the stores of a client."""

    @property
    def expired(self) -> Mapping[Kind, int]:
        """By kind, how many records had expired when the transfer began; they are not among its records."""
        ...

    def records(self) -> AsyncIterator[tuple[Kind, Record]]:
        """Yield the records, kind after kind."""
        ...


async def import_(
    client: Memio,
    path: str | os.PathLike[str],
    *,
    kinds: Iterable[str] | None = None,
    user_id: str = OMITTED,
    agent_id: str = OMITTED,
    namespace: tuple[str, ...] = OMITTED,
    owner: Owner = OMITTED,
    namespace_prefix: tuple[str, ...] = OMITTED,
    accept: Iterable[str] = (),
    journal: str | os.PathLike[str] | None = None,
    announce: Announce | None = None,
    progress: Listener | None = None,
) -> Transfer:
    """Store the records of an export, in their order, and compare both sides.

    The whole file is checked before anything is written. Afterwards all records of the target are read. An interrupted
    import may be repeated: nothing is stored twice. What has expired since the export is not stored.

    Args:
        client: The client in whose stores the records are stored.
        path: The export; `-` is standard input. Standard input and pipes are read to their end before anything else.
        kinds: Only records of these kinds.
        user_id: Only records of this user.
        agent_id: Only records of this agent.
        namespace: Only records of exactly this namespace; `()` is the root.
        owner: Only records of exactly this owner; it stands for all labels.
        namespace_prefix: Only records of this namespace and of all below it.
        accept: The losses that are accepted, by name; see `Loss`.
        journal: The path of the journal, which is written when the target chooses ids; by default the name of the
            file with `.journal` appended. Nothing is written there when the target takes ids.
        announce: Called with the planned transfer (counts and losses) before anything is written.
        progress: Called with the progress, some hundred records at a time.

    Returns:
        What was stored, and every difference between the sides.

    Raises:
        ExportFileError: The file is not a complete, valid export; nothing was changed.
        LossError: The target cannot hold everything, and the loss was not accepted; nothing was changed.
        MemioError: The transfer failed after it began. Repeat the call: it continues where it stopped.
    """
    check_client(client, "client")
    losses = accepted_losses(accept)
    wanted = None if kinds is None else chosen_kinds(kinds, KINDS)
    scope = narrowed(ANYWHERE, user_id, agent_id, namespace, owner, namespace_prefix)
    with TemporaryDirectory(prefix="memio-") as folder:
        file, journal_path = _readable_twice(path, folder, journal)
        name = "standard input" if os.fspath(path) == STANDARD_STREAM else os.fspath(path)
        source = FileSource(file, name, wanted, scope)
        census = await _counted(source.checked(), client, progress)
        return await _move(
            source, client, census, losses, journal_path, _IMPORTING, scope, Callbacks(announce, progress)
        )


async def copy(
    source: Memio,
    target: Memio,
    *,
    kinds: Iterable[str] | None = None,
    user_id: str = OMITTED,
    agent_id: str = OMITTED,
    namespace: tuple[str, ...] = OMITTED,
    owner: Owner = OMITTED,
    namespace_prefix: tuple[str, ...] = OMITTED,
    accept: Iterable[str] = (),
    journal: str | os.PathLike[str] | None = None,
    announce: Announce | None = None,
    progress: Listener | None = None,
) -> Transfer:
    """Store the records of one client's stores in those of another, in their order, and compare both sides.

    The source is read twice: to find what the target cannot hold, and to copy. An interrupted copy may be repeated:
    nothing is stored twice.

    Args:
        source: The client whose stores are read.
        target: The client in whose stores the records are stored.
        kinds: Only records of these kinds; all that the source has when left out.
        user_id: Only records of this user.
        agent_id: Only records of this agent.
        namespace: Only records of exactly this namespace; `()` is the root.
        owner: Only records of exactly this owner; it stands for all labels.
        namespace_prefix: Only records of this namespace and of all below it.
        accept: The losses that are accepted, by name; see `Loss`.
        journal: The path of the journal; needed when the target chooses ids.
        announce: Called with the planned transfer (counts and losses) before anything is written.
        progress: Called with the progress, some hundred records at a time.

    Returns:
        What was stored, and every difference between the sides.

    Raises:
        InvalidInputError: Both are the same store, or an argument cannot be honoured; nothing was changed.
        LossError: The target cannot hold everything, and the loss was not accepted; nothing was changed.
        NotSupportedError: The source cannot list the records of these owners alone; nothing was changed.
        MemioError: The transfer failed after it began. Repeat the call: it continues where it stopped.

    Example:
        >>> import asyncio
        >>> from memio import Memio
        >>> from memio.transfer import copy
        >>> async def main():
        ...     store = {"provider": "sqlite", "path": ":memory:"}
        ...     async with Memio.from_config({"facts": store}) as old, Memio.from_config({"facts": store}) as new:
        ...         await old.facts.add(content="likes coffee")
        ...         done = await copy(old, new)
        ...         return done.differences, [fact.content async for fact in new.facts.iter_all()]
        >>> asyncio.run(main())
        ((), ['likes coffee'])
    """
    check_client(source, "source")
    check_client(target, "target")
    losses = accepted_losses(accept)
    chosen = chosen_kinds(kinds, source.kinds)
    scope = narrowed(ANYWHERE, user_id, agent_id, namespace, owner, namespace_prefix)
    check_source(source, chosen, scope)
    for kind in chosen:
        _refuse_same(source, target, kind)
    stores = StoreSource(source, chosen, scope)
    census = await _counted(stores.records(), target, progress)
    origins: dict[Kind, str] = {kind: f"copying from {_described(target_of(source, kind))}" for kind in chosen}
    return await _move(stores, target, census, losses, journal, origins, scope, Callbacks(announce, progress))


def _is_fifo(file: Path) -> bool:
    try:
        return file.is_fifo()
    except OSError:  # a name that is too long, or a folder without permission: opening the file raises the right error
        return False


def _readable_twice(
    path: str | os.PathLike[str], folder: str, journal: str | os.PathLike[str] | None
) -> tuple[Path, str | os.PathLike[str] | None]:
    """Return a file that can be read twice, and the path of the journal."""
    file = Path(path)
    if os.fspath(path) == STANDARD_STREAM:
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  # closed by the parent process
            raise InvalidInputError("standard input is closed: pass the path of a file")
        return spooled(sys.stdin.buffer, folder), journal
    if _is_fifo(file):  # such as `<(…)` in a shell
        with file.open("rb") as stream:
            return spooled(stream, folder), journal
    return file, journal if journal is not None else f"{os.fspath(path)}.journal"


async def _counted(records: AsyncIterator[tuple[Kind, Record]], target: Memio, progress: Listener | None) -> Census:
    census = Census({kind: target_of(target, kind) for kind in target.kinds})
    with disk_errors():
        async for kind, part in batches(records):
            for record in part:
                census.add(kind, record)
                del record  # before the next one is read
            report(progress, "reading", kind, census.counts[kind])
    return census


async def _move(
    source: Source,
    client: Memio,
    census: Census,
    accepted: frozenset[Loss],
    journal_path: str | os.PathLike[str] | None,
    origins: Mapping[Kind, str],
    scope: Scope,
    callbacks: Callbacks,
) -> Transfer:
    kinds: list[Kind] = [kind for kind in KINDS if census.counts[kind]]
    if lacking := [kind for kind in kinds if kind not in client.kinds]:
        raise StoreNotConfiguredError(
            f"the target has no {' and no '.join(lacking)} store for the records of the source: configure one, or "
            "choose other kinds"
        )
    stores = [target_of(client, kind) for kind in kinds]
    losses = check_losses(stores, census, accepted)
    plans = [plan_for(store, census, losses, scope) for store in stores]
    tracked = [plan for plan in plans if plan.tracked]
    if tracked and journal_path is None:
        raise InvalidInputError(
            f"{tracked[0].target.provider} chooses the ids of {tracked[0].kind}, so a journal must keep track of what "
            "is stored: pass journal=PATH (--journal PATH)",
            argument="journal",
        )
    progress = callbacks.progress
    if callbacks.announce is not None:
        sent: dict[Kind, str] = {store.kind: place for store in stores if (place := destination_of(store)) is not None}
        callbacks.announce(Intent({kind: census.counts[kind] for kind in kinds}, losses, sent))
    path = Path(journal_path) if tracked and journal_path is not None else None
    moved: list[Moved] = []
    expired = Counter(source.expired)
    with disk_errors(), Journal(path) as journal:
        recovered = 0
        for plan in tracked:
            journal.bind(plan.kind, f"{origins[plan.kind]} to {_described(plan.target)}")
            await _list_before(client, plan, journal, progress)
            stored, _ = await resolve(plan, journal, listing(plan.target, ANYWHERE))
            recovered += stored
        senders = await _send(source, client, plans, journal, progress)
        for plan, sender in zip(plans, senders, strict=True):
            found = _observed(client, plan, "comparing", plan.scope, progress)
            comparison = Comparison(plan, sender.sent, journal)
            try:
                moved.append(await comparison.of(found))
            except MemioError as error:
                error.add_note("all records were stored before the error; repeat the call to compare both sides")
                raise
            expired[plan.kind] += comparison.expired
    return Transfer(
        kinds=tuple(moved),
        losses=losses,
        journal=None if path is None else os.fspath(path),
        recovered=recovered,
        expired=dict(+expired),
    )


async def _list_before(client: Memio, plan: Plan, journal: Journal, progress: Listener | None) -> None:
    """Record which records a target has before the first one is sent.

    Records of all owners are listed, because a later transfer of another owner may use the same journal.
    """
    if journal.knows_what_was_before(plan.kind):
        return

    def note(records: Sequence[Record]) -> None:
        for record in records:
            if record.id is None:
                raise MemioError(
                    f"the {plan.kind} of {plan.target.provider} have no ids, so records that are stored now cannot be "
                    "distinguished from those that it had before: move to an empty target"
                )
            journal.note_before(plan.kind, key_of(plan.kind, record))

    async for records in _observed(client, plan, "looking", ANYWHERE, progress):
        await run_in_thread_uncancelled(note, records)
    await run_in_thread_uncancelled(journal.all_before_noted, plan.kind)


async def _send(
    source: Source, client: Memio, plans: list[Plan], journal: Journal, progress: Listener | None
) -> list[Sender]:
    senders: dict[Kind, Sender] = {plan.kind: Sender(client, plan, journal, progress) for plan in plans}
    before: Kind | None = None
    try:
        async for kind, records in batches(source.records()):
            if kind not in senders:
                raise MemioError(f"the first {kind} were added to the source during the transfer: repeat the call")
            if before is not None and before != kind:
                await senders[before].flush()
            before = kind
            await senders[kind].send(records)
        if before is not None:
            await senders[before].flush()
    except MemioError as error:
        stored = sum(sender.sent.stored for sender in senders.values())
        error.add_note(
            f"{stored} records were stored before the error; repeat the call, and it continues where it stopped"
        )
        raise
    return list(senders.values())


async def _observed(
    client: Memio, plan: Plan, stage: Stage, scope: Scope, progress: Listener | None
) -> AsyncIterator[list[Record]]:
    """Yield the target's records in batches, and report the progress."""
    done = 0
    async for _, records in batches(StoreSource(client, (plan.kind,), scope).records()):
        yield records
        done += len(records)
        report(progress, stage, plan.kind, done, plan.total if stage == "comparing" else None)


def _described(store: CheckedStore) -> str:
    return f"the {store.kind} of {store.provider} {store.identity}".strip()


def _refuse_same(source: Memio, target: Memio, kind: Kind) -> None:
    if kind not in target.kinds:
        return
    one, other = target_of(source, kind), target_of(target, kind)
    if one.store is other.store or (one.identity and (one.provider, one.identity) == (other.provider, other.identity)):
        raise InvalidInputError(f"the source and the target of {kind} are the same store: choose another target")
