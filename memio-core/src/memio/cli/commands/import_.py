"""`memio import`: the records of an export, into the configured stores."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memio._call.labels import as_argument
from memio.capabilities import KINDS
from memio.cli import options
from memio.cli.io.watching import Watch
from memio.cli.moving import Accept, JournalFile, Kinds, OnlyUser, losses, opened, run, show_transfer
from memio.cli.sources import source_for

if TYPE_CHECKING:
    from memio.transfer import Transfer


def import_(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to read; - is standard input.")],
    kinds: Kinds = None,
    user: OnlyUser = None,
    accept: Accept = None,
    journal: JournalFile = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Store the records of an export, and compare both sides. Repeating it stores nothing twice."""

    async def work(watch: Watch) -> "Transfer":
        from memio.transfer import import_ as read

        async with opened(source_for(config, *KINDS), kinds or None) as client:
            return await read(
                client,
                file,
                kinds=kinds or None,
                user_id=as_argument(user),
                accept=losses(accept),
                journal=journal,
                announce=watch.announce,
                progress=watch.progress,
            )

    raise typer.Exit(show_transfer(run(work, as_json=as_json), as_json=as_json))
