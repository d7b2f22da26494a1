"""`memio embed` and `memio reindex`: turn stored texts into vectors, for searches by meaning."""

from typing import TYPE_CHECKING

import typer

from memio.capabilities import Kind
from memio.cli import options
from memio.cli.client import opened, run_with
from memio.cli.groups import Common, grouped
from memio.cli.io.exit import ExitCode
from memio.cli.io.input import confirmed
from memio.cli.io.output import counted, done, note
from memio.kinds import SPECS
from memio.owners import ANYWHERE

if TYPE_CHECKING:
    from memio.client import Memio
    from memio.embedders.embedding import Embedding
    from memio.embedders.shared import SharedEmbedder
    from memio.protocols import Embedded

_STEP = 256
"""Texts that are embedded between two notices."""


@grouped
def embed(*, common: Common) -> None:
    """Embed what is stored and not embedded yet, so that it is found by its meaning."""

    async def work(memio: "Memio") -> "tuple[dict[Kind, int], dict[Kind, Embedded]]":
        return await memio.embed(), await embedding_of(memio).count(ANYWHERE)

    embedded, left = run_with(opened(common), work)
    parts = [_texts(embedded)]
    parts += [
        f"{counted(count.pending, SPECS[kind].noun)} still pending" for kind, count in left.items() if count.pending
    ]
    parts += [f"{counted(count.failed, SPECS[kind].noun)} refused" for kind, count in left.items() if count.failed]
    if any(count.pending for count in left.values()):
        note("another process is embedding them, or was ended a moment ago", as_json=common.as_json)
    done(
        f"embedded {', '.join(parts)}",
        as_json=common.as_json,
        embedded=embedded,
        pending={kind: count.pending for kind, count in left.items()},
        failed={kind: count.failed for kind, count in left.items()},
    )


@grouped
def reindex(*, yes: options.Yes = False, common: Common) -> None:
    """Embed all texts with the configured model, after a confirmation, and make it the current one.

    It is needed after another model was configured. Searches by meaning go by the model before until it is done. A run
    that was interrupted is continued by the next one.
    """

    async def look(memio: "Memio") -> "tuple[dict[Kind, int], SharedEmbedder]":
        return await memio.reindex(limit=0), embedding_of(memio).embedder

    left, embedder = run_with(opened(common), look)
    model, destination = embedder.model, embedder.destination
    texts = _texts(left)
    where = "on this machine" if destination is None else f"which sends them to {destination}"
    # Asked outside the event loop, which would delay an interrupt of the question.
    if any(left.values()) and not confirmed(f"Embed {texts} with {model}, {where}", yes=yes, warning=""):
        note("nothing was embedded", as_json=common.as_json)
        raise typer.Exit(ExitCode.NEGATIVE)

    async def work(memio: "Memio") -> None:
        remaining = await memio.reindex(limit=_STEP)
        while any(remaining.values()):
            note(f"{counted(sum(remaining.values()), 'text')} left", as_json=common.as_json)
            before, remaining = remaining, await memio.reindex(limit=_STEP)
            if remaining == before:  # another process is embedding them: this waits for it
                remaining = await memio.reindex()

    # Also where nothing is left to be embedded: the model becomes the current one.
    run_with(opened(common), work)
    done(f"embedded {texts} with {model}", as_json=common.as_json, reindexed=left, model=model, destination=destination)


def _texts(counts: "dict[Kind, int]") -> str:
    """Return numbers of texts by kind as words."""
    return " and ".join(counted(count, SPECS[kind].noun) for kind, count in counts.items())


def embedding_of(memio: "Memio") -> "Embedding":
    """Return what a client with an embedder has for it."""
    return memio._with_embedder("reindex")  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # part of the library
