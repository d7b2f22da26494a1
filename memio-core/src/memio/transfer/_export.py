"""`export`: the records of a client's stores, into a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memio._call.labels import narrowed
from memio._values.omitted import OMITTED
from memio.capabilities import Kind
from memio.owners import ANYWHERE, Owner
from memio.transfer._progress import Listener, report
from memio.transfer._stores import StoreSource, check_client, check_source, chosen_kinds
from memio.transfer._threads import batches, run_in_thread_uncancelled
from memio.transfer.file.disk import disk_errors
from memio.transfer.file.writing import ExportFile

if TYPE_CHECKING:
    from memio.client import Memio


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an export holds.

    Attributes:
        path: The file.
        counts: By kind, how many records are in it.
        digests: By kind, the SHA-256 of its lines.
        sha256: The SHA-256 of all lines but the last.
    """

    path: str
    counts: Mapping[Kind, int]
    digests: Mapping[Kind, str]
    sha256: str


async def export(
    client: Memio,
    path: str | os.PathLike[str],
    *,
    kinds: Iterable[str] | None = None,
    user_id: str = OMITTED,
    agent_id: str = OMITTED,
    namespace: tuple[str, ...] = OMITTED,
    owner: Owner = OMITTED,
    namespace_prefix: tuple[str, ...] = OMITTED,
    force: bool = False,
    progress: Listener | None = None,
) -> Exported:
    """Write the records of a client's stores to a file, in the order of their listings.

    The file appears at its place when it is complete. Records are read a page at a time. The file is not a snapshot:
    it may or may not contain what others write during the export. What has expired is in no listing, and so not in the
    file; versions and scores are not exported.

    Args:
        client: The client whose stores are read.
        path: The file; `-` is standard output.
        kinds: The kinds of memory; all that the client has when left out.
        user_id: Only records of this user.
        agent_id: Only records of this agent.
        namespace: Only records of exactly this namespace; `()` is the root.
        owner: Only records of exactly this owner; it stands for all labels.
        namespace_prefix: Only records of this namespace and of all below it.
        force: Whether a file that exists is replaced.
        progress: Called with the progress, some hundred records at a time.

    Returns:
        What is in the file.

    Raises:
        InvalidInputError: The file exists, or an argument cannot be honoured; nothing was written.
        NotSupportedError: A store cannot list the records of these owners alone; nothing was written.

    Example:
        >>> import asyncio
        >>> from memio import Memio
        >>> from memio.transfer import export
        >>> async def main():
        ...     async with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
        ...         await memio.facts.add("likes coffee")
        ...         return await export(memio, "facts.jsonl")
        >>> asyncio.run(main()).counts
        {'facts': 1}
    """
    check_client(client, "client")
    chosen = chosen_kinds(kinds, client.kinds)
    scope = narrowed(ANYWHERE, user_id, agent_id, namespace, owner, namespace_prefix)
    check_source(client, chosen, scope)
    with disk_errors(), ExportFile(path, force=force) as file:
        file.begin(chosen, scope)
        async for kind, records in batches(StoreSource(client, chosen, scope).records()):
            await run_in_thread_uncancelled(file.add, kind, records)
            report(progress, "reading", kind, file.tally.counts[kind])
        await run_in_thread_uncancelled(file.end)
    trailer = file.tally.trailer()
    return Exported(
        path=os.fspath(path), counts=trailer["counts"], digests=trailer["digests"], sha256=trailer["sha256"]
    )
