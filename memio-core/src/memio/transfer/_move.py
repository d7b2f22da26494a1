"""`import_` and `copy`: from a file or from stores, into the stores of a client."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple, Protocol

from memio._call.labels import OMITTED
from memio.capabilities import KINDS, Kind
from memio.errors import InvalidInputError, MemioError, StoreNotConfiguredError
from memio.models import Record
from memio.transfer._comparing import Comparison, Difference, Moved
from memio.transfer._journal import Journal
from memio.transfer._losses import Census, Finding, Loss, accepted_losses, check_losses
from memio.transfer._plan import Plan, plan_for
from memio.transfer._progress import Announce, Intent, Listener, Stage, tell
from memio.transfer._records import token
from memio.transfer._sending import Sender, resolve
from memio.transfer._stores import (
    StoreSource,
    check_client,
    check_source,
    checked_user,
    chosen_kinds,
    listing,
    target_of,
)
from memio.transfer._threads import aside, batches
from memio.transfer.file.disk import disk_errors
from memio.transfer.file.reading import FileSource, spooled
from memio.transfer.file.writing import STANDARD_STREAM

if TYPE_CHECKING:
    from memio._call.store import CheckedStore
    from memio.client import Memio


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What a transfer did, and how the two sides compare afterwards.

    Attributes:
        kinds: What became of each kind.
        losses: What the records lost on the way, as accepted; with how many of them suffered from it.
        journal: The journal that keeps track of what was stored, where one is needed. As long as it is there, the
            transfer may be repeated, and nothing is stored twice.
        recovered: How many records an earlier transfer had left under way, and the target turned out to have.
    """

    kinds: tuple[Moved, ...]
    losses: tuple[Finding, ...]
    journal: str | None
    recovered: int = 0

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Every difference between the sides, beyond the losses that were accepted."""
        return tuple(difference for moved in self.kinds for difference in moved.differences)


_IMPORTING: Mapping[Kind, str] = dict.fromkeys(KINDS, "importing")


class Told(NamedTuple):
    """Who is told about a transfer."""

    announce: Announce | None
    progress: Listener | None


class Source(Protocol):
    """Where records come from."""

    def records(self) -> AsyncIterator[tuple[Kind, Record]]:
        """Yield the records, kind after kind."""
        ...


async def import_(
    client: Memio,
    path: str | os.PathLike[str],
    *,
    kinds: Iterable[str] | None = None,
    user_id: str = OMITTED,
    accept: Iterable[str] = (),
    journal: str | os.PathLike[str] | None = None,
    announce: Announce | None = None,
    progress: Listener | None = None,
) -> Transfer:
    """Store the records of an export, in their order, and compare both sides.

    The whole file is checked before anything is written. Afterwards the target is read as a whole. What was interrupted
    may be repeated: nothing is stored twice.

    Args:
        client: Whose stores the records go to.
        path: The export; `-` is standard input. That, like a pipe, is read to its end before anything else is done.
        kinds: Only records of these kinds.
        user_id: Only records of this user.
        accept: The losses that are accepted, by name; see `Loss`.
        journal: Where the journal is kept when the target chooses ids; the name of the file with `.journal`
            appended when left out. Nothing is written there when the target takes ids.
        announce: Is told how much there is to move and what it will lose, before anything is written.
        progress: Is told how far it is.

    Returns:
        What was stored, and every difference between the sides.

    Raises:
        ExportFileError: The file is no sound export; nothing was changed.
        LossError: The target cannot hold everything, and the loss was not accepted; nothing was changed.
        MemioError: Something failed on the way. Repeat the call: it goes on where it stopped.
    """
    check_client(client, "client")
    losses = accepted_losses(accept)
    wanted = None if kinds is None else chosen_kinds(kinds, KINDS)
    user = checked_user(user_id)
    with TemporaryDirectory(prefix="memio-") as folder:
        file, place = _at_hand(path, folder, journal)
        name = "standard input" if os.fspath(path) == STANDARD_STREAM else os.fspath(path)
        source = FileSource(file, name, wanted, user)
        census = await _counted(source.checked(), client, progress)
        return await _move(source, client, census, losses, place, _IMPORTING, user, Told(announce, progress))


async def copy(
    source: Memio,
    target: Memio,
    *,
    kinds: Iterable[str] | None = None,
    user_id: str = OMITTED,
    accept: Iterable[str] = (),
    journal: str | os.PathLike[str] | None = None,
    announce: Announce | None = None,
    progress: Listener | None = None,
) -> Transfer:
    """Store the records of one client's stores in those of another, in their order, and compare both sides.

    The source is read twice: to see what the target could not hold, and to copy. What was interrupted may be repeated:
    nothing is stored twice.

    Args:
        source: Whose stores the records come from.
        target: Whose stores they go to.
        kinds: Only records of these kinds; all that the source has when left out.
        user_id: Only records of this user.
        accept: The losses that are accepted, by name; see `Loss`.
        journal: Where the journal is kept; needed when the target chooses ids.
        announce: Is told how much there is to move and what it will lose, before anything is written.
        progress: Is told how far it is.

    Returns:
        What was stored, and every difference between the sides.

    Raises:
        InvalidInputError: Both are the same store, or an argument cannot be honoured; nothing was changed.
        LossError: The target cannot hold everything, and the loss was not accepted; nothing was changed.
        NotSupportedError: The source cannot list the records of one user; nothing was changed.
        MemioError: Something failed on the way. Repeat the call: it goes on where it stopped.

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
    user = checked_user(user_id)
    check_source(source, chosen, user)
    for kind in chosen:
        _refuse_same(source, target, kind)
    stores = StoreSource(source, chosen, user)
    census = await _counted(stores.records(), target, progress)
    origins: dict[Kind, str] = {kind: f"copying from {_place(target_of(source, kind))}" for kind in chosen}
    return await _move(stores, target, census, losses, journal, origins, user, Told(announce, progress))


def _is_fifo(file: Path) -> bool:
    try:
        return file.is_fifo()
    except OSError:  # a name that is too long, or a folder that may not be entered: opening the file raises in words
        return False


def _at_hand(
    path: str | os.PathLike[str], folder: str, journal: str | os.PathLike[str] | None
) -> tuple[Path, str | os.PathLike[str] | None]:
    """Return a file that can be read twice, and the place of the journal."""
    file = Path(path)
    if os.fspath(path) == STANDARD_STREAM:
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  # closed by who started this process
            raise InvalidInputError("standard input is closed: name a file")
        return spooled(sys.stdin.buffer, folder), journal
    if _is_fifo(file):  # such as `<(…)` in a shell
        with file.open("rb") as stream:
            return spooled(stream, folder), journal
    return file, journal if journal is not None else f"{os.fspath(path)}.journal"


async def _counted(records: AsyncIterator[tuple[Kind, Record]], target: Memio, progress: Listener | None) -> Census:
    census = Census({kind: target_of(target, kind).limits for kind in target.kinds})
    with disk_errors():
        async for kind, part in batches(records):
            for record in part:
                census.add(kind, record)
            tell(progress, "reading", kind, census.counts[kind])
    return census


async def _move(
    source: Source,
    client: Memio,
    census: Census,
    accepted: frozenset[Loss],
    place: str | os.PathLike[str] | None,
    origins: Mapping[Kind, str],
    user_id: str | None,
    told: Told,
) -> Transfer:
    kinds: list[Kind] = [kind for kind in KINDS if census.counts[kind]]
    if lacking := [kind for kind in kinds if kind not in client.kinds]:
        raise StoreNotConfiguredError(
            f"the target has no {' and no '.join(lacking)} store for the records of the source: "
            f"configure one, or choose other kinds"
        )
    stores = [target_of(client, kind) for kind in kinds]
    losses = check_losses(stores, census, accepted)
    plans = [plan_for(store, census, losses, user_id) for store in stores]
    tracked = [plan for plan in plans if plan.tracked]
    if tracked and place is None:
        raise InvalidInputError(
            f"the {tracked[0].kind} of {tracked[0].target.provider} choose ids, so a journal must keep track of what "
            "is stored: say where",
            argument="journal",
        )
    progress = told.progress
    if told.announce is not None:
        told.announce(Intent({kind: census.counts[kind] for kind in kinds}, losses))
    path = Path(place) if tracked and place is not None else None
    moved: list[Moved] = []
    with disk_errors(), Journal(path) as journal:
        recovered = 0
        for plan in tracked:
            journal.bind(plan.kind, f"{origins[plan.kind]} to {_place(plan.target)}")
            await _look(client, plan, journal, progress)
            stored, _ = await resolve(plan, journal, listing(client, plan.kind, None))
            recovered += stored
        senders = await _send(source, client, plans, journal, progress)
        for plan, sender in zip(plans, senders, strict=True):
            there = _observed(client, plan, "comparing", plan.user_id, progress)
            moved.append(await Comparison(plan, sender.sent, journal).of(there))
    return Transfer(
        kinds=tuple(moved), losses=losses, journal=None if path is None else os.fspath(path), recovered=recovered
    )


async def _look(client: Memio, plan: Plan, journal: Journal, progress: Listener | None) -> None:
    """Note what a target has before the first record is sent.

    It is noted of everybody, because the journal may serve the transfer of another user later.
    """
    if journal.knows_what_was_before(plan.kind):
        return

    def note(records: Sequence[Record]) -> None:
        for record in records:
            if record.id is None:
                raise MemioError(
                    f"the {plan.kind} of {plan.target.provider} have no ids, so what is stored could not be told from "
                    "what was there before: move to an empty target"
                )
            journal.note_before(plan.kind, token(plan.kind, record))

    async for records in _observed(client, plan, "looking", None, progress):
        await aside(note, records)
    await aside(journal.all_before_noted, plan.kind)


async def _send(
    source: Source, client: Memio, plans: list[Plan], journal: Journal, progress: Listener | None
) -> list[Sender]:
    senders: dict[Kind, Sender] = {plan.kind: Sender(client, plan, journal, progress) for plan in plans}
    before: Kind | None = None
    try:
        async for kind, records in batches(source.records()):
            if kind not in senders:
                raise MemioError(f"the source got its first {kind} meanwhile: repeat the call")
            if before is not None and before != kind:
                await senders[before].flush()
            before = kind
            await senders[kind].send(records)
        if before is not None:
            await senders[before].flush()
    except MemioError as error:
        stored = sum(sender.sent.stored for sender in senders.values())
        error.add_note(f"{stored} records were stored by then; repeat the call, and it goes on where it stopped")
        raise
    return list(senders.values())


async def _observed(
    client: Memio, plan: Plan, stage: Stage, user_id: str | None, progress: Listener | None
) -> AsyncIterator[list[Record]]:
    """Yield the target's records, some at a time."""
    done = 0
    async for _, records in batches(StoreSource(client, (plan.kind,), user_id).records()):
        yield records
        done += len(records)
        tell(progress, stage, plan.kind, done, plan.total if stage == "comparing" else None)


def _place(store: CheckedStore) -> str:
    return f"the {store.kind} of {store.provider} {store.identity}".strip()


def _refuse_same(source: Memio, target: Memio, kind: Kind) -> None:
    if kind not in target.kinds:
        return
    one, other = target_of(source, kind), target_of(target, kind)
    if one.store is other.store or (one.identity and (one.provider, one.identity) == (other.provider, other.identity)):
        raise InvalidInputError(f"the source and the target of {kind} are the same store: name another target")
