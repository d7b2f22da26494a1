"""`memio copy`: from the stores of one configuration to those of another."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memio.cli import options
from memio.cli.client import client_of
from memio.cli.groups import Span, grouped
from memio.cli.io.input import kinds_of
from memio.cli.io.watching import Watch
from memio.cli.moving import Accept, JournalFile, losses, run, show_transfer
from memio.errors import InvalidInputError

if TYPE_CHECKING:
    from memio.transfer import Transfer


@grouped
def copy(
    *,
    source: Annotated[Path, typer.Option("--from", metavar="FILE", help="The configuration of the source.")],
    target: Annotated[Path, typer.Option("--to", metavar="FILE", help="The configuration of the target.")],
    kinds: options.Kinds = None,
    span: Span,
    accept: Accept = None,
    journal: JournalFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Copy the records of one backend to another, and compare both sides. Repeating it stores nothing twice."""
    if source.resolve() == target.resolve():
        raise InvalidInputError("--from and --to are the same configuration: pass another target")
    labels, chosen = span.labels, kinds_of(kinds or [], "--kind")
    journal_path = journal or _journal_of(source, target)

    async def work(watch: Watch) -> "Transfer":
        from memio.transfer import copy as move

        async with (
            client_of(source, chosen, creates=False, as_json=as_json) as old,
            client_of(target, chosen, among=old.kinds, creates=True, as_json=as_json) as new,
        ):
            return await move(
                old,
                new,
                kinds=chosen or None,
                **labels,
                accept=losses(accept),
                journal=journal_path,
                announce=watch.announce,
                progress=watch.progress,
            )

    raise typer.Exit(show_transfer(run(work, as_json=as_json), as_json=as_json))


def _journal_of(source: Path, target: Path) -> Path:
    """Return the path of the journal in the working directory; it is the same for the same two configurations."""
    both = f"{source.resolve()}\0{target.resolve()}"
    return Path(f"memio-copy-{sha256(both.encode(errors='surrogateescape')).hexdigest()[:12]}.journal")
