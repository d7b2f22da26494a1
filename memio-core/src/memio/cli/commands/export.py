"""`memio export`: the records of the configured stores, into a file."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memio.capabilities import KINDS
from memio.cli.groups import Common, Span, grouped
from memio.cli.io.output import done, note
from memio.cli.io.watching import Watch
from memio.cli.moving import Kinds, opened, run
from memio.cli.sources import source_for

if TYPE_CHECKING:
    from memio.transfer import Exported


@grouped
def export(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; - is standard output.")],
    kinds: Kinds = None,
    span: Span,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    common: Common,
) -> None:
    """Write the stored records to a file of JSON lines."""
    labels = span.labels

    async def work(watch: Watch) -> "Exported":
        from memio.transfer import export as write

        async with opened(source_for(common.config, *KINDS), kinds or None) as client:
            return await write(client, file, kinds=kinds or None, **labels, force=force, progress=watch.progress)

    as_json = common.as_json
    made = run(work, as_json=as_json)
    counts = ", ".join(f"{count} {kind}" for kind, count in made.counts.items())
    text = f"exported {counts} to {made.path}"
    if str(file) == "-":  # the records are on standard output
        note(text, as_json=as_json)
        sys.stdout.flush()
        return
    done(text, as_json=as_json, **asdict(made))
