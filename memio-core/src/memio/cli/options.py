"""The options that several commands have, once, so that they mean the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

from memio.cli.io.input import as_utf8

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="MEMIO_CONFIG",
        metavar="FILE",
        help="Configuration, TOML or JSON. Without one: sqlite, in memio.db here or at MEMIO_SQLITE_PATH.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, errors too (on standard error).")]

Content = Annotated[
    str | None,
    typer.Argument(callback=as_utf8, metavar="TEXT", help="The text; - reads standard input.", show_default=False),
]
File = Annotated[
    Path | None,
    typer.Option(
        "--file",
        "-f",
        metavar="PATH",
        help="Take the text from this file (UTF-8), to the last character.",
        show_default=False,
    ),
]
Metadata = Annotated[
    str | None,
    typer.Option(
        "--metadata", "-m", callback=as_utf8, metavar="JSON", help="A JSON object to keep with it.", show_default=False
    ),
]
NewMetadata = Annotated[
    str | None,
    typer.Option(
        "--metadata",
        "-m",
        callback=as_utf8,
        metavar="JSON",
        help="The new metadata; left out, it stays, and {} clears it.",
        show_default=False,
    ),
]
Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        callback=as_utf8,
        metavar="KEY=VALUE",
        help="Only records whose metadata has this value: JSON such as 5, true, null or '\"5\"'; else text. "
        "May be repeated; all must hold.",
        show_default=False,
    ),
]
User = Annotated[
    str | None,
    typer.Option("--user", "-u", callback=as_utf8, metavar="ID", help="The user it belongs to.", show_default=False),
]
UserScope = Annotated[
    str | None,
    typer.Option(
        "--user", "-u", callback=as_utf8, metavar="ID", help="Only what belongs to this user.", show_default=False
    ),
]
Agent = Annotated[
    str | None,
    typer.Option("--agent", "-a", callback=as_utf8, metavar="ID", help="The agent it belongs to.", show_default=False),
]
AgentScope = Annotated[
    str | None,
    typer.Option(
        "--agent", "-a", callback=as_utf8, metavar="ID", help="Only what belongs to this agent.", show_default=False
    ),
]
NewId = Annotated[
    str | None,
    typer.Option(
        "--id",
        callback=as_utf8,
        metavar="ID",
        help="Choose the id, which makes adding safe to repeat.",
        show_default=False,
    ),
]
Hits = Annotated[int, typer.Option("--limit", "-n", metavar="N", help="How many at most, 1 to 1000.")]
Limit = Annotated[
    int | None,
    typer.Option("--limit", "-n", metavar="N", help="How many on this page, 1 to 1000.  [default: 100]"),
]
Cursor = Annotated[
    str | None,
    typer.Option(
        "--cursor", callback=as_utf8, metavar="CURSOR", help="Go on where an earlier page ended.", show_default=False
    ),
]
Everything = Annotated[
    bool,
    typer.Option("--all", help="Everything, page after page; with --json one record a line."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Query = Annotated[
    str,
    typer.Argument(callback=as_utf8, metavar="QUERY", help="Any text; it is data, never syntax.", show_default=False),
]
