"""`memio import`: the records of an export, into the configured stores."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memio.cli import options
from memio.cli.client import opened
from memio.cli.groups import Common, Span, grouped
from memio.cli.io.input import kinds_of
from memio.cli.io.watching import Watch
from memio.cli.moving import Accept, JournalFile, losses, run, show_transfer

if TYPE_CHECKING:
    from memio.transfer import Transfer


@grouped
def import_(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to read; - is standard input.")],
    kinds: options.Kinds = None,
    span: Span,
    accept: Accept = None,
    journal: JournalFile = None,
    common: Common,
) -> None:
    """Store the records of an export, and compare both sides. Repeating it stores nothing twice."""
    labels, chosen = span.labels, kinds_of(kinds or [], "--kind")

    async def work(watch: Watch) -> "Transfer":
        from memio.transfer import import_ as read

        async with opened(common, *chosen, creates=True) as client:
            return await read(
                client,
                file,
                kinds=chosen or None,
                **labels,
                accept=losses(accept),
                journal=journal,
                announce=watch.announce,
                progress=watch.progress,
            )

    raise typer.Exit(show_transfer(run(work, as_json=common.as_json), as_json=common.as_json))
