"""`memio demo`: store and recall something in each kind of memory."""

from pathlib import Path
from typing import Annotated

import typer

from memio.cli import options
from memio.cli.sources import EMBEDDED

DEMO_FILE = Path("memio-demo.db")


def demo(
    *,
    provider: Annotated[str, typer.Option("--provider", "-p", metavar="NAME", help="The provider to show.")] = EMBEDDED,
    path: Annotated[
        Path | None,
        typer.Option(
            "--path",
            metavar="FILE",
            help=f"With {EMBEDDED}: the file that keeps the data.  [default: {DEMO_FILE}]",
            show_default=False,
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Store facts, a conversation, documents and a small graph, search them, and print a program that does the same.

    With the embedded provider, the data stays in a file, and the demo may be run again. Another provider is shown with
    the kinds and features that it has, its settings come from the environment, and the data is removed at the end.
    """
    # Imported here, because the help needs none of it.
    from memio.cli.commands.demo.play import run

    run(provider, path, default_path=DEMO_FILE, as_json=as_json)
