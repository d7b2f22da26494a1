"""`memio demo`: the first minute with memio."""

from pathlib import Path
from typing import Annotated

import typer

from memio.cli import options

DEMO_FILE = Path("memio-demo.db")


def demo(
    *,
    provider: Annotated[str, typer.Option("--provider", "-p", metavar="NAME", help="The provider to show.")] = "sqlite",
    path: Annotated[
        Path | None,
        typer.Option(
            "--path",
            metavar="FILE",
            help=f"sqlite: the file to keep it in.  [default: {DEMO_FILE}]",
            show_default=False,
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Store facts, a conversation, documents and a small graph, recall them, and show how it is done.

    With sqlite it all stays in a file to look at, and may be run again. With another provider it runs what the
    provider has, and removes it again; the provider's settings come from the environment.
    """
    # Only here: the help needs none of it.
    from memio.cli.commands.demo.perform import perform

    perform(provider, path, as_json=as_json)
