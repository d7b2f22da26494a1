"""`memio import`: the records of an export, into the configured stores."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memio.capabilities import KINDS
from memio.cli.groups import Common, Span, grouped
from memio.cli.io.watching import Watch
from memio.cli.moving import Accept, JournalFile, Kinds, losses, opened, run, show_transfer
from memio.cli.sources import source_for

if TYPE_CHECKING:
    from memio.transfer import Transfer


@grouped
def import_(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to read; - is standard input.")],
    kinds: Kinds = None,
    span: Span,
    accept: Accept = None,
    journal: JournalFile = None,
    common: Common,
) -> None:
    """Store the records of an export, and compare both sides. Repeating it stores nothing twice."""
    labels = span.labels

    async def work(watch: Watch) -> "Transfer":
        from memio.transfer import import_ as read

        async with opened(source_for(common.config, *KINDS), kinds or None) as client:
            return await read(
                client,
                file,
                kinds=kinds or None,
                **labels,
                accept=losses(accept),
                journal=journal,
                announce=watch.announce,
                progress=watch.progress,
            )

    raise typer.Exit(show_transfer(run(work, as_json=common.as_json), as_json=common.as_json))
