"""`memio export`: the records of the configured stores, into a file."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memio.cli import options
from memio.cli.client import opened
from memio.cli.groups import Common, Span, grouped
from memio.cli.io.input import kinds_of
from memio.cli.io.output import counted, done, note
from memio.cli.io.watching import Watch
from memio.cli.moving import run
from memio.kinds import SPECS

if TYPE_CHECKING:
    from memio.transfer import Exported


@grouped
def export(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; - is standard output.")],
    kinds: options.Kinds = None,
    span: Span,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    common: Common,
) -> None:
    """Write the stored records to a file of JSON lines."""
    labels, chosen = span.labels, kinds_of(kinds or [], "--kind")

    async def work(watch: Watch) -> "Exported":
        from memio.transfer import export as write

        async with opened(common, *chosen) as client:
            return await write(client, file, kinds=chosen or None, **labels, force=force, progress=watch.progress)

    as_json = common.as_json
    made = run(work, as_json=as_json)
    counts = ", ".join(counted(count, SPECS[kind].noun) for kind, count in made.counts.items() if count)
    text = f"exported {counts or 'no records'} to {made.path}"
    if str(file) == "-":  # the records are on standard output
        note(text, as_json=as_json)
        sys.stdout.flush()
        return
    done(text, as_json=as_json, **asdict(made))
